// Binary portable grey- and pixmaps (P5, P6), 8 or 16 bits a sample, most significant byte first. Source: netpbm,
// pgm(5) and ppm(5). Tested by encode_picture_test.cpp and save_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/image/picture_view.hpp>

namespace ochre::inline v0::detail {

// `picture` is of gray8, gray16, rgb8 or rgb16.
inline std::vector<std::byte> encode_pnm(const PictureView& picture) {
  const bool is_wide = bytes_per_sample(picture.format) == 2;
  const std::string header = std::string(has_color(picture.format) ? "P6" : "P5") + '\n' +
                             std::to_string(picture.width) + ' ' + std::to_string(picture.height) + '\n' +
                             (is_wide ? "65535\n" : "255\n");
  const auto header_bytes = std::as_bytes(std::span(header));
  std::vector<std::byte> file(header_bytes.begin(), header_bytes.end());
  const Index row_bytes = picture.width * bytes_per_pixel(picture.format);
  file.reserve(file.size() + static_cast<std::size_t>(row_bytes * picture.height));
  for (Index y = 0; y < picture.height; ++y) {
    const auto* row = reinterpret_cast<const std::byte*>(picture.row(y));
    if (!is_wide) {
      file.insert(file.end(), row, row + row_bytes);
      continue;
    }
    for (Index i = 0; i < row_bytes; i += 2) {
      std::uint16_t sample;
      std::memcpy(&sample, row + i, 2);
      file.push_back(static_cast<std::byte>(sample >> 8));
      file.push_back(static_cast<std::byte>(sample & 0xFF));
    }
  }
  return file;
}

}  // namespace ochre::inline v0::detail
