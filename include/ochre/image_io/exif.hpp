// The TIFF block that cameras put into JPEG, PNG and WebP files: reads the orientation and the resolution, and rewrites
// what no longer holds once the picture is upright and sRGB. Anything damaged or absent means: not said. Source: CIPA
// DC-008 (Exif 2.32), sections 4.5 and 4.6. Tested by exif_test.cpp and load_picture_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/image_io/byte_order.hpp>

namespace ochre::inline v0::detail {

namespace exif_tag {

inline constexpr std::uint32_t orientation = 0x0112;
inline constexpr std::uint32_t x_resolution = 0x011A;
inline constexpr std::uint32_t y_resolution = 0x011B;
inline constexpr std::uint32_t resolution_unit = 0x0128;  // 2 inch, 3 centimetre
inline constexpr std::uint32_t exif_directory = 0x8769;
inline constexpr std::uint32_t gps_directory = 0x8825;
inline constexpr std::uint32_t color_space = 0xA001;  // 1 sRGB
inline constexpr std::uint32_t pixels_across = 0xA002;
inline constexpr std::uint32_t pixels_down = 0xA003;

}  // namespace exif_tag

// Bytes of a value of each TIFF type; 0: unknown.
inline std::size_t exif_type_bytes(std::uint32_t type) noexcept {
  constexpr std::size_t bytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  return type < std::size(bytes) ? bytes[type] : 0;
}

// What stands before the block in a JPEG, and where programs copied it from there.
inline constexpr std::string_view exif_segment_name("Exif\0\0", 6);

// "II" or "MM", 42, and where the first directory lies. A directory is a count, its entries, and where the next one is.
// An entry is a tag, a type, a count and a value, or where that lies if it takes more than four bytes.
struct ExifBlock {
  static constexpr std::size_t entry_bytes = 12;

  std::span<const std::byte> bytes;
  bool little = true;

  static std::optional<ExifBlock> open(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < 8) return std::nullopt;
    const ExifBlock block{bytes, byte_at(bytes, 0) == 'I'};
    const bool has_order = byte_at(bytes, 0) == byte_at(bytes, 1) && (block.little || byte_at(bytes, 0) == 'M');
    if (!has_order || block.number16(2) != 42 || block.first_directory() < 8) return std::nullopt;
    return block;
  }

  std::uint32_t number16(std::size_t at) const noexcept {
    return little ? little_endian16(bytes, at) : big_endian16(bytes, at);
  }
  std::uint32_t number32(std::size_t at) const noexcept {
    return little ? little_endian32(bytes, at) : big_endian32(bytes, at);
  }
  std::size_t first_directory() const noexcept { return number32(4); }

  // As many entries as are there in full.
  std::size_t entries(std::size_t directory) const noexcept {
    if (directory > bytes.size() - 2) return 0;
    return std::min<std::size_t>(number16(directory), (bytes.size() - directory - 2) / entry_bytes);
  }

  // Where the entry of that tag is.
  std::optional<std::size_t> find(std::size_t directory, std::uint32_t tag) const noexcept {
    const std::size_t count = entries(directory);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = directory + 2 + i * entry_bytes;
      if (number16(at) == tag) return at;
    }
    return std::nullopt;
  }

  // A single integer of any type.
  std::optional<std::uint32_t> integer(std::optional<std::size_t> entry) const noexcept {
    if (!entry || number32(*entry + 4) != 1) return std::nullopt;
    switch (number16(*entry + 2)) {
      case 1:  // byte
      case 6:
        return byte_at(bytes, *entry + 8);
      case 3:  // short
      case 8:
        return number16(*entry + 8);
      case 4:  // long
      case 9:
      case 13:
        return number32(*entry + 8);
      default:
        return std::nullopt;
    }
  }

  std::optional<double> rational(std::optional<std::size_t> entry) const noexcept {
    constexpr std::uint32_t unsigned_rational = 5;
    if (!entry || number16(*entry + 2) != unsigned_rational || number32(*entry + 4) != 1) return std::nullopt;
    const std::size_t at = number32(*entry + 8);
    if (bytes.size() < 8 || at > bytes.size() - 8 || number32(at + 4) == 0) return std::nullopt;
    return static_cast<double>(number32(at)) / number32(at + 4);
  }
};

// 1…8; 0: not said.
inline int exif_orientation(std::span<const std::byte> bytes) noexcept {
  const auto block = ExifBlock::open(bytes);
  if (!block) return 0;
  const auto value = block->integer(block->find(block->first_directory(), exif_tag::orientation)).value_or(0);
  return value <= 8 ? static_cast<int>(value) : 0;
}

struct Resolution {
  double across = 0;  // dots an inch; 0: not said
  double down = 0;
};

inline Resolution exif_resolution(std::span<const std::byte> bytes) noexcept {
  const auto block = ExifBlock::open(bytes);
  if (!block) return {};
  const std::size_t directory = block->first_directory();
  const auto across = block->rational(block->find(directory, exif_tag::x_resolution)).value_or(0);
  const auto down = block->rational(block->find(directory, exif_tag::y_resolution)).value_or(across);
  const auto unit = block->integer(block->find(directory, exif_tag::resolution_unit)).value_or(2);
  if (unit != 2 && unit != 3) return {};
  const double inch = unit == 3 ? 2.54 : 1.0;
  return {across * inch, down * inch};
}

// Of a block whose entries are changed where they lie.
struct ExifEditor {
  std::vector<std::byte>& bytes;
  ExifBlock block;

  void put(std::size_t at, std::uint32_t value, std::size_t count) const noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t shift = 8 * (block.little ? i : count - 1 - i);
      bytes[at + i] = static_cast<std::byte>(value >> shift & 0xFF);
    }
  }

  // The integer of that tag, if there is one and it has room for the value.
  void set(std::size_t directory, std::uint32_t tag, std::uint32_t value) const noexcept {
    const auto entry = block.find(directory, tag);
    if (!block.integer(entry)) return;
    const std::size_t room = exif_type_bytes(block.number16(*entry + 2));
    if (room == 4 || value >> (8 * room) == 0) put(*entry + 8, value, room);
  }
};

inline void edit_exif(std::vector<std::byte>& bytes, const ExifBlock& block, Index width, Index height) noexcept {
  const ExifEditor editor{bytes, block};
  const std::size_t main = block.first_directory();
  editor.set(main, exif_tag::orientation, 1);
  if (const auto exif = block.integer(block.find(main, exif_tag::exif_directory))) {
    editor.set(*exif, exif_tag::color_space, 1);
    editor.set(*exif, exif_tag::pixels_across, static_cast<std::uint32_t>(width));
    editor.set(*exif, exif_tag::pixels_down, static_cast<std::uint32_t>(height));
  }
  const std::size_t next = main + 2 + block.entries(main) * ExifBlock::entry_bytes;
  if (main <= bytes.size() - 2 && next + 4 <= bytes.size()) editor.put(next, 0, 4);
}

// What the block says of a picture that is upright now, sRGB, of that size, and without the thumbnail, which is not.
// Damaged, so left out: one whose directories lie in each other, so that editing one changes what another one is.
inline void make_exif_upright(std::vector<std::byte>& bytes, Index width, Index height) {
  const auto block = ExifBlock::open(bytes);
  if (!block) return bytes.clear();
  edit_exif(bytes, *block, width, height);
  std::vector<std::byte> again = bytes;
  edit_exif(again, {again, block->little}, width, height);
  if (again != bytes) bytes.clear();
}

}  // namespace ochre::inline v0::detail
