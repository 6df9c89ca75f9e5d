// Binary portable grey- and pixmaps (P5, P6): "P6", width, height and the largest sample value as text, one white
// space, then the samples, two bytes each, most significant first, above 255. Values are scaled to 0…255 or 0…65535.
// Source: netpbm, pgm(5) and ppm(5). Tested by load_picture_test.cpp and save_picture_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>

namespace ochre::inline v0::detail {

// The next number of the header, after white space and comments; nothing if there is none below 2^31.
inline std::optional<Index> pnm_number(std::span<const std::byte> file, std::size_t& at) noexcept {
  const auto letter = [&] { return at < file.size() ? std::to_integer<char>(file[at]) : '\0'; };
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (is_space(letter()) || letter() == '#') {
    if (letter() == '#') {
      while (at < file.size() && letter() != '\n') ++at;
    } else {
      ++at;
    }
  }
  Index value = 0;
  const std::size_t start = at;
  for (; letter() >= '0' && letter() <= '9'; ++at) {
    value = value * 10 + (letter() - '0');
    if (value >= Index{1} << 31) return std::nullopt;
  }
  return at > start ? std::optional<Index>(value) : std::nullopt;
}

// round(sample * full / largest); samples above the largest count as the largest.
inline std::uint32_t scaled_sample(std::uint32_t sample, std::uint32_t largest, std::uint32_t full) noexcept {
  return (std::min(sample, largest) * full + largest / 2) / largest;
}

inline void decode_samples(std::span<const std::byte> samples, std::uint32_t largest, std::uint8_t* to) noexcept {
  if (largest < 256) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
      to[i] = static_cast<std::uint8_t>(scaled_sample(byte_at(samples, i), largest, 255));
    }
    return;
  }
  for (std::size_t i = 0; i < samples.size(); i += 2) {
    const auto sample = static_cast<std::uint16_t>(scaled_sample(big_endian16(samples, i), largest, 65535));
    std::memcpy(to + i, &sample, 2);
  }
}

inline Result<LoadedPicture> decode_pnm(std::span<const std::byte> file, const LoadLimits& limits) {
  const bool has_colors = std::to_integer<char>(file[1]) == '6';
  std::size_t at = 2;
  const auto width = pnm_number(file, at);
  const auto height = pnm_number(file, at);
  const auto largest = pnm_number(file, at);
  if (!width || !height || !largest || *largest < 1 || *largest > 65535 || at >= file.size()) {
    return Error{ErrorCode::malformed,
                 "found a damaged PNM header, expected width, height and a largest value to 65535"};
  }
  ++at;
  const bool is_wide = *largest > 255;
  const PixelFormat format = has_colors ? (is_wide ? PixelFormat::rgb16 : PixelFormat::rgb8)
                                        : (is_wide ? PixelFormat::gray16 : PixelFormat::gray8);
  const PictureClaim claim{.width = *width, .height = *height, .pixel_bytes = bytes_per_pixel(format)};
  if (Status status = check_claim(claim, limits, file.size()); !status) return std::move(status).error();
  const auto needed = checked_product({claim.width, claim.height, bytes_per_pixel(format)});
  if (!needed || *needed > static_cast<Index>(file.size() - at)) {
    return Error{ErrorCode::malformed, "found " + std::to_string(file.size() - at) + " bytes of pixels, expected " +
                                           (needed ? std::to_string(*needed) : "more") + " for a PNM of " +
                                           std::to_string(claim.width) + "x" + std::to_string(claim.height) +
                                           " pixels (the file is cut short)"};
  }
  auto picture = LoadedPicture::create(claim.width, claim.height, format);
  if (!picture) return picture;
  decode_samples(file.subspan(at, static_cast<std::size_t>(*needed)), static_cast<std::uint32_t>(*largest),
                 picture->pixels.data());
  return picture;
}

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
