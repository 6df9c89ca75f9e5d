// Decodes a page of a TIFF with libtiff. Grey, RGB, Lab, palettes and CMYK keep their depth, up to 16 bits a sample;
// YCbCr and old JPEG go through libtiff's own conversion to 8-bit RGB. Source: TIFF 6.0. Tested by tiff_decode_test.cpp
// and the fuzz target load_picture.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/image_io/comment_text.hpp>
#include <ochre/image_io/exif_directory.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/inks.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_claim.hpp>
#include <ochre/image_io/tiff_blocks.hpp>
#include <ochre/image_io/tiff_file.hpp>
#include <ochre/image_io/tiff_scan.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

// Indices to 8-bit colours. libtiff has filled in a whole map: 2^bits values of each colour.
inline Result<LoadedPicture> tiff_palette_colors(TIFF* tiff, const TiffFacts& facts, const LoadedPicture& indices) {
  std::uint16_t* map[3] = {};
  if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]) != 1) {
    return Error{ErrorCode::malformed, "found a TIFF with a palette of no colours, expected some"};
  }
  auto picture = LoadedPicture::create(indices.width, indices.height, PixelFormat::rgb8);
  if (!picture) return picture;
  const std::size_t colors = std::size_t{1} << facts.bits;
  // Old writers gave 8 bits where the format has 16.
  const bool is_narrow = std::all_of(map, map + 3, [&](const std::uint16_t* values) {
    return std::all_of(values, values + colors, [](std::uint16_t value) { return value < 256; });
  });
  const bool is_wide = bytes_per_sample(indices.format) == 2;
  std::uint8_t* to = picture->pixels.data();
  for (Index i = 0; i < indices.width * indices.height; ++i) {
    std::uint16_t index = indices.pixels.data()[i];
    if (is_wide) std::memcpy(&index, indices.pixels.data() + 2 * i, 2);
    for (const auto* values : map) *to++ = static_cast<std::uint8_t>(is_narrow ? values[index] : values[index] >> 8);
  }
  return picture;
}

inline Result<LoadedPicture> tiff_ink_colors(const LoadedPicture& inks, PictureNotes& notes) {
  auto picture = LoadedPicture::create(inks.width, inks.height, PixelFormat::rgb8);
  if (!picture) return picture;
  const InksToRgb inks_to_rgb(notes.profile);
  for (Index y = 0; y < inks.height; ++y) {
    inks_to_rgb.convert(inks.view().row(y), picture->view().row(y), inks.width);
  }
  notes.profile.clear();  // it is applied, or of no use
  return picture;
}

template <class Sample>
void for_each_color(LoadedPicture& picture, void (*change)(Sample& color, Sample alpha)) noexcept {
  const Index all = channels(picture.format);
  const Index colors = has_alpha(picture.format) ? all - 1 : all;
  auto* samples = reinterpret_cast<Sample*>(picture.pixels.data());
  for (Index i = 0; i < picture.width * picture.height; ++i, samples += all) {
    for (Index c = 0; c < colors; ++c) change(samples[c], samples[all - 1]);
  }
}

template <class Sample>
void invert(Sample& color, Sample) noexcept {
  color = static_cast<Sample>(~color);
}

template <class Sample>
void divide_by_alpha(Sample& color, Sample alpha) noexcept {
  constexpr std::uint64_t full = static_cast<Sample>(~Sample{0});
  if (alpha != 0) color = static_cast<Sample>(std::min(full, (color * full + alpha / 2) / alpha));
}

// CIE's a* and b* have a sign, ICC's begin at -128; all in 256ths of 16 bits.
template <class Sample>
void move_lab_zero(LoadedPicture& picture) noexcept {
  constexpr auto highest_bit = static_cast<Sample>(Sample{1} << (8 * sizeof(Sample) - 1));
  const Index all = channels(picture.format);
  auto* samples = reinterpret_cast<Sample*>(picture.pixels.data());
  for (Index i = 0; i < picture.width * picture.height; ++i, samples += all) {
    for (Index c = 1; c < 3; ++c) samples[c] = static_cast<Sample>(samples[c] ^ highest_bit);
  }
}

