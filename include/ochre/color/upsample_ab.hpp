// ab from the network's grid to the picture's pixels, one row at a time, nothing allocated.
//   bilinear:    2x2 taps, whatever the cells' L
//   edge aware:  joint bilateral over 4x4 taps (Kopf et al., "Joint Bilateral Upsampling", 2007),
//                weight = exp(-d^2 / (2 · 0.5^2)) · max(exp(-ΔL^2 / (2 · 5^2)), e^-8)
// d: distance in cells; ΔL: the pixel's L less the cell's mean L. Result and taps in the same units, any range.
// exp is piecewise linear between powers of two (Schraudolph 1999): up to 6.2 % too large, the ratios of weights as
// far off. The weights are normalised, so flat colour stays flat and the result is a mean of its taps.
// Tested by upsample_ab_test.cpp; what it gains is in bench/color/README.md.
#pragma once

#include <algorithm>
#include <array>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/color/ab_grid.hpp>
#include <ochre/color/grid_taps.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

// Measured on true colours brought down by 4, 8 and 16: a wider kernel in either is worse at edges and elsewhere.
inline constexpr double edge_sigma_lightness = 5.0;
inline constexpr double edge_sigma_space = 0.5;  // cells
// Where no cell's L resembles the pixel's, all taps lie at this floor and distance alone decides. It is the weight of
// distance 2, where the window ends: a tap that enters there never outweighs the nearest one. Between e^-5 and e^-16
// the errors that bench/color/edge_gain.cpp measures stay within 1 %.
inline constexpr double edge_floor = -8.0;

namespace detail {

// Exponents are in units of a float's exponent field, so that exp is a conversion to its bits.
inline constexpr double exponent_unit = 8388608.0 * 1.4426950408889634;  // 2^23 / ln 2
inline constexpr double exponent_zero = 8388608.0 * 127.0;               // the bits of 1.0f

constexpr float gauss_factor(double sigma) noexcept {
  return static_cast<float>(-exponent_unit / (2.0 * sigma * sigma));
}

template <class Arch, bool in_register>
inline void upsample_bilinear(const AbGridView& grid, Index picture_width, GridPlace row, float* a, float* b) noexcept {
  using Float = simd::Batch<float, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  const double step = static_cast<double>(grid.width) / static_cast<double>(picture_width);
  const Index upper = std::clamp<Index>(row.cell, 0, grid.height - 1) * grid.width;
  const Index lower = std::clamp<Index>(row.cell + 1, 0, grid.height - 1) * grid.width;
  const Float down(row.fraction);
  for (Index x = 0; x < picture_width; x += lanes) {
    const auto taps = place_vector<Arch, in_register>(x, step, grid.width);
    const auto left = taps.tap(0);
    const auto right = taps.tap(1);
    const auto blend = [&](const float* plane) {
      const float* above = plane + upper + taps.base;
      const float* below = plane + lower + taps.base;
      const auto across = [&](const float* cells) {
        const Float first = read_cells<Arch, in_register>(cells, left);
        return simd::fmadd(read_cells<Arch, in_register>(cells, right) - first, taps.fraction, first);
      };
      const Float top = across(above);
      return simd::fmadd(across(below) - top, down, top);
    };
    const Index count = std::min(lanes, picture_width - x);
    simd::store_partial(a + x, blend(grid.a), count);
    simd::store_partial(b + x, blend(grid.b), count);
  }
}

template <class Arch, bool in_register>
inline void upsample_edge_aware(const AbGridView& grid, Index picture_width, GridPlace row, const float* lightness,
                                float* a, float* b) noexcept {
  using Float = simd::Batch<float, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  constexpr float space = gauss_factor(edge_sigma_space);
  constexpr float range = gauss_factor(edge_sigma_lightness);
  const double step = static_cast<double>(grid.width) / static_cast<double>(picture_width);
  for (Index x = 0; x < picture_width; x += lanes) {
    const Index count = std::min(lanes, picture_width - x);
    const auto taps = place_vector<Arch, in_register>(x, step, grid.width);
    const Float pixel = simd::load_partial<Arch>(lightness + x, count);
    Float sum(0.0f), sum_a(0.0f), sum_b(0.0f);
    for (int column = -1; column <= 2; ++column) {
      const auto cells = taps.tap(column);
      const Float dx = taps.fraction - Float(static_cast<float>(column));
      const Float across = simd::fmadd(dx * dx, Float(space), Float(static_cast<float>(exponent_zero)));
      for (int line = -1; line <= 2; ++line) {
        const float dy = row.fraction - static_cast<float>(line);
        const Index begin = std::clamp<Index>(row.cell + line, 0, grid.height - 1) * grid.width + taps.base;
        const Float difference = pixel - read_cells<Arch, in_register>(grid.lightness + begin, cells);
        const Float likeness =
            max(difference * difference * Float(range), Float(static_cast<float>(edge_floor * exponent_unit)));
        const Float weight = simd::from_bits<Arch>(to_int(likeness + (across + Float(dy * dy * space))));
        sum = sum + weight;
        sum_a = simd::fmadd(weight, read_cells<Arch, in_register>(grid.a + begin, cells), sum_a);
        sum_b = simd::fmadd(weight, read_cells<Arch, in_register>(grid.b + begin, cells), sum_b);
      }
    }
    const Float scale = Float(1.0f) / sum;
    simd::store_partial(a + x, sum_a * scale, count);
    simd::store_partial(b + x, sum_b * scale, count);
  }
}

}  // namespace detail

// a and b of row y of a picture of that size.
template <class Arch = simd::DefaultArch>
inline void upsample_ab_bilinear_row(const AbGridView& grid, Extent picture, Index y, float* a, float* b) noexcept {
  const double rows_per_pixel = static_cast<double>(grid.height) / static_cast<double>(picture.h);
  const double cells_per_pixel = static_cast<double>(grid.width) / static_cast<double>(picture.w);
  const GridPlace row = place_on_grid(y, rows_per_pixel);
  if (taps_fit_register<Arch>(grid.width, cells_per_pixel)) {
    detail::upsample_bilinear<Arch, true>(grid, picture.w, row, a, b);
  } else {
    detail::upsample_bilinear<Arch, false>(grid, picture.w, row, a, b);
  }
}

// The same along edges of the picture's lightness: lightness_row is L of row y.
template <class Arch = simd::DefaultArch>
inline void upsample_ab_edge_aware_row(const AbGridView& grid, Extent picture, Index y, const float* lightness_row,
                                       float* a, float* b) noexcept {
  const double rows_per_pixel = static_cast<double>(grid.height) / static_cast<double>(picture.h);
  const double cells_per_pixel = static_cast<double>(grid.width) / static_cast<double>(picture.w);
  const GridPlace row = place_on_grid(y, rows_per_pixel);
  if (taps_fit_register<Arch>(grid.width, cells_per_pixel)) {
    detail::upsample_edge_aware<Arch, true>(grid, picture.w, row, lightness_row, a, b);
  } else {
    detail::upsample_edge_aware<Arch, false>(grid, picture.w, row, lightness_row, a, b);
  }
}

}  // namespace ochre::inline v0::color
