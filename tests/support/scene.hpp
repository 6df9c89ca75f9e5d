// Pictures for the colorizer's tests: memory with a stride and a format, a scene with an edge, and its lightness.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <ochre/color/srgb_lab.hpp>
#include <ochre/image/picture_view.hpp>

namespace ochre::test {

struct Picture {
  Index width = 0;
  Index height = 0;
  PixelFormat format = PixelFormat::gray8;
  Index row_stride = 0;
  std::vector<std::uint8_t> bytes;

  PictureView view() const { return {bytes.data(), width, height, row_stride, format}; }
  MutablePictureView target() { return {bytes.data(), width, height, row_stride, format}; }
  const std::uint8_t* pixel(Index x, Index y) const {
    return bytes.data() + y * row_stride + x * bytes_per_pixel(format);
  }
};

inline Picture make_picture(Index width, Index height, PixelFormat format, Index padding = 0) {
  Picture picture{width, height, format, width * bytes_per_pixel(format) + padding, {}};
  picture.bytes.resize(static_cast<std::size_t>(picture.row_stride * height), 0xAB);
  return picture;
}

// A smooth picture with an edge, the same grey in every format.
inline Picture make_scene(Index width, Index height, PixelFormat format = PixelFormat::gray8, Index padding = 0) {
  Picture picture = make_picture(width, height, format, padding);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      const auto gray = static_cast<std::uint8_t>(40 + (x * 5 + y * 3) % 120 + (x > width / 2 ? 60 : 0));
      auto* to = picture.bytes.data() + y * picture.row_stride + x * bytes_per_pixel(format);
      for (Index c = 0; c < channels(format); ++c) {
        const bool alpha = has_alpha(format) && c == channels(format) - 1;
        const auto value = alpha ? static_cast<std::uint8_t>(x * 7 + y) : gray;
        if (bytes_per_sample(format) == 1) {
          to[c] = value;
        } else {
          const auto wide = static_cast<std::uint16_t>(value * 257);
          std::memcpy(to + 2 * c, &wide, 2);
        }
      }
    }
  }
  return picture;
}

inline std::vector<float> lightness_of(const Picture& picture) {
  std::vector<float> all(static_cast<std::size_t>(picture.width * picture.height));
  for (Index y = 0; y < picture.height; ++y) {
    color::read_lightness_row(picture.view().row(y), picture.format, picture.width, all.data() + y * picture.width);
  }
  return all;
}

inline double largest_difference(const std::vector<float>& left, const std::vector<float>& right) {
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(left[i]) - static_cast<double>(right[i])));
  }
  return largest;
}

}  // namespace ochre::test
