// Tensor bytes to numbers: every float type of 8, 16, 32 or 64 bits, little-endian and at any address, to float or
// double.
// Exact where the target is wide enough; F64 to float rounds to nearest. A NaN or an infinity, stored or made by that
// rounding, is an Error: one such weight would silently spread over the whole picture. Tested by convert_test.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include <ochre/base/bf16.hpp>
#include <ochre/base/checked.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/dtype.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

namespace detail {

// The compilers turn this loop into one load on a little-endian host.
template <class Unsigned>
Unsigned load_little_endian(const std::byte* from) noexcept {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value = static_cast<Unsigned>(value | static_cast<Unsigned>(std::to_integer<Unsigned>(from[i]) << (8 * i)));
  }
  return value;
}

using base::from_bf16;
inline float from_f32(std::uint32_t bits) noexcept { return std::bit_cast<float>(bits); }
inline double from_f64(std::uint64_t bits) noexcept { return std::bit_cast<double>(bits); }

// IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. Every value is exact in float.
inline float from_f16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
  const std::uint32_t fraction = bits & 0x3FFu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;  // zero and the subnormals
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  const std::uint32_t widened = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

// The 8-bit types of machine learning (OCP 8-bit floating point specification 1.0; FNUZ: as AMD's and Graphcore's chips
// have them, with no negative zero and no infinity; E8M0: OCP microscaling formats 1.0, powers of two). The largest
// exponent is no special one; `nan` is the bit pattern, or with the sign bit the two, that is no number.
template <int fraction_bits, int bias>
float from_f8(std::uint8_t bits, bool nan) noexcept {
  if (nan) return std::numeric_limits<float>::quiet_NaN();
  const std::uint32_t sign = (bits & 0x80u) << 24;
  const std::uint32_t exponent = (bits & 0x7Fu) >> fraction_bits;
  const std::uint32_t fraction = bits & ((1u << fraction_bits) - 1);
  constexpr float least = 1.0f / static_cast<float>(1u << (bias - 1 + fraction_bits));  // the subnormals' step
  const std::uint32_t magnitude = exponent == 0 ? std::bit_cast<std::uint32_t>(static_cast<float>(fraction) * least)
                                                : (exponent + (127 - bias)) << 23 | fraction << (23 - fraction_bits);
  return std::bit_cast<float>(sign | magnitude);
}
inline float from_f8_e4m3(std::uint8_t bits) noexcept { return from_f8<3, 7>(bits, (bits & 0x7F) == 0x7F); }
inline float from_f8_e4m3fnuz(std::uint8_t bits) noexcept { return from_f8<3, 8>(bits, bits == 0x80); }
inline float from_f8_e5m2fnuz(std::uint8_t bits) noexcept { return from_f8<2, 16>(bits, bits == 0x80); }
inline float from_f8_e5m2(std::uint8_t bits) noexcept { return from_f16(static_cast<std::uint16_t>(bits << 8)); }
inline float from_f8_e8m0(std::uint8_t bits) noexcept {
  if (bits == 0xFF) return std::numeric_limits<float>::quiet_NaN();
  return std::bit_cast<float>(bits == 0 ? 0x00400000u : std::uint32_t{bits} << 23);  // 2^(bits - 127)
}

template <class Unsigned, class Number, class FromBits>
void convert_each(std::span<const std::byte> bytes, std::span<Number> numbers, FromBits from_bits) noexcept {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<Number>(from_bits(load_little_endian<Unsigned>(bytes.data() + i * sizeof(Unsigned))));
  }
}

template <class Number>
Status convert_tensor(const TensorEntry& tensor, std::span<Number> numbers) {
  if (!weights::is_convertible(tensor.dtype)) return not_convertible(tensor);
  const auto count = tensor.bytes.size() / static_cast<std::size_t>(dtype_bits(tensor.dtype) / 8);
  if (count != numbers.size()) {
    return tensor_error(tensor.name,
                        "found " + std::to_string(count) + " elements, expected " + std::to_string(numbers.size()),
                        ErrorCode::invalid_argument);
  }
  switch (tensor.dtype) {
    case Dtype::f8_e5m2:
      convert_each<std::uint8_t>(tensor.bytes, numbers, from_f8_e5m2);
      break;
    case Dtype::f8_e4m3:
      convert_each<std::uint8_t>(tensor.bytes, numbers, from_f8_e4m3);
      break;
    case Dtype::f8_e8m0:
      convert_each<std::uint8_t>(tensor.bytes, numbers, from_f8_e8m0);
      break;
    case Dtype::f8_e4m3fnuz:
      convert_each<std::uint8_t>(tensor.bytes, numbers, from_f8_e4m3fnuz);
      break;
    case Dtype::f8_e5m2fnuz:
      convert_each<std::uint8_t>(tensor.bytes, numbers, from_f8_e5m2fnuz);
      break;
    case Dtype::f16:
      convert_each<std::uint16_t>(tensor.bytes, numbers, from_f16);
      break;
    case Dtype::bf16:
      convert_each<std::uint16_t>(tensor.bytes, numbers, from_bf16);
      break;
    case Dtype::f64:
      convert_each<std::uint64_t>(tensor.bytes, numbers, from_f64);
      break;
    default:
      convert_each<std::uint32_t>(tensor.bytes, numbers, from_f32);
  }
  const auto bad = std::find_if(numbers.begin(), numbers.end(), [](Number value) { return !is_finite(value); });
  if (bad == numbers.end()) return {};
  using Bits = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits sign_bit = Bits{1} << (8 * sizeof(Number) - 1);
  const Bits bits = std::bit_cast<Bits>(*bad);
  const bool infinite = is_infinite(*bad);
  return tensor_error(tensor.name, "element " + std::to_string(bad - numbers.begin()) + ": found " +
                                       (!infinite                ? "NaN"
                                        : (bits & sign_bit) != 0 ? "-infinity"
                                                                 : "infinity") +
                                       ", expected a finite number");
}

}  // namespace detail

// Turns a tensor's bytes into numbers. numbers.size() must be the tensor's number of elements. After an Error the
// numbers are worthless.
inline Status convert_to(const TensorEntry& tensor, std::span<float> numbers) {
  return detail::convert_tensor(tensor, numbers);
}
inline Status convert_to(const TensorEntry& tensor, std::span<double> numbers) {
  return detail::convert_tensor(tensor, numbers);
}

}  // namespace ochre::inline v0
