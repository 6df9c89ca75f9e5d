// What the APP and COM segments of a JPEG say: EXIF and XMP (APP1), an ICC profile in parts (APP2), JFIF's resolution
// (APP0), a comment. Of two blocks of a kind the first counts. Sources: CIPA DC-008; XMP part 3, 1.1.3; ICC.1:2022,
// annex B.4; JFIF 1.02. Tested by picture_metadata_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/comment_text.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

namespace jpeg_notes {

using namespace std::string_view_literals;  // ""sv keeps the zero bytes inside

inline constexpr std::string_view jfif = "JFIF\0"sv;
inline constexpr std::string_view xmp = "http://ns.adobe.com/xap/1.0/\0"sv;
inline constexpr std::string_view profile = "ICC_PROFILE\0"sv;

}  // namespace jpeg_notes

struct JpegNotes {
  PictureNotes notes;
  bool has_exif = false;
  std::vector<std::span<const std::byte>> profile_parts;  // each by its number; empty: not seen

  void read(std::uint32_t marker, std::span<const std::byte> segment) {
    const auto after = [&](std::string_view name) { return segment.subspan(name.size()); };
    const std::string_view text = letters_of(segment);
    if (marker == 0xE0 && text.starts_with(jpeg_notes::jfif)) read_jfif(segment);
    if (marker == 0xE1 && text.starts_with(exif_segment_name)) read_exif(after(exif_segment_name));
    if (marker == 0xE1 && text.starts_with(jpeg_notes::xmp)) keep(after(jpeg_notes::xmp), notes.metadata.xmp);
    if (marker == 0xE2 && text.starts_with(jpeg_notes::profile)) read_profile(after(jpeg_notes::profile));
    if (marker == 0xFE && notes.metadata.comment.empty()) notes.metadata.comment = as_utf8(text);
  }

  // After the last segment; nothing of a profile of which a part is missing.
  void join_profile() {
    std::size_t bytes = 0;
    for (const auto part : profile_parts) bytes += part.size();
    const bool is_whole =
        std::none_of(profile_parts.begin(), profile_parts.end(), [](auto part) { return part.empty(); });
    if (!is_whole || bytes > longest_profile) return;
    for (const auto part : profile_parts) append_bytes(notes.profile, part);
  }

 private:
  static void keep(std::span<const std::byte> found, std::vector<std::byte>& kept) {
    if (kept.empty()) kept.assign(found.begin(), found.end());
  }

  void read_exif(std::span<const std::byte> block) {
    if (has_exif) return;
    has_exif = true;
    notes.orientation = exif_orientation(block);
    keep(block, notes.metadata.exif);
  }

  // Version (2 bytes), unit (1: dots an inch, 2: a centimetre), density across and down.
  void read_jfif(std::span<const std::byte> segment) {
    if (segment.size() < 12) return;
    const std::uint32_t unit = byte_at(segment, 7);
    if (unit != 1 && unit != 2) return;
    const double inch = unit == 2 ? 2.54 : 1.0;
    notes.metadata.dpi_across = big_endian16(segment, 8) * inch;
    notes.metadata.dpi_down = big_endian16(segment, 10) * inch;
  }

  // The part's number, from 1 on, and how many there are, then the part.
  void read_profile(std::span<const std::byte> segment) {
    if (segment.size() < 3) return;
    const std::size_t number = byte_at(segment, 0);
    if (profile_parts.empty()) profile_parts.resize(byte_at(segment, 1));
    if (number >= 1 && number <= profile_parts.size() && profile_parts[number - 1].empty()) {
      profile_parts[number - 1] = segment.subspan(2);
    }
  }
};

}  // namespace ochre::inline v0::detail
