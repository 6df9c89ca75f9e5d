// What the tags of a TIFF's page say, and what libtiff would take on trust: sizes, methods of compression that end the
// process or take any memory (JBIG, LERC), blocks that overlap. Source: TIFF 6.0. Tested by tiff_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/tiff_file.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

inline constexpr std::size_t most_tiff_pages = 4096;
inline constexpr int most_tiff_samples = 64;  // of a pixel; satellites have a dozen
// Blocks may lie in one another, as writers of maps share the empty ones; each is decoded anew.
inline constexpr Index most_tiff_overlap = 16;

// Strips are blocks as wide as the picture.
struct TiffFacts {
  PictureClaim claim;
  PixelFormat format = PixelFormat::gray8;  // of the samples as they are stored; CMYK counts as RGBA
  int bits = 1;                             // of a sample
  int samples = 1;                          // of a pixel
  int sample_kind = SAMPLEFORMAT_UINT;
  int photometric = PHOTOMETRIC_MINISBLACK;
  int compression = COMPRESSION_NONE;
  int orientation = 1;
  int alpha = -1;  // the sample that is alpha
  bool is_premultiplied = false;
  bool is_planar = false;  // a block has one sample of each pixel
  bool is_tiled = false;
  bool is_for_libtiff = false;  // colours that only libtiff's own conversion to RGBA knows
  Index block_width = 0;
  Index block_height = 0;
  Index block_bytes = 0;
  Index row_bytes = 0;  // of a block's row
};

inline Error bad_tiff(const TiffMemory& memory, const char* otherwise) {
  const std::string_view reason = memory.reason().empty() ? otherwise : memory.reason();
  return {ErrorCode::malformed,
          "found a picture that cannot be decoded (" + weights::printable(reason) + "), expected a whole TIFF"};
}

inline Error cut_tiff() {
  return {ErrorCode::malformed,
          "found the end of the file within the picture, expected a whole TIFF (the file is cut short)"};
}

inline bool is_known_compression(int method) noexcept {
  constexpr int known[] = {COMPRESSION_NONE,          COMPRESSION_CCITTRLE,  COMPRESSION_CCITTRLEW,
                           COMPRESSION_CCITTFAX3,     COMPRESSION_CCITTFAX4, COMPRESSION_LZW,
                           COMPRESSION_OJPEG,         COMPRESSION_JPEG,      COMPRESSION_DEFLATE,
                           COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS,  COMPRESSION_THUNDERSCAN,
                           COMPRESSION_SGILOG,        COMPRESSION_SGILOG24,  COMPRESSION_LZMA,
                           COMPRESSION_ZSTD,          COMPRESSION_WEBP};
  return std::find(std::begin(known), std::end(known), method) != std::end(known) &&
         TIFFIsCODECConfigured(static_cast<std::uint16_t>(method)) != 0;
}

inline int tiff_number(TIFF* tiff, std::uint32_t tag) noexcept {
  std::uint16_t value = 0;
  return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : 0;
}

// Of files that do not say, as libtiff guesses.
inline int tiff_photometric(TIFF* tiff, const TiffFacts& facts) noexcept {
  std::uint16_t value = 0;
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &value) == 1) return value;
  if (facts.samples >= 3) return PHOTOMETRIC_RGB;
  const bool is_fax = facts.compression >= COMPRESSION_CCITTRLE && facts.compression <= COMPRESSION_CCITTFAX4;
  return is_fax ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
}

inline void read_tiff_alpha(TIFF* tiff, int colors, TiffFacts& facts) noexcept {
  std::uint16_t count = 0;
  std::uint16_t* kinds = nullptr;
  if (TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1) return;
  for (int i = 0; i < count && kinds != nullptr; ++i) {
    const bool is_alpha = kinds[i] == EXTRASAMPLE_ASSOCALPHA || kinds[i] == EXTRASAMPLE_UNASSALPHA;
    if (!is_alpha || colors + i >= facts.samples) continue;
    facts.alpha = colors + i;
    facts.is_premultiplied = kinds[i] == EXTRASAMPLE_ASSOCALPHA;
    return;
  }
}

