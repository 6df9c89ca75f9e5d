// Writes a picture file whole or not at all, in the format its name ends with: .png; .jpg, .jpeg, .jpe or .jfif; .tif
// or .tiff; .webp; .pgm; .ppm or .pnm. What each can hold: encode_picture.hpp. Tested by save_picture_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <cstddef>
#include <string>
#include <utility>

#include <ochre/base/no_memory.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/encode_picture.hpp>
#include <ochre/weights/atomic_file.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

// The kind of file that a name asks for by the letters after its last dot, in any case. Errors: another extension, or
// none.
inline Result<PictureFileFormat> picture_file_format(const std::string& path) {
  const std::size_t name = path.rfind('/') + 1;  // 0 if there is no '/'
  const std::size_t dot = path.rfind('.');
  std::string extension = dot == std::string::npos || dot < name ? std::string() : path.substr(dot);
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (extension == ".png") return PictureFileFormat::png;
  if (extension == ".jpg" || extension == ".jpeg" || extension == ".jpe" || extension == ".jfif") {
    return PictureFileFormat::jpeg;
  }
  if (extension == ".tif" || extension == ".tiff") return PictureFileFormat::tiff;
  if (extension == ".webp") return PictureFileFormat::webp;
  if (extension == ".pgm") return PictureFileFormat::pgm;
  if (extension == ".ppm" || extension == ".pnm") return PictureFileFormat::ppm;
  return Error{ErrorCode::unsupported,
               weights::printable_path(path) + ": found " +
                   (extension.empty() ? "no extension" : "the extension " + weights::printable(extension)) +
                   ", expected .png, .jpg, .tif, .webp or .ppm"};
}

// The nearest format to `format` that a file of this name can hold.
inline Result<PixelFormat> savable_format(const std::string& path, PixelFormat format) {
  const auto file = picture_file_format(path);
  if (!file) return file.error();
  return savable_format(*file, format);
}

// Encodes a picture and writes it to a file. Errors: those of encode_picture(), the name's, and the system's. On an
// error the file of that name stays as it was.
inline Status save_picture(const std::string& path, const PictureView& picture, const EncodeOptions& options = {}) {
  return base::catch_no_memory([&]() -> Status {
    const auto file = picture_file_format(path);
    if (!file) return file.error();
    const auto bytes = encode_picture(picture, *file, options);
    if (!bytes) return Error{bytes.error()}.in(weights::printable_path(path));
    return weights::write_file_atomically(path, *bytes);
  });
}

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
