// Decodes a WebP, lossy or lossless, with libwebp into the picture's own memory. Of an animation the first picture, on
// its canvas. Tested by webp_decode_test.cpp and the fuzz target load_picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <webp/decode.h>

#include <ochre/base/result.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/webp_scan.hpp>

namespace ochre::inline v0::detail {

inline Result<LoadedPicture> decode_webp(std::span<const std::byte> file, const LoadLimits& limits) {
  auto facts = scan_webp(file);
  if (!facts) return facts.error();
  const PictureClaim& claim = facts->claim;
  if (Status status = check_claim(claim, limits, file.size()); !status) return std::move(status).error();
  auto picture = LoadedPicture::create(claim.width, claim.height, facts->format);
  if (!picture) return picture;
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0)
    return Error{ErrorCode::unsupported, "found another libwebp than compiled for"};
  const Index pixel = bytes_per_pixel(facts->format);
  config.output.colorspace = pixel == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = picture->view().row(facts->y) + facts->x * pixel;
  config.output.u.RGBA.stride = static_cast<int>(picture->row_stride());
  config.output.u.RGBA.size =
      static_cast<std::size_t>((facts->height - 1) * picture->row_stride() + facts->width * pixel);
  const auto status =
      WebPDecode(reinterpret_cast<const std::uint8_t*>(facts->pixels.data()), facts->pixels.size(), &config);
  if (status != VP8_STATUS_OK) return bad_webp(status);
  return finished(*std::move(picture), std::move(facts->notes));
}

}  // namespace ochre::inline v0::detail
