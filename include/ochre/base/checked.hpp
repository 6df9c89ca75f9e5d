// Index arithmetic on numbers that come from outside. Index is signed, so that a difference is never a huge size;
// every product or sum of foreign numbers goes through here before it becomes a length. Tested by checked_test.cpp.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>

namespace ochre::inline v0 {

// Sizes, offsets and counts: signed.
using Index = std::ptrdiff_t;

// The sum; nothing if it does not fit.
inline std::optional<Index> checked_add(Index left, Index right) noexcept {
  Index sum = 0;
  if (__builtin_add_overflow(left, right, &sum)) return std::nullopt;
  return sum;
}

// The product; nothing if it does not fit.
inline std::optional<Index> checked_mul(Index left, Index right) noexcept {
  Index product = 0;
  if (__builtin_mul_overflow(left, right, &product)) return std::nullopt;
  return product;
}

// The product of all factors; nothing if one is negative or the product does not fit.
inline std::optional<Index> checked_product(std::initializer_list<Index> factors) noexcept {
  Index product = 1;
  for (const Index factor : factors) {
    if (factor < 0 || __builtin_mul_overflow(product, factor, &product)) return std::nullopt;
  }
  return product;
}

// ceil(numerator / denominator) for numerator >= 0, denominator > 0.
constexpr Index ceil_div(Index numerator, Index denominator) noexcept {
  return numerator / denominator + (numerator % denominator != 0 ? 1 : 0);
}

}  // namespace ochre::inline v0
