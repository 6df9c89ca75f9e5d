// sRGB's curve in double precision: a level of 0…1 to linear light and back. Source: IEC 61966-2-1. Tested by
// curves_test.cpp.
#pragma once

#include <cmath>

namespace ochre::inline v0::color {

inline double linear_of_srgb(double level) noexcept {
  return level <= 0.04045 ? level / 12.92 : std::pow((level + 0.055) / 1.055, 2.4);
}
inline double srgb_of_linear(double light) noexcept {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1.0 / 2.4) - 0.055;
}

}  // namespace ochre::inline v0::color
