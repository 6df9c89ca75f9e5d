// Networks that enlarge their features leave a pattern of every other cell in what they give, which the eye finds in an
// even sky. Here it is evened out where lightness says that the cells are of one surface:
//   c'(i) = Σ k w c / Σ k w over the 3x3 cells around i,   k: (1 2 1) in each axis, w = (1 + ΔL²/(2·4²))⁻²
// Part of what cells agree upon (consensus.hpp): without a consensus a grid is what the network gave.
// (1 2 1) has no answer to every other cell, and leaves slopes as they are. Beyond the border is the border.
// Tested by even_grid_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/color/ab_grid.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0::color {

inline constexpr float even_sigma = 4.0f;  // of L, as that of refine_grid.hpp

// a, b: of the grid's size, not the grid's own.
inline void even_out(const AbGridView& grid, float* a, float* b, const parallel::Team& team) noexcept {
  constexpr float factor = 1.0f / (2.0f * even_sigma * even_sigma);
  const auto even_cell = [&](Index y, Index x) {
    const Index own = y * grid.width + x;
    float sum = 0.0f;
    float sum_a = 0.0f;
    float sum_b = 0.0f;
    for (Index i = 0; i < 9; ++i) {
      const Index row = std::clamp<Index>(y + i / 3 - 1, 0, grid.height - 1);
      const Index column = std::clamp<Index>(x + i % 3 - 1, 0, grid.width - 1);
      const Index at = row * grid.width + column;
      const float apart = grid.lightness[at] - grid.lightness[own];
      const float likeness = 1.0f / (1.0f + apart * apart * factor);
      const float binomial = (i / 3 == 1 ? 2.0f : 1.0f) * (i % 3 == 1 ? 2.0f : 1.0f);
      const float weight = binomial * likeness * likeness;
      sum += weight;
      sum_a += weight * grid.a[at];
      sum_b += weight * grid.b[at];
    }
    a[own] = sum_a / sum;
    b[own] = sum_b / sum;
  };
  parallel::for_ranges(team, grid.height, 4, [&](Index begin, Index end, int) noexcept {
    for (Index y = begin; y < end; ++y) {
      for (Index x = 0; x < grid.width; ++x) even_cell(y, x);
    }
  });
}

}  // namespace ochre::inline v0::color
