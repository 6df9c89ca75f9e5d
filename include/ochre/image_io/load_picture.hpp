// Reads a picture file, recognised by its content and not by its name: JPEG, PNG, TIFF, WebP, BMP and the netpbm kin
// (P1 to P7). Depth stays as it is in the file, up to 16 bits a sample; a palette becomes its colours, other colours
// than sRGB become sRGB, and the picture is turned upright as its EXIF says. The claimed size is checked before
// anything is allocated; an empty, cut or damaged file, a text, a folder is an Error that says what was found. Damage
// behind which the decoder finds the picture again, as cameras and scanners make it, is a remark. Tested by
// load_picture_test.cpp and the fuzz target load_picture.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/no_memory.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/bmp_decode.hpp>
#include <ochre/image_io/jpeg_decode.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/png_decode.hpp>
#include <ochre/image_io/pnm_decode.hpp>
#include <ochre/image_io/tiff_decode.hpp>
#include <ochre/image_io/webp_decode.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0 {

namespace detail {

inline bool begins_with(std::span<const std::byte> file, std::string_view start) noexcept {
  return letters_of(file).starts_with(start);
}

inline bool is_tiff(std::span<const std::byte> file) noexcept {
  using namespace std::string_view_literals;  // ""sv keeps the zero bytes inside
  return begins_with(file, "II*\0"sv) || begins_with(file, "MM\0*"sv) || begins_with(file, "II+\0"sv) ||
         begins_with(file, "MM\0+"sv);
}

inline bool is_webp(std::span<const std::byte> file) noexcept {
  return begins_with(file, "RIFF") && file.size() >= 12 && letters_of(file).substr(8, 4) == "WEBP";
}

inline bool is_pnm(std::span<const std::byte> file) noexcept {
  const std::string_view text = letters_of(file);
  return text.size() >= 2 && text[0] == 'P' && text[1] >= '1' && text[1] <= '7' &&
         (text.size() == 2 || is_pnm_space(text[2]) || text[2] == '#');
}

inline Result<LoadedPicture> decode_by_kind(std::span<const std::byte> file, const LoadLimits& limits, Index page) {
  if (is_tiff(file)) return decode_tiff(file, limits, page);
  if (page != 0) {
    return Error{ErrorCode::invalid_argument,
                 "found page " + std::to_string(page) + " asked for, expected 0 of a file of one picture"};
  }
  if (is_pnm(file)) return decode_pnm(file, limits);
  if (begins_with(file, png_signature)) return decode_png(file, limits);
  if (begins_with(file, "\xff\xd8\xff")) return decode_jpeg(file, limits);
  if (is_webp(file)) return decode_webp(file, limits);
  if (begins_with(file, "BM")) return decode_bmp(file, limits);
  return Error{ErrorCode::unsupported, found_bytes(file) + ", expected a JPEG, PNG, TIFF, WebP, BMP or PNM picture"};
}

// That a picture's file may have: twice its decoded bytes, and what cameras put beside them (EXIF, previews).
inline std::uint64_t most_file_bytes(const LoadLimits& limits) noexcept {
  constexpr std::uint64_t beside = std::uint64_t{64} << 20;
  return 2 * static_cast<std::uint64_t>(limits.max_bytes) + beside;
}

}  // namespace detail

// Decodes a picture file's bytes, for pictures that arrive over a network. page: of a file of several, from 0 on.
// Errors: no picture of a kind that is read, a damaged one, one beyond the limits, no memory.
inline Result<LoadedPicture> decode_picture(std::span<const std::byte> file, const LoadLimits& limits = {},
                                            Index page = 0) {
  return base::catch_no_memory([&] { return detail::decode_by_kind(file, limits, page); });
}

// Reads and decodes a picture file. Errors: the system's, and those of decode_picture().
inline Result<LoadedPicture> load_picture(const std::string& path, const LoadLimits& limits = {}, Index page = 0) {
  return base::catch_no_memory([&]() -> Result<LoadedPicture> {
    const auto file = MappedFile::read(path, detail::most_file_bytes(limits));
    if (!file) return file.error();
    auto picture = detail::decode_by_kind(file->bytes(), limits, page);
    if (!picture) return std::move(picture).error().in(weights::printable_path(path));
    return picture;
  });
}

// How many pictures a file has: the pages of a TIFF, else 1. Errors: the system's, and a TIFF without any.
inline Result<Index> count_pages(const std::string& path) {
  return base::catch_no_memory([&]() -> Result<Index> {
    const auto file = MappedFile::read(path, detail::most_file_bytes({}));
    if (!file) return file.error();
    if (!detail::is_tiff(file->bytes())) return Index{1};
    auto pages = detail::count_tiff_pages(file->bytes());
    if (!pages) return std::move(pages).error().in(weights::printable_path(path));
    return pages;
  });
}

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