inline ColorModel tiff_lab_model(PixelFormat format) {
  ColorModel model;
  model.result = ColorModel::Result::lab;
  const float range = bytes_per_sample(format) == 2 ? 65535.0f / 256 : 255.0f;
  model.scale = {100, range, range};
  model.zero = {0, -128, -128};
  return model;
}

template <class Sample>
void settle_tiff_colors(const TiffFacts& facts, LoadedPicture& picture) noexcept {
  if (facts.photometric == PHOTOMETRIC_MINISWHITE) for_each_color<Sample>(picture, invert<Sample>);
  if (facts.is_premultiplied) for_each_color<Sample>(picture, divide_by_alpha<Sample>);
  if (is_lab(facts) && facts.photometric == PHOTOMETRIC_CIELAB) move_lab_zero<Sample>(picture);
}

// In libtiff's words: the order of rows is the stored one if the wanted orientation is the page's own.
inline Result<LoadedPicture> read_tiff_by_libtiff(TIFF* tiff, const TiffMemory& memory, const TiffFacts& facts) {
  const PictureClaim& claim = facts.claim;
  auto picture = LoadedPicture::create(claim.width, claim.height, PixelFormat::rgb8);
  if (!picture) return picture;
  auto raster = AlignedBuffer<std::uint32_t>::create(claim.width * claim.height);
  if (!raster) return std::move(raster).error();
  TIFFRGBAImage conversion;
  char reason[1024] = {};
  if (TIFFRGBAImageBegin(&conversion, tiff, 1, reason) == 0) return bad_tiff(memory, reason);
  conversion.req_orientation = conversion.orientation;
  const bool is_read = TIFFRGBAImageGet(&conversion, raster->data(), static_cast<std::uint32_t>(claim.width),
                                        static_cast<std::uint32_t>(claim.height)) != 0;
  TIFFRGBAImageEnd(&conversion);
  if (!is_read) return bad_tiff(memory, "no reason");
  std::uint8_t* to = picture->pixels.data();
  for (const std::uint32_t pixel : raster->span()) {
    *to++ = static_cast<std::uint8_t>(TIFFGetR(pixel));
    *to++ = static_cast<std::uint8_t>(TIFFGetG(pixel));
    *to++ = static_cast<std::uint8_t>(TIFFGetB(pixel));
  }
  return picture;
}

inline std::vector<std::byte> tiff_bytes(TIFF* tiff, std::uint32_t tag, std::size_t longest) {
  std::uint32_t length = 0;
  const std::byte* bytes = nullptr;
  if (TIFFGetField(tiff, tag, &length, &bytes) != 1 || length > longest || bytes == nullptr) return {};
  return {bytes, bytes + length};
}

inline PictureNotes tiff_notes(TIFF* tiff, std::span<const std::byte> file, const TiffFacts& facts) {
  PictureNotes notes;
  notes.orientation = facts.orientation;
  notes.profile = tiff_bytes(tiff, TIFFTAG_ICCPROFILE, longest_profile);
  notes.metadata.xmp = tiff_bytes(tiff, TIFFTAG_XMLPACKET, file.size());
  notes.metadata.exif = exif_of_tiff(file, static_cast<std::size_t>(TIFFCurrentDirOffset(tiff)));
  const char* description = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &description) == 1 && description != nullptr) {
    notes.metadata.comment = as_utf8(description);
  }
  return notes;
}

