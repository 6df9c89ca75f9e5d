// What a network's products may be made of. Tested by precisions_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ochre::inline v0 {

// How exact the products of the network's convolutions must be; sums are of float always. An engine takes numbers of
// bf16 only where this CPU is faster with them, and float elsewhere (EnginePlan::precision).
//   float32  24 significant bits
//   split    16: weights and values as a high and a low bf16 each, three products for one, the fourth left out
//   bf16     8, about two digits
enum class Precision { float32, split, bf16 };

inline constexpr std::array<std::string_view, 3> precision_names{"float", "split", "bf16"};

// A number that is none of them has a name, too, since it may come from outside.
constexpr std::string_view name_of(Precision precision) noexcept {
  const auto at = static_cast<std::size_t>(precision);
  return at < precision_names.size() ? precision_names[at] : "unknown";
}

namespace kernels {

// How many bf16 a number is made of in the tile unit's convolutions.
constexpr int bf16_parts(Precision precision) noexcept {
  return precision == Precision::bf16 ? 1 : precision == Precision::split ? 2 : 0;
}

// The largest relative error that such a product has beside float's own: one rounding of the weights (values are stored
// rounded), and with two parts what the product that is left out would have added, as much again.
constexpr double product_error(Precision precision) noexcept {
  return precision == Precision::bf16 ? 0x1p-8 : precision == Precision::split ? 0x1p-15 : 0.0;
}

}  // namespace kernels

}  // namespace ochre::inline v0
