// Pictures of a made-up place for tests of what pictures in colour teach: blocks of several colours and textures, drawn
// by a seed; the same place at another exposure, in colour or grey.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/srgb_lab.hpp>
#include <ochre/image_io/save_picture.hpp>
#include <ochre/network/random_weights.hpp>

namespace ochre::test {

struct PlaceView {
  std::uint64_t place = 1;
  float exposure = 1.0f;  // factor on L
  bool in_color = true;
  Index width = 96;
  Index height = 64;
};

inline LoadedPicture place_picture(const PlaceView& view) {
  constexpr Index across = 6;
  constexpr Index down = 4;
  RandomNumbers random(view.place);
  std::vector<float> blocks;  // L, a, b, texture
  for (Index i = 0; i < across * down; ++i) {
    blocks.push_back(static_cast<float>(55 + 30 * random.uniform()));
    blocks.push_back(static_cast<float>(20 * random.uniform()));
    blocks.push_back(static_cast<float>(25 * random.uniform()));
    blocks.push_back(static_cast<float>(4 + 4 * random.uniform()));
  }
  auto picture =
      LoadedPicture::create(view.width, view.height, view.in_color ? PixelFormat::rgb8 : PixelFormat::gray8).value();
  std::vector<std::uint8_t> rgb(3 * static_cast<std::size_t>(view.width));
  for (Index y = 0; y < view.height; ++y) {
    for (Index x = 0; x < view.width; ++x) {
      const Index block = y * down / view.height * across + x * across / view.width;
      const float* of = blocks.data() + 4 * block;
      const float lightness =
          view.exposure * (of[0] + ((x * (block % 3 + 1) + y * (block % 2 + 1)) % 4 < 2 ? of[3] : -of[3]));
      const float a = view.in_color ? view.exposure * of[1] : 0.0f;
      const float b = view.in_color ? view.exposure * of[2] : 0.0f;
      color::lab_to_srgb_row(&lightness, &a, &b, 1, rgb.data() + 3 * x, PixelFormat::rgb8);
    }
    std::uint8_t* row = picture.view().row(y);
    for (std::size_t i = 0; i < rgb.size(); ++i) {
      if (view.in_color) row[i] = rgb[i];
      if (!view.in_color && i % 3 == 0) row[i / 3] = rgb[i];
    }
  }
  return picture;
}

inline std::string write_place(const std::string& path, const PlaceView& view) {
  const LoadedPicture picture = place_picture(view);
  REQUIRE(save_picture(path, picture.view()).ok());
  return path;
}

// Mean distance in ab between two pictures in colour of one size.
inline double color_distance(const LoadedPicture& one, const LoadedPicture& other) {
  REQUIRE(one.width == other.width);
  REQUIRE(one.height == other.height);
  const auto width = static_cast<std::size_t>(one.width);
  std::vector<float> rows(6 * width);
  double sum = 0;
  for (Index y = 0; y < one.height; ++y) {
    color::srgb_to_lab_row(one.view().row(y), one.format, one.width, rows.data(), rows.data() + width,
                           rows.data() + 2 * width);
    color::srgb_to_lab_row(other.view().row(y), other.format, other.width, rows.data() + 3 * width,
                           rows.data() + 4 * width, rows.data() + 5 * width);
    for (std::size_t x = 0; x < width; ++x) {
      sum += static_cast<double>(
          std::hypot(rows[width + x] - rows[4 * width + x], rows[2 * width + x] - rows[5 * width + x]));
    }
  }
  return sum / static_cast<double>(one.width * one.height);
}

}  // namespace ochre::test
