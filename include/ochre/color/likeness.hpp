// How much a cell's colour weighs for a place whose lightness differs from the cell's by ΔL:
//   weight = 2^-63 · (1 + ΔL^2 / (2 · sigma^2))^-2, the bracket held to 2^20
// Its tail keeps some of everything: where no cell's L is like the place's, distance decides, and an edge of L without
// one of colour costs less than with a Gaussian's. Powers go by a float's bits, which are nearly its logarithm
// (Schraudolph 1999): piecewise linear between powers of two, up to 20 % above the formula. Only ratios of weights
// count. Tested by upsample_ab_test.cpp and refine_grid_test.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color::detail {

// The bracket is scaled by 2^-32, so that twice its bits fit 31.
inline constexpr float likeness_unit = 0x1p-32f;
inline constexpr float likeness_limit = 0x1p-12f;
inline constexpr std::int32_t likeness_bits = 254 << 23;

constexpr float likeness_factor(double sigma) noexcept {
  return static_cast<float>(static_cast<double>(likeness_unit) / (2.0 * sigma * sigma));
}

template <class Arch>
[[gnu::always_inline]] inline simd::Batch<float, Arch> likeness(const simd::Batch<float, Arch>& difference,
                                                                float factor) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float bracket = simd::fmadd(difference * difference, Float(factor), Float(likeness_unit));
  const auto bits = simd::to_bits<Arch>(min(bracket, Float(likeness_limit)));
  return simd::from_bits<Arch>(simd::broadcast<Arch>(likeness_bits) - (bits + bits));
}

// The same of one pixel.
inline float likeness(float difference, float factor) noexcept {
  const auto bits =
      std::bit_cast<std::int32_t>(std::min(difference * difference * factor + likeness_unit, likeness_limit));
  return std::bit_cast<float>(likeness_bits - 2 * bits);
}

}  // namespace ochre::inline v0::color::detail
