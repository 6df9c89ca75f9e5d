// The orientation a camera wrote into a JPEG: tag 0x0112 in the first directory of the TIFF block that follows "Exif".
// Anything damaged or absent means 1, the picture as it is stored. Source: CIPA DC-008 (Exif 2.32), sections 4.5 and
// 4.6.4. Tested by load_picture_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ochre/image_io/byte_order.hpp>

namespace ochre::inline v0::detail {

// `tiff` begins with its byte order, "II" or "MM". Every offset in it is checked against its length.
inline int exif_orientation(std::span<const std::byte> tiff) noexcept {
  constexpr int as_stored = 1;
  if (tiff.size() < 8) return as_stored;
  const bool little = byte_at(tiff, 0) == 'I';
  const auto number16 = [&](std::size_t at) { return little ? little_endian16(tiff, at) : big_endian16(tiff, at); };
  const auto number32 = [&](std::size_t at) { return little ? little_endian32(tiff, at) : big_endian32(tiff, at); };
  if (byte_at(tiff, 0) != byte_at(tiff, 1) || (!little && byte_at(tiff, 0) != 'M') || number16(2) != 42) {
    return as_stored;
  }
  const std::size_t directory = number32(4);
  if (directory > tiff.size() - 2) return as_stored;
  constexpr std::size_t entry_bytes = 12;  // tag, type, count, value
  const std::size_t room = (tiff.size() - directory - 2) / entry_bytes;
  const std::size_t entries = std::min<std::size_t>(number16(directory), room);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = directory + 2 + i * entry_bytes;
    constexpr std::uint32_t orientation_tag = 0x0112;
    constexpr std::uint32_t short_type = 3;
    if (number16(at) != orientation_tag || number16(at + 2) != short_type || number32(at + 4) != 1) continue;
    const std::uint32_t value = number16(at + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : as_stored;
  }
  return as_stored;
}

}  // namespace ochre::inline v0::detail