inline Result<LoadedPicture> read_tiff_page(TIFF* tiff, TiffMemory& memory, const LoadLimits& limits) {
  const auto facts = scan_tiff(tiff, memory);
  if (!facts) return facts.error();
  if (Status status = check_claim(facts->claim, limits, memory.file.size()); !status) return std::move(status).error();
  PictureNotes notes = tiff_notes(tiff, memory.file, *facts);
  memory.complaint[0] = 0;  // of tags that were passed over
  auto picture =
      facts->is_for_libtiff ? read_tiff_by_libtiff(tiff, memory, *facts) : read_tiff_samples(tiff, memory, *facts);
  if (!picture) return picture;
  notes.remark = picture->remark;
  if (!memory.reason().empty()) {
    add_remark(notes.remark,
               "found damage (" + weights::printable(memory.reason()) + "), shown as far as it can be decoded");
  }
  if (!facts->is_for_libtiff) {
    if (bytes_per_sample(picture->format) == 2) {
      settle_tiff_colors<std::uint16_t>(*facts, *picture);
    } else {
      settle_tiff_colors<std::uint8_t>(*facts, *picture);
    }
    if (facts->photometric == PHOTOMETRIC_PALETTE) picture = tiff_palette_colors(tiff, *facts, *picture);
    if (is_lab(*facts)) notes.colors = tiff_lab_model(picture->format);
    if (is_lab(*facts)) notes.profile.clear();  // of what it was made from
    if (facts->photometric == PHOTOMETRIC_SEPARATED) picture = tiff_ink_colors(*picture, notes);
    if (!picture) return picture;
  }
  return finished(*std::move(picture), std::move(notes));
}

// Before sizes are known: as much as a file of that length may claim.
inline Index tiff_memory_limit(const LoadLimits& limits, std::size_t file_bytes) noexcept {
  const auto by_length = checked_mul(static_cast<Index>(file_bytes), limits.bytes_per_file_byte);
  return std::min(limits.max_bytes, std::max(limits.small_file_bytes, by_length.value_or(limits.max_bytes)));
}

// Whether the first directory, or a value of it, lies behind the file's end: most writers put both behind the pixels.
inline bool is_cut_tiff(std::span<const std::byte> file) noexcept {
  const auto block = ExifBlock::open(file);
  if (!block) return file.size() < 8;
  const std::size_t directory = block->first_directory();
  if (directory + 2 > file.size()) return true;
  const std::size_t entries = block->number16(directory);
  const std::size_t behind = directory + 2 + entries * ExifBlock::entry_bytes + 4;
  if (behind > file.size()) return true;
  for (std::size_t i = 0; i < entries; ++i) {
    if (!has_exif_value(*block, directory + 2 + i * ExifBlock::entry_bytes)) return true;
  }
  return false;
}

inline Result<LoadedPicture> read_tiff(std::span<const std::byte> file, const LoadLimits& limits, Index page) {
  TiffMemory memory;
  memory.file = file;
  const TiffHandle tiff = open_tiff(memory, "rD", tiff_memory_limit(limits, file.size()));
  if (tiff == nullptr) return bad_tiff(memory, "no page");
  const auto pages = tiff_pages(tiff.get());
  if (!pages) return pages.error();
  const auto count = static_cast<Index>(pages->size());
  if (page < 0 || page >= count) {
    return Error{ErrorCode::invalid_argument,
                 "found page " + std::to_string(page) + " asked for, expected one below " + std::to_string(count)};
  }
  if (TIFFSetDirectory(tiff.get(), (*pages)[static_cast<std::size_t>(page)]) == 0) return bad_tiff(memory, "no page");
  auto picture = read_tiff_page(tiff.get(), memory, limits);
  if (picture) picture->pages = count;
  return picture;
}

inline Result<LoadedPicture> decode_tiff(std::span<const std::byte> file, const LoadLimits& limits, Index page) {
  auto picture = read_tiff(file, limits, page);
  const bool is_damaged = !picture && picture.error().code == ErrorCode::malformed;
  if (is_damaged && is_cut_tiff(file)) return cut_tiff();
  return picture;
}

inline Result<Index> count_tiff_pages(std::span<const std::byte> file) {
  TiffMemory memory;
  memory.file = file;
  const TiffHandle tiff = open_tiff(memory, "rD", tiff_memory_limit({}, file.size()));
  if (tiff == nullptr) return bad_tiff(memory, "no page");
  const auto pages = tiff_pages(tiff.get());
  if (!pages) return pages.error();
  return static_cast<Index>(pages->size());
}

}  // namespace ochre::inline v0::detail