// L*, a*, b* of 8 or 16 bits.
inline bool is_lab(const TiffFacts& facts) noexcept {
  const bool has_kind = facts.photometric == PHOTOMETRIC_CIELAB || facts.photometric == PHOTOMETRIC_ICCLAB;
  return has_kind && facts.samples >= 3 && (facts.bits == 8 || facts.bits == 16);
}

// Which samples of a pixel are read, and to what they become.
inline Status choose_tiff_format(TIFF* tiff, TiffFacts& facts) {
  const bool is_jpeg = facts.compression == COMPRESSION_JPEG;
  if (facts.photometric == PHOTOMETRIC_YCBCR && is_jpeg && !facts.is_planar) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    facts.photometric = PHOTOMETRIC_RGB;
  }
  const bool has_inks = facts.photometric == PHOTOMETRIC_SEPARATED;
  const bool is_plain = facts.photometric <= PHOTOMETRIC_PALETTE || has_inks || is_lab(facts);
  const int colors = has_inks ? 4 : facts.photometric == PHOTOMETRIC_RGB || is_lab(facts) ? 3 : 1;
  if (!is_plain || facts.compression == COMPRESSION_OJPEG) {
    char reason[1024] = {};
    facts.is_for_libtiff = true;
    facts.format = PixelFormat::rgb8;
    if (TIFFRGBAImageOK(tiff, reason) == 1) return {};
    return Error{ErrorCode::unsupported, "found a TIFF of colours that cannot be decoded (" +
                                             weights::printable(reason) + "), expected grey, RGB, CMYK or YCbCr"};
  }
  const bool is_float = facts.sample_kind == SAMPLEFORMAT_IEEEFP;
  const bool is_integer = facts.sample_kind == SAMPLEFORMAT_UINT || facts.sample_kind == SAMPLEFORMAT_INT ||
                          facts.sample_kind == SAMPLEFORMAT_VOID;
  const bool has_bits = is_float ? facts.bits == 16 || facts.bits == 32 || facts.bits == 64
                                 : is_integer && facts.bits >= 1 && facts.bits <= 32;
  const bool fits_palette = facts.photometric != PHOTOMETRIC_PALETTE || (!is_float && facts.bits <= 16);
  if (!has_bits || !fits_palette || facts.samples < colors) {
    return Error{ErrorCode::unsupported,
                 "found a TIFF of " + std::to_string(facts.samples) + " samples of " + std::to_string(facts.bits) +
                     " bits and kind " + std::to_string(facts.sample_kind) + " for colours of kind " +
                     std::to_string(facts.photometric) + ", expected integers of 1 to 32 bits or numbers with a point"};
  }
  if (!has_inks && facts.photometric != PHOTOMETRIC_PALETTE) read_tiff_alpha(tiff, colors, facts);
  const bool is_wide = facts.bits > 8 && !has_inks;
  facts.format = static_cast<PixelFormat>((is_wide ? 4 : 0) + colors - 1 + (facts.alpha >= 0 ? 1 : 0));
  return {};
}

// The sizes of its blocks.
inline Status read_tiff_blocks(TIFF* tiff, TiffFacts& facts) {
  std::uint32_t width = static_cast<std::uint32_t>(facts.claim.width);
  std::uint32_t height = static_cast<std::uint32_t>(facts.claim.height);
  facts.is_tiled = TIFFIsTiled(tiff) != 0;
  if (facts.is_tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &height);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &height);
    height = std::min(height, static_cast<std::uint32_t>(facts.claim.height));
  }
  facts.block_width = width;
  facts.block_height = height;
  facts.block_bytes = static_cast<Index>(facts.is_tiled ? TIFFTileSize64(tiff) : TIFFVStripSize64(tiff, height));
  facts.row_bytes = static_cast<Index>(facts.is_tiled ? TIFFTileRowSize64(tiff) : TIFFScanlineSize64(tiff));
  const auto needed = checked_product({facts.row_bytes, facts.block_height});
  const bool is_whole = width > 0 && height > 0 && facts.row_bytes > 0 && needed && facts.block_bytes >= *needed;
  if (!is_whole) {
    return Error{ErrorCode::malformed, "found a TIFF with strips or tiles of no size, expected some"};
  }
  return {};
}

