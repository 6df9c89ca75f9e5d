// What a BMP's headers say, and what the decoder takes on trust: it reads missing pixels as zero, takes as many colours
// as lie between the headers and the pixels, and shows whatever memory holds for an index beyond them. Uncompressed
// ones only. Source: Microsoft, BITMAPINFOHEADER. Tested by load_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

struct BmpFacts {
  PictureClaim claim;
  Index bits = 0;       // a pixel
  Index row_bytes = 0;  // padded
  Index colors = 0;     // of the palette, which pixels of fewer than 16 bits have
  Index pixels_at = 0;  // byte of the file
};

// The colours, four bytes each, fill the room from the end of the headers to the pixels.
inline Status read_bmp_palette(Index header_bytes, BmpFacts& facts) {
  facts.colors = (facts.pixels_at - header_bytes) / 4;
  if (facts.bits == 1 || facts.bits == 4 || facts.bits == 8) {
    if (facts.pixels_at - header_bytes >= 4 && facts.colors <= 256) return {};
    return Error{ErrorCode::malformed, "found pixels at byte " + std::to_string(facts.pixels_at) +
                                           " of a BMP with a palette, expected 1 to 256 colours after byte " +
                                           std::to_string(header_bytes)};
  }
  return Error{ErrorCode::unsupported,
               "found a BMP of " + std::to_string(facts.bits) + " bits a pixel, expected 1, 4, 8, 16, 24 or 32"};
}

// Every index, in the rows as they lie in the file, is one of a colour. The claim has been checked: rows of no pixels
// take no bytes, so a file may name any number of them.
inline Status check_bmp_indices(std::span<const std::byte> file, const BmpFacts& facts) {
  const auto bits = static_cast<unsigned>(facts.bits);
  if (facts.colors >= Index{1} << bits) return {};
  for (Index row = 0; row < facts.claim.height; ++row) {
    const auto begin = static_cast<std::size_t>(facts.pixels_at + row * facts.row_bytes);
    for (Index x = 0; x < facts.claim.width; ++x) {
      const Index bit = x * facts.bits;
      const unsigned shift = 8 - bits - static_cast<unsigned>(bit % 8);
      const auto byte = byte_at(file, begin + static_cast<std::size_t>(bit / 8));
      const auto index = static_cast<Index>(byte >> shift & ((1u << bits) - 1));
      if (index < facts.colors) continue;
      return Error{ErrorCode::malformed, "pixel " + std::to_string(x) + " of the file's row " + std::to_string(row) +
                                             ": found palette index " + std::to_string(index) +
                                             ", expected one below " + std::to_string(facts.colors)};
    }
  }
  return {};
}

inline Status read_bmp_header(std::span<const std::byte> file, BmpFacts& facts) {
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
  facts.claim.width = static_cast<std::int32_t>(little_endian32(file, 18));
  const Index rows = static_cast<std::int32_t>(little_endian32(file, 22));
  facts.claim.height = rows < 0 ? -rows : rows;  // negative: the top row comes first
  facts.bits = static_cast<Index>(little_endian16(file, 28));
  facts.claim.pixel_bytes = facts.bits == 16 || facts.bits == 32 ? 4 : 3;
  facts.pixels_at = static_cast<Index>(little_endian32(file, 10));
  return {};
}

inline Result<BmpFacts> scan_bmp(std::span<const std::byte> file) {
  BmpFacts facts;
  if (Status status = read_bmp_header(file, facts); !status) return std::move(status).error();
  const auto bits = checked_product({facts.claim.width, facts.bits});
  const auto row_bytes = bits ? checked_product({ceil_div(*bits, 32), 4}) : std::nullopt;
  const auto pixels = row_bytes ? checked_product({*row_bytes, facts.claim.height}) : std::nullopt;
  const auto needed = pixels ? checked_add(*pixels, facts.pixels_at) : std::nullopt;
  if (!needed || *needed > static_cast<Index>(file.size())) {
    return Error{ErrorCode::malformed, "found " + std::to_string(file.size()) + " bytes, expected " +
                                           (needed ? std::to_string(*needed) : "more") + " for a BMP of " +
                                           std::to_string(facts.claim.width) + "x" +
                                           std::to_string(facts.claim.height) + " pixels (the file is cut short)"};
  }
  facts.row_bytes = *row_bytes;
  if (facts.bits == 16 || facts.bits == 24 || facts.bits == 32) return facts;
  Status status = read_bmp_palette(14 + static_cast<Index>(little_endian32(file, 14)), facts);
  if (!status) return std::move(status).error();
  return facts;
}

}  // namespace ochre::inline v0::detail
