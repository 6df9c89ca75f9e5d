// Reads a picture file, recognised by its content and not by its name: PNG (8 and 16 bits a sample), JPEG (turned
// upright as its EXIF orientation says), BMP and binary PNM. Channels and depth stay as they are in the file, a palette
// becomes its colours. The claimed size is checked before anything is allocated; an empty, cut or damaged file, a text,
// a folder is an Error that says what was found. Tested by load_picture_test.cpp and the fuzz target load_picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/bmp_scan.hpp>
#include <ochre/image_io/jpeg_scan.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/png_scan.hpp>
#include <ochre/image_io/pnm.hpp>
#include <ochre/image_io/stb.hpp>
#include <ochre/image_io/upright.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>

namespace ochre::inline v0 {

namespace detail {

struct FreeMemory {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

// Room for 16-bit RGBA twice over (the inflater's buffer doubles), a JPEG's coefficients in whole blocks, and the
// compressed bytes; no honest picture needs more in one piece.
inline std::size_t stb_limit_for(const PictureClaim& claim, std::size_t file_bytes) noexcept {
  return static_cast<std::size_t>(16 * (claim.width + 32) * (claim.height + 32)) + 2 * file_bytes + 65536;
}

inline Result<LoadedPicture> decode_with_stb(std::span<const std::byte> file, const PictureClaim& claim) {
  if (file.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return Error{ErrorCode::too_large,
                 "found " + std::to_string(file.size()) + " bytes, expected a compressed picture below 2^31"};
  }
  const auto* bytes = reinterpret_cast<const stbi_uc*>(file.data());
  const int length = static_cast<int>(file.size());
  int width = 0;
  int height = 0;
  int samples = 0;
  stb_allocation_limit = stb_limit_for(claim, file.size());
  const std::unique_ptr<void, FreeMemory> pixels(
      claim.is_wide ? static_cast<void*>(stbi_load_16_from_memory(bytes, length, &width, &height, &samples, 0))
                    : static_cast<void*>(stbi_load_from_memory(bytes, length, &width, &height, &samples, 0)));
  if (pixels == nullptr) {
    const char* reason = stbi_failure_reason();
    const bool no_memory = reason != nullptr && std::string_view(reason) == "outofmem";
    return Error{no_memory ? ErrorCode::out_of_memory : ErrorCode::malformed,
                 std::string("found a picture that cannot be decoded (") + (reason != nullptr ? reason : "no reason") +
                     "), expected a whole PNG, JPEG or BMP"};
  }
  if (width != claim.width || height != claim.height || samples < 1 || samples > 4) {
    return Error{ErrorCode::malformed, "found two sizes in one picture, expected one"};
  }
  const auto format = static_cast<PixelFormat>((claim.is_wide ? 4 : 0) + samples - 1);
  return upright({pixels.get(), width, height, width * bytes_per_pixel(format), format}, claim.orientation);
}

inline bool begins_with(std::span<const std::byte> file, std::string_view start) noexcept {
  return std::string_view(reinterpret_cast<const char*>(file.data()), file.size()).starts_with(start);
}

}  // namespace detail

// The same from memory, for pictures that arrive over a network.
inline Result<LoadedPicture> decode_picture(std::span<const std::byte> file, const LoadLimits& limits = {}) {
  using detail::begins_with;
  if (begins_with(file, "P5") || begins_with(file, "P6")) return detail::decode_pnm(file, limits);
  const auto claim =
      begins_with(file, detail::png_signature) ? detail::scan_png(file)
      : begins_with(file, "\xff\xd8\xff")      ? detail::scan_jpeg(file)
      : begins_with(file, "BM")
          ? detail::scan_bmp(file)
          : Result<detail::PictureClaim>(
                Error{ErrorCode::unsupported, found_bytes(file) + ", expected a PNG, JPEG, BMP or PNM picture"});
  if (!claim) return claim.error();
  if (Status status = detail::check_claim(*claim, limits); !status) return std::move(status).error();
  return detail::decode_with_stb(file, *claim);
}

inline Result<LoadedPicture> load_picture(const std::string& path, const LoadLimits& limits = {}) {
  const auto file = MappedFile::open(path);
  if (!file) return file.error();
  auto picture = decode_picture(file->bytes(), limits);
  if (!picture) return std::move(picture).error().in(printable_path(path));
  return picture;
}

}  // namespace ochre::inline v0
