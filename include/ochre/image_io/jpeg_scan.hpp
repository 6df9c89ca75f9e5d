// Walks a JPEG's segments from its first marker to its last without decoding: size, orientation, and whether it is all
// there. A file cut short decodes without complaint into a picture with a grey lower part, so the end-of-image marker
// must be found. Source: ITU-T T.81, annex B. Tested by load_picture_test.cpp.
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
    if (is_start_of_frame(marker) && segment.size() >= 5 && !has_frame) {
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
