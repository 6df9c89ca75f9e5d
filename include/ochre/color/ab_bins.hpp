// The 313 ab bins of Zhang, Isola and Efros, "Colorful Image Colorization", ECCV 2016: the points of a grid of step 10
// that lie in sRGB's gamut, a ascending, then b ascending, in the order of the authors' pts_in_hull.npy.
// Also the nearest bin of a colour and its soft encoding: Gaussian weights over the nearest bins, sum 1.
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

// The paper's sigma: half the distance between bins.
inline constexpr double soft_sigma = 5.0;

template <std::size_t Neighbours>
struct SoftCode {
  std::array<Index, Neighbours> bin;  // nearest first
  std::array<double, Neighbours> weight;
};

// Soft encoding over the nearest bins: 5 in the paper, 10 in the authors' code. weight ∝ exp(-distance^2 / (2
// sigma^2)).
template <std::size_t Neighbours = 5>
inline SoftCode<Neighbours> soft_encode(float a, float b) noexcept {
  SoftCode<Neighbours> code;
  std::array<double, Neighbours> distance;  // squared, ascending
  std::size_t held = 0;
  for (Index bin = 0; bin < bin_count; ++bin) {
    const auto index = static_cast<std::size_t>(bin);
    const double da = static_cast<double>(a) - static_cast<double>(bin_centres.a[index]);
    const double db = static_cast<double>(b) - static_cast<double>(bin_centres.b[index]);
    const double candidate = da * da + db * db;
    if (held == Neighbours && !(candidate < distance[held - 1])) continue;
    std::size_t place = held < Neighbours ? held++ : Neighbours - 1;
    for (; place > 0 && candidate < distance[place - 1]; --place) {
      distance[place] = distance[place - 1];
      code.bin[place] = code.bin[place - 1];
    }
    distance[place] = candidate;
    code.bin[place] = bin;
  }
  double sum = 0.0;
  for (std::size_t k = 0; k < Neighbours; ++k) {
    // Relative to the nearest, so that a colour far outside the bins does not underflow to 0 / 0.
    code.weight[k] = std::exp((distance[0] - distance[k]) / (2.0 * soft_sigma * soft_sigma));
    sum += code.weight[k];
  }
  for (double& weight : code.weight) weight /= sum;
  return code;
}

}  // namespace ochre::inline v0::color
