// A small picture file: a grey ramp, or one in colours.
#pragma once

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <ochre/image_io/save_picture.hpp>

namespace ochre::test {

enum class RampColors { gray, tinted, colored };

// Its folder is made, too.
inline std::string save_ramp(const std::string& path, RampColors colors = RampColors::gray, Index side = 16) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  auto ramp = LoadedPicture::create(side + 4, side, PixelFormat::rgb8).value();
  for (Index y = 0; y < ramp.height; ++y) {
    for (Index x = 0; x < ramp.width; ++x) {
      const auto level = static_cast<std::uint8_t>(40 + (5 * x + 2 * y) % 180);
      std::uint8_t* pixel = ramp.view().row(y) + 3 * x;
      pixel[0] = pixel[1] = pixel[2] = level;
      if (colors == RampColors::tinted) pixel[2] = static_cast<std::uint8_t>(level * 4 / 5);
      if (colors == RampColors::colored) pixel[x % 2 == y % 2 ? 0 : 2] = 220;
      if (colors == RampColors::colored && x < ramp.width / 2) pixel[2] = 10;
    }
  }
  const LoadedPicture& made = ramp;
  REQUIRE(save_picture(path, made.view()).ok());
  return path;
}

}  // namespace ochre::test
