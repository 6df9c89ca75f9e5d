// Pictures of noise in every format, and whether two pictures are the same.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <utility>

#include <doctest/doctest.h>

#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::test {

inline constexpr PixelFormat pixel_formats[] = {PixelFormat::gray8, PixelFormat::gray_alpha8, PixelFormat::rgb8,
                                                PixelFormat::rgba8, PixelFormat::gray16,      PixelFormat::gray_alpha16,
                                                PixelFormat::rgb16, PixelFormat::rgba16};

inline LoadedPicture noise(Index width, Index height, PixelFormat format) {
  auto picture = LoadedPicture::create(width, height, format);
  REQUIRE(picture);
  std::mt19937 random(static_cast<unsigned>(width * 100 + height));
  for (std::uint8_t& byte : picture->pixels.span()) byte = static_cast<std::uint8_t>(random());
  return *std::move(picture);
}

inline bool same(const PictureView& left, const PictureView& right) {
  if (left.width != right.width || left.height != right.height || left.format != right.format) return false;
  const auto row_bytes = static_cast<std::size_t>(left.width * bytes_per_pixel(left.format));
  for (Index y = 0; y < left.height; ++y) {
    if (std::memcmp(left.row(y), right.row(y), row_bytes) != 0) return false;
  }
  return true;
}

}  // namespace ochre::test
