// The 313 ab bins of Zhang, Isola and Efros, "Colorful Image Colorization", ECCV 2016: the points of a grid of step 10
// that lie in sRGB's gamut, a ascending, then b ascending, in the order of the authors' pts_in_hull.npy.
// Also the nearest bin of a colour.
// Tested by ab_bins_test.cpp, down to the SHA-256 of that file.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::color {

inline constexpr Index bin_count = 313;
inline constexpr int bin_step = 10;

struct BinRow {
  int a;
  int first_b, last_b;
};

inline constexpr std::array<BinRow, 20> bin_rows{{
    {-90, 50, 90},   {-80, 20, 90},   {-70, 0, 90},   {-60, -20, 90}, {-50, -30, 100}, {-40, -40, 100}, {-30, -50, 100},
    {-20, -50, 100}, {-10, -60, 100}, {0, -70, 100},  {10, -80, 90},  {20, -80, 90},   {30, -90, 90},   {40, -100, 90},
    {50, -100, 80},  {60, -110, 80},  {70, -110, 80}, {80, -110, 70}, {90, -110, 70},  {100, -90, 0},
}};

struct BinCentres {
  std::array<float, bin_count> a, b;
};

inline constexpr BinCentres bin_centres = [] {
  BinCentres centres{};
  std::size_t bin = 0;
  for (const BinRow& row : bin_rows) {
    for (int b = row.first_b; b <= row.last_b; b += bin_step, ++bin) {
      centres.a[bin] = static_cast<float>(row.a);
      centres.b[bin] = static_cast<float>(b);
    }
  }
  return centres;
}();

// The bin whose centre is nearest; the first one on a tie. For finite a and b.
inline Index nearest_bin(float a, float b) noexcept {
  Index nearest = 0;
  Index row_begin = 0;
  double least = INFINITY;
  for (const BinRow& row : bin_rows) {
    const int last = (row.last_b - row.first_b) / bin_step;
    const double place = std::ceil((static_cast<double>(b) - row.first_b) / bin_step - 0.5);  // halves go down: a tie
    const auto step = static_cast<int>(std::clamp(place, 0.0, static_cast<double>(last)));
    const double da = static_cast<double>(a) - row.a;
    const double db = static_cast<double>(b) - (row.first_b + step * bin_step);
    const double distance = da * da + db * db;
    if (distance < least) {
      least = distance;
      nearest = row_begin + step;
    }
    row_begin += last + 1;
  }
  return nearest;
}

}  // namespace ochre::inline v0::color
