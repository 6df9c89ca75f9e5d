// A picture in memory of its own, rows without padding, and what its file says besides.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/picture_metadata.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0 {

struct LoadedPicture {
  AlignedBuffer<std::uint8_t> pixels;
  Index width = 0;
  Index height = 0;
  PixelFormat format = PixelFormat::gray8;
  PictureMetadata metadata{};
  std::string remark{};  // what is wrong or left out, though the picture can be shown: "found …"; mostly empty
  Index pages = 1;       // of the file; this is one of them

  Index row_stride() const noexcept { return width * bytes_per_pixel(format); }
  PictureView view() const noexcept { return {pixels.data(), width, height, row_stride(), format}; }
  MutablePictureView view() noexcept { return {pixels.data(), width, height, row_stride(), format}; }

  // All zero.
  static Result<LoadedPicture> create(Index width, Index height, PixelFormat format) {
    const auto bytes = checked_product({width, height, bytes_per_pixel(format)});
    if (!bytes) return Error{ErrorCode::too_large, "the picture's bytes overflow the address space"};
    auto pixels = AlignedBuffer<std::uint8_t>::create(*bytes);
    if (!pixels) return std::move(pixels).error();
    return LoadedPicture{*std::move(pixels), width, height, format};
  }
};

}  // namespace ochre::inline v0
