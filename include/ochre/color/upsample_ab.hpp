// ab from a grid of cells to the samples of a picture, one row at a time, nothing allocated: from the network's own
// grid, or from one that refine_grid.hpp made finer.
//   bilinear:    2x2 taps, whatever the cells' L
//   edge aware:  the same, each tap times how like the sample's L the cell's is (likeness.hpp, sigma 8), the weights
//                normalised (Kopf et al., "Joint Bilateral Upsampling", 2007)
// A sample is a pixel, or the mean of pixels that share one of a frame's chroma. Flat colour stays flat and the result
// is a mean of its taps. Result and taps in the same units, any range. Tested by upsample_ab_test.cpp; what it gains is
// in bench/color/README.md.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/color/ab_grid.hpp>
#include <ochre/color/grid_taps.hpp>
#include <ochre/color/likeness.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

// Wide, since the finer grid's colours already follow the edges: at 5 noise in L shows more, at 16 edges blur.
inline constexpr double edge_sigma_lightness = 8.0;

// The samples of a picture: one for so many pixels across and down, the last of a row or column for fewer.
struct PictureSamples {
  Extent picture{0, 0};
  Index across = 1;
  Index down = 1;

  Index width() const noexcept { return (picture.w + across - 1) / across; }
  Index height() const noexcept { return (picture.h + down - 1) / down; }
};

namespace detail {

struct SampleRow {
  Index width;
  double step;  // cells from one sample to the next
};

template <class Arch, bool in_register>
inline void upsample_bilinear(const StridedGrid& grid, SampleRow samples, GridPlace row, float* a, float* b) noexcept {
  using Float = simd::Batch<float, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  const Index upper = std::clamp<Index>(row.cell, 0, grid.height - 1) * grid.stride;
  const Index lower = std::clamp<Index>(row.cell + 1, 0, grid.height - 1) * grid.stride;
  const Float down(row.fraction);
  for (Index x = 0; x < samples.width; x += lanes) {
    const auto taps = place_vector<Arch, in_register>(x, samples.step, grid.width);
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
    const Index count = std::min(lanes, samples.width - x);
    simd::store_partial(a + x, blend(grid.a), count);
    simd::store_partial(b + x, blend(grid.b), count);
  }
}

template <class Arch, bool in_register>
inline void upsample_edge_aware(const StridedGrid& grid, SampleRow samples, GridPlace row, const float* lightness,
                                float* a, float* b) noexcept {
  using Float = simd::Batch<float, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  constexpr float factor = likeness_factor(edge_sigma_lightness);
  const std::array<Index, 2> lines{std::clamp<Index>(row.cell, 0, grid.height - 1) * grid.stride,
                                   std::clamp<Index>(row.cell + 1, 0, grid.height - 1) * grid.stride};
  const std::array<Float, 2> down{Float(1.0f - row.fraction), Float(row.fraction)};
  for (Index x = 0; x < samples.width; x += lanes) {
    const Index count = std::min(lanes, samples.width - x);
    const auto taps = place_vector<Arch, in_register>(x, samples.step, grid.width);
    const Float own = simd::load_partial<Arch>(lightness + x, count);
    const std::array<Float, 2> across{Float(1.0f) - taps.fraction, taps.fraction};
    Float sum(0.0f), sum_a(0.0f), sum_b(0.0f);
    for (std::size_t column = 0; column < 2; ++column) {
      const auto cells = taps.tap(static_cast<std::int32_t>(column));
      for (std::size_t line = 0; line < 2; ++line) {
        const Index begin = lines[line] + taps.base;
        const Float difference = own - read_cells<Arch, in_register>(grid.lightness + begin, cells);
        const Float weight = likeness<Arch>(difference, factor) * (across[column] * down[line]);
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

inline std::pair<SampleRow, GridPlace> sample_row(const StridedGrid& grid, const PictureSamples& samples,
                                                  Index y) noexcept {
  const auto cells = [](Index of_grid, Index of_picture, Index shared) {
    return static_cast<double>(of_grid * shared) / static_cast<double>(of_picture);
  };
  return {{samples.width(), cells(grid.width, samples.picture.w, samples.across)},
          place_on_grid(y, cells(grid.height, samples.picture.h, samples.down))};
}

}  // namespace detail

// a and b of row y of the samples.
template <class Arch = simd::DefaultArch>
inline void upsample_ab_bilinear_row(const StridedGrid& grid, const PictureSamples& samples, Index y, float* a,
                                     float* b) noexcept {
  const auto [line, row] = detail::sample_row(grid, samples, y);
  if (taps_fit_register<Arch>(grid.width, line.step)) {
    detail::upsample_bilinear<Arch, true>(grid, line, row, a, b);
  } else {
    detail::upsample_bilinear<Arch, false>(grid, line, row, a, b);
  }
}

// The same along edges of the picture's lightness: lightness_row is L of the samples of row y.
template <class Arch = simd::DefaultArch>
inline void upsample_ab_edge_aware_row(const StridedGrid& grid, const PictureSamples& samples, Index y,
                                       const float* lightness_row, float* a, float* b) noexcept {
  const auto [line, row] = detail::sample_row(grid, samples, y);
  if (taps_fit_register<Arch>(grid.width, line.step)) {
    detail::upsample_edge_aware<Arch, true>(grid, line, row, lightness_row, a, b);
  } else {
    detail::upsample_edge_aware<Arch, false>(grid, line, row, lightness_row, a, b);
  }
}

}  // namespace ochre::inline v0::color
