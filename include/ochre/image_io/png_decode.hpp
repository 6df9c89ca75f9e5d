// The one header that names libpng: decodes a PNG row by row into the picture's own memory. scan_png has seen the
// chunks and their checksums; here libpng sees only what decides about pixels. A row may take no more of the file than
// it can be worth, so that a stream that goes on behind the picture, however far, ends there. Tested by
// load_picture_test.cpp, save_picture_test.cpp and the fuzz target load_picture.
#pragma once

#include <bit>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <png.h>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/png_scan.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

// libpng's own limit of a side; a row costs some time of its own, and a picture of one column has nothing else.
inline constexpr Index longest_png_side = 1'000'000;

// What decode_png_rows works on. No member has a destructor: libpng leaves through longjmp.
struct PngJob {
  std::jmp_buf failed;
  png_structp png = nullptr;
  png_infop info = nullptr;
  const std::byte* next = nullptr;  // of the file
  std::size_t left = 0;
  std::size_t row_left = 0;  // bytes of the file that the present row may still take
  char reason[160] = {};
  bool has_transparent_color = false;
  std::uint8_t* pixels = nullptr;
  Index width = 0;
  Index height = 0;
  Index row_stride = 0;
  Index row_offset = 0;  // where in a row of the picture the decoded bytes begin: they fill it to its end
};

inline void png_failed(png_structp png, png_const_charp reason) {
  auto* job = static_cast<PngJob*>(png_get_error_ptr(png));
  std::strncpy(job->reason, reason, sizeof(job->reason) - 1);
  std::longjmp(job->failed, 1);
}

inline void png_warned(png_structp, png_const_charp) {}

inline void png_read_bytes(png_structp png, png_bytep to, std::size_t count) {
  auto* job = static_cast<PngJob*>(png_get_io_ptr(png));
  if (count > job->left) png_error(png, "the file ends within a chunk");
  if (count > job->row_left) png_error(png, "compressed data goes on where a row, or the picture, should end");
  std::memcpy(to, job->next, count);
  job->next += count;
  job->left -= count;
  job->row_left -= count;
}

inline void set_up_png(PngJob& job) {
  png_structp const png = job.png;
  png_set_read_fn(png, &job, png_read_bytes);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // scan_png has checked them
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_user_limits(png, longest_png_side, longest_png_side);
  png_set_chunk_cache_max(png, 1);  // none is kept; 0 would mean any number
  png_set_chunk_malloc_max(png, job.left);
  // Some writers name a window smaller than the one they use.
  png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
}

inline void choose_png_conversions(const PngJob& job) {
  png_structp const png = job.png;
  const int kind = png_get_color_type(png, job.info);
  if (kind == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  if (kind == PNG_COLOR_TYPE_PALETTE) png_set_packing(png);  // a byte an index; see spread_palette
  if (job.has_transparent_color) png_set_tRNS_to_alpha(png);
  if (std::endian::native == std::endian::little) png_set_swap(png);
}

// False if libpng gave up; job.reason says why. C-like, without an object that would need its destructor.
inline bool decode_png_rows(PngJob& job) noexcept {
  if (setjmp(job.failed) != 0) {
    png_destroy_read_struct(&job.png, &job.info, nullptr);
    return false;
  }
  job.row_left = job.left;
  job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, png_failed, png_warned);
  if (job.png == nullptr) return false;
  job.info = png_create_info_struct(job.png);
  if (job.info == nullptr) png_error(job.png, "no memory");
  set_up_png(job);
  png_read_info(job.png, job.info);
  choose_png_conversions(job);
  const int passes = png_set_interlace_handling(job.png);
  png_read_update_info(job.png, job.info);
  if (static_cast<Index>(png_get_image_width(job.png, job.info)) != job.width ||
      static_cast<Index>(png_get_image_height(job.png, job.info)) != job.height ||
      static_cast<Index>(png_get_rowbytes(job.png, job.info)) != job.row_stride - job.row_offset) {
    png_error(job.png, "two sizes in one picture");
  }
  // Twice would do for data that cannot be compressed; a chunk may hold as little as one byte and has 12 around it. The
  // constant is what a decoder or encoder may hold back.
  const std::size_t row_worth = 16 * static_cast<std::size_t>(job.row_stride) + 65536;
  for (int pass = 0; pass < passes; ++pass) {
    for (Index y = 0; y < job.height; ++y) {
      job.row_left = row_worth;
      png_read_row(job.png, job.pixels + y * job.row_stride + job.row_offset, nullptr);
    }
  }
  png_destroy_read_struct(&job.png, &job.info, nullptr);
  return true;
}

// Each row holds its indices at its end; they become colours from its beginning, which never overtake them.
inline Status spread_palette(const PngFacts& facts, LoadedPicture& picture) {
  const Index pixel = bytes_per_pixel(picture.format);
  const auto colors = facts.palette.size() / 3;
  for (Index y = 0; y < picture.height; ++y) {
    std::uint8_t* to = picture.view().row(y);
    const std::uint8_t* indices = to + (pixel - 1) * picture.width;
    for (Index x = 0; x < picture.width; ++x, to += pixel) {
      const std::size_t index = indices[x];
      if (index >= colors) {
        return Error{ErrorCode::malformed, "pixel " + std::to_string(x) + "," + std::to_string(y) +
                                               ": found palette index " + std::to_string(index) +
                                               ", expected one below " + std::to_string(colors)};
      }
      std::memcpy(to, facts.palette.data() + 3 * index, 3);
      if (pixel == 4) {
        const bool named = index < facts.transparency.size();
        to[3] = named ? static_cast<std::uint8_t>(byte_at(facts.transparency, index)) : std::uint8_t{255};
      }
    }
  }
  return {};
}

inline Result<LoadedPicture> decode_png(std::span<const std::byte> file, const LoadLimits& limits) {
  auto facts = scan_png(file);
  if (!facts) return facts.error();
  const PictureClaim& claim = facts->claim;
  if (Status status = check_claim(claim, limits, file.size()); !status) return std::move(status).error();
  if (claim.width > longest_png_side || claim.height > longest_png_side) {
    return Error{ErrorCode::unsupported, "found a PNG of " + std::to_string(claim.width) + "x" +
                                             std::to_string(claim.height) + " pixels, expected at most " +
                                             std::to_string(longest_png_side) + " a side"};
  }
  auto picture = LoadedPicture::create(claim.width, claim.height, facts->format);
  if (!picture) return picture;
  const bool has_palette = facts->color_type == png_palette_color;
  PngJob job{};
  job.next = file.data();
  job.left = file.size();
  job.has_transparent_color = facts->has_transparency && !has_palette;
  job.pixels = picture->pixels.data();
  job.width = claim.width;
  job.height = claim.height;
  job.row_stride = picture->row_stride();
  job.row_offset = has_palette ? (claim.pixel_bytes - 1) * claim.width : 0;
  if (!decode_png_rows(job)) {
    return Error{ErrorCode::malformed, "found a picture that cannot be decoded (" + weights::printable(job.reason) +
                                           "), expected a whole PNG"};
  }
  if (has_palette) {
    if (Status status = spread_palette(*facts, *picture); !status) return std::move(status).error();
  }
  PictureNotes& notes = facts->said.notes;
  describe_png_color(facts->said.color, has_color(facts->format), notes);
  return finished(*std::move(picture), std::move(notes));
}

}  // namespace ochre::inline v0::detail
