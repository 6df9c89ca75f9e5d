// Picture files made by hand, sound and hostile ones, and what the reader says of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <zlib.h>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/png_encode.hpp>

#include "temporary_folder.hpp"
#include "text.hpp"

namespace ochre::test {

using Bytes = std::vector<std::byte>;

inline std::string refusal(std::span<const std::byte> file, const LoadLimits& limits = {}) {
  const auto picture = decode_picture(file, limits);
  return picture ? "accepted" : picture.error().message();
}

// "" if the message holds all of `parts`, else the message.
inline std::string lacks(const std::string& message, const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts) {
    if (!contains(message, part)) return message + " | lacks | " + std::string(part);
  }
  return {};
}

struct PngHeader {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  int depth = 8;
  int color_type = 0;
  int interlaced = 0;
};

// A PNG of that header, more chunks in the middle, and those rows, each beginning with its filter.
inline Bytes png(const PngHeader& header, std::string_view rows,
                 const std::vector<std::pair<std::string_view, Bytes>>& more = {}) {
  Bytes file = bytes_of(detail::png_signature);
  Bytes start;
  detail::append_big_endian32(start, header.width);
  detail::append_big_endian32(start, header.height);
  for (const int value : {header.depth, header.color_type, 0, 0, header.interlaced}) {
    start.push_back(static_cast<std::byte>(value));
  }
  detail::append_chunk(file, "IHDR", start);
  for (const auto& [type, data] : more) detail::append_chunk(file, type, data);
  uLongf length = compressBound(rows.size());
  Bytes packed(length);
  REQUIRE(compress(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(rows.data()),
                   rows.size()) == Z_OK);
  detail::append_chunk(file, "IDAT", std::span(packed).first(length));
  detail::append_chunk(file, "IEND", {});
  return file;
}

// A JPEG's segment: FF, the marker, the length of what follows, the content.
inline std::string jpeg_segment(int marker, std::string_view content) {
  const std::size_t length = content.size() + 2;
  return std::string{'\xff', static_cast<char>(marker), static_cast<char>(length >> 8), static_cast<char>(length)} +
         std::string(content);
}

// Everything of a grey or YCbCr JPEG before its first scan: start, a quantisation table of ones, the frame, and Huffman
// tables of one code, the bit 0, which is "no difference" of a DC and "end of block" of AC coefficients.
struct JpegHeader {
  int process = 0;  // 0 sequential, 2 progressive
  unsigned width = 8;
  unsigned height = 8;
  std::vector<int> sampling{0x11};
};

inline std::string jpeg_start(const JpegHeader& header) {
  std::string frame{8};
  for (const unsigned side : {header.height, header.width}) {
    frame += static_cast<char>(side >> 8);
    frame += static_cast<char>(side);
  }
  frame += static_cast<char>(header.sampling.size());
  for (std::size_t i = 0; i < header.sampling.size(); ++i) {
    frame += {static_cast<char>(i + 1), static_cast<char>(header.sampling[i]), 0};
  }
  const std::string one_code = std::string(1, 1) + std::string(15, 0);
  return "\xff\xd8" + jpeg_segment(0xDB, std::string(1, 0) + std::string(64, 1)) +
         jpeg_segment(0xC0 + header.process, frame) + jpeg_segment(0xC4, std::string(1, 0) + one_code + '\0') +
         jpeg_segment(0xC4, "\x10" + one_code + '\0');
}

// A scan's header: the components, from 1 on; the first and last coefficient; the bits, as high * 16 + low.
inline std::string jpeg_scan(const std::vector<int>& components, int first = 0, int last = 63, int bits = 0) {
  std::string content(1, static_cast<char>(components.size()));
  for (const int component : components) content += {static_cast<char>(component), 0};
  return jpeg_segment(0xDA, content + static_cast<char>(first) + static_cast<char>(last) + static_cast<char>(bits));
}

inline constexpr std::string_view jpeg_end = "\xff\xd9";

}  // namespace ochre::test
