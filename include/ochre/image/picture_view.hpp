// Pictures in the caller's memory: a pointer, a size, a row stride in bytes and a pixel format. Nothing is owned.
// Rows may be padded (row_stride larger than a row) or bottom-up (negative); `pixels` is the first byte of the top row.
// 16-bit samples are in the machine's byte order and need no alignment. Colour samples are sRGB of full range, grey
// ones its grey axis (R = G = B): black is 0, white 255 or 65535. Luma of full range is such grey, whatever its matrix.
// Luma of limited range (16…235) is not: passed as it is, it has too little contrast, and its colours shift by 2 ab
// units; that and all else of luma and chroma planes is yuv_view.hpp's.
#pragma once

#include <cstdint>
#include <string>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

// What the samples of a pixel are, packed in this order, each of 8 or 16 bits; alpha comes last.
enum class PixelFormat : std::uint8_t { gray8, gray_alpha8, rgb8, rgba8, gray16, gray_alpha16, rgb16, rgba16 };

namespace image {

inline constexpr PixelFormat last_pixel_format = PixelFormat::rgba16;

}  // namespace image

// Bytes of one sample: 1 or 2.
constexpr Index bytes_per_sample(PixelFormat format) noexcept { return format < PixelFormat::gray16 ? 1 : 2; }

// Samples of a pixel, alpha among them: 1 to 4.
constexpr Index channels(PixelFormat format) noexcept { return static_cast<Index>(format) % 4 + 1; }

// Whether the last sample of a pixel is alpha.
constexpr bool has_alpha(PixelFormat format) noexcept { return channels(format) % 2 == 0; }

// Whether a pixel has red, green and blue; else it is grey.
constexpr bool has_color(PixelFormat format) noexcept { return channels(format) >= 3; }

// Bytes of all samples of a pixel: 1 to 8.
constexpr Index bytes_per_pixel(PixelFormat format) noexcept { return channels(format) * bytes_per_sample(format); }

// A picture in the caller's memory that is read.
struct PictureView {
  const void* pixels = nullptr;
  Index width = 0;       // pixels
  Index height = 0;      // rows
  Index row_stride = 0;  // bytes from one row to the next below
  PixelFormat format = PixelFormat::gray8;

  Extent extent() const noexcept { return {height, width}; }
  const std::uint8_t* row(Index y) const noexcept { return static_cast<const std::uint8_t*>(pixels) + y * row_stride; }
};

// A picture in the caller's memory that is written.
struct MutablePictureView {
  void* pixels = nullptr;
  Index width = 0;
  Index height = 0;
  Index row_stride = 0;
  PixelFormat format = PixelFormat::rgb8;

  Extent extent() const noexcept { return {height, width}; }
  std::uint8_t* row(Index y) const noexcept { return static_cast<std::uint8_t*>(pixels) + y * row_stride; }
};

// The one validity check of a picture, for either kind of view; `what` names it in the message.
template <class View>
Status check_picture(const View& picture, const char* what) {
  const auto fail = [&](const std::string& reason) {
    return Error{ErrorCode::invalid_argument, std::string(what) + ": " + reason};
  };
  if (picture.pixels == nullptr) return fail("the pixel pointer is null");
  if (picture.width < 1 || picture.height < 1) {
    return fail("the size is " + std::to_string(picture.width) + "x" + std::to_string(picture.height) +
                ", expected at least 1x1");
  }
  if (picture.format > image::last_pixel_format) {
    return fail("pixel format " + std::to_string(static_cast<int>(picture.format)) + ", expected one of PixelFormat's");
  }
  const auto row_bytes = checked_product({picture.width, bytes_per_pixel(picture.format)});
  const Index stride = picture.row_stride;
  const auto stride_bytes = stride < 0 ? checked_mul(stride, -1) : std::optional<Index>(stride);
  if (!row_bytes || !stride_bytes || !checked_product({picture.height, *stride_bytes})) {
    return Error{ErrorCode::too_large, std::string(what) + ": the size overflows the address space"};
  }
  if (*stride_bytes < *row_bytes) {
    return fail("the row stride is " + std::to_string(stride) + " bytes, but a row has " + std::to_string(*row_bytes));
  }
  return {};
}

}  // namespace ochre::inline v0
