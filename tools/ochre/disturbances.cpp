#include "disturbances.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/network/random_weights.hpp>

namespace ochre::program {

namespace {

std::uint8_t to_level(double value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))); }

// Each level by itself.
template <class Function>
Result<LoadedPicture> each_level(const LoadedPicture& gray, Function&& function) {
  auto picture = LoadedPicture::create(gray.width, gray.height, PixelFormat::gray8);
  if (!picture) return picture;
  const auto levels = gray.pixels.span();
  std::transform(levels.begin(), levels.end(), picture->pixels.data(),
                 [&](std::uint8_t level) { return to_level(function(level)); });
  return picture;
}

// The same noise for every picture of a size (Box and Muller 1958).
Result<LoadedPicture> with_noise(const LoadedPicture& gray) {
  RandomNumbers random(0);
  return each_level(gray, [&](double level) {
    const double radius = std::sqrt(-2 * std::log((random.uniform() + 1) / 2 + 0x1p-25));
    return level + 10 * radius * std::cos(std::numbers::pi * random.uniform());
  });
}

template <int Tenths>
Result<LoadedPicture> with_gamma(const LoadedPicture& gray) {
  return each_level(gray, [](double level) { return 255 * std::pow(level / 255, Tenths / 10.0); });
}

// Means of 2x2 pixels (at an odd border of what there is), enlarged bilinearly.
Result<LoadedPicture> half_size_and_back(const LoadedPicture& gray) {
  const Index width = ceil_div(gray.width, 2);
  const Index height = ceil_div(gray.height, 2);
  const auto at = [&](Index y, Index x) {
    return static_cast<double>(
        gray.pixels.data()[std::min(y, gray.height - 1) * gray.width + std::min(x, gray.width - 1)]);
  };
  std::vector<double> half;
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      half.push_back((at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) + at(2 * y + 1, 2 * x + 1)) / 4);
    }
  }
  auto picture = LoadedPicture::create(gray.width, gray.height, PixelFormat::gray8);
  if (!picture) return picture;
  for (Index y = 0; y < gray.height; ++y) {
    // A pixel lies a quarter of a small one's side from that one's centre.
    const Index nearest_y = y / 2;
    const Index other_y = std::clamp<Index>(nearest_y + (y % 2 == 0 ? -1 : 1), 0, height - 1);
    for (Index x = 0; x < gray.width; ++x) {
      const Index nearest_x = x / 2;
      const Index other_x = std::clamp<Index>(nearest_x + (x % 2 == 0 ? -1 : 1), 0, width - 1);
      const auto small = [&](Index row, Index column) { return half[static_cast<std::size_t>(row * width + column)]; };
      picture->pixels.data()[y * gray.width + x] =
          to_level((9 * small(nearest_y, nearest_x) + 3 * small(nearest_y, other_x) + 3 * small(other_y, nearest_x) +
                    small(other_y, other_x)) /
                   16);
    }
  }
  return picture;
}

Result<LoadedPicture> as_jpeg(const LoadedPicture& gray) {
  const auto file = encode_picture(gray.view(), PictureFileFormat::jpeg, {.quality = 30});
  if (!file) return file.error();
  const auto decoded = decode_picture(*file);
  if (!decoded) return decoded.error();
  // The encoder writes three channels, equal but for rounding.
  auto picture = LoadedPicture::create(gray.width, gray.height, PixelFormat::gray8);
  if (!picture) return picture;
  const Index step = bytes_per_pixel(decoded->format);
  for (Index i = 0; i < gray.width * gray.height; ++i) picture->pixels.data()[i] = decoded->pixels.data()[i * step];
  return picture;
}

}  // namespace

const std::array<Disturbance, 5> disturbances{{{"noise", "noise, sigma 10/255", with_noise},
                                               {"half_size", "half size and back", half_size_and_back},
                                               {"gamma_0.6", "gamma 0.6", with_gamma<6>},
                                               {"gamma_1.6", "gamma 1.6", with_gamma<16>},
                                               {"jpeg_30", "JPEG, quality 30", as_jpeg}}};

}  // namespace ochre::program
