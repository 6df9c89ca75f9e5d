// Walks a JPEG's segments without decoding, from its first marker to the end of its picture: size, what a decoder has
// to hold, which parts are there, and what the file says besides. What lies between segments is passed over, as libjpeg
// does. Source: ITU-T T.81, annex B. Tested by load_picture_test.cpp and its fuzz target.
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
#include <ochre/image_io/jpeg_notes.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

// Of a progressive file: libjpeg writes 10 for YCbCr and 18 for CMYK, programs that search for shorter ones at most
// some 30. Each scan costs a walk through all coefficients, even one that takes three bytes of the file.
inline constexpr int most_jpeg_scans = 64;

// SOF0…SOF15, without DHT (C4), JPG (C8) and DAC (CC), which lie between.
inline bool is_start_of_frame(std::uint32_t marker) noexcept {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// RST0…RST7 stand alone; 00 after FF is a byte of coded data; what is below C0 is no marker of a JPEG.
inline bool has_no_segment(std::uint32_t marker) noexcept {
  return marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD7);
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
  JpegNotes said;
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

// Of the sixteen processes of the standard libjpeg knows four.
inline Status check_jpeg_process(std::uint32_t marker, std::uint32_t depth, std::uint32_t components) {
  const auto refuse = [](const std::string& found) {
    return Error{ErrorCode::unsupported, "found a JPEG of " + found +
                                             ", expected 8 bits a sample and 1, 3 or 4 components, sequential or "
                                             "progressive"};
  };
  const bool is_lossless = (marker & 3) == 3;
  if (is_lossless) return refuse("lossless coding");
  const bool is_hierarchical = marker >= 0xC5 && (marker & 7) >= 5;
  if (is_hierarchical) return refuse("hierarchical coding");
  if (depth != 8) return refuse(std::to_string(depth) + " bits a sample");
  if (components == 1 || components == 3 || components == 4) return {};
  return refuse(std::to_string(components) + " components");
}

// The segment of a frame holds depth, height, width, the number of components, and per component its name, its sampling
// (horizontal and vertical, four bits each) and its table.
inline Status read_jpeg_frame(std::uint32_t marker, std::span<const std::byte> segment, JpegFacts& facts) {
  if (segment.size() < 6 || segment.size() != 6 + 3 * std::size_t{byte_at(segment, 5)} || facts.components != 0) {
    return Error{ErrorCode::malformed, "found a JPEG with a damaged or second frame header, expected a sound one"};
  }
  const std::uint32_t components = byte_at(segment, 5);
  if (Status status = check_jpeg_process(marker, byte_at(segment, 0), components); !status) return status;
  facts.is_progressive = marker == 0xC2 || marker == 0xCA;
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
  constexpr std::uint32_t start_of_scan = 0xDA;
  if (is_start_of_frame(marker)) return read_jpeg_frame(marker, segment, facts);
  if (marker == start_of_scan) return read_jpeg_scan(segment, facts);
  facts.said.read(marker, segment);
  return {};
}

// Cameras append to a sequential picture whatever they like, in segments or not, with or without an end before it.
inline bool has_all_scans(const JpegFacts& facts) noexcept {
  return facts.components > 0 && !facts.is_progressive && facts.unscanned.empty();
}

inline Error cut_jpeg() {
  return {ErrorCode::malformed,
          "found the end of the file within the picture, expected a whole JPEG (the file is cut short)"};
}

inline Result<JpegFacts> scan_jpeg(std::span<const std::byte> file) {
  constexpr std::uint32_t start_of_image = 0xD8;
  constexpr std::uint32_t end_of_image = 0xD9;
  JpegFacts facts;
  std::size_t at = next_marker(file, 2);  // after the start-of-image marker
  while (at < file.size() && !has_all_scans(facts)) {
    const std::uint32_t marker = byte_at(file, at);
    if (marker == end_of_image || marker == start_of_image) break;
    const std::size_t begin = at + 1;
    if (file.size() - begin < 2) return cut_jpeg();
    const std::size_t length = big_endian16(file, begin);  // of itself and what follows
    if (length < 2) return Error{ErrorCode::malformed, "found a JPEG segment of length below 2, expected at least 2"};
    if (file.size() - begin < length) return cut_jpeg();
    Status status = read_jpeg_segment(marker, file.subspan(begin + 2, length - 2), facts);
    if (!status) return std::move(status).error();
    at = next_marker(file, begin + length);
  }
  const bool is_cut = at >= file.size() && (facts.components == 0 || !facts.unscanned.empty());
  if (is_cut) return cut_jpeg();
  if (facts.components == 0) {
    return Error{ErrorCode::malformed, "found a JPEG without a frame, expected one"};
  }
  if (!facts.unscanned.empty()) {
    return Error{ErrorCode::malformed, "found a JPEG without a scan of " + std::to_string(facts.unscanned.size()) +
                                           " of its components, expected one of each"};
  }
  facts.said.join_profile();
  return facts;
}

}  // namespace ochre::inline v0::detail
