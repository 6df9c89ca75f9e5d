// The colours of a picture on a coarse grid of cells that covers it: what a network gives, and what is brought to the
// picture's own size (upsample_ab.hpp). Each plane is dense, [height, width]; nothing is owned.
//   a, b:       Lab units, any finite number; what sRGB cannot show loses chroma later, not here
//   lightness:  mean L, 0…100, of the picture's area under the cell: where two cells meet, a pixel takes its colour of
//               the one whose L is more like its own
// Tested by stages_test.cpp.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include <ochre/base/checked.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

// A grid of colours that is read.
struct AbGridView {
  const float* a = nullptr;
  const float* b = nullptr;
  const float* lightness = nullptr;
  Index width = 0;
  Index height = 0;
};

// A grid of colours that is written, too.
struct MutableAbGridView {
  float* a = nullptr;
  float* b = nullptr;
  float* lightness = nullptr;
  Index width = 0;
  Index height = 0;

  operator AbGridView() const noexcept { return {a, b, lightness, width, height}; }
};

// A cell of a grid, by its row and column from 0.
struct GridCell {
  Index y = 0;
  Index x = 0;
};

namespace color {

// A grid whose rows lie `stride` values apart.
struct StridedGrid {
  const float* a = nullptr;
  const float* b = nullptr;
  const float* lightness = nullptr;
  Index width = 0;
  Index height = 0;
  Index stride = 0;

  StridedGrid() = default;
  StridedGrid(const AbGridView& grid) noexcept
      : a(grid.a), b(grid.b), lightness(grid.lightness), width(grid.width), height(grid.height), stride(grid.width) {}
};

// Of a grid's sides, in cells: they are counted in 32 bits, those beyond the border included.
inline constexpr Index longest_grid_side = 1 << 24;

// The one validity check of a grid. Errors: a null plane, a size that there cannot be, a number that is none.
inline Status check_grid(const AbGridView& grid) {
  const auto fail = [](const std::string& reason) { return Error{ErrorCode::invalid_argument, "grid: " + reason}; };
  if (grid.a == nullptr || grid.b == nullptr || grid.lightness == nullptr) return fail("a plane's pointer is null");
  if (grid.width < 1 || grid.height < 1 || std::max(grid.width, grid.height) > longest_grid_side) {
    return fail("the size is " + std::to_string(grid.width) + "x" + std::to_string(grid.height) +
                ", expected 1x1 to 2^24 a side");
  }
  const auto bytes = checked_product({grid.width, grid.height, Index{sizeof(float)}});
  if (!bytes) return Error{ErrorCode::too_large, "grid: the size overflows the address space"};
  for (const float* plane : {grid.a, grid.b, grid.lightness}) {
    const std::span values(plane, static_cast<std::size_t>(grid.width * grid.height));
    if (!std::all_of(values.begin(), values.end(), [](float value) { return is_finite(value); })) {
      return fail("a value is not a number");
    }
  }
  return {};
}

}  // namespace color

}  // namespace ochre::inline v0
