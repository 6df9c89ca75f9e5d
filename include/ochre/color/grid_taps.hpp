// Where a row of pixels lies on a coarser (or finer) grid, and how to read the grid's cells for a vector of pixels.
// Half-pixel centres: pixel x lies at (x + 1/2) · grid width / picture width - 1/2; cells beyond the border are the
// border's. For upsample_ab.hpp; tested there.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <ochre/base/checked.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

struct GridPlace {
  Index cell;
  float fraction;  // 0…1 of the way from this cell's centre to the next one's
};

inline GridPlace place_on_grid(Index pixel, double cells_per_pixel) noexcept {
  const double place = (static_cast<double>(pixel) + 0.5) * cells_per_pixel - 0.5;
  const double cell = std::floor(place);
  return {static_cast<Index>(cell), static_cast<float>(place - cell)};
}

// The places of one vector of neighbouring pixels. Cells count from `base`, so that they fit a register where possible.
template <class Arch>
struct GridTaps {
  using Int = simd::Batch<std::int32_t, Arch>;
  Index base;
  Int lowest, highest;  // cells of this row
  Int cell;             // each pixel lies between this cell and the next
  simd::Batch<float, Arch> fraction;

  Int tap(std::int32_t offset) const noexcept { return max(min(cell + Int(offset), highest), lowest); }
};

// Do the cells from the first pixel's to the one beyond the last pixel's fit into one register? Then reading them is a
// permutation instead of a gather.
template <class Arch>
inline bool taps_fit_register(Index grid_width, double cells_per_pixel) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  // From the first tap on: less than 1 + (lanes - 1) · step to the last pixel's, 1 beyond; and 1 for what is rounded.
  return grid_width >= lanes &&
         2.0 + static_cast<double>(lanes - 1) * cells_per_pixel <= static_cast<double>(lanes - 1);
}

template <class Arch>
inline constexpr auto lane_numbers = [] {
  std::array<float, static_cast<std::size_t>(simd::lanes<float, Arch>)> numbers{};
  for (std::size_t lane = 0; lane < numbers.size(); ++lane) numbers[lane] = static_cast<float>(lane);
  return numbers;
}();

template <class Arch, bool in_register>
inline GridTaps<Arch> place_vector(Index x, double cells_per_pixel, Index grid_width) noexcept {
  using Float = simd::Batch<float, Arch>;
  using Int = simd::Batch<std::int32_t, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  // The first pixel's place in double, only the way from there in float: as exact far right as at the left.
  const GridPlace start = place_on_grid(x, cells_per_pixel);
  const Float way = simd::fmadd(simd::load<Arch>(lane_numbers<Arch>.data()), Float(static_cast<float>(cells_per_pixel)),
                                Float(start.fraction));
  const Float whole = floor(way);
  const Index base = in_register ? std::clamp<Index>(start.cell, 0, grid_width - lanes) : Index{0};
  const auto relative = [&](Index cell) { return Int(static_cast<std::int32_t>(cell - base)); };
  return {base, relative(0), relative(grid_width - 1), to_int(whole) + relative(start.cell), way - whole};
}

template <class Arch, bool in_register>
[[gnu::always_inline]] inline simd::Batch<float, Arch> read_cells(
    const float* row, const simd::Batch<std::int32_t, Arch>& cells) noexcept {
  if constexpr (in_register) return simd::lookup<Arch>(row, cells);
  return simd::Batch<float, Arch>::gather(row, cells);
}

}  // namespace ochre::inline v0::color
