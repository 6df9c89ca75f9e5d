// A picture file's bytes in memory, for pictures that leave over a network:
//   png    grey or colour, with or without alpha, 8 or 16 bits a sample
//   jpeg   gray8 (as three equal channels) and rgb8, 8 bits a sample, no alpha
//   tiff   as png
//   webp   rgb8 and rgba8
//   pgm    gray8, gray16
//   ppm    rgb8, rgb16
// A format that would lose alpha or depth is an Error, never a quiet conversion; savable_format() says what to ask for.
// Metadata goes along but into pgm and ppm. save_picture.hpp writes them to files. Tested by encode_picture_test.cpp,
// picture_metadata_test.cpp and save_picture_test.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <ochre/base/no_memory.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/jpeg_encode.hpp>
#include <ochre/image_io/picture_metadata.hpp>
#include <ochre/image_io/png_encode.hpp>
#include <ochre/image_io/pnm_encode.hpp>
#include <ochre/image_io/tiff_encode.hpp>
#include <ochre/image_io/webp_encode.hpp>

namespace ochre::inline v0 {

// The kinds of file that a picture can be encoded to.
enum class PictureFileFormat { png, jpeg, pgm, ppm, tiff, webp };

// How a picture is encoded.
struct EncodeOptions {
  // 1…100. Of a JPEG, without: 95, no visible loss; above 90 the chroma keeps its full resolution. Of a WebP, without:
  // lossless.
  std::optional<int> quality{};
  const PictureMetadata* metadata = nullptr;  // what else the file says, mostly that of the picture that was read
};

// The nearest format to `format` that such a file can hold: for a JPEG without alpha and in 8 bits, for a PNG as it is.
inline PixelFormat savable_format(PictureFileFormat file, PixelFormat format) noexcept {
  if (file == PictureFileFormat::png || file == PictureFileFormat::tiff) return format;
  if (file == PictureFileFormat::webp) return has_alpha(format) ? PixelFormat::rgba8 : PixelFormat::rgb8;
  const bool has_colors = file == PictureFileFormat::ppm || (file == PictureFileFormat::jpeg && has_color(format));
  const bool is_wide = file != PictureFileFormat::jpeg && bytes_per_sample(format) == 2;
  if (is_wide) return has_colors ? PixelFormat::rgb16 : PixelFormat::gray16;
  return has_colors ? PixelFormat::rgb8 : PixelFormat::gray8;
}

namespace detail {

inline const char* format_name(PixelFormat format) noexcept {
  constexpr const char* names[] = {"gray8",  "gray_alpha8",  "rgb8",  "rgba8",
                                   "gray16", "gray_alpha16", "rgb16", "rgba16"};
  return names[static_cast<std::size_t>(format)];
}

inline Result<std::vector<std::byte>> encode_by_kind(const PictureView& picture, PictureFileFormat file,
                                                     const EncodeOptions& options) {
  if (file < PictureFileFormat::png || file > PictureFileFormat::webp) {
    return Error{ErrorCode::invalid_argument, "found a file format of number " +
                                                  std::to_string(static_cast<int>(file)) +
                                                  ", expected one of PictureFileFormat"};
  }
  if (Status status = check_picture(picture, "the picture"); !status) return std::move(status).error();
  if (const PixelFormat expected = savable_format(file, picture.format); picture.format != expected) {
    return Error{ErrorCode::unsupported, std::string("found a picture of ") + format_name(picture.format) +
                                             ", expected " + format_name(expected) + " for this kind of file"};
  }
  const PictureMetadata none;
  const PictureMetadata& metadata = options.metadata != nullptr ? *options.metadata : none;
  if (file == PictureFileFormat::png) return encode_png(picture, metadata);
  if (file == PictureFileFormat::tiff) return encode_tiff(picture, metadata);
  if (file == PictureFileFormat::pgm || file == PictureFileFormat::ppm) return encode_pnm(picture);
  constexpr int no_visible_loss = 95;
  const int quality = options.quality.value_or(no_visible_loss);
  if (quality < 1 || quality > 100) {
    return Error{ErrorCode::invalid_argument, "found a quality of " + std::to_string(quality) + ", expected 1 to 100"};
  }
  if (file == PictureFileFormat::webp) return encode_webp(picture, options.quality, metadata);
  return encode_jpeg(picture, quality, metadata);
}

}  // namespace detail

// A picture as the bytes of a whole file. How many is not known beforehand: they grow as they are made. Errors: a
// picture that is not there or whose rows overlap, a pixel format that such a file cannot hold, a side that is too long
// for it, a quality out of range, no memory. Threads: may be called by any number at once.
inline Result<std::vector<std::byte>> encode_picture(const PictureView& picture, PictureFileFormat file,
                                                     const EncodeOptions& options = {}) {
  return base::catch_no_memory([&] { return detail::encode_by_kind(picture, file, options); });
}

}  // namespace ochre::inline v0
