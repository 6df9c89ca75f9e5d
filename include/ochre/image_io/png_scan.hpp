// Walks a PNG's chunks from the signature to IEND without decoding: size, kind of pixels, palette, transparent colour,
// the checksums of all that decides about pixels, and whether it is all there. The decoder would pass over a damaged
// tRNS and look at no IEND. Source: the PNG specification (W3C, third edition), sections 5 and 11. Tested by
// load_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <zlib.h>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/png_notes.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

inline constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";
inline constexpr int png_palette_color = 3;  // the other kinds: 0 grey, 2 RGB, 4 grey and alpha, 6 RGBA

// Of a chunk's type and data.
inline std::uint32_t png_checksum(std::span<const std::byte> bytes) noexcept {
  return static_cast<std::uint32_t>(
      ::crc32_z(::crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct PngFacts {
  PictureClaim claim;
  PngNotes said;
  int depth = 0;
  int color_type = 0;
  PixelFormat format = PixelFormat::gray8;  // of the decoded picture
  std::span<const std::byte> palette;       // three bytes a colour
  std::span<const std::byte> transparency;  // a palette's alphas, or the colour that is transparent
  bool has_transparency = false;
  bool has_pixels = false;  // an IDAT was seen
};

struct PngChunk {
  std::string_view type;
  std::span<const std::byte> data;
  std::size_t at = 0;

  std::string where() const { return "chunk " + weights::printable(type) + " at byte " + std::to_string(at); }
};

// The chunk that begins at byte `at`, where the file has at least twelve more bytes.
inline Result<PngChunk> png_chunk(std::span<const std::byte> file, std::size_t at) {
  constexpr std::size_t overhead = 12;  // length, type and checksum
  constexpr std::uint32_t not_critical = 0x20;
  const std::size_t length = big_endian32(file, at);
  PngChunk chunk{{reinterpret_cast<const char*>(file.data()) + at + 4, 4}, {}, at};
  if (length > file.size() - at - overhead) {
    return Error{ErrorCode::malformed, chunk.where() + ": found " + std::to_string(file.size() - at - overhead) +
                                           " bytes left in the file, expected " + std::to_string(length) +
                                           " (the file is cut short)"};
  }
  chunk.data = file.subspan(at + 8, length);
  const bool decides = (byte_at(file, at + 4) & not_critical) == 0 || chunk.type == "tRNS";
  if (decides && png_checksum(file.subspan(at + 4, 4 + length)) != big_endian32(file, at + 8 + length)) {
    return Error{ErrorCode::malformed,
                 chunk.where() + ": found a checksum that does not match, expected one that does"};
  }
  return chunk;
}

inline Status read_png_header(const PngChunk& chunk, PngFacts& facts) {
  if (chunk.type != "IHDR" || chunk.data.size() != 13) {
    return Error{ErrorCode::malformed, chunk.where() + ": expected IHDR of 13 bytes first"};
  }
  facts.claim.width = static_cast<Index>(big_endian32(chunk.data, 0));
  facts.claim.height = static_cast<Index>(big_endian32(chunk.data, 4));
  facts.depth = static_cast<int>(byte_at(chunk.data, 8));
  facts.color_type = static_cast<int>(byte_at(chunk.data, 9));
  const int depth = facts.depth;
  const int kind = facts.color_type;
  const bool is_narrow = depth == 1 || depth == 2 || depth == 4;
  const bool known = kind == 0                   ? is_narrow || depth == 8 || depth == 16
                     : kind == png_palette_color ? is_narrow || depth == 8
                                                 : (kind == 2 || kind == 4 || kind == 6) && (depth == 8 || depth == 16);
  if (known) return {};
  return Error{ErrorCode::malformed, chunk.where() + ": found colour type " + std::to_string(kind) + " with " +
                                         std::to_string(depth) + " bits, expected one that PNG knows"};
}

// tRNS: of a palette up to one alpha a colour, of grey and RGB two bytes a sample; alpha channels exclude it.
inline Status read_png_transparency(const PngChunk& chunk, PngFacts& facts) {
  const bool has_palette = facts.color_type == png_palette_color;
  const std::size_t most = has_palette ? facts.palette.size() / 3 : facts.color_type == 0 ? 2 : 6;
  const bool fits = has_palette ? chunk.data.size() <= most : chunk.data.size() == most;
  if (facts.color_type == 4 || facts.color_type == 6 || !fits || facts.has_pixels || facts.has_transparency) {
    return Error{ErrorCode::malformed, chunk.where() + ": found " + std::to_string(chunk.data.size()) +
                                           " bytes, expected one, before the pixels, that fits the colour type"};
  }
  facts.transparency = chunk.data;
  facts.has_transparency = true;
  return {};
}

inline Status read_png_chunk(const PngChunk& chunk, PngFacts& facts) {
  const bool has_palette = facts.color_type == png_palette_color;
  if (chunk.type == "tRNS") return read_png_transparency(chunk, facts);
  read_png_note(chunk.type, chunk.data, facts.said);
  if (chunk.type == "PLTE" && has_palette) {
    const std::size_t most = 3u << facts.depth;
    if (chunk.data.empty() || chunk.data.size() % 3 != 0 || chunk.data.size() > most || !facts.palette.empty()) {
      return Error{ErrorCode::malformed, chunk.where() + ": found " + std::to_string(chunk.data.size()) +
                                             " bytes, expected one palette, of three a colour and at most " +
                                             std::to_string(most)};
    }
    facts.palette = chunk.data;
  }
  if (chunk.type == "IDAT") {
    facts.has_pixels = true;
    if (has_palette && facts.palette.empty()) {
      return Error{ErrorCode::malformed, chunk.where() + ": found no palette before it, expected PLTE"};
    }
  }
  return {};
}

// Grey of few bits becomes grey of eight, a palette its colours, a transparent colour an alpha channel.
inline PixelFormat png_format(const PngFacts& facts) noexcept {
  const bool colors = facts.color_type != 0 && facts.color_type != 4;
  const bool alpha = facts.color_type == 4 || facts.color_type == 6 || facts.has_transparency;
  return static_cast<PixelFormat>((facts.depth == 16 ? 4 : 0) + (colors ? 2 : 0) + (alpha ? 1 : 0));
}

inline Result<PngFacts> scan_png(std::span<const std::byte> file) {
  PngFacts facts;
  for (std::size_t at = png_signature.size(); file.size() - at >= 12;) {
    const auto chunk = png_chunk(file, at);
    if (!chunk) return chunk.error();
    Status status = at == png_signature.size() ? read_png_header(*chunk, facts) : read_png_chunk(*chunk, facts);
    if (!status) return std::move(status).error();
    if (chunk->type == "IEND") {
      facts.format = png_format(facts);
      facts.claim.pixel_bytes = bytes_per_pixel(facts.format);
      return facts;
    }
    at += 12 + chunk->data.size();
  }
  return Error{ErrorCode::malformed,
               "found the end of the file, expected the PNG's IEND chunk (the file is cut short)"};
}

}  // namespace ochre::inline v0::detail
