// The size at which the network sees a picture: the shorter side at `size` pixels, the longer one in proportion, both
// rounded to the multiple of 16 that the networks' strides and skips ask for. The longer side is held to 4·size, so
// that a panorama or a one-pixel strip costs no more than four squares; both sides then shrink alike, to 16 at least.
// Proven in colorizer_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <ochre/base/extent.hpp>

namespace ochre::inline v0::color {

inline constexpr Index working_multiple = 16;

inline Extent working_size(Extent picture, Index size) noexcept {
  const double shorter = static_cast<double>(std::min(picture.h, picture.w));
  const double longer = static_cast<double>(std::max(picture.h, picture.w));
  const double target = static_cast<double>(size);
  const double factor = std::min(target / shorter, 4.0 * target / longer);
  const auto fit = [&](Index side) {
    const double cells = std::round(static_cast<double>(side) * factor / static_cast<double>(working_multiple));
    return std::max<Index>(1, static_cast<Index>(cells)) * working_multiple;
  };
  return {fit(picture.h), fit(picture.w)};
}

}  // namespace ochre::inline v0::color
