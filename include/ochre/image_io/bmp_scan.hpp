// Size and completeness of a BMP, from its headers: the decoder reads missing pixels as zero. Uncompressed ones only.
// Tested by load_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

inline Result<PictureClaim> scan_bmp(std::span<const std::byte> file) {
  constexpr std::size_t headers = 54;  // of the file (14 bytes) and of the picture (40 or more)
  if (file.size() < headers) {
    return Error{ErrorCode::malformed, "found " + std::to_string(file.size()) +
                                           " bytes, expected a BMP's headers of 54 (the file is cut short)"};
  }
  if (little_endian32(file, 14) < 40) {
    return Error{ErrorCode::unsupported, "found a BMP of OS/2 1.x, expected one of Windows 3 or later"};
  }
  const std::uint32_t compression = little_endian32(file, 30);
  if (compression != 0 && compression != 3) {
    return Error{ErrorCode::unsupported, "found a compressed BMP, expected an uncompressed one"};
  }
  PictureClaim claim;
  claim.width = static_cast<std::int32_t>(little_endian32(file, 18));
  const Index rows = static_cast<std::int32_t>(little_endian32(file, 22));
  claim.height = rows < 0 ? -rows : rows;  // negative: the top row comes first
  const auto bits = checked_product({claim.width, static_cast<Index>(little_endian16(file, 28))});
  const auto pixels = bits ? checked_product({ceil_div(*bits, 32), 4, claim.height}) : std::nullopt;
  const auto needed = pixels ? checked_add(*pixels, static_cast<Index>(little_endian32(file, 10))) : std::nullopt;
  if (!needed || *needed > static_cast<Index>(file.size())) {
    return Error{ErrorCode::malformed, "found " + std::to_string(file.size()) + " bytes, expected " +
                                           (needed ? std::to_string(*needed) : "more") + " for a BMP of " +
                                           std::to_string(claim.width) + "x" + std::to_string(claim.height) +
                                           " pixels (the file is cut short)"};
  }
  return claim;
}

}  // namespace ochre::inline v0::detail
