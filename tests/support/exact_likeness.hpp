// likeness.hpp in double: (1 + d^2 / (2 sigma^2))^-2 with the logarithm and the power piecewise linear between powers
// of two, as a float's bits have them.
#pragma once

#include <algorithm>
#include <cmath>

namespace ochre::test {

inline double exact_likeness(double difference, double sigma) {
  const double bracket = std::min(1.0 + difference * difference / (2.0 * sigma * sigma), 0x1p20);
  int exponent = 0;
  const double mantissa = 2.0 * std::frexp(bracket, &exponent);  // 1 to 2, times 2^(exponent - 1)
  const double power = -2.0 * (exponent - 1 + mantissa - 1.0);
  const double whole = std::floor(power);
  return std::ldexp(1.0 + power - whole, static_cast<int>(whole));
}

}  // namespace ochre::test
