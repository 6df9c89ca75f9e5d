// Directories of EXIF and of TIFF are of one kind: what a TIFF says besides pixels becomes a block for other files, and
// a block's directories go into a TIFF. Entries that point out of their bytes are left out. Source: TIFF 6.0,
// section 2. Tested by exif_test.cpp and tiff_decode_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ochre/base/function_ref.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/comment_text.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

// Of a TIFF's main directory what is not about its pixels: description, maker, model, resolution, program, date,
// author, copyright, and the directories of EXIF and GPS.
inline bool is_about_picture(std::uint32_t tag) noexcept {
  constexpr std::uint32_t tags[] = {
      0x010E, 0x010F, 0x0110, exif_tag::x_resolution,   exif_tag::y_resolution, exif_tag::resolution_unit, 0x0131,
      0x0132, 0x013B, 0x8298, exif_tag::exif_directory, exif_tag::gps_directory};
  for (const std::uint32_t wanted : tags) {
    if (tag == wanted) return true;
  }
  return false;
}

// Bytes of an entry's value.
inline std::size_t exif_value_bytes(const ExifBlock& block, std::size_t entry) noexcept {
  return exif_type_bytes(block.number16(entry + 2)) * std::size_t{block.number32(entry + 4)};
}

// Whether an entry's value lies within the block, in the entry or elsewhere.
inline bool has_exif_value(const ExifBlock& block, std::size_t entry) noexcept {
  const std::size_t bytes = exif_value_bytes(block, entry);
  const std::size_t size = block.bytes.size();
  return bytes <= 4 || (bytes <= size && block.number32(entry + 8) <= size - bytes);
}

// Copies directories with all that their entries point to. Offsets are counted from `base` bytes before `to`.
class DirectoryCopy {
 public:
  DirectoryCopy(const ExifBlock& from, std::vector<std::byte>& to, std::size_t base)
      : from_(from), editor_{to, {{}, from.little}}, base_(base) {}

  // Where the copy is; 0 if there is nothing to copy.
  std::size_t copy(std::size_t directory, FunctionRef<bool(std::uint32_t tag)> is_wanted, int depth = 0) {
    std::vector<std::size_t> entries;
    for (std::size_t i = 0; i < from_.entries(directory); ++i) {
      const std::size_t at = directory + 2 + i * ExifBlock::entry_bytes;
      const bool is_sound = exif_value_bytes(from_, at) > 0 && has_exif_value(from_, at);
      if (is_sound && is_wanted(from_.number16(at))) entries.push_back(at);
    }
    if (entries.empty()) return 0;
    std::vector<std::byte>& to = editor_.bytes;
    const std::size_t begin = to.size();
    to.resize(begin + 2 + entries.size() * ExifBlock::entry_bytes + 4);
    editor_.put(begin, static_cast<std::uint32_t>(entries.size()), 2);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      copy_entry(entries[i], begin + 2 + i * ExifBlock::entry_bytes, depth);
    }
    return base_ + begin;
  }

 private:
  static constexpr std::size_t most_bytes = 1 << 20;  // of all values; a maker's notes have some 100 kB
  static constexpr int most_depth = 3;
  static constexpr std::uint32_t interoperability_directory = 0xA005;

  bool is_directory(std::uint32_t tag) const noexcept {
    return tag == exif_tag::exif_directory || tag == exif_tag::gps_directory || tag == interoperability_directory;
  }

  void copy_entry(std::size_t entry, std::size_t to_entry, int depth) {
    std::vector<std::byte>& to = editor_.bytes;
    const auto whole = from_.bytes.subspan(entry, ExifBlock::entry_bytes);
    std::copy(whole.begin(), whole.end(), to.begin() + static_cast<std::ptrdiff_t>(to_entry));
    if (is_directory(from_.number16(entry))) {
      const auto directory = from_.integer(entry);
      const auto all = [](std::uint32_t) { return true; };
      const bool goes_on = directory && depth + 1 < most_depth && to.size() < most_bytes;
      const std::size_t at = goes_on ? copy(*directory, all, depth + 1) : 0;
      return editor_.put(to_entry + 8, static_cast<std::uint32_t>(at), 4);
    }
    const std::size_t bytes = exif_value_bytes(from_, entry);
    if (bytes <= 4) return;
    const auto value = from_.bytes.subspan(from_.number32(entry + 8), bytes);
    if (to.size() + bytes > most_bytes) return editor_.put(to_entry + 4, 0, 4);  // no values
    editor_.put(to_entry + 8, static_cast<std::uint32_t>(base_ + to.size()), 4);
    append_bytes(to, value);
    if (bytes % 2 != 0) to.push_back(std::byte{0});  // values begin at even bytes
  }

  ExifBlock from_;
  ExifEditor editor_;
  std::size_t base_;
};

// A block of what the TIFF's directory says; empty if it says nothing, or is of the kind with offsets of eight bytes.
inline std::vector<std::byte> exif_of_tiff(std::span<const std::byte> file, std::size_t directory) {
  const auto from = ExifBlock::open(file);
  if (!from) return {};
  std::vector<std::byte> block(file.begin(), file.begin() + 8);
  const auto is_wanted = [](std::uint32_t tag) { return is_about_picture(tag); };
  const std::size_t at = DirectoryCopy(*from, block, 0).copy(directory, is_wanted);
  if (at == 0) return {};
  ExifEditor{block, *from}.put(4, static_cast<std::uint32_t>(at), 4);
  return block;
}

// The text of that tag in the block's main directory.
inline std::string exif_text(const ExifBlock& block, std::uint32_t tag) {
  constexpr std::uint32_t text_type = 2;
  const auto entry = block.find(block.first_directory(), tag);
  if (!entry || block.number16(*entry + 2) != text_type) return {};
  const std::size_t length = block.number32(*entry + 4);
  const std::size_t at = length <= 4 ? *entry + 8 : block.number32(*entry + 8);
  if (length > block.bytes.size() || at > block.bytes.size() - length) return {};
  return as_utf8(letters_of(block.bytes.subspan(at, length)));
}

}  // namespace ochre::inline v0::detail
