// One sample of a TIFF's row as a level of 0…255 or 0…65535: integers of 1 to 32 bits, signed or not (below zero is
// black), numbers with a point of 16, 32 or 64 bits between 0 and a white. libtiff gives those of whole bytes in the
// machine's order, others packed from the highest bit on. Source: TIFF 6.0; IEEE 754. Tested by tiff_test.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::detail {

enum class TiffNumber { index, whole, with_sign, with_point };  // index: of a palette, not scaled

class TiffSample {
 public:
  TiffSample(TiffNumber number, int bits, bool is_wide, double white = 1) noexcept
      : number_(number), bits_(bits), full_(is_wide ? 65535 : 255), white_(white) {}

  // The i-th sample of a row.
  std::uint32_t level(const std::uint8_t* row, Index i) const noexcept {
    if (number_ == TiffNumber::with_point) {
      const double value = point(row, i) / white_;
      return value > 0 ? static_cast<std::uint32_t>(std::min(value, 1.0) * full_ + 0.5) : 0;  // no number is black
    }
    const std::uint32_t value = whole(row, i);
    if (number_ == TiffNumber::index) return value;
    if (number_ == TiffNumber::whole) return scaled(value, bits_);
    const bool is_negative = bits_ > 1 && (value >> (bits_ - 1) & 1) != 0;
    return is_negative ? 0 : scaled(value, std::max(bits_ - 1, 1));
  }

  // Of numbers with a point.
  double point(const std::uint8_t* row, Index i) const noexcept {
    if (bits_ == 64) return copied<double>(row, i);
    if (bits_ == 32) return static_cast<double>(copied<float>(row, i));
    const auto half = copied<std::uint16_t>(row, i);
    const int exponent = half >> 10 & 31;
    const int fraction = half & 1023;
    if (exponent == 31) return fraction == 0 && half < 0x8000 ? HUGE_VAL : 0;
    const double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return half >= 0x8000 ? -value : value;
  }

 private:
  template <class T>
  static T copied(const std::uint8_t* row, Index i) noexcept {
    T value;
    std::memcpy(&value, row + i * static_cast<Index>(sizeof(T)), sizeof(T));
    return value;
  }

  std::uint32_t whole(const std::uint8_t* row, Index i) const noexcept {
    if (bits_ == 8) return row[i];
    if (bits_ == 16) return copied<std::uint16_t>(row, i);
    if (bits_ == 32) return copied<std::uint32_t>(row, i);
    if (bits_ == 24) {
      std::uint32_t value = 0;
      const bool little = std::endian::native == std::endian::little;
      std::memcpy(reinterpret_cast<std::uint8_t*>(&value) + (little ? 0 : 1), row + 3 * i, 3);
      return value;
    }
    std::uint32_t value = 0;
    for (Index bit = i * bits_; bit < (i + 1) * bits_; ++bit) {
      value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1u);
    }
    return value;
  }

  // round(value * full / (2^bits - 1))
  std::uint32_t scaled(std::uint32_t value, int bits) const noexcept {
    const std::uint64_t largest = (std::uint64_t{1} << bits) - 1;
    return static_cast<std::uint32_t>((value * std::uint64_t{full_} + largest / 2) / largest);
  }

  TiffNumber number_;
  int bits_;
  std::uint32_t full_;
  double white_;
};

}  // namespace ochre::inline v0::detail
