// Walks a PNG's chunks from the signature to IEND without decoding: size, depth, the checksums of the critical chunks,
// and whether it is all there; the decoder looks at neither checksums nor IEND. Source: the PNG specification (W3C,
// third edition), section 5. Tested by load_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <zlib.h>

#include <ochre/base/result.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

inline constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

// Of a chunk's type and data.
inline std::uint32_t png_checksum(std::span<const std::byte> bytes) noexcept {
  return static_cast<std::uint32_t>(
      ::crc32_z(::crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

inline Result<PictureClaim> scan_png(std::span<const std::byte> file) {
  constexpr std::size_t overhead = 12;  // length, type and checksum
  constexpr std::uint32_t not_critical = 0x20;
  PictureClaim claim;
  for (std::size_t at = png_signature.size(); file.size() - at >= overhead;) {
    const std::size_t length = big_endian32(file, at);
    const std::string_view type(reinterpret_cast<const char*>(file.data()) + at + 4, 4);
    const std::string where = "chunk " + printable(type) + " at byte " + std::to_string(at);
    if (length > file.size() - at - overhead) {
      return Error{ErrorCode::malformed, where + ": found " + std::to_string(file.size() - at - overhead) +
                                             " bytes left in the file, expected " + std::to_string(length) +
                                             " (the file is cut short)"};
    }
    if ((byte_at(file, at + 4) & not_critical) == 0 &&
        png_checksum(file.subspan(at + 4, 4 + length)) != big_endian32(file, at + 8 + length)) {
      return Error{ErrorCode::malformed, where + ": found a checksum that does not match, expected one that does"};
    }
    if (at == png_signature.size()) {
      if (type != "IHDR" || length != 13) {
        return Error{ErrorCode::malformed, where + ": expected IHDR of 13 bytes first"};
      }
      claim.width = static_cast<Index>(big_endian32(file, at + 8));
      claim.height = static_cast<Index>(big_endian32(file, at + 12));
      claim.is_wide = byte_at(file, at + 16) == 16;
    }
    if (type == "IEND") return claim;
    at += overhead + length;
  }
  return Error{ErrorCode::malformed,
               "found the end of the file, expected the PNG's IEND chunk (the file is cut short)"};
}

}  // namespace ochre::inline v0::detail