// Each block takes some bytes of the file for its place alone, and together they may claim no more than it has, some
// times over.
inline Status check_tiff_overlap(TIFF* tiff, std::size_t file_bytes, bool is_tiled) {
  const std::uint32_t blocks = is_tiled ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  if (blocks > file_bytes) {
    return Error{ErrorCode::malformed, "found a TIFF of " + std::to_string(blocks) + " strips or tiles in " +
                                           std::to_string(file_bytes) + " bytes, expected no more than bytes"};
  }
  const Index most = checked_mul(static_cast<Index>(file_bytes), most_tiff_overlap).value_or(0);
  Index bytes = 0;
  for (std::uint32_t i = 0; i < blocks && bytes <= most; ++i) {
    const auto count = TIFFGetStrileByteCount(tiff, i);
    bytes += static_cast<Index>(std::min<std::uint64_t>(count, file_bytes));
  }
  if (bytes <= most) return {};
  return Error{ErrorCode::malformed, "found a TIFF whose strips or tiles claim its bytes more than " +
                                         std::to_string(most_tiff_overlap) + " times, expected at most as often"};
}

inline Result<TiffFacts> scan_tiff(TIFF* tiff, const TiffMemory& memory) {
  TiffFacts facts;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) != 1 || TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) != 1) {
    return bad_tiff(memory, "no size");
  }
  facts.claim.width = width;
  facts.claim.height = height;
  facts.bits = tiff_number(tiff, TIFFTAG_BITSPERSAMPLE);
  facts.samples = tiff_number(tiff, TIFFTAG_SAMPLESPERPIXEL);
  facts.sample_kind = tiff_number(tiff, TIFFTAG_SAMPLEFORMAT);
  facts.compression = tiff_number(tiff, TIFFTAG_COMPRESSION);
  facts.is_planar = tiff_number(tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
  facts.photometric = tiff_photometric(tiff, facts);
  const int orientation = tiff_number(tiff, TIFFTAG_ORIENTATION);
  facts.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  if (!is_known_compression(facts.compression)) {
    return Error{ErrorCode::unsupported, "found a TIFF compressed by method " + std::to_string(facts.compression) +
                                             ", expected none, PackBits, LZW, deflate, JPEG, fax, Zstandard, LZMA or "
                                             "WebP"};
  }
  if (facts.samples < 1 || facts.samples > most_tiff_samples) {
    return Error{ErrorCode::unsupported, "found a TIFF of " + std::to_string(facts.samples) +
                                             " samples a pixel, expected 1 to " + std::to_string(most_tiff_samples)};
  }
  if (Status status = choose_tiff_format(tiff, facts); !status) return std::move(status).error();
  if (Status status = read_tiff_blocks(tiff, facts); !status) return std::move(status).error();
  if (Status status = check_tiff_overlap(tiff, memory.file.size(), facts.is_tiled); !status) {
    return std::move(status).error();
  }
  facts.claim.pixel_bytes = facts.photometric == PHOTOMETRIC_PALETTE ? 3 : bytes_per_pixel(facts.format);
  const Index raster = facts.is_for_libtiff ? 4 : 0;  // bytes a pixel
  facts.claim.work_bytes =
      std::max(facts.block_bytes, checked_product({width, height, raster}).value_or(std::numeric_limits<Index>::max()));
  return facts;
}

// The numbers of the directories that are pages: neither a smaller copy of one nor its mask.
inline Result<std::vector<std::uint32_t>> tiff_pages(TIFF* tiff) {
  std::vector<std::uint32_t> pages;
  std::uint32_t number = 0;
  do {
    std::uint32_t kind = 0;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &kind);
    if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0) pages.push_back(number);
    ++number;
    if (number > most_tiff_pages) {
      return Error{ErrorCode::too_large,
                   "found a TIFF of more than " + std::to_string(most_tiff_pages) + " pages, expected at most as many"};
    }
  } while (TIFFReadDirectory(tiff) != 0);
  if (pages.empty()) pages.push_back(0);
  return pages;
}

}  // namespace ochre::inline v0::detail
