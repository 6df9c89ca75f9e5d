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

// picture: a PictureView or a YuvView. lightness: working.h · working.w values; row: picture.width values, and
// averaging: working.w, in use until then. Errors: memory that is shorter.
template <class Picture>
Status average_lightness(const ColorKernels& kernels, const Picture& picture, Extent working,
                         std::span<float> lightness, std::span<float> row, std::span<float> averaging) {
  if (static_cast<Index>(row.size()) < picture.width) {
    return Error{ErrorCode::invalid_argument, "found room for a row of " + std::to_string(row.size()) +
                                                  " pixels, expected " + std::to_string(picture.width)};
  }
  auto average = AreaAverage::create({picture.width, picture.height}, {working.w, working.h}, lightness, averaging);
  if (!average) return std::move(average).error();
  for (Index y = 0; y < picture.height; ++y) {
    lightness_of_row(kernels, picture, y, row.data());
    average->add_row(row.data());
  }
  return {};
}

// (L − 50)/100, in place.
inline void normalise_lightness(std::span<float> lightness) noexcept {
  for (float& value : lightness) value = (value - 50.0f) / 100.0f;
}

}  // namespace ochre::inline v0::color
