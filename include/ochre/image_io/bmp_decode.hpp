// Decodes a BMP that scan_bmp has found sound. Tested by load_picture_test.cpp.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/bmp_scan.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/stb.hpp>
#include <ochre/image_io/upright.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

struct FreeStbPixels {
  void operator()(void* pixels) const noexcept { stbi_image_free(pixels); }
};

inline Result<LoadedPicture> decode_bmp(std::span<const std::byte> file, const LoadLimits& limits) {
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return Error{ErrorCode::unsupported, "found " + std::to_string(file.size()) + " bytes, expected a BMP below 2^31"};
  }
  const auto facts = scan_bmp(file);
  if (!facts) return facts.error();
  const PictureClaim& claim = facts->claim;
  Status status = check_claim(claim, limits, file.size());
  if (status && facts->bits < 16) status = check_bmp_indices(file, *facts);
  if (!status) return std::move(status).error();
  int width = 0;
  int height = 0;
  int samples = 0;
  const std::unique_ptr<void, FreeStbPixels> pixels(stbi_load_from_memory(
      reinterpret_cast<const stbi_uc*>(file.data()), static_cast<int>(file.size()), &width, &height, &samples, 0));
  if (pixels == nullptr) {
    const char* reason = stbi_failure_reason();
    return Error{ErrorCode::malformed, std::string("found a picture that cannot be decoded (") +
                                           weights::printable(reason != nullptr ? reason : "no reason") +
                                           "), expected a whole BMP"};
  }
  if (width != claim.width || height != claim.height || samples < 3 || samples > claim.pixel_bytes) {
    return Error{ErrorCode::malformed, "found two sizes in one picture, expected one"};
  }
  const PixelFormat format = samples == 4 ? PixelFormat::rgba8 : PixelFormat::rgb8;
  return upright({pixels.get(), width, height, width * bytes_per_pixel(format), format}, 1);
}

}  // namespace ochre::inline v0::detail
