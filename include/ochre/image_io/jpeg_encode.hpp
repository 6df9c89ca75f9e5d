// Encodes a JPEG with libjpeg: gray8 (as three equal channels) or rgb8. Up to quality 90 the chroma has half the
// resolution. Tested by encode_picture_test.cpp and save_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/libjpeg.hpp>

namespace ochre::inline v0::detail {

// What encode_jpeg_rows works on. No member has a destructor.
struct JpegEncoding {
  JpegErrors errors;
  jpeg_compress_struct encoder;
  PictureView picture;
  int quality;
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
  jpeg_start_compress(&encoder, TRUE);
  write_jpeg_rows(job);
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  return true;
}

// `picture` has passed check_picture and is of gray8 or rgb8; quality 1 to 100.
inline Result<std::vector<std::byte>> encode_jpeg(const PictureView& picture, int quality) {
  constexpr Index longest_side = JPEG_MAX_DIMENSION;  // the library's limit, a little below the format's
  if (picture.width > longest_side || picture.height > longest_side) {
    return Error{ErrorCode::too_large, "found a picture of " + std::to_string(picture.width) + "x" +
                                           std::to_string(picture.height) + " pixels, expected at most " +
                                           std::to_string(longest_side) + " a side"};
  }
  std::vector<std::uint8_t> rgb(picture.format == PixelFormat::gray8 ? static_cast<std::size_t>(3 * picture.width) : 0);
  JpegEncoding job{};
  job.picture = picture;
  job.quality = quality;
  job.rgb = rgb.data();
  const bool whole = encode_jpeg_rows(job);
  std::vector<std::byte> file;
  if (whole) {
    const auto* bytes = reinterpret_cast<const std::byte*>(job.file);
    file.assign(bytes, bytes + job.size);
  }
  std::free(job.file);
  if (!whole) {
    return Error{ErrorCode::out_of_memory, "the JPEG could not be encoded: " + std::string(job.errors.reason)};
  }
  return file;
}

}  // namespace ochre::inline v0::detail
