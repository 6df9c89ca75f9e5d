// Writes a picture file whole or not at all, in the format its name ends with:
//   .png          grey or colour, with or without alpha, 8 or 16 bits a sample
//   .jpg .jpeg    gray8 (as three equal channels) and rgb8, at quality 95 with chroma at full resolution
//   .pgm .ppm     gray8, gray16 (.pgm); rgb8, rgb16 (.ppm)
// A format that would lose alpha or depth is an Error, never a quiet conversion; savable_format() says what to ask for.
// Tested by save_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/png_encode.hpp>
#include <ochre/image_io/pnm.hpp>
#include <ochre/image_io/stb.hpp>
#include <ochre/weights/atomic_file.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace detail {

enum class PictureFile { png, jpeg, pgm, ppm };

// By the letters after the last dot of the file's name, in any case.
inline Result<PictureFile> picture_file_of(const std::string& path) {
  const std::size_t name = path.rfind('/') + 1;  // 0 if there is no '/'
  const std::size_t dot = path.rfind('.');
  std::string extension = dot == std::string::npos || dot < name ? std::string() : path.substr(dot);
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (extension == ".png") return PictureFile::png;
  if (extension == ".jpg" || extension == ".jpeg") return PictureFile::jpeg;
  if (extension == ".pgm") return PictureFile::pgm;
  if (extension == ".ppm") return PictureFile::ppm;
  return Error{ErrorCode::unsupported,
               printable_path(path) + ": found " +
                   (extension.empty() ? "no extension" : "the extension " + printable(extension)) +
                   ", expected .png, .jpg, .jpeg, .pgm or .ppm"};
}

inline PixelFormat nearest_format(PictureFile file, PixelFormat format) noexcept {
  if (file == PictureFile::png) return format;
  const bool has_colors = file == PictureFile::ppm || (file == PictureFile::jpeg && has_color(format));
  const bool is_wide = file != PictureFile::jpeg && bytes_per_sample(format) == 2;
  if (is_wide) return has_colors ? PixelFormat::rgb16 : PixelFormat::gray16;
  return has_colors ? PixelFormat::rgb8 : PixelFormat::gray8;
}

inline const char* format_name(PixelFormat format) noexcept {
  constexpr const char* names[] = {"gray8",  "gray_alpha8",  "rgb8",  "rgba8",
                                   "gray16", "gray_alpha16", "rgb16", "rgba16"};
  return names[static_cast<std::size_t>(format)];
}

inline constexpr int jpeg_quality = 95;  // no visible loss; above 90 stb keeps the chroma at full resolution

// `picture` is of gray8 or rgb8; quality 1 to 100.
inline Result<std::vector<std::byte>> encode_jpeg(const PictureView& picture, int quality = jpeg_quality) {
  constexpr Index longest_side = 65535;  // the format's limit
  if (picture.width > longest_side || picture.height > longest_side) {
    return Error{ErrorCode::too_large, "found a picture of " + std::to_string(picture.width) + "x" +
                                           std::to_string(picture.height) + " pixels, expected at most 65535 a side"};
  }
  const auto row_bytes = static_cast<std::size_t>(picture.width * bytes_per_pixel(picture.format));
  std::vector<std::uint8_t> packed(row_bytes * static_cast<std::size_t>(picture.height));
  for (Index y = 0; y < picture.height; ++y) {
    std::memcpy(packed.data() + static_cast<std::size_t>(y) * row_bytes, picture.row(y), row_bytes);
  }
  std::vector<std::byte> file;
  const auto append = [](void* target, void* data, int size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    static_cast<std::vector<std::byte>*>(target)->insert(static_cast<std::vector<std::byte>*>(target)->end(), bytes,
                                                         bytes + size);
  };
  if (stbi_write_jpg_to_func(append, &file, static_cast<int>(picture.width), static_cast<int>(picture.height),
                             static_cast<int>(channels(picture.format)), packed.data(), quality) == 0) {
    return Error{ErrorCode::out_of_memory, "the JPEG could not be encoded"};
  }
  return file;
}

inline Result<std::vector<std::byte>> encode_picture(PictureFile file, const PictureView& picture) {
  if (file == PictureFile::png) return encode_png(picture);
  if (file == PictureFile::jpeg) return encode_jpeg(picture);
  return encode_pnm(picture);
}

}  // namespace detail

// The nearest format to `format` that a file of this name can hold: for a JPEG without alpha and in 8 bits, for a PNG
// as it is.
inline Result<PixelFormat> savable_format(const std::string& path, PixelFormat format) {
  const auto file = detail::picture_file_of(path);
  if (!file) return file.error();
  return detail::nearest_format(*file, format);
}

inline Status save_picture(const std::string& path, const PictureView& picture) {
  const auto file = detail::picture_file_of(path);
  if (!file) return file.error();
  if (Status status = check_picture(picture, path.c_str()); !status) return status;
  const PixelFormat expected = detail::nearest_format(*file, picture.format);
  if (picture.format != expected) {
    return Error{ErrorCode::unsupported, printable_path(path) + ": found a picture of " +
                                             detail::format_name(picture.format) + ", expected " +
                                             detail::format_name(expected) + " for this kind of file"};
  }
  const auto bytes = detail::encode_picture(*file, picture);
  if (!bytes) return Error{bytes.error()}.in(printable_path(path));
  return write_file_atomically(path, *bytes);
}

}  // namespace ochre::inline v0
