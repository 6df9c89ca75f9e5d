#include "steadiness.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <ochre/color/srgb_lab.hpp>

namespace ochre::program {

namespace {

// ab of the coloured picture: all a, then all b.
Result<std::vector<float>> colors_of(const LoadedPicture& gray, PictureColorizer& colorizer) {
  auto colored = LoadedPicture::create(gray.width, gray.height, PixelFormat::rgb16);
  if (!colored) return colored.error();
  if (Status status = colorize_picture(colorizer, gray.view(), colored->view()); !status)
    return std::move(status).error();
  const auto width = static_cast<std::size_t>(gray.width);
  const std::size_t pixels = width * static_cast<std::size_t>(gray.height);
  std::vector<float> ab(2 * pixels);
  std::vector<float> lightness(width);
  for (Index y = 0; y < gray.height; ++y) {
    float* a = ab.data() + static_cast<std::size_t>(y) * width;
    color::srgb_to_lab_row(std::as_const(*colored).view().row(y), PixelFormat::rgb16, gray.width, lightness.data(), a,
                           a + pixels);
  }
  return ab;
}

// The mean length of ab - other.
double mean_distance(const std::vector<float>& ab, const std::vector<float>& other) {
  const std::size_t pixels = ab.size() / 2;
  double sum = 0;
  for (std::size_t i = 0; i < pixels; ++i) {
    sum += std::hypot(ab[i] - other[i], ab[pixels + i] - other[pixels + i]);
  }
  return sum / static_cast<double>(pixels);
}

}  // namespace

Status Steadiness::add(const LoadedPicture& gray, PictureColorizer& colorizer) {
  const auto before = colors_of(gray, colorizer);
  if (!before) return before.error();
  std::array<double, disturbances.size()> moved{};
  for (std::size_t i = 0; i < disturbances.size(); ++i) {
    const auto disturbed = disturbances[i].apply(gray);
    if (!disturbed) return disturbed.error();
    const auto after = colors_of(*disturbed, colorizer);
    if (!after) return after.error();
    moved[i] = mean_distance(*after, *before);
  }
  chroma_ += mean_distance(*before, std::vector<float>(before->size()));
  for (std::size_t i = 0; i < moved.size(); ++i) moved_[i] += moved[i];
  ++pictures_;
  return {};
}

}  // namespace ochre::program
