// What a picture file says of itself, read from its headers before anything is allocated for it, and how much of that
// is believed. Tested by picture_claim_test.cpp and load_picture_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

#include <ochre/base/checked.hpp>
#include <ochre/base/function_ref.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

// What a picture file may claim at most before it is decoded. Sizes in bytes are of decoded pixels, counted as at least
// three bytes each, because a grey one becomes a coloured one.
struct LoadLimits {
  Index max_pixels = 268'435'456;  // 16384 x 16384; any camera's picture is a tenth of it
  Index max_bytes = Index{1} << 30;

  // A file may claim `small_file_bytes`, or `bytes_per_file_byte` times its own length if that is more. A photograph
  // decodes to 2 (PNG) to 30 (JPEG) times its length, a drawing to 100; a page of one colour to more, but 22 megapixels
  // of it are within 64 MiB. Without this rule 151 bytes could ask for a gigabyte and for seconds.
  Index small_file_bytes = 64 * 1'048'576;
  Index bytes_per_file_byte = 100;

  // Told what a picture that is within all limits will take, before it is taken: its own bytes and a coloured copy's.
  FunctionRef<void(Index bytes)> on_claim{};
};

namespace detail {

struct PictureClaim {
  Index width = 0;
  Index height = 0;
  Index pixel_bytes = 3;  // of a decoded pixel, at most
  Index work_bytes = 0;   // what the decoder must hold besides: a progressive JPEG's coefficients
};

inline Status check_claim(const PictureClaim& claim, const LoadLimits& limits, std::size_t file_bytes) {
  const std::string size = std::to_string(claim.width) + "x" + std::to_string(claim.height) + " pixels";
  if (claim.width < 1 || claim.height < 1) {
    return Error{ErrorCode::malformed, "found a picture of " + size + ", expected at least 1x1"};
  }
  const auto pixels = checked_mul(claim.width, claim.height);
  if (!pixels || *pixels > limits.max_pixels) {
    return Error{ErrorCode::too_large, "found a picture of " + size + ", expected at most " +
                                           std::to_string(limits.max_pixels) + " pixels (LoadLimits::max_pixels)"};
  }
  constexpr Index most = std::numeric_limits<Index>::max();
  const Index decoded = checked_mul(*pixels, std::max<Index>(claim.pixel_bytes, 3)).value_or(most);
  const Index needed = std::max(decoded, claim.work_bytes);
  const std::string found = "found a picture of " + size + ", " + std::to_string(needed) + " bytes decoded";
  if (needed > limits.max_bytes) {
    return Error{ErrorCode::too_large,
                 found + ", expected at most " + std::to_string(limits.max_bytes) + " (LoadLimits::max_bytes)"};
  }
  const Index by_length = checked_mul(static_cast<Index>(file_bytes), limits.bytes_per_file_byte).value_or(most);
  const Index believed = std::max(limits.small_file_bytes, by_length);
  if (needed > believed) {
    return Error{ErrorCode::too_large, found + ", expected at most " + std::to_string(believed) + " of a file of " +
                                           std::to_string(file_bytes) + " bytes (LoadLimits::small_file_bytes)"};
  }
  if (limits.on_claim) limits.on_claim(checked_mul(needed, 2).value_or(most));
  return {};
}

}  // namespace detail
}  // namespace ochre::inline v0
