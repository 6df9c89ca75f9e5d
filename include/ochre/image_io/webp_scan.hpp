// The chunks of a WebP file without decoding: what its first picture is, where it lies, and what the file says besides.
// Source: Google, WebP container specification. Tested by webp_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <webp/decode.h>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

struct WebpFacts {
  PictureClaim claim;
  PixelFormat format = PixelFormat::rgb8;
  std::span<const std::byte> pixels;  // what the decoder gets: the file, or the first picture of an animation
  Index x = 0;                        // where that lies on the canvas
  Index y = 0;
  Index width = 0;  // of it
  Index height = 0;
  PictureNotes notes;
};

inline Error cut_webp() {
  return {ErrorCode::malformed,
          "found the end of the file within the picture, expected a whole WebP (the file is cut "
          "short)"};
}

inline Error bad_webp(VP8StatusCode status) {
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) return cut_webp();
  return {ErrorCode::malformed, "found a picture that cannot be decoded (libwebp's status " + std::to_string(status) +
                                    "), expected a whole WebP"};
}

inline Result<WebPBitstreamFeatures> webp_features(std::span<const std::byte> data) {
  WebPBitstreamFeatures features{};
  const auto status = WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(data.data()), data.size(), &features);
  if (status != VP8_STATUS_OK) return bad_webp(status);
  return features;
}

inline void read_webp_note(std::string_view type, std::span<const std::byte> data, PictureNotes& notes) {
  if (type == "EXIF" && notes.metadata.exif.empty()) {
    const bool has_name = letters_of(data).starts_with(exif_segment_name);  // as some writers make it
    const auto block = has_name ? data.subspan(exif_segment_name.size()) : data;
    notes.orientation = exif_orientation(block);
    notes.metadata.exif.assign(block.begin(), block.end());
  }
  if (type == "XMP " && notes.metadata.xmp.empty()) notes.metadata.xmp.assign(data.begin(), data.end());
  if (type == "ICCP" && notes.profile.empty() && data.size() <= longest_profile) {
    notes.profile.assign(data.begin(), data.end());
  }
}

// A frame: where it lies (in units of two pixels), its size less one, how long it is shown, flags, its picture.
inline Status read_webp_frame(std::span<const std::byte> data, WebpFacts& facts) {
  constexpr std::size_t header = 16;
  if (data.size() < header) return cut_webp();
  const auto number24 = [&](std::size_t at) {
    return static_cast<Index>(little_endian16(data, at) | byte_at(data, at + 2) << 16);
  };
  facts.x = 2 * number24(0);
  facts.y = 2 * number24(3);
  facts.pixels = data.subspan(header);
  const auto features = webp_features(facts.pixels);
  if (!features) return features.error();
  facts.width = features->width;
  facts.height = features->height;
  if (facts.x + facts.width <= facts.claim.width && facts.y + facts.height <= facts.claim.height) return {};
  return Error{ErrorCode::malformed,
               "found an animation whose first picture lies outside of its canvas, expected it "
               "within"};
}

inline Result<WebpFacts> scan_webp(std::span<const std::byte> file) {
  const auto features = webp_features(file);
  if (!features) return features.error();
  WebpFacts facts;
  facts.claim.width = facts.width = features->width;
  facts.claim.height = facts.height = features->height;
  facts.pixels = features->has_animation != 0 ? std::span<const std::byte>{} : file;
  constexpr std::size_t container = 12;  // "RIFF", the length of what follows, "WEBP"
  constexpr std::size_t header = 8;      // of a chunk
  for (std::size_t at = container; at <= file.size() && file.size() - at >= header;) {
    const std::string_view type = letters_of(file).substr(at, 4);
    const std::size_t length = little_endian32(file, at + 4);
    const auto rest = file.subspan(at + header);
    const auto data = rest.first(std::min(length, rest.size()));
    read_webp_note(type, data, facts.notes);
    if (type == "ANMF" && facts.pixels.empty()) {
      if (Status status = read_webp_frame(data, facts); !status) return std::move(status).error();
    }
    at += header + data.size() + length % 2;
  }
  if (facts.pixels.empty()) return cut_webp();
  if (features->has_animation != 0)
    add_remark(facts.notes.remark, "found an animation, of which the first picture is taken");
  const bool fills_canvas = facts.width == facts.claim.width && facts.height == facts.claim.height;
  facts.format = features->has_alpha != 0 || !fills_canvas ? PixelFormat::rgba8 : PixelFormat::rgb8;
  facts.claim.pixel_bytes = bytes_per_pixel(facts.format);
  return facts;
}

}  // namespace ochre::inline v0::detail
