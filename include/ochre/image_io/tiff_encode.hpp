// Encodes a TIFF with libtiff: any pixel format, deflate after horizontal differences, sRGB's profile, and the
// metadata: EXIF's directories lie before the pixels as they are. Source: TIFF 6.0. Tested by tiff_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/exif_directory.hpp>
#include <ochre/image_io/picture_metadata.hpp>
#include <ochre/image_io/srgb_profile.hpp>
#include <ochre/image_io/tiff_file.hpp>

namespace ochre::inline v0::detail {

inline void set_tiff_pixels(TIFF* tiff, const PictureView& picture, Index strip_rows) {
  const bool colors = has_color(picture.format);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(picture.width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(picture.height));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * bytes_per_sample(picture.format)));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, static_cast<int>(channels(picture.format)));
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, colors ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(strip_rows));
  if (has_alpha(picture.format)) {
    const std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  const auto profile = srgb_profile(colors);
  TIFFSetField(tiff, TIFFTAG_ICCPROFILE, static_cast<std::uint32_t>(profile.size()), profile.data());
}

// The block's directory behind what is written so far; its offset goes to the tag.
inline void append_tiff_directory(TIFF* tiff, TiffMemory& memory, const ExifBlock& block, std::uint32_t tag) {
  const auto from = block.integer(block.find(block.first_directory(), tag));
  if (!from) return;
  std::vector<std::byte> directory;
  if (memory.made.size() % 2 != 0) memory.made.push_back(std::byte{0});
  const auto all = [](std::uint32_t) { return true; };
  const std::size_t at = DirectoryCopy(block, directory, memory.made.size()).copy(*from, all, 1);
  if (at == 0) return;
  append_bytes(memory.made, directory);
  TIFFSetField(tiff, tag, static_cast<std::uint64_t>(at));
}

inline void set_tiff_metadata(TIFF* tiff, TiffMemory& memory, const PictureMetadata& metadata) {
  if (const auto block = ExifBlock::open(metadata.exif)) {
    for (const std::uint32_t tag :
         std::initializer_list<std::uint32_t>{TIFFTAG_IMAGEDESCRIPTION, TIFFTAG_MAKE, TIFFTAG_MODEL, TIFFTAG_SOFTWARE,
                                              TIFFTAG_DATETIME, TIFFTAG_ARTIST, TIFFTAG_COPYRIGHT}) {
      if (const std::string text = exif_text(*block, tag); !text.empty()) TIFFSetField(tiff, tag, text.c_str());
    }
    append_tiff_directory(tiff, memory, *block, exif_tag::exif_directory);
    append_tiff_directory(tiff, memory, *block, exif_tag::gps_directory);
  }
  if (!metadata.comment.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, metadata.comment.c_str());
  if (!metadata.xmp.empty()) {
    TIFFSetField(tiff, TIFFTAG_XMLPACKET, static_cast<std::uint32_t>(metadata.xmp.size()), metadata.xmp.data());
  }
  if (metadata.dpi_across > 0 && metadata.dpi_down > 0) {
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, metadata.dpi_across);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, metadata.dpi_down);
  }
}

// False if libtiff gave up. The encoder overwrites what it is given.
inline bool write_tiff_strips(TIFF* tiff, const PictureView& picture, Index strip_rows) {
  const Index row_bytes = picture.width * bytes_per_pixel(picture.format);
  std::vector<std::uint8_t> strip(static_cast<std::size_t>(row_bytes * strip_rows));
  for (Index y = 0; y < picture.height; y += strip_rows) {
    const Index rows = std::min(strip_rows, picture.height - y);
    for (Index i = 0; i < rows; ++i) std::copy_n(picture.row(y + i), row_bytes, strip.data() + i * row_bytes);
    const auto number = static_cast<std::uint32_t>(y / strip_rows);
    if (TIFFWriteEncodedStrip(tiff, number, strip.data(), static_cast<tmsize_t>(rows * row_bytes)) < 0) return false;
  }
  return true;
}

// `picture` has passed check_picture.
inline Result<std::vector<std::byte>> encode_tiff(const PictureView& picture, const PictureMetadata& metadata) {
  constexpr Index most_bytes = std::numeric_limits<std::int32_t>::max();  // the format's offsets have 32 bits
  const Index row_bytes = picture.width * bytes_per_pixel(picture.format);
  const auto bytes = checked_product({row_bytes, picture.height});
  if (!bytes || *bytes > most_bytes) {
    return Error{ErrorCode::too_large, "found a picture too large for a TIFF, expected less than 2^31 bytes"};
  }
  constexpr Index strip_bytes = 1 << 18;  // enough to compress, and to be read in parts
  const Index strip_rows = std::clamp<Index>(strip_bytes / row_bytes, 1, picture.height);
  const auto block = ExifBlock::open(metadata.exif);
  TiffMemory memory;
  TiffHandle tiff = open_tiff(memory, !block ? "w" : block->little ? "wl" : "wb", 0);  // EXIF's order of bytes
  if (tiff == nullptr) return Error{ErrorCode::out_of_memory, "the TIFF could not be encoded: no memory"};
  set_tiff_pixels(tiff.get(), picture, strip_rows);
  set_tiff_metadata(tiff.get(), memory, metadata);
  const bool is_whole = write_tiff_strips(tiff.get(), picture, strip_rows) && TIFFWriteDirectory(tiff.get()) == 1;
  tiff.reset();
  if (is_whole) return std::move(memory.made);
  return Error{ErrorCode::out_of_memory, "the TIFF could not be encoded: " + std::string(memory.reason())};
}

}  // namespace ochre::inline v0::detail
