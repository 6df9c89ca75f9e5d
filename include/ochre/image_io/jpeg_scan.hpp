// Walks a JPEG's segments from its first marker to its last without decoding: size, orientation, what a decoder has to
// hold, and whether it is all there. A file cut short decodes without complaint into a picture with a grey lower part,
// so the end-of-image marker must be found. Eight bits a sample, Huffman coded, sequential or progressive: what cameras
// and programs write. Source: ITU-T T.81, annex B. Tested by load_picture_test.cpp and its fuzz target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

// Of a progressive file: libjpeg writes 10 for YCbCr and 18 for CMYK, programs that search for shorter ones at most
// some 30. Each scan costs a walk through all coefficients, even one that takes three bytes of the file.
inline constexpr int most_jpeg_scans = 64;

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

struct JpegFacts {
  PictureClaim claim;
  Index components = 0;         // 0: no frame yet
  std::string unscanned;        // the names of those, a byte each, that no scan has had yet
  Index coefficient_bytes = 0;  // of the whole picture
  bool is_progressive = false;
  int scans = 0;
};

// All components in whole blocks of 64 coefficients, two bytes each, and whole interleaved units of such blocks.
// `sampling`: per component three bytes, the second of which holds the factors across and down.
inline Index jpeg_coefficient_bytes(const PictureClaim& claim, std::span<const std::byte> sampling) noexcept {
  Index widest = 1;
  Index highest = 1;
  for (std::size_t at = 1; at < sampling.size(); at += 3) {
    widest = std::max<Index>(widest, byte_at(sampling, at) >> 4);
    highest = std::max<Index>(highest, byte_at(sampling, at) & 15);
  }
  const Index units = ceil_div(claim.width, 8 * widest) * ceil_div(claim.height, 8 * highest);
  Index bytes = 0;
  for (std::size_t at = 1; at < sampling.size(); at += 3) {
    bytes += units * static_cast<Index>((byte_at(sampling, at) >> 4) * (byte_at(sampling, at) & 15)) * 128;
  }
  return bytes;
}

// The segment of a frame holds depth, height, width, the number of components, and per component its name, its sampling
// (horizontal and vertical, four bits each) and its table.
inline Status read_jpeg_frame(std::uint32_t marker, std::span<const std::byte> segment, JpegFacts& facts) {
  constexpr std::uint32_t progressive = 0xC2;  // below it: sequential, C1 with more tables
  if (segment.size() < 6 || segment.size() != 6 + 3 * std::size_t{byte_at(segment, 5)} || facts.components != 0) {
    return Error{ErrorCode::malformed, "found a JPEG with a damaged or second frame header, expected a sound one"};
  }
  const std::uint32_t depth = byte_at(segment, 0);
  const std::uint32_t components = byte_at(segment, 5);
  if (marker > progressive || depth != 8 || (components != 1 && components != 3 && components != 4)) {
    return Error{ErrorCode::unsupported,
                 "found a JPEG of process " + std::to_string(marker - 0xC0) + ", " + std::to_string(depth) +
                     " bits and " + std::to_string(components) +
                     " components, expected process 0, 1 or 2 (Huffman), 8 bits and 1, 3 or 4 components"};
  }
  facts.is_progressive = marker == progressive;
  facts.components = components;
  facts.claim.height = static_cast<Index>(big_endian16(segment, 1));
  facts.claim.width = static_cast<Index>(big_endian16(segment, 3));
  facts.claim.pixel_bytes = components == 1 ? 1 : 3;
  facts.coefficient_bytes = jpeg_coefficient_bytes(facts.claim, segment.subspan(6));
  for (std::size_t at = 6; at < segment.size(); at += 3) facts.unscanned += std::to_integer<char>(segment[at]);
  return {};
}

// A progressive file is put together in memory, and so is one whose first scan has some of the components only.
inline Status read_jpeg_scan(std::span<const std::byte> segment, JpegFacts& facts) {
  if (segment.empty() || facts.components == 0) {
    return Error{ErrorCode::malformed, "found a JPEG's scan without a frame or header, expected both before it"};
  }
  if (++facts.scans > most_jpeg_scans) {
    return Error{ErrorCode::malformed,
                 "found a JPEG of more than " + std::to_string(most_jpeg_scans) + " scans, expected at most as many"};
  }
  if (facts.scans == 1 && (facts.is_progressive || static_cast<Index>(byte_at(segment, 0)) < facts.components)) {
    facts.claim.work_bytes = facts.coefficient_bytes;
  }
  for (std::size_t at = 1; at + 1 < segment.size(); at += 2)
    std::erase(facts.unscanned, std::to_integer<char>(segment[at]));
  return {};
}

inline Status read_jpeg_segment(std::uint32_t marker, std::span<const std::byte> segment, JpegFacts& facts) {
  constexpr std::uint32_t app1 = 0xE1;
  constexpr std::uint32_t start_of_scan = 0xDA;
  if (is_start_of_frame(marker)) return read_jpeg_frame(marker, segment, facts);
  if (marker == start_of_scan) return read_jpeg_scan(segment, facts);
  constexpr std::string_view exif = {"Exif\0\0", 6};
  if (marker == app1 && segment.size() >= exif.size() &&
      std::equal(exif.begin(), exif.end(), reinterpret_cast<const char*>(segment.data()))) {
    facts.claim.orientation = exif_orientation(segment.subspan(exif.size()));
  }
  return {};
}

inline Result<JpegFacts> scan_jpeg(std::span<const std::byte> file) {
  constexpr std::uint32_t end_of_image = 0xD9;
  JpegFacts facts;
  std::size_t at = next_marker(file, 2);  // after the start-of-image marker
  while (at < file.size() && byte_at(file, at) != end_of_image) {
    const std::uint32_t marker = byte_at(file, at);
    const std::size_t begin = at + 1;
    if (file.size() - begin < 2) break;
    const std::size_t length = big_endian16(file, begin);  // of itself and what follows
    if (length < 2) return Error{ErrorCode::malformed, "found a JPEG segment of length below 2, expected at least 2"};
    if (file.size() - begin < length) break;
    Status status = read_jpeg_segment(marker, file.subspan(begin + 2, length - 2), facts);
    if (!status) return std::move(status).error();
    at = next_marker(file, begin + length);
  }
  if (at >= file.size() || byte_at(file, at) != end_of_image) {
    return Error{ErrorCode::malformed,
                 "found the end of the file, expected the JPEG's end-of-image marker (the file is cut short)"};
  }
  if (facts.components == 0) return Error{ErrorCode::malformed, "found a JPEG without a frame, expected one"};
  if (!facts.unscanned.empty()) {
    return Error{ErrorCode::malformed, "found a JPEG without a scan of " + std::to_string(facts.unscanned.size()) +
                                           " of its components, expected one of each"};
  }
  return facts;
}

}  // namespace ochre::inline v0::detail
