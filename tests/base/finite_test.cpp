// What is finite, told by the bits: this file is compiled with -ffast-math, which std::isfinite does not survive.
#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <initializer_list>

#include <ochre/base/finite.hpp>

#if !defined(__FAST_MATH__)
#error "this file tests what -ffast-math changes"
#endif

namespace {

// That no compiler knows beforehand.
template <class T, class Bits>
T made_of(Bits bits) {
  const volatile Bits stored = bits;
  return std::bit_cast<T>(Bits{stored});
}

template <class T, class Bits>
void check(Bits infinity, Bits sign) {
  for (const Bits bits : {Bits{0}, Bits{1}, infinity - 1}) {
    for (const T value : {made_of<T>(bits), made_of<T>(bits | sign)}) {
      CHECK(ochre::is_finite(value));
      CHECK_FALSE(ochre::is_infinite(value));
      CHECK_FALSE(ochre::is_nan(value));
    }
  }
  for (const T value : {made_of<T>(infinity), made_of<T>(infinity | sign)}) {
    CHECK_FALSE(ochre::is_finite(value));
    CHECK(ochre::is_infinite(value));
    CHECK_FALSE(ochre::is_nan(value));
  }
  for (const Bits bits : {infinity + 1, infinity | (infinity >> 1), infinity | 1 | sign, ~Bits{0}}) {
    CHECK_FALSE(ochre::is_finite(made_of<T>(bits)));
    CHECK_FALSE(ochre::is_infinite(made_of<T>(bits)));
    CHECK(ochre::is_nan(made_of<T>(bits)));
  }
}

}  // namespace

TEST_CASE("finite: numbers, infinities and NaNs are told apart under -ffast-math") {
  check<float, std::uint32_t>(0x7F800000u, 0x80000000u);
  check<double, std::uint64_t>(0x7FF0000000000000u, 0x8000000000000000u);
}
