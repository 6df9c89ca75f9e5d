// The element types a safetensors file may hold, in the format's own order (its writer sorts tensors by it, descending,
// so that wide elements come first and stay aligned). Only floats of 8 to 64 bits are ever turned into numbers here.
// Tested by safetensors_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

// A tensor's element type.
enum class Dtype : std::uint8_t {
  boolean,
  f4,
  f6_e2m3,
  f6_e3m2,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64,
};

namespace detail {

struct DtypeFacts {
  std::string_view name;  // in the file
  Index bits;             // of one element
};

inline constexpr std::array<DtypeFacts, 22> dtype_facts{{
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
    {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
}};
static_assert(dtype_facts[static_cast<std::size_t>(Dtype::f32)].name == "F32");
static_assert(dtype_facts[static_cast<std::size_t>(Dtype::u64)].name == "U64");

}  // namespace detail

// A type's name as the file says it: "F16".
constexpr std::string_view dtype_name(Dtype dtype) noexcept {
  return detail::dtype_facts[static_cast<std::size_t>(dtype)].name;
}

// Bits of one element.
constexpr Index dtype_bits(Dtype dtype) noexcept { return detail::dtype_facts[static_cast<std::size_t>(dtype)].bits; }

namespace detail {

// Nothing for a name that is none.
constexpr std::optional<Dtype> dtype_from_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < detail::dtype_facts.size(); ++i) {
    if (detail::dtype_facts[i].name == name) return static_cast<Dtype>(i);
  }
  return std::nullopt;
}

}  // namespace detail

namespace weights {

// A float type of whole bytes.
constexpr bool is_convertible(Dtype dtype) noexcept {
  return (dtype >= Dtype::f8_e5m2 && dtype <= Dtype::f8_e5m2fnuz) || dtype == Dtype::f16 || dtype == Dtype::bf16 ||
         dtype == Dtype::f32 || dtype == Dtype::f64;
}

}  // namespace weights

}  // namespace ochre::inline v0
