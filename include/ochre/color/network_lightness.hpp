// A picture's lightness as a network sees it: L, 0…100, averaged to working size, then, for networks that want it so,
// (L − 50)/100. What the colorizer feeds its network and what the audit judges it on, both from here. Tested by
// colorizer_test.cpp and cli/audit_test.cpp.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/color/area_average.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0::color {

struct WorkingLightness {
  Extent size{0, 0};
  std::span<float> values;     // L: size.h · size.w
  std::span<float> row;        // as many as the picture is wide for each thread, in use until L is complete
  std::span<float> averaging;  // size.w for each, the same
};

// picture: a PictureView or a YuvView. Errors: memory that is shorter.
template <class Picture>
Status average_lightness(const ColorKernels& kernels, const Picture& picture, const WorkingLightness& to,
                         const parallel::Team& team = {}) {
  const Index rows = static_cast<Index>(to.row.size()) / std::max<Index>(picture.width, 1);
  const Index averagings = static_cast<Index>(to.averaging.size()) / std::max<Index>(to.size.w, 1);
  if (std::min(rows, averagings) < team.threads) {
    return Error{ErrorCode::invalid_argument, "found room for " + std::to_string(to.row.size()) + " pixels and " +
                                                  std::to_string(to.averaging.size()) + " averages, expected " +
                                                  std::to_string(team.threads) + " times " +
                                                  std::to_string(picture.width) + " and " + std::to_string(to.size.w)};
  }
  const auto job = [&](Index first, Index end, int worker) {
    const auto scratch = to.averaging.subspan(static_cast<std::size_t>(worker * to.size.w));
    return AreaAverage::create({.from = picture.extent(),
                                .to = to.size,
                                .target = to.values,
                                .scratch = scratch,
                                .first_row = first,
                                .end_row = end});
  };
  if (auto whole = job(0, to.size.h, 0); !whole) return std::move(whole).error();
  const bool shrinks = to.size.h <= picture.height;  // else rows cannot be made apart
  const Index grain = shrinks ? 16 : to.size.h;      // where ranges meet, a row of pixels is read twice
  parallel::for_ranges(team, to.size.h, grain, [&](Index begin, Index end, int worker) noexcept {
    auto average = job(begin, end, worker);
    float* const row = to.row.data() + worker * picture.width;
    for (Index y = average->source_begin(); y < average->source_end(); ++y) {
      lightness_of_row(kernels, picture, y, row);
      average->add_row(row);
    }
  });
  return {};
}

// (L − 50)/100, in place.
inline void normalise_lightness(std::span<float> lightness) noexcept {
  for (float& value : lightness) value = (value - 50.0f) / 100.0f;
}

}  // namespace ochre::inline v0::color
