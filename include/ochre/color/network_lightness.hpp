// A picture's lightness as a network sees it: L, 0…100, averaged to working size, then, for networks that want it so,
// (L − 50)/100. What the colorizer feeds its network and what the audit judges it on, both from here. Tested by
// colorizer_test.cpp and cli/audit_test.cpp.
#pragma once

#include <span>
#include <utility>

#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/color/area_average.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/image/picture_view.hpp>

namespace ochre::inline v0::color {

struct WorkingLightness {
  Extent size{0, 0};
  std::span<float> values;     // L: size.h · size.w
  std::span<float> row;        // as many as the picture is wide, in use until L is complete
  std::span<float> averaging;  // size.w, the same
};

// picture: a PictureView or a YuvView. Errors: memory that is shorter.
template <class Picture>
Status average_lightness(const ColorKernels& kernels, const Picture& picture, const WorkingLightness& to) {
  if (static_cast<Index>(to.row.size()) < picture.width) {
    return Error{ErrorCode::invalid_argument, "found room for a row of " + std::to_string(to.row.size()) +
                                                  " pixels, expected " + std::to_string(picture.width)};
  }
  auto average =
      AreaAverage::create({.from = picture.extent(), .to = to.size, .target = to.values, .scratch = to.averaging});
  if (!average) return std::move(average).error();
  for (Index y = 0; y < picture.height; ++y) {
    lightness_of_row(kernels, picture, y, to.row.data());
    average->add_row(to.row.data());
  }
  return {};
}

// (L − 50)/100, in place.
inline void normalise_lightness(std::span<float> lightness) noexcept {
  for (float& value : lightness) value = (value - 50.0f) / 100.0f;
}

}  // namespace ochre::inline v0::color
