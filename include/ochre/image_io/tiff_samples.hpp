// One sample of a TIFF's row as a level of 0…255 or 0…65535. Whole numbers of up to 16 bits have a white of their own;
// numbers with a sign, with a point or of more bits are measured against the largest of the picture. libtiff gives
// those of whole bytes in the machine's order, others packed from the highest bit on. Source: TIFF 6.0; IEEE 754.
// Tested by tiff_decode_test.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <ochre/base/checked.hpp>
#include <ochre/weights/convert.hpp>

namespace ochre::inline v0::detail {

enum class TiffNumber { index, whole, with_sign, with_point };  // index: of a palette

class TiffSample {
 public:
  // is_wide: to 65535. white: what is full light; 0: all of a whole number's bits.
  TiffSample(TiffNumber number, int bits, bool is_wide, double white = 0) noexcept
      : number_(number), bits_(bits), full_(is_wide ? 65535 : 255), white_(white) {}

  // Of the i-th sample of a row.
  std::uint32_t level(const std::uint8_t* row, Index i) const noexcept {
    if (white_ > 0) {
      const double share = value(row, i) / white_;
      return share > 0 ? static_cast<std::uint32_t>(std::min(share, 1.0) * full_ + 0.5) : 0;  // no number is black
    }
    const std::uint32_t number = whole(row, i);
    if (number_ == TiffNumber::index) return number;
    const std::uint64_t largest = (std::uint64_t{1} << bits_) - 1;
    return static_cast<std::uint32_t>((number * std::uint64_t{full_} + largest / 2) / largest);
  }

  // As it is meant.
  double value(const std::uint8_t* row, Index i) const noexcept {
    if (number_ == TiffNumber::with_point) return point(row, i);
    const std::uint32_t number = whole(row, i);
    const bool is_negative = number_ == TiffNumber::with_sign && (number >> (bits_ - 1) & 1) != 0;
    return number - (is_negative ? std::ldexp(1.0, bits_) : 0.0);
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

  double point(const std::uint8_t* row, Index i) const noexcept {
    if (bits_ == 64) return copied<double>(row, i);
    if (bits_ == 32) return static_cast<double>(copied<float>(row, i));
    return static_cast<double>(from_f16(copied<std::uint16_t>(row, i)));
  }

  TiffNumber number_;
  int bits_;
  std::uint32_t full_;
  double white_;
};

}  // namespace ochre::inline v0::detail
