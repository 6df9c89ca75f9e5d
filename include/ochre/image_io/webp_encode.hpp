// Encodes a WebP with libwebp: rgb8 or rgba8, lossless unless a quality is given. EXIF and XMP stand in chunks of their
// own, for which the file is of the extended kind. Source: Google, WebP container specification. Tested by
// webp_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <webp/encode.h>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/picture_metadata.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

struct FreeWebpPicture {
  void operator()(WebPPicture* picture) const noexcept { WebPPictureFree(picture); }
};
struct ClearWebpWriter {
  void operator()(WebPMemoryWriter* writer) const noexcept { WebPMemoryWriterClear(writer); }
};

inline void append_little_endian(std::vector<std::byte>& file, std::size_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8) file.push_back(static_cast<std::byte>(value & 0xFF));
}

// Its type, its length, the data, and a byte more if the length is odd.
inline void append_webp_chunk(std::vector<std::byte>& file, std::string_view type, std::span<const std::byte> data) {
  append_bytes(file, std::as_bytes(std::span(type)));
  append_little_endian(file, data.size(), 4);
  append_bytes(file, data);
  if (data.size() % 2 != 0) file.push_back(std::byte{0});
}

// The file as the encoder made it, with a header of the extended kind, if it has none yet, and the metadata.
inline std::vector<std::byte> with_webp_metadata(std::span<const std::byte> made, const PictureView& picture,
                                                 const PictureMetadata& metadata) {
  constexpr std::size_t container = 12;
  constexpr std::size_t extended = 18;  // VP8X with its header
  constexpr std::size_t says_alpha = 0x10;
  constexpr std::size_t says_exif = 0x08;
  constexpr std::size_t says_xmp = 0x04;
  std::vector<std::byte> header;
  const std::size_t flags = (has_alpha(picture.format) ? says_alpha : 0) | (metadata.exif.empty() ? 0 : says_exif) |
                            (metadata.xmp.empty() ? 0 : says_xmp);
  append_little_endian(header, flags, 4);
  append_little_endian(header, static_cast<std::size_t>(picture.width - 1), 3);
  append_little_endian(header, static_cast<std::size_t>(picture.height - 1), 3);
  std::vector<std::byte> file(made.begin(), made.begin() + container);
  append_webp_chunk(file, "VP8X", header);
  const bool had_header = letters_of(made).substr(container, 4) == "VP8X";
  append_bytes(file, made.subspan(had_header ? container + extended : container));
  if (!metadata.exif.empty()) append_webp_chunk(file, "EXIF", metadata.exif);
  if (!metadata.xmp.empty()) append_webp_chunk(file, "XMP ", metadata.xmp);
  std::vector<std::byte> length;
  append_little_endian(length, file.size() - 8, 4);
  std::copy(length.begin(), length.end(), file.begin() + 4);
  return file;
}

// `picture` has passed check_picture and is of rgb8 or rgba8; quality 1 to 100, or lossless.
inline Result<std::vector<std::byte>> encode_webp(const PictureView& picture, std::optional<int> quality,
                                                  const PictureMetadata& metadata) {
  if (picture.width > WEBP_MAX_DIMENSION || picture.height > WEBP_MAX_DIMENSION) {
    return Error{ErrorCode::too_large, "found a picture of " + std::to_string(picture.width) + "x" +
                                           std::to_string(picture.height) + " pixels, expected at most " +
                                           std::to_string(WEBP_MAX_DIMENSION) + " a side"};
  }
  WebPConfig config;
  WebPPicture job;
  if (WebPConfigInit(&config) == 0 || WebPPictureInit(&job) == 0) {
    return Error{ErrorCode::unsupported, "found another libwebp than compiled for"};
  }
  config.lossless = quality ? 0 : 1;
  // Of a lossless file the quality is how long is searched for a shorter one; here it is mostly photographs, of which
  // more than this finds a percent.
  constexpr float short_search = 20;
  config.quality = quality ? static_cast<float>(*quality) : short_search;
  config.method = quality ? 4 : 1;
  config.exact = 1;  // the colours of what is transparent
  job.use_argb = config.lossless;
  job.width = static_cast<int>(picture.width);
  job.height = static_cast<int>(picture.height);
  const std::unique_ptr<WebPPicture, FreeWebpPicture> freed(&job);
  // Rows in the memory of the caller may be padded or stand bottom-up.
  const Index row_bytes = picture.width * bytes_per_pixel(picture.format);
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(row_bytes * picture.height));
  for (Index y = 0; y < picture.height; ++y) std::copy_n(picture.row(y), row_bytes, rows.data() + y * row_bytes);
  const auto import = has_alpha(picture.format) ? WebPPictureImportRGBA : WebPPictureImportRGB;
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  const std::unique_ptr<WebPMemoryWriter, ClearWebpWriter> cleared(&writer);
  job.writer = WebPMemoryWrite;
  job.custom_ptr = &writer;
  const bool is_encoded = import(&job, rows.data(), static_cast<int>(row_bytes)) != 0 && WebPEncode(&config, &job) != 0;
  if (!is_encoded) {
    return Error{ErrorCode::out_of_memory,
                 "the WebP could not be encoded: libwebp's error " + std::to_string(job.error_code)};
  }
  const std::span<const std::byte> made(reinterpret_cast<const std::byte*>(writer.mem), writer.size);
  if (!metadata.exif.empty() || !metadata.xmp.empty()) return with_webp_metadata(made, picture, metadata);
  return std::vector<std::byte>(made.begin(), made.end());
}

}  // namespace ochre::inline v0::detail
