// How far a convolution may be from the exact one whose weights and values are sums of bf16 parts and whose products
// are summed by a tile unit (simd/tile_unit.hpp), for values that are such sums exactly. Of K products of C channels:
//   one part     the weight is rounded: 2^-8 of each product
//   two parts    the weight is rounded, 2^-16, and low·low is left out: |low| <= 2^-8 of either factor, 2^-16 again
// so that each product is off by d = 2^-8 or 2^-15 (1+2^-6), and the sizes of its parts' products add up to
// (1+2^-6) (1+d) of its own at most. A product meets the roundings of 16 sums in its tile, of the two halves' sum, and
// of one addition for each tile product: T = taps · ceil(C/32) segments times 1 or 3; then of the bias:
//   |error| <= (d + (1+2^-6) (1+d) gamma(T + 19)) Σ |w||x| + gamma(T + 19) |bias| + underflow
// Numbers below the normal ones are zero in the unit, on their way in and out: each part of a factor loses at most
// tiny, t = 4 tiny / d on top of every |w| and |x| covers it, and every sum loses tiny, 2(3K+20) tiny in all. Tested by
// split_bound_test.cpp.
#pragma once

#include <ochre/reference/error_bound.hpp>

namespace ochre::inline v0::reference {

struct PartsGrowth {
  double products = 0;  // of Σ |w||x|
  double sums = 0;      // of |bias|
  double floor = 0;     // t
  double lost = 0;      // in the sums
};

// products: K; channels: C, of the input; roundings: of each term beside those of a sum of products and a bias.
inline PartsGrowth parts_growth(Index products, Index channels, int parts, Index roundings, Arithmetic arithmetic) {
  const double each = parts == 1 ? 0x1p-8 : 0x1p-15 * (1 + 0x1p-6);
  const Index tile_products = products / channels * ceil_div(channels, Index{32}) * (parts == 1 ? 1 : 3);
  PartsGrowth growth;
  growth.sums = gamma(tile_products + 19 + roundings, arithmetic.unit);
  growth.products = each + (1 + 0x1p-6) * (1 + each) * growth.sums;
  growth.floor = 4 * arithmetic.tiny / each;
  growth.lost = 2 * static_cast<double>(3 * products + 20) * arithmetic.tiny;
  return growth;
}

// What rounding to so many parts makes of a number whose error is at most `error`.
inline double parts_rounding(double value, double error, int parts, Arithmetic arithmetic) noexcept {
  const double each = parts == 1 ? 0x1p-8 : 0x1p-16;
  return error + each * (std::abs(value) + error) + 2 * arithmetic.tiny;
}

}  // namespace ochre::inline v0::reference
