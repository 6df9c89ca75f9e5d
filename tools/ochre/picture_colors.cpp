#include "picture_colors.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "square_picture.hpp"

namespace ochre::program {

namespace {

struct Chroma {
  double b = 0;
  double r = 0;
};

// Of an rgb8 picture, with BT.601's weights.
std::vector<Chroma> chroma_of(const LoadedPicture& picture) {
  std::vector<Chroma> samples;
  for (Index i = 0; i < picture.width * picture.height; ++i) {
    const std::uint8_t* pixel = picture.pixels.data() + 3 * i;
    const double luma = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    samples.push_back({(pixel[2] - luma) / 1.772, (pixel[0] - luma) / 1.402});
  }
  return samples;
}

double distance_from_tint(const Chroma& sample, const Chroma& tint) {
  const double strength = std::hypot(tint.b, tint.r);
  const double along = strength > 0 ? (sample.b * tint.b + sample.r * tint.r) / strength : 0;
  const double across = strength > 0 ? (sample.b * tint.r - sample.r * tint.b) / strength : 0;
  return along > 0 ? std::abs(across) : std::hypot(sample.b, sample.r);
}

}  // namespace

Result<bool> is_in_color(const LoadedPicture& picture) {
  constexpr Index side = 48;     // samples of the shorter side: the noise of single pixels is out
  constexpr double least = 2.5;  // a tint that turns with the light, and what JPEG adds, stay below
  constexpr double share = 0.2;  // a stamp or a date is less
  if (is_gray(picture)) return false;
  const auto small = resized_picture(picture, side);
  if (!small) return small.error();
  const std::vector<Chroma> samples = chroma_of(*small);
  const auto count = static_cast<double>(samples.size());
  Chroma tint;
  for (const Chroma& sample : samples) tint = {tint.b + sample.b / count, tint.r + sample.r / count};
  constexpr double strongest = 60;  // that a print has: a cyanotype
  if (std::hypot(tint.b, tint.r) > strongest) return true;
  const auto is_apart = [&](const Chroma& sample) { return distance_from_tint(sample, tint) >= least; };
  return static_cast<double>(std::count_if(samples.begin(), samples.end(), is_apart)) > share * count;
}

}  // namespace ochre::program
