#include "square_picture.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <ochre/color/area_average.hpp>

namespace ochre::program {

namespace {

// One channel of a row, in 8-bit levels.
void read_channel(const PictureView& picture, Index y, Index channel, float* levels) {
  const Index sample = bytes_per_sample(picture.format);
  const std::uint8_t* at = picture.row(y) + (has_color(picture.format) ? channel : 0) * sample;
  for (Index x = 0; x < picture.width; ++x, at += bytes_per_pixel(picture.format)) {
    std::uint16_t wide = 0;
    if (sample == 2) std::memcpy(&wide, at, sizeof(wide));
    levels[x] = sample == 2 ? static_cast<float>(wide) / 257.0f : static_cast<float>(*at);
  }
}

}  // namespace

Result<LoadedPicture> square_picture(const LoadedPicture& picture, Index side) {
  const Index shorter = std::min(picture.width, picture.height);
  PictureView centre = picture.view();
  centre.pixels =
      centre.row((picture.height - shorter) / 2) + (picture.width - shorter) / 2 * bytes_per_pixel(picture.format);
  centre.width = centre.height = shorter;
  auto square = LoadedPicture::create(side, side, PixelFormat::rgb8);
  auto plane = AlignedBuffer<float>::create(side * side);
  if (!square) return square;
  if (!plane) return std::move(plane).error();
  std::vector<float> row(static_cast<std::size_t>(shorter));
  std::vector<float> scratch(static_cast<std::size_t>(side));
  for (Index channel = 0; channel < 3; ++channel) {
    color::AreaAverage average({shorter, shorter}, {side, side}, plane->data(), scratch.data());
    for (Index y = 0; y < shorter; ++y) {
      read_channel(centre, y, channel, row.data());
      average.add_row(row.data());
    }
    std::uint8_t* to = square->pixels.data() + channel;
    for (const float level : plane->span()) {
      *to = static_cast<std::uint8_t>(std::clamp(level + 0.5f, 0.0f, 255.0f));
      to += 3;
    }
  }
  return square;
}

bool is_grey(const LoadedPicture& picture) {
  const std::uint8_t* pixel = picture.pixels.data();
  for (Index i = 0; i < picture.width * picture.height; ++i, pixel += 3) {
    if (pixel[0] != pixel[1] || pixel[1] != pixel[2]) return false;
  }
  return true;
}

}  // namespace ochre::program
