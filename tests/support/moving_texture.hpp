// Lightness for tests of what moves: a smooth texture that is itself nowhere again, shown from any place; noise on it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <ochre/base/extent.hpp>

#include "support/at.hpp"

namespace ochre::test {

// −1…1: random at every 12th pixel, smooth between.
inline double texture(double y, double x) {
  const auto knot = [](double v, double u) {
    const auto whole = [](double place) { return static_cast<std::uint32_t>(static_cast<std::int32_t>(place)); };
    auto bits = whole(v) * 73856093u + whole(u) * 19349663u;
    bits = (bits ^ bits >> 15) * 0x2C1B3C6Du;
    bits = (bits ^ bits >> 12) * 0x297A2D39u;
    return static_cast<double>(bits >> 8) / 0x800000 - 1;
  };
  const double top = std::floor(y / 12);
  const double left = std::floor(x / 12);
  const auto smooth = [](double t) { return t * t * (3 - 2 * t); };
  const double down = smooth(y / 12 - top);
  const double right = smooth(x / 12 - left);
  const auto across = [&](double v) { return knot(v, left) + right * (knot(v, left + 1) - knot(v, left)); };
  return across(top) + down * (across(top + 1) - across(top));
}

// A plane of L: function(y, x) at each pixel.
template <class Function>
std::vector<float> plane_of(Extent size, const Function& function) {
  std::vector<float> plane;
  for (Index y = 0; y < size.h; ++y) {
    for (Index x = 0; x < size.w; ++x) plane.push_back(static_cast<float>(function(y, x)));
  }
  return plane;
}

// The texture as L, moved down and to the right.
inline std::vector<float> textured(Extent size, Index down = 0, Index right = 0, double middle = 50,
                                   double swing = 40) {
  return plane_of(size, [&](Index y, Index x) {
    return middle + swing * texture(static_cast<double>(y - down), static_cast<double>(x - right));
  });
}

// sigma: in L.
inline std::vector<float> with_noise(std::vector<float> plane, double sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, sigma);
  for (float& value : plane)
    value = static_cast<float>(std::clamp(static_cast<double>(value) + noise(random), 0.0, 100.0));
  return plane;
}

}  // namespace ochre::test
