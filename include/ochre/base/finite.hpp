// What a number is, by its bits: -ffast-math lets a compiler take it that std::isfinite is always true.
// Tested by finite_test.cpp, which is compiled so.
#pragma once

#include <bit>
#include <cstdint>

namespace ochre::inline v0 {

namespace detail {

// The magnitude's bits, and those of infinity; a NaN's are larger.
inline std::uint32_t doubled_bits(float value) noexcept { return std::bit_cast<std::uint32_t>(value) << 1; }
inline std::uint64_t doubled_bits(double value) noexcept { return std::bit_cast<std::uint64_t>(value) << 1; }
inline constexpr std::uint32_t doubled_infinity(float) noexcept { return 0xFF000000u; }
inline constexpr std::uint64_t doubled_infinity(double) noexcept { return 0xFFE0000000000000u; }

}  // namespace detail

// T: float or double.
template <class T>
bool is_finite(T value) noexcept {
  return detail::doubled_bits(value) < detail::doubled_infinity(value);
}
template <class T>
bool is_infinite(T value) noexcept {
  return detail::doubled_bits(value) == detail::doubled_infinity(value);
}
template <class T>
bool is_nan(T value) noexcept {
  return detail::doubled_bits(value) > detail::doubled_infinity(value);
}

}  // namespace ochre::inline v0
