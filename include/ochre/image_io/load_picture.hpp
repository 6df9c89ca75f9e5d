// Reads a picture file, recognised by its content and not by its name: PNG (8 and 16 bits a sample), JPEG (turned
// upright as its EXIF orientation says), BMP and binary PNM. Channels and depth stay as they are in the file, a palette
// becomes its colours. The claimed size is checked before anything is allocated; an empty, cut or damaged file, a text,
// a folder is an Error that says what was found. Tested by load_picture_test.cpp and the fuzz target load_picture.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/image_io/bmp_decode.hpp>
#include <ochre/image_io/jpeg_decode.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/png_decode.hpp>
#include <ochre/image_io/pnm.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>

namespace ochre::inline v0 {

namespace detail {

inline bool begins_with(std::span<const std::byte> file, std::string_view start) noexcept {
  return std::string_view(reinterpret_cast<const char*>(file.data()), file.size()).starts_with(start);
}

}  // namespace detail

// Decodes a picture file's bytes, for pictures that arrive over a network.
inline Result<LoadedPicture> decode_picture(std::span<const std::byte> file, const LoadLimits& limits = {}) {
  using detail::begins_with;
  if (begins_with(file, "P5") || begins_with(file, "P6")) return detail::decode_pnm(file, limits);
  if (begins_with(file, detail::png_signature)) return detail::decode_png(file, limits);
  if (begins_with(file, "\xff\xd8\xff")) return detail::decode_jpeg(file, limits);
  if (begins_with(file, "BM")) return detail::decode_bmp(file, limits);
  return Error{ErrorCode::unsupported, detail::found_bytes(file) + ", expected a PNG, JPEG, BMP or PNM picture"};
}

// Reads and decodes a picture file. Errors: the system's, and those of decode_picture().
inline Result<LoadedPicture> load_picture(const std::string& path, const LoadLimits& limits = {}) {
  const auto file = MappedFile::open(path);
  if (!file) return file.error();
  auto picture = decode_picture(file->bytes(), limits);
  if (!picture) return std::move(picture).error().in(weights::printable_path(path));
  return picture;
}

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
