// exp(x) of x that is at most 0, or no number: for the shares of a softmax, exp(x − the largest x).
#pragma once

#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::simd {

// exp() must see neither a NaN nor an infinity: it would convert it to an integer. exp(-746) is 0. Above 0 lies only
// what a NaN has made the largest forget; that NaN stays, in the sum that the shares are divided by.
template <class T, class Arch>
[[gnu::always_inline]] inline Batch<T, Arch> exp_of_negative(const Batch<T, Arch>& x) noexcept {
  const Batch<T, Arch> least = broadcast<Arch>(T{-746});
  const Batch<T, Arch> held = min(select(x > least, x, least), broadcast<Arch>(T{0}));
  return select(x == x, exp(held), x);
}

}  // namespace ochre::inline v0::simd
