// Numbers to tensor bytes in another type: F32, F16 or BF16, little-endian, rounded to nearest, ties to even (F64 by
// way of F32). The counterpart of convert.hpp. Tested by store_test.cpp, every F16 and BF16 value and what lies
// between.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ochre/weights/convert.hpp>

namespace ochre::inline v0 {

namespace detail {

// Nothing for what rounds beyond the largest finite number, 65504.
inline std::optional<std::uint16_t> to_f16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  constexpr std::uint32_t too_large = 0x477FF000u;     // 65520, half way to 65536
  constexpr std::uint32_t least_normal = 0x38800000u;  // 2^-14
  if (magnitude >= too_large) return std::nullopt;
  if (magnitude < least_normal) {
    // Subnormals are multiples of 2^-24; the sum with 1/2 has a last bit of just that weight.
    const float sum = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3F000000u));
  }
  constexpr std::uint32_t other_bias = (127u - 15u) << 23;
  const std::uint32_t rounded = magnitude - other_bias + 0xFFFu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | rounded >> 13);
}

// Nothing for what rounds to infinity.
inline std::optional<std::uint16_t> to_bf16(float value) noexcept {
  const std::uint16_t bits = base::to_bf16(value);
  if ((bits & 0x7F80u) == 0x7F80u) return std::nullopt;
  return bits;
}

inline std::optional<std::uint32_t> to_f32(float value) noexcept { return std::bit_cast<std::uint32_t>(value); }

template <class Convert>
Status append_bits(const TensorEntry& tensor, std::span<const float> numbers, std::vector<std::byte>& bytes,
                   Convert convert) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto bits = convert(numbers[i]);
    if (!bits) {
      return tensor_error(tensor.name, "element " + std::to_string(i) + ": found " + std::to_string(numbers[i]) +
                                           ", expected a number that the smaller type can hold");
    }
    for (std::size_t k = 0; k < sizeof(*bits); ++k) bytes.push_back(static_cast<std::byte>(*bits >> (8 * k) & 0xFF));
  }
  return {};
}

}  // namespace detail

namespace weights {

// A tensor's bytes as `dtype`. Errors: NaN or infinity, a number beyond the type's range, another type than these.
inline Result<std::vector<std::byte>> stored_as(const TensorEntry& tensor, Dtype dtype) {
  if (!is_convertible(tensor.dtype)) return detail::not_convertible(tensor);
  const auto count = tensor.bytes.size() / static_cast<std::size_t>(dtype_bits(tensor.dtype) / 8);
  std::vector<float> numbers(count);
  if (Status status = convert_to(tensor, numbers); !status) return std::move(status).error();
  std::vector<std::byte> bytes;
  bytes.reserve(count * static_cast<std::size_t>(dtype_bits(dtype) / 8));
  Status status;
  switch (dtype) {
    case Dtype::f16:
      status = detail::append_bits(tensor, numbers, bytes, detail::to_f16);
      break;
    case Dtype::bf16:
      status = detail::append_bits(tensor, numbers, bytes, detail::to_bf16);
      break;
    case Dtype::f32:
      status = detail::append_bits(tensor, numbers, bytes, detail::to_f32);
      break;
    default:
      return Error{ErrorCode::invalid_argument, "stored_as(): expected F32, F16 or BF16"};
  }
  if (!status) return std::move(status).error();
  return bytes;
}

}  // namespace weights

}  // namespace ochre::inline v0
