// A ratio of two whole numbers above 0, as texts write it: 3/4, or 2 for 2/1.
#pragma once

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

struct Ratio {
  Index numerator = 1;
  Index denominator = 1;

  friend bool operator==(const Ratio&, const Ratio&) = default;
};

inline double value_of(const Ratio& ratio) noexcept {
  return static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator);
}

// Of rows and of columns.
struct Ratios {
  Ratio h;
  Ratio w;

  friend bool operator==(const Ratios&, const Ratios&) = default;
};

}  // namespace ochre::inline v0
