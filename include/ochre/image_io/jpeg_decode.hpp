// Decodes a JPEG row by row, with libjpeg-turbo, into the picture's own memory, with its
// accurate integer transform and smooth upsampling; CMYK becomes RGB. The library shows what it can of a damaged file
// and warns; here a warning that pixels are wrong is an Error. Tested by load_picture_test.cpp, save_picture_test.cpp
// and the fuzz target load_picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/jpeg_scan.hpp>
#include <ochre/image_io/libjpeg.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/upright.hpp>
#include <ochre/tensor/aligned_buffer.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

// What decode_jpeg_rows works on. No member has a destructor: libjpeg leaves through longjmp.
struct JpegJob {
  JpegErrors errors;
  jpeg_decompress_struct decoder;
  std::span<const std::byte> file;
  Index work_bytes;  // what the decoder may hold of coefficients
  MutablePictureView target;
  std::uint8_t* inks;  // room for a row of CMYK
};

// These say that something is odd but no pixel wrong: bytes between segments, an unknown version of a marker, an
// unusual order of progressive scans, a range of coefficients where a sequential scan has all. All other warnings are
// of damaged or missing data.
inline void jpeg_warned(j_common_ptr decoder, int level) {
  if (level >= 0) return;  // a trace
  switch (decoder->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_NOT_SEQUENTIAL:
      return;
    default:
      jpeg_failed(decoder);
  }
}

// x * y / 255, rounded.
inline std::uint8_t product_of_levels(unsigned x, unsigned y) noexcept {
  const unsigned product = x * y + 128;
  return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

// Adobe's programs store what an ink leaves of the light, others how much ink there is.
inline void inks_to_rgb(const std::uint8_t* inks, Index width, bool stores_light, std::uint8_t* rgb) noexcept {
  const unsigned flip = stores_light ? 0 : 255;
  for (Index x = 0; x < width; ++x, inks += 4) {
    for (Index i = 0; i < 3; ++i) *rgb++ = product_of_levels(inks[i] ^ flip, inks[3] ^ flip);
  }
}

inline void read_jpeg_rows(JpegJob& job) {
  jpeg_decompress_struct& decoder = job.decoder;
  const bool has_inks = decoder.out_color_space == JCS_CMYK;
  for (Index y = 0; y < job.target.height; ++y) {
    JSAMPROW row = has_inks ? job.inks : job.target.row(y);
    jpeg_read_scanlines(&decoder, &row, 1);
    if (has_inks) inks_to_rgb(row, job.target.width, decoder.saw_Adobe_marker != 0, job.target.row(y));
  }
}

// False if libjpeg gave up; job.errors.reason says why. C-like, without an object that would need its destructor.
inline bool decode_jpeg_rows(JpegJob& job) noexcept {
  jpeg_decompress_struct& decoder = job.decoder;
  listen_to_jpeg(decoder, job.errors, jpeg_warned);
  if (setjmp(job.errors.failed) != 0) {
    jpeg_destroy_decompress(&decoder);
    return false;
  }
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, reinterpret_cast<const unsigned char*>(job.file.data()),
               static_cast<unsigned long>(job.file.size()));
  jpeg_read_header(&decoder, TRUE);
  constexpr Index besides = 16 * 1'048'576;  // rows of samples: some kilobytes a column at the most
  decoder.mem->max_memory_to_use = static_cast<long>(job.work_bytes + besides);
  decoder.do_block_smoothing = FALSE;  // guesses what a progressive file does not have
  decoder.out_color_space = decoder.num_components == 1   ? JCS_GRAYSCALE
                            : decoder.num_components == 4 ? JCS_CMYK
                                                          : JCS_RGB;
  jpeg_start_decompress(&decoder);
  const Index channels_found = decoder.num_components == 1 ? 1 : 3;
  if (static_cast<Index>(decoder.output_width) != job.target.width || channels_found != channels(job.target.format) ||
      static_cast<Index>(decoder.output_height) != job.target.height) {
    ERREXIT(&decoder, JERR_BAD_STATE);
  }
  read_jpeg_rows(job);
  jpeg_destroy_decompress(&decoder);
  return true;
}

inline Result<LoadedPicture> decode_jpeg(std::span<const std::byte> file, const LoadLimits& limits) {
  const auto facts = scan_jpeg(file);
  if (!facts) return facts.error();
  const PictureClaim& claim = facts->claim;
  if (Status status = check_claim(claim, limits, file.size()); !status) return std::move(status).error();
  const PixelFormat format = facts->components == 1 ? PixelFormat::gray8 : PixelFormat::rgb8;
  auto picture = LoadedPicture::create(claim.width, claim.height, format);
  if (!picture) return picture;
  auto inks = AlignedBuffer<std::uint8_t>::create(facts->components == 4 ? 4 * claim.width : 0);
  if (!inks) return std::move(inks).error();
  JpegJob job{};
  job.file = file;
  job.work_bytes = claim.work_bytes;
  job.target = picture->view();
  job.inks = inks->data();
  if (!decode_jpeg_rows(job)) {
    return Error{ErrorCode::malformed, "found a picture that cannot be decoded (" +
                                           weights::printable(job.errors.reason) + "), expected a whole JPEG"};
  }
  if (claim.orientation == 1) return picture;
  return upright(std::as_const(*picture).view(), claim.orientation);
}

}  // namespace ochre::inline v0::detail
