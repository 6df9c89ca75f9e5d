// A curve from a device's level to light or back, both 0…1: a formula, or values in between which it is a line.
// Source: ICC.1:2022, sections 10.6 and 10.18; IEC 61966-2-1. Tested by icc_profile_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace ochre::inline v0::detail {

// From d on (a·x + b)^gamma + e, below it slope·x + f.
struct CurveFormula {
  double gamma = 1;
  double a = 1;
  double b = 0;
  double slope = 0;
  double d = 0;
  double e = 0;
  double f = 0;
};

inline constexpr CurveFormula srgb_curve{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0};

struct ToneCurve {
  CurveFormula formula;
  std::vector<float> values;  // if there are any, they count

  float operator()(float level) const noexcept {
    const float x = level > 0 ? std::min(level, 1.0f) : 0.0f;  // no number is 0
    if (values.empty()) return by_formula(x);
    const float position = x * static_cast<float>(values.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const float part = position - static_cast<float>(below);
    return values[below] + part * (values[above] - values[below]);
  }

 private:
  float by_formula(double x) const noexcept {
    const CurveFormula& curve = formula;
    if (x < curve.d) return static_cast<float>(curve.slope * x + curve.f);
    const double base = std::max(curve.a * x + curve.b, 0.0);
    return static_cast<float>(std::pow(base, curve.gamma) + curve.e);
  }
};

}  // namespace ochre::inline v0::detail
