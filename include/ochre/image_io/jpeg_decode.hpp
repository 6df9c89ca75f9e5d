// Decodes a JPEG row by row, with libjpeg-turbo, into the picture's own memory, with its accurate integer transform and
// smooth upsampling; CMYK becomes RGB. The library shows what it can of a damaged file and warns: the first warning is
// the picture's remark, but of a file that is cut the rest would be grey, which is an Error. Tested by
// load_picture_test.cpp, jpeg_decode_test.cpp and the fuzz target load_picture.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/inks.hpp>
#include <ochre/image_io/jpeg_scan.hpp>
#include <ochre/image_io/libjpeg.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/tensor/aligned_buffer.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

// What decode_jpeg_rows works on. No member has a destructor: libjpeg leaves through longjmp.
struct JpegJob {
  JpegErrors errors;
  jpeg_decompress_struct decoder;
  jpeg_progress_mgr progress;
  std::span<const std::byte> file;
  Index work_bytes;  // what the decoder may hold of coefficients
  MutablePictureView target;
  std::uint8_t* inks;  // room for a row of CMYK
  const InksToRgb* inks_to_rgb;
  char warning[JMSG_LENGTH_MAX];  // the first one
  bool at_end;                    // the decoder has asked for more than the file has
  bool is_cut;                    // and had needed it
};

inline JpegJob& jpeg_job(j_common_ptr decoder) noexcept {
  return *reinterpret_cast<JpegJob*>(decoder->client_data);  // JpegErrors is its first member
}

inline void jpeg_warned(j_common_ptr decoder, int level) {
  if (level >= 0) return;  // a trace
  JpegJob& job = jpeg_job(decoder);
  if (decoder->err->msg_code == JWRN_JPEG_EOF) job.at_end = true;
  if (decoder->err->msg_code == JWRN_HIT_MARKER && job.at_end) job.is_cut = true;
  if (job.is_cut) jpeg_failed(decoder);
  if (job.warning[0] == 0) decoder->err->format_message(decoder, job.warning);
}

// scan_jpeg may have seen fewer scans than libjpeg finds in damaged data.
inline void jpeg_progressed(j_common_ptr codec) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(codec);
  if (decoder->input_scan_number > most_jpeg_scans) ERREXIT(codec, JERR_BAD_STATE);
}

// A progressive file that ends between two scans decodes without a complaint; then bits of some coefficient are
// unknown.
inline bool lacks_scans(const jpeg_decompress_struct& decoder) noexcept {
  if (decoder.progressive_mode == FALSE || decoder.coef_bits == nullptr) return false;
  for (int i = 0; i < decoder.num_components; ++i) {
    const auto& bits = decoder.coef_bits[i];
    if (std::any_of(bits, bits + DCTSIZE2, [](int unknown) { return unknown != 0; })) return true;
  }
  return false;
}

// Adobe's programs store what an ink leaves of the light, others how much ink there is.
inline void convert_jpeg_inks(JpegJob& job, Index y) noexcept {
  const std::uint8_t flip = job.decoder.saw_Adobe_marker != 0 ? 255 : 0;
  for (Index i = 0; i < 4 * job.target.width; ++i) job.inks[i] ^= flip;
  job.inks_to_rgb->convert(job.inks, job.target.row(y), job.target.width);
}

inline void read_jpeg_rows(JpegJob& job) {
  jpeg_decompress_struct& decoder = job.decoder;
  const bool has_inks = decoder.out_color_space == JCS_CMYK;
  for (Index y = 0; y < job.target.height; ++y) {
    JSAMPROW row = has_inks ? job.inks : job.target.row(y);
    jpeg_read_scanlines(&decoder, &row, 1);
    if (has_inks) convert_jpeg_inks(job, y);
  }
  // Of arithmetic coding nothing says whether what is missing was needed.
  job.is_cut = job.at_end && (decoder.arith_code != FALSE || lacks_scans(decoder));
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
  job.progress.progress_monitor = jpeg_progressed;
  decoder.progress = &job.progress;
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

inline std::string jpeg_remark(const JpegJob& job) {
  if (job.warning[0] == 0) return {};
  if (job.at_end) return "found no end-of-image marker, but all of the picture";
  return "found damage (" + weights::printable(job.warning) + "), shown as far as it can be decoded";
}

inline Result<LoadedPicture> decode_jpeg(std::span<const std::byte> file, const LoadLimits& limits) {
  auto facts = scan_jpeg(file);
  if (!facts) return facts.error();
  const PictureClaim& claim = facts->claim;
  if (Status status = check_claim(claim, limits, file.size()); !status) return std::move(status).error();
  const PixelFormat format = facts->components == 1 ? PixelFormat::gray8 : PixelFormat::rgb8;
  auto picture = LoadedPicture::create(claim.width, claim.height, format);
  if (!picture) return picture;
  PictureNotes& notes = facts->said.notes;
  const bool has_inks = facts->components == 4;
  auto inks = AlignedBuffer<std::uint8_t>::create(has_inks ? 4 * claim.width : 0);
  if (!inks) return std::move(inks).error();
  const InksToRgb inks_to_rgb(has_inks ? std::span<const std::byte>(notes.profile) : std::span<const std::byte>{});
  const auto job = std::make_unique<JpegJob>();  // some kilobytes
  job->file = file;
  job->work_bytes = claim.work_bytes;
  job->target = picture->view();
  job->inks = inks->data();
  job->inks_to_rgb = &inks_to_rgb;
  const bool is_decoded = decode_jpeg_rows(*job);
  if (job->is_cut) return cut_jpeg();
  if (!is_decoded) {
    return Error{ErrorCode::malformed, "found a picture that cannot be decoded (" +
                                           weights::printable(job->errors.reason) + "), expected a whole JPEG"};
  }
  notes.remark = jpeg_remark(*job);
  if (has_inks) notes.profile.clear();  // it is applied, or of no use
  return finished(*std::move(picture), std::move(notes));
}

}  // namespace ochre::inline v0::detail
