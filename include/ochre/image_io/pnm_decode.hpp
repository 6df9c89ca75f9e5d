// The samples of the netpbm kin: bits, bytes, two bytes (most significant first) above 255, or text. Values are scaled
// to 0…255 or 0…65535. Source: netpbm, pbm(5), pgm(5), ppm(5) and pam(5). Tested by pnm_decode_test.cpp and
// load_picture_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/pnm_scan.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

// The samples of a picture, one after another.
struct PnmSamples {
  std::uint8_t* to;
  std::uint32_t largest;

  // round(sample * full / largest); samples above the largest count as the largest.
  static std::uint32_t scaled(std::uint32_t sample, std::uint32_t largest, std::uint32_t full) noexcept {
    return (std::min(sample, largest) * full + largest / 2) / largest;
  }

  void put(std::size_t i, std::uint32_t sample) const noexcept {
    if (largest < 256) {
      to[i] = static_cast<std::uint8_t>(scaled(sample, largest, 255));
      return;
    }
    const auto wide = static_cast<std::uint16_t>(scaled(sample, largest, 65535));
    std::memcpy(to + 2 * i, &wide, 2);
  }
};

// Bytes that `facts` need of the file at least: as text a digit and, between numbers, a space. Nothing if they
// overflow.
inline std::optional<Index> pnm_bytes(const PnmFacts& facts) noexcept {
  const PictureClaim& claim = facts.claim;
  switch (facts.packing) {
    case PnmPacking::bits:
      return checked_product({ceil_div(claim.width, 8), claim.height});
    case PnmPacking::plain_bits:
      return checked_product({claim.width, claim.height});
    case PnmPacking::plain: {
      const auto twice = checked_product({claim.width, claim.height, 2 * channels(facts.format)});
      return twice ? std::optional<Index>(*twice - 1) : std::nullopt;
    }
    default:
      return checked_product({claim.width, claim.height, bytes_per_pixel(facts.format)});
  }
}

inline void decode_pnm_bytes(std::span<const std::byte> from, std::size_t count, PnmSamples samples) noexcept {
  const bool is_wide = samples.largest > 255;
  for (std::size_t i = 0; i < count; ++i) samples.put(i, is_wide ? big_endian16(from, 2 * i) : byte_at(from, i));
}

// 1 is black.
inline void decode_pnm_bits(std::span<const std::byte> from, const PictureClaim& claim, PnmSamples samples) noexcept {
  const auto width = static_cast<std::size_t>(claim.width);
  for (std::size_t y = 0; y < static_cast<std::size_t>(claim.height); ++y) {
    const auto row = from.subspan(y * ((width + 7) / 8));
    for (std::size_t x = 0; x < width; ++x) samples.put(y * width + x, ~byte_at(row, x / 8) >> (7 - x % 8) & 1);
  }
}

// Of a bitmap each digit is a sample. False if the text ends too early or has something else in it.
inline bool decode_pnm_text(std::string_view text, PnmPacking packing, std::size_t count, PnmSamples samples) noexcept {
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (packing == PnmPacking::plain) {
      const auto number = pnm_number(text, at);
      if (!number) return false;
      samples.put(i, static_cast<std::uint32_t>(*number));
      continue;
    }
    skip_pnm_space(text, at);
    if (at >= text.size() || (text[at] != '0' && text[at] != '1')) return false;
    samples.put(i, text[at++] == '0');
  }
  return true;
}

inline Result<LoadedPicture> decode_pnm(std::span<const std::byte> file, const LoadLimits& limits) {
  const auto facts = scan_pnm(letters_of(file));
  if (!facts) return facts.error();
  const PictureClaim& claim = facts->claim;
  if (Status status = check_claim(claim, limits, file.size()); !status) return std::move(status).error();
  const auto pixels = file.subspan(std::min(facts->pixels_at, file.size()));
  const auto needed = pnm_bytes(*facts);
  const auto cut = [&] {
    return Error{ErrorCode::malformed, "found " + std::to_string(pixels.size()) + " bytes of pixels, expected " +
                                           (needed ? std::to_string(*needed) : "more") + " for a PNM of " +
                                           std::to_string(claim.width) + "x" + std::to_string(claim.height) +
                                           " pixels (the file is cut short)"};
  };
  if (!needed || *needed > static_cast<Index>(pixels.size())) return cut();
  auto picture = LoadedPicture::create(claim.width, claim.height, facts->format);
  if (!picture) return picture;
  const auto count = static_cast<std::size_t>(picture->pixels.size() / bytes_per_sample(facts->format));
  const PnmSamples samples{picture->pixels.data(), static_cast<std::uint32_t>(facts->largest)};
  if (facts->packing == PnmPacking::bytes) {
    decode_pnm_bytes(pixels, count, samples);
  } else if (facts->packing == PnmPacking::bits) {
    decode_pnm_bits(pixels, claim, samples);
  } else if (!decode_pnm_text(letters_of(pixels), facts->packing, count, samples)) {
    return Error{ErrorCode::malformed, "found something else than " + std::to_string(count) +
                                           " numbers, expected as many for a PNM of " + std::to_string(claim.width) +
                                           "x" + std::to_string(claim.height) + " pixels"};
  }
  return picture;
}

}  // namespace ochre::inline v0::detail
