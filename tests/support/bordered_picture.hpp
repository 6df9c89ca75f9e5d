// Grey pictures with borders for tests: a scene of blocks on paper, and the noise that paper has.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <ochre/image/picture_part.hpp>

namespace ochre::test {

// Levels, as many as pixels. `painted` gives the level of each.
struct GrayPicture {
  Index width = 0;
  Index height = 0;
  std::vector<std::uint8_t> levels;

  GrayPicture(Index w, Index h, const std::function<int(Index x, Index y)>& painted) : width(w), height(h) {
    for (Index y = 0; y < h; ++y) {
      for (Index x = 0; x < w; ++x) levels.push_back(static_cast<std::uint8_t>(std::clamp(painted(x, y), 0, 255)));
    }
  }
  PictureView view() const { return {levels.data(), width, height, width, PixelFormat::gray8}; }
};

// The same for the same pixel: -most…most, evenly.
inline int noise_at(Index x, Index y, int most) {
  std::uint32_t bits = static_cast<std::uint32_t>(x) * 0x9E3779B1u ^ static_cast<std::uint32_t>(y) * 0x85EBCA77u;
  for (const std::uint32_t factor : {0x7FEB352Du, 0x846CA68Bu}) bits = (bits ^ (bits >> 15)) * factor;
  return static_cast<int>((bits >> 8) % static_cast<std::uint32_t>(2 * most + 1)) - most;
}

// A photograph's levels: blocks of 5x7 pixels, 40…200, and some texture.
inline int scene_level(Index x, Index y) { return 120 + noise_at(x / 5, y / 7, 80) + noise_at(x, y, 6); }

inline bool lies_in(const PictureRectangle& part, Index x, Index y) {
  return x >= part.x && x < part.x + part.width && y >= part.y && y < part.y + part.height;
}

// The scene, with paper of that tone around `inside`.
inline GrayPicture bordered_scene(Extent size, const PictureRectangle& inside, int tone, int noise = 0) {
  return GrayPicture(size.w, size.h, [&](Index x, Index y) {
    return lies_in(inside, x, y) ? scene_level(x - inside.x, y - inside.y) : tone + noise_at(x, y, noise);
  });
}

}  // namespace ochre::test
