// Walks a JPEG's segments from its first marker to its last without decoding: size, orientation, and whether it is all
// there. A file cut short decodes without complaint into a picture with a grey lower part, so the end-of-image marker
// must be found. Also refuses what the decoder takes on trust: stb 2.27, which distributions ship, writes past its
// tables for a Huffman table of more than 256 codes, and reads past a row where one component's sampling does not
// divide another's. Source: ITU-T T.81, annex B. Tested by load_picture_test.cpp and its fuzz target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <ochre/base/result.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

// SOF0…SOF15, without DHT (C4), JPG (C8) and DAC (CC), which lie between.
inline bool is_start_of_frame(std::uint32_t marker) noexcept {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// 01 and RST0…RST7 stand alone; 00 after FF is a byte of coded data.
inline bool has_no_segment(std::uint32_t marker) noexcept {
  return marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

// Where the next marker's second byte lies; the end if there is none. Skips coded data and padding.
inline std::size_t next_marker(std::span<const std::byte> file, std::size_t at) noexcept {
  for (; at + 1 < file.size(); ++at) {
    const std::uint32_t second = byte_at(file, at + 1);
    if (byte_at(file, at) == 0xFF && second != 0xFF && !has_no_segment(second)) return at + 1;
  }
  return file.size();
}

// The segment of a Huffman table holds, per table, a class, 16 counts of codes by length, and a byte a code.
inline bool has_sound_huffman_tables(std::span<const std::byte> segment) noexcept {
  while (!segment.empty()) {
    if (segment.size() < 17) return false;
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += byte_at(segment, i);
    if (codes > 256 || codes > segment.size() - 17) return false;
    segment = segment.subspan(17 + codes);
  }
  return true;
}

// The segment of a frame holds depth, height, width, the number of components, and per component its name, its sampling
// (horizontal and vertical, four bits each) and its table.
inline bool has_sound_sampling(std::span<const std::byte> segment) noexcept {
  if (segment.size() < 6 || segment.size() != 6 + 3 * std::size_t{byte_at(segment, 5)}) return false;
  std::uint32_t widest = 1;
  std::uint32_t highest = 1;
  for (std::size_t at = 7; at < segment.size(); at += 3) {
    widest = std::max(widest, byte_at(segment, at) >> 4);
    highest = std::max(highest, byte_at(segment, at) & 15);
  }
  for (std::size_t at = 7; at < segment.size(); at += 3) {
    const std::uint32_t across = byte_at(segment, at) >> 4;
    const std::uint32_t down = byte_at(segment, at) & 15;
    if (across == 0 || down == 0 || widest % across != 0 || highest % down != 0) return false;
  }
  return true;
}

inline Result<PictureClaim> scan_jpeg(std::span<const std::byte> file) {
  constexpr std::uint32_t end_of_image = 0xD9;
  constexpr std::uint32_t app1 = 0xE1;
  PictureClaim claim;
  bool has_frame = false;
  std::size_t at = next_marker(file, 2);  // after the start-of-image marker
  while (at < file.size() && byte_at(file, at) != end_of_image) {
    const std::uint32_t marker = byte_at(file, at);
    const std::size_t begin = at + 1;
    if (file.size() - begin < 2) break;
    const std::size_t length = big_endian16(file, begin);  // of itself and what follows
    if (length < 2) return Error{ErrorCode::malformed, "found a JPEG segment of length below 2, expected at least 2"};
    if (file.size() - begin < length) break;
    const auto segment = file.subspan(begin + 2, length - 2);
    constexpr std::uint32_t huffman_tables = 0xC4;
    if (marker == huffman_tables && !has_sound_huffman_tables(segment)) {
      return Error{ErrorCode::malformed,
                   "found a JPEG with a damaged Huffman table, expected at most 256 codes in one"};
    }
    if (is_start_of_frame(marker)) {
      if (has_frame || !has_sound_sampling(segment)) {
        return Error{ErrorCode::malformed, "found a JPEG with a damaged or second frame header, expected a sound one"};
      }
      has_frame = true;
      claim.height = static_cast<Index>(big_endian16(segment, 1));
      claim.width = static_cast<Index>(big_endian16(segment, 3));
    }
    constexpr std::string_view exif = {"Exif\0\0", 6};
    if (marker == app1 && segment.size() >= exif.size() &&
        std::equal(exif.begin(), exif.end(), reinterpret_cast<const char*>(segment.data()))) {
      claim.orientation = exif_orientation(segment.subspan(exif.size()));
    }
    at = next_marker(file, begin + length);
  }
  if (at >= file.size() || byte_at(file, at) != end_of_image) {
    return Error{ErrorCode::malformed,
                 "found the end of the file, expected the JPEG's end-of-image marker (the file is cut short)"};
  }
  if (!has_frame) return Error{ErrorCode::malformed, "found a JPEG without a frame, expected one"};
  return claim;
}

}  // namespace ochre::inline v0::detail
