// Cyan, magenta, yellow and black to RGB, by the picture's profile or, without one, as light that each ink leaves.
// Tested by icc_profile_test.cpp and jpeg_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/image_io/icc_profile.hpp>
#include <ochre/image_io/to_srgb.hpp>

namespace ochre::inline v0::detail {

// x * y / 255, rounded.
inline std::uint8_t product_of_levels(unsigned x, unsigned y) noexcept {
  const unsigned product = x * y + 128;
  return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

class InksToRgb {
 public:
  // profile: ICC, or nothing.
  explicit InksToRgb(std::span<const std::byte> profile) {
    auto model = IccProfile::read(profile);
    if (model && model->inputs == 4) to_srgb_.emplace(*std::move(model));
  }

  // 255 is all of an ink.
  void convert(const std::uint8_t* inks, std::uint8_t* rgb, Index pixels) const noexcept {
    for (Index x = 0; x < pixels; ++x, inks += 4, rgb += 3) {
      if (x > 0 && std::equal(inks, inks + 4, inks - 4)) {  // neighbours are often alike
        std::copy_n(rgb - 3, 3, rgb);
        continue;
      }
      if (!to_srgb_) {
        for (Index i = 0; i < 3; ++i) rgb[i] = product_of_levels(255u - inks[i], 255u - inks[3]);
        continue;
      }
      float levels[4];
      for (Index i = 0; i < 4; ++i) levels[i] = static_cast<float>(inks[i]) / 255;
      const Color3 color = (*to_srgb_)(levels);
      for (std::size_t i = 0; i < 3; ++i) rgb[i] = static_cast<std::uint8_t>(color[i] * 255 + 0.5f);
    }
  }

 private:
  std::optional<ToSrgb> to_srgb_;
};

}  // namespace ochre::inline v0::detail
