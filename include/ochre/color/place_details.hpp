// By what a place is known again, whatever its light: the details of its lightness on a grid of cells, and how alike
// they are on two grids. Tested by camera_memory_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <ochre/base/extent.hpp>

namespace ochre::inline v0::color {

inline constexpr Index detail_reach = 4;  // 9 by 9 cells

// L minus its mean over the 9 by 9 cells around that are within the grid. scratch: as many values as the grid has.
inline void lightness_detail(const float* lightness, Extent grid, float* scratch, float* detail) noexcept {
  constexpr Index reach = detail_reach;
  for (Index y = 0; y < grid.h; ++y) {
    for (Index x = 0; x < grid.w; ++x) {
      const Index first = std::max<Index>(x - reach, 0);
      const Index last = std::min(x + reach, grid.w - 1);
      float sum = 0.0f;
      for (Index i = first; i <= last; ++i) sum += lightness[y * grid.w + i];
      scratch[y * grid.w + x] = sum / static_cast<float>(last - first + 1);
    }
  }
  for (Index y = 0; y < grid.h; ++y) {
    const Index first = std::max<Index>(y - reach, 0);
    const Index last = std::min(y + reach, grid.h - 1);
    for (Index x = 0; x < grid.w; ++x) {
      float sum = 0.0f;
      for (Index i = first; i <= last; ++i) sum += scratch[i * grid.w + x];
      detail[y * grid.w + x] = lightness[y * grid.w + x] - sum / static_cast<float>(last - first + 1);
    }
  }
}

// The correlation of two grids of numbers, −1…1; 0 if one of them is flat.
inline double correlation(const float* one, const float* other, Index count) noexcept {
  double one_sum = 0;
  double other_sum = 0;
  for (Index i = 0; i < count; ++i) {
    one_sum += static_cast<double>(one[i]);
    other_sum += static_cast<double>(other[i]);
  }
  double product = 0;
  double one_square = 0;
  double other_square = 0;
  for (Index i = 0; i < count; ++i) {
    const double first = static_cast<double>(one[i]) - one_sum / static_cast<double>(count);
    const double second = static_cast<double>(other[i]) - other_sum / static_cast<double>(count);
    product += first * second;
    one_square += first * first;
    other_square += second * second;
  }
  const double lengths = std::sqrt(one_square * other_square);
  return lengths > 0 ? product / lengths : 0.0;
}

// Row and column of the cell of a grid that the middle of cell i of another grid falls into.
inline Index same_place_cell(Index i, Extent of, Extent in) noexcept {
  return (2 * (i / of.w) + 1) * in.h / (2 * of.h) * in.w + (2 * (i % of.w) + 1) * in.w / (2 * of.w);
}

}  // namespace ochre::inline v0::color
