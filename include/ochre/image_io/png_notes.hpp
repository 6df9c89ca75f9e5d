// The chunks of a PNG that say something besides pixels: colour, EXIF, XMP, resolution, a comment, an animation. Their
// checksums are not looked at, and of what is compressed no more is inflated than its limit. Source: the PNG
// specification (W3C, third edition), section 11.3. Tested by picture_metadata_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/comment_text.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/png_color.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

inline constexpr std::size_t longest_png_text = 1'048'576;  // inflated; a page of XMP has some kilobytes

// Of each kind the first counts, even if it is damaged: no file has many inflated.
struct PngNotes {
  PictureNotes notes;
  PngColor color;
  bool has_exif = false;
  bool has_xmp = false;
  bool has_comment = false;
  bool has_profile = false;
};

struct EndInflate {
  void operator()(z_stream* stream) const noexcept { ::inflateEnd(stream); }
};

// Nothing if it is no whole stream of zlib's or has more than `most` bytes.
inline std::vector<std::byte> inflated(std::span<const std::byte> packed, std::size_t most) {
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) return {};
  const std::unique_ptr<z_stream, EndInflate> ended(&stream);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));  // it only reads them
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::byte> bytes;
  int state = Z_OK;
  while (state == Z_OK && bytes.size() < most) {
    const std::size_t begin = bytes.size();
    bytes.resize(std::min(most, 2 * begin + 4096));
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + begin);
    stream.avail_out = static_cast<uInt>(bytes.size() - begin);
    state = ::inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  if (state != Z_STREAM_END) bytes.clear();
  return bytes;
}

// "name\0", then what `keyword` leaves of the data.
struct PngText {
  std::string_view keyword;
  std::span<const std::byte> rest;

  explicit PngText(std::span<const std::byte> data) : keyword(letters_of(data)) {
    keyword = keyword.substr(0, keyword.find('\0'));
    rest = data.subspan(std::min(keyword.size() + 1, data.size()));
  }
};

// iTXt: whether it is compressed, how, a language, the translated keyword, the text.
inline std::vector<std::byte> international_text(std::span<const std::byte> rest) {
  if (rest.size() < 2) return {};
  const bool is_packed = byte_at(rest, 0) != 0;
  rest = PngText(PngText(rest.subspan(2)).rest).rest;
  if (is_packed) return inflated(rest, longest_png_text);
  return {rest.begin(), rest.end()};
}

// Whether it is the first of its kind.
inline bool is_first(bool& has_kind) noexcept { return !std::exchange(has_kind, true); }

// tEXt, zTXt (a method, then packed) or iTXt after the keyword.
inline std::vector<std::byte> png_text(std::string_view type, std::span<const std::byte> rest) {
  if (type == "iTXt") return international_text(rest);
  if (type == "zTXt") return rest.empty() ? std::vector<std::byte>{} : inflated(rest.subspan(1), longest_png_text);
  return {rest.begin(), rest.end()};
}

// What ImageMagick wrote before PNG had a chunk for EXIF: a line with a name, one with a length, then hexadecimal
// digits of JPEG's segment.
inline std::vector<std::byte> raw_exif(std::string_view text) {
  std::vector<std::byte> block;
  for (int line = 0; line < 3; ++line) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  int digits = 0;
  int value = 0;
  for (const char c : text) {
    const bool is_letter = c >= 'a' && c <= 'f';
    if (!is_letter && (c < '0' || c > '9')) continue;
    value = value * 16 + (is_letter ? c - 'a' + 10 : c - '0');
    if (++digits % 2 == 0) block.push_back(static_cast<std::byte>(std::exchange(value, 0)));
  }
  if (!letters_of(block).starts_with(exif_segment_name)) return {};
  block.erase(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(exif_segment_name.size()));
  return block;
}

inline void read_png_exif(std::vector<std::byte> block, PngNotes& said) {
  said.notes.orientation = exif_orientation(block);
  said.notes.metadata.exif = std::move(block);
}

inline void read_png_text(std::string_view type, std::span<const std::byte> data, PngNotes& said) {
  const PngText text(data);
  PictureMetadata& metadata = said.notes.metadata;
  const bool is_xmp = text.keyword == "XML:com.adobe.xmp" && type == "iTXt";
  const bool is_comment = text.keyword == "Comment" || text.keyword == "Description";
  const bool is_exif = text.keyword == "Raw profile type exif" || text.keyword == "Raw profile type APP1";
  if (is_xmp && is_first(said.has_xmp)) metadata.xmp = png_text(type, text.rest);
  if (is_comment && is_first(said.has_comment)) metadata.comment = as_utf8(letters_of(png_text(type, text.rest)));
  if (is_exif && is_first(said.has_exif)) read_png_exif(raw_exif(letters_of(png_text(type, text.rest))), said);
}

inline void read_png_note(std::string_view type, std::span<const std::byte> data, PngNotes& said) {
  PictureNotes& notes = said.notes;
  PngColor& color = said.color;
  if (type == "eXIf" && is_first(said.has_exif)) read_png_exif({data.begin(), data.end()}, said);
  if (type == "tEXt" || type == "zTXt" || type == "iTXt") read_png_text(type, data, said);
  if (type == "cICP") color.code_points = data;
  if (type == "sRGB") color.is_srgb = true;
  if (type == "gAMA" && data.size() == 4) color.gamma = big_endian32(data, 0);
  if (type == "cHRM") color.chromaticities = data;
  if (type == "iCCP" && is_first(said.has_profile)) {
    const PngText profile(data);
    if (!profile.rest.empty()) color.profile = inflated(profile.rest.subspan(1), longest_profile);
  }
  constexpr double inch = 0.0254;  // metres
  if (type == "pHYs" && data.size() == 9 && byte_at(data, 8) == 1) {
    notes.metadata.dpi_across = big_endian32(data, 0) * inch;
    notes.metadata.dpi_down = big_endian32(data, 4) * inch;
  }
  if (type == "acTL" && data.size() == 8 && big_endian32(data, 0) > 1) {
    add_remark(notes.remark, "found an animation of " + std::to_string(big_endian32(data, 0)) +
                                 " pictures, of which the first is taken");
  }
}

}  // namespace ochre::inline v0::detail
