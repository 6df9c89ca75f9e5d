// Which cells of a grid one pixel takes its colour from, and how much of each: the weights of upsample_ab.hpp, one
// pixel at a time. Tested by pixel_taps_test.cpp against the rows of upsample_ab.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <ochre/base/extent.hpp>
#include <ochre/color/ab_grid.hpp>
#include <ochre/color/upsample_ab.hpp>

namespace ochre::inline v0::color {

// Of a pixel: 2 by 2 cells, by their index in the grid; weights of sum 1.
struct PixelTaps {
  std::array<Index, 4> cells{};
  std::array<float, 4> weights{};

  float value(const float* plane) const noexcept {
    float sum = 0.0f;
    for (std::size_t i = 0; i < cells.size(); ++i) sum += weights[i] * plane[cells[i]];
    return sum;
  }

  // Changes the cells, least of all by the sum of their squares, so that value() becomes `wanted`.
  void move_to(float wanted, float* plane) const noexcept {
    float squares = 0.0f;
    for (const float weight : weights) squares += weight * weight;
    const float step = (wanted - value(plane)) / squares;
    for (std::size_t i = 0; i < cells.size(); ++i) plane[cells[i]] += step * weights[i];
  }
};

namespace detail {

inline float tent(float apart) noexcept { return std::max(0.0f, 1.0f - std::abs(apart)); }

// weight(dy, dx, cell): of a tap so many cells away.
template <class Weight>
PixelTaps pixel_taps(const StridedGrid& grid, Extent picture, Index y, Index x, const Weight& weight) noexcept {
  const GridPlace row = place_on_grid(y, static_cast<double>(grid.height) / static_cast<double>(picture.h));
  const GridPlace column = place_on_grid(x, static_cast<double>(grid.width) / static_cast<double>(picture.w));
  PixelTaps taps;
  float sum = 0.0f;
  for (int i = 0; i < 4; ++i) {
    const int down = i / 2;
    const int across = i % 2;
    const Index cell_y = std::clamp<Index>(row.cell + down, 0, grid.height - 1);
    const Index cell_x = std::clamp<Index>(column.cell + across, 0, grid.width - 1);
    const Index cell = cell_y * grid.stride + cell_x;
    const float share =
        weight(row.fraction - static_cast<float>(down), column.fraction - static_cast<float>(across), cell);
    const auto at = static_cast<std::size_t>(i);
    const auto known = std::find(taps.cells.begin(), taps.cells.begin() + i, cell) - taps.cells.begin();
    taps.cells[at] = cell;
    taps.weights[static_cast<std::size_t>(known)] += share;  // of border cells, which are several taps, all at one
    sum += share;
  }
  for (float& share : taps.weights) share /= sum;
  return taps;
}

}  // namespace detail

inline PixelTaps bilinear_taps(const StridedGrid& grid, Extent picture, Index y, Index x) noexcept {
  return detail::pixel_taps(grid, picture, y, x,
                            [](float dy, float dx, Index) { return detail::tent(dy) * detail::tent(dx); });
}

// lightness: the pixel's L.
inline PixelTaps edge_aware_taps(const StridedGrid& grid, Extent picture, Index y, Index x, float lightness) noexcept {
  constexpr float factor = detail::likeness_factor(edge_sigma_lightness);
  return detail::pixel_taps(grid, picture, y, x, [&](float dy, float dx, Index cell) {
    return detail::likeness(lightness - grid.lightness[cell], factor) * (detail::tent(dx) * detail::tent(dy));
  });
}

}  // namespace ochre::inline v0::color
