// Encodes a JPEG with libjpeg: gray8 (as three equal channels) or rgb8. Up to quality 90 the chroma has half the
// resolution. EXIF, XMP and a comment stand in segments after the first. Tested by encode_picture_test.cpp and
// save_picture_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/comment_text.hpp>
#include <ochre/image_io/jpeg_notes.hpp>
#include <ochre/image_io/libjpeg.hpp>
#include <ochre/image_io/picture_metadata.hpp>

namespace ochre::inline v0::detail {

// What encode_jpeg_rows works on. No member has a destructor.
struct JpegEncoding {
  JpegErrors errors;
  jpeg_compress_struct encoder;
  PictureView picture;
  int quality;
  std::span<const std::byte> exif;  // what follows each marker
  std::span<const std::byte> xmp;
  std::span<const std::byte> comment;
  Resolution resolution;
  std::uint8_t* rgb;  // room for a row, where the picture is grey
  unsigned char* file;
  unsigned long size;
};

inline void write_jpeg_rows(JpegEncoding& job) {
  for (Index y = 0; y < job.picture.height; ++y) {
    const std::uint8_t* row = job.picture.row(y);
    if (job.picture.format == PixelFormat::gray8) {
      for (Index i = 0; i < 3 * job.picture.width; ++i) job.rgb[i] = row[i / 3];
      row = job.rgb;
    }
    JSAMPROW samples = const_cast<JSAMPROW>(row);  // it only reads them
    jpeg_write_scanlines(&job.encoder, &samples, 1);
  }
}

inline void write_jpeg_segment(JpegEncoding& job, int marker, std::span<const std::byte> content) {
  constexpr std::size_t longest = 65533;
  if (content.empty() || content.size() > longest) return;  // XMP of that length would need parts, which few read
  jpeg_write_marker(&job.encoder, marker, reinterpret_cast<const JOCTET*>(content.data()),
                    static_cast<unsigned>(content.size()));
}

inline void write_jpeg_metadata(JpegEncoding& job) {
  write_jpeg_segment(job, JPEG_APP0 + 1, job.exif);
  write_jpeg_segment(job, JPEG_APP0 + 1, job.xmp);
  write_jpeg_segment(job, JPEG_COM, job.comment);
}

inline void set_jpeg_density(JpegEncoding& job) noexcept {
  if (job.resolution.across <= 0 || job.resolution.down <= 0) return;
  const auto density = [](double dpi) { return static_cast<UINT16>(std::lround(std::clamp(dpi, 1.0, 65535.0))); };
  job.encoder.density_unit = 1;  // dots an inch
  job.encoder.X_density = density(job.resolution.across);
  job.encoder.Y_density = density(job.resolution.down);
}

// False if libjpeg gave up; job.errors.reason says why. job.file is to be freed either way.
inline bool encode_jpeg_rows(JpegEncoding& job) noexcept {
  jpeg_compress_struct& encoder = job.encoder;
  listen_to_jpeg(encoder, job.errors, [](j_common_ptr, int) {});
  if (setjmp(job.errors.failed) != 0) {
    jpeg_destroy_compress(&encoder);
    return false;
  }
  jpeg_create_compress(&encoder);
  jpeg_mem_dest(&encoder, &job.file, &job.size);
  encoder.image_width = static_cast<JDIMENSION>(job.picture.width);
  encoder.image_height = static_cast<JDIMENSION>(job.picture.height);
  encoder.input_components = 3;
  encoder.in_color_space = JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, job.quality, TRUE);
  encoder.dct_method = JDCT_ISLOW;  // the accurate one
  if (job.quality > 90) encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 1;
  set_jpeg_density(job);
  jpeg_start_compress(&encoder, TRUE);
  write_jpeg_metadata(job);
  write_jpeg_rows(job);
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  return true;
}

struct FreeJpeg {
  void operator()(unsigned char* file) const noexcept { std::free(file); }
};

// Nothing of nothing.
inline std::vector<std::byte> named_segment(std::string_view name, std::span<const std::byte> content) {
  if (content.empty()) return {};
  const auto start = std::as_bytes(std::span(name));
  std::vector<std::byte> segment(start.begin(), start.end());
  append_bytes(segment, content);
  return segment;
}

// `picture` has passed check_picture and is of gray8 or rgb8; quality 1 to 100.
inline Result<std::vector<std::byte>> encode_jpeg(const PictureView& picture, int quality,
                                                  const PictureMetadata& metadata) {
  constexpr Index longest_side = JPEG_MAX_DIMENSION;  // the library's limit, a little below the format's
  if (picture.width > longest_side || picture.height > longest_side) {
    return Error{ErrorCode::too_large, "found a picture of " + std::to_string(picture.width) + "x" +
                                           std::to_string(picture.height) + " pixels, expected at most " +
                                           std::to_string(longest_side) + " a side"};
  }
  std::vector<std::uint8_t> rgb(picture.format == PixelFormat::gray8 ? static_cast<std::size_t>(3 * picture.width) : 0);
  const auto exif = named_segment(exif_segment_name, metadata.exif);
  const auto xmp = named_segment(jpeg_notes::xmp, metadata.xmp);
  JpegEncoding job{};
  job.exif = exif;
  job.xmp = xmp;
  job.comment = std::as_bytes(std::span(metadata.comment));
  job.resolution = {metadata.dpi_across, metadata.dpi_down};
  job.picture = picture;
  job.quality = quality;
  job.rgb = rgb.data();
  const bool whole = encode_jpeg_rows(job);
  const std::unique_ptr<unsigned char, FreeJpeg> freed(job.file);
  if (!whole) {
    return Error{ErrorCode::out_of_memory, "the JPEG could not be encoded: " + std::string(job.errors.reason)};
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(job.file);
  return std::vector<std::byte>(bytes, bytes + job.size);
}

}  // namespace ochre::inline v0::detail
