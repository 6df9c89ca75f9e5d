// What a picture file says of itself, read before anything is allocated for it.
#pragma once

#include <string>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

struct LoadLimits {
  Index max_pixels = 268'435'456;  // 16384 x 16384: 800 MB as rgb8; any camera's picture is a tenth of it
};

namespace detail {

struct PictureClaim {
  Index width = 0;
  Index height = 0;
  int orientation = 1;   // 1…8 as in EXIF
  bool is_wide = false;  // 16 bits a sample
};

inline Status check_claim(const PictureClaim& claim, const LoadLimits& limits) {
  const std::string size = std::to_string(claim.width) + "x" + std::to_string(claim.height) + " pixels";
  if (claim.width < 1 || claim.height < 1) {
    return Error{ErrorCode::malformed, "found a picture of " + size + ", expected at least 1x1"};
  }
  const auto pixels = checked_mul(claim.width, claim.height);
  if (!pixels || *pixels > limits.max_pixels) {
    return Error{ErrorCode::too_large,
                 "found a picture of " + size + ", expected at most " + std::to_string(limits.max_pixels) + " pixels"};
  }
  return {};
}

}  // namespace detail
}  // namespace ochre::inline v0
