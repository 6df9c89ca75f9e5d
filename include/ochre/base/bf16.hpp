// bf16: the upper half of a float's bits, 8 of them significant. The one place that rounds to it and reads it, for
// weight files and kernels. Tested by bf16_test.cpp, store_test.cpp.
#pragma once

#include <bit>
#include <cstdint>

namespace ochre::inline v0::base {

// The nearest bf16, ties to even, as its 16 bits; NaN stays NaN.
inline std::uint16_t to_bf16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

inline float from_bf16(std::uint16_t bits) noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

}  // namespace ochre::inline v0::base
