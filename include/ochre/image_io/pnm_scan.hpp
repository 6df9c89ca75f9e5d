// The headers of the netpbm kin: P1 to P6, and PAM (P7), whose lines have names. Source: netpbm, pbm(5), pgm(5), ppm(5)
// and pam(5). Tested by pnm_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/comment_text.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

enum class PnmPacking { plain, plain_bits, bits, bytes };  // plain: as text; bits: 1 is black, rows padded to bytes

struct PnmFacts {
  PictureClaim claim;
  PnmPacking packing = PnmPacking::bytes;
  PixelFormat format = PixelFormat::gray8;
  Index largest = 1;  // that a sample may be
  std::size_t pixels_at = 0;
};

inline bool is_pnm_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Past white space and comments.
inline void skip_pnm_space(std::string_view file, std::size_t& at) noexcept {
  while (at < file.size() && (is_pnm_space(file[at]) || file[at] == '#')) {
    if (file[at] == '#') at = std::min(file.find('\n', at), file.size() - 1);
    ++at;
  }
}

// The next number, after white space and comments; nothing if there is none below 2^31.
inline std::optional<Index> pnm_number(std::string_view file, std::size_t& at) noexcept {
  skip_pnm_space(file, at);
  Index value = 0;
  const std::size_t start = at;
  for (; at < file.size() && file[at] >= '0' && file[at] <= '9'; ++at) {
    value = value * 10 + (file[at] - '0');
    if (value >= Index{1} << 31) return std::nullopt;
  }
  return at > start ? std::optional<Index>(value) : std::nullopt;
}

inline Error damaged_pnm(const char* expected) {
  return {ErrorCode::malformed, std::string("found a damaged PNM header, expected ") + expected};
}

// PAM's lines to ENDHDR: WIDTH, HEIGHT, DEPTH (samples a pixel) and MAXVAL with a number; TUPLTYPE only names them.
struct PamLines {
  std::optional<Index> width;
  std::optional<Index> height;
  std::optional<Index> depth;
  std::optional<Index> largest;

  bool read(std::string_view file, std::size_t& at) noexcept {
    for (skip_pnm_space(file, at); at < file.size(); skip_pnm_space(file, at)) {
      const std::size_t end = std::min(file.find_first_of(" \t\r\n", at), file.size());
      const std::string_view word = file.substr(at, end - at);
      at = end;
      const std::size_t line_end = std::min(file.find('\n', at), file.size());
      if (word == "WIDTH") width = pnm_number(file, at);
      if (word == "HEIGHT") height = pnm_number(file, at);
      if (word == "DEPTH") depth = pnm_number(file, at);
      if (word == "MAXVAL") largest = pnm_number(file, at);
      at = line_end;
      if (word == "ENDHDR") return line_end < file.size();
    }
    return false;
  }
};

inline PixelFormat pnm_format(Index samples, Index largest) noexcept {
  return static_cast<PixelFormat>((largest > 255 ? 4 : 0) + samples - 1);
}

inline Result<PnmFacts> scan_pam(std::string_view file) {
  PnmFacts facts;
  PamLines lines;
  facts.pixels_at = 2;
  const bool is_whole = lines.read(file, facts.pixels_at);
  const Index samples = lines.depth.value_or(0);
  facts.largest = lines.largest.value_or(0);
  if (!is_whole || !lines.width || !lines.height || samples < 1 || samples > 4 || facts.largest < 1 ||
      facts.largest > 65535) {
    return damaged_pnm("WIDTH, HEIGHT, a DEPTH of 1 to 4, a MAXVAL to 65535 and ENDHDR");
  }
  ++facts.pixels_at;
  facts.format = pnm_format(samples, facts.largest);
  facts.claim = {.width = *lines.width, .height = *lines.height, .pixel_bytes = bytes_per_pixel(facts.format)};
  return facts;
}

// `file` begins with P and a digit from 1 to 7.
inline Result<PnmFacts> scan_pnm(std::string_view file) {
  const char kind = file[1];
  if (kind == '7') return scan_pam(file);
  PnmFacts facts;
  facts.pixels_at = 2;
  const bool is_bitmap = kind == '1' || kind == '4';
  const auto width = pnm_number(file, facts.pixels_at);
  const auto height = pnm_number(file, facts.pixels_at);
  const auto largest = is_bitmap ? std::optional<Index>(1) : pnm_number(file, facts.pixels_at);
  if (!width || !height || !largest || *largest < 1 || *largest > 65535 || facts.pixels_at >= file.size()) {
    return damaged_pnm("width, height and a largest value to 65535");
  }
  ++facts.pixels_at;
  facts.packing = kind == '1'  ? PnmPacking::plain_bits
                  : kind < '4' ? PnmPacking::plain
                  : is_bitmap  ? PnmPacking::bits
                               : PnmPacking::bytes;
  facts.largest = *largest;
  facts.format = pnm_format(kind == '3' || kind == '6' ? 3 : 1, *largest);
  facts.claim = {.width = *width, .height = *height, .pixel_bytes = bytes_per_pixel(facts.format)};
  return facts;
}

}  // namespace ochre::inline v0::detail
