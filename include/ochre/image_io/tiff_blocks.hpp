// The pixels of a TIFF's page, strip by strip or tile by tile, into a picture of the samples as they are stored. Tested
// by tiff_decode_test.cpp and the fuzz target load_picture.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/function_ref.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/tiff_file.hpp>
#include <ochre/image_io/tiff_samples.hpp>
#include <ochre/image_io/tiff_scan.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::detail {

// A row of a block: `pixels` pixels from x, y on; of the sample `plane` alone, or, below 0, all samples of each.
struct TiffRow {
  const std::uint8_t* samples = nullptr;
  Index x = 0;
  Index y = 0;
  Index pixels = 0;
  int plane = -1;
};

// Where in a pixel of the picture a sample goes; below 0: nowhere.
inline Index channel_of(int sample, const TiffFacts& facts) noexcept {
  const Index colors = channels(facts.format) - (facts.alpha >= 0 ? 1 : 0);
  if (sample < colors) return sample;
  return sample == facts.alpha ? colors : -1;
}

class TiffBlocks {
 public:
  TiffBlocks(TIFF* tiff, const TiffMemory& memory, const TiffFacts& facts)
      : tiff_(tiff), memory_(memory), facts_(facts) {}

  // Every row of every block that has pixels.
  Status read(FunctionRef<void(const TiffRow&)> use) {
    auto block = AlignedBuffer<std::uint8_t>::create(facts_.block_bytes);
    if (!block) return std::move(block).error();
    const PictureClaim& claim = facts_.claim;
    const int planes = facts_.is_planar ? facts_.samples : 1;
    for (int plane = 0; plane < planes; ++plane) {
      if (facts_.is_planar && channel_of(plane, facts_) < 0) continue;
      for (Index y = 0; y < claim.height; y += facts_.block_height) {
        for (Index x = 0; x < claim.width; x += facts_.block_width) {
          if (Status status = decode(x, y, plane, *block); !status) return status;
          const Index rows = std::min(facts_.block_height, claim.height - y);
          const Index pixels = std::min(facts_.block_width, claim.width - x);
          for (Index row = 0; row < rows; ++row) {
            use({block->data() + row * facts_.row_bytes, x, y + row, pixels, facts_.is_planar ? plane : -1});
          }
        }
      }
    }
    return {};
  }

 private:
  Status decode(Index x, Index y, int plane, AlignedBuffer<std::uint8_t>& block) const {
    const auto column = static_cast<std::uint32_t>(x);
    const auto row = static_cast<std::uint32_t>(y);
    const auto sample = static_cast<std::uint16_t>(plane);
    const auto bytes = static_cast<tmsize_t>(facts_.block_bytes);
    const std::uint32_t number =
        facts_.is_tiled ? TIFFComputeTile(tiff_, column, row, 0, sample) : TIFFComputeStrip(tiff_, row, sample);
    const tmsize_t decoded = facts_.is_tiled ? TIFFReadEncodedTile(tiff_, number, block.data(), bytes)
                                             : TIFFReadEncodedStrip(tiff_, number, block.data(), bytes);
    if (decoded >= 0) return {};
    const auto begin = TIFFGetStrileOffset(tiff_, number);
    if (begin > memory_.file.size() || TIFFGetStrileByteCount(tiff_, number) > memory_.file.size() - begin) {
      return cut_tiff();
    }
    return bad_tiff(memory_, "a strip or tile that cannot be read");
  }

  TIFF* tiff_;
  const TiffMemory& memory_;
  const TiffFacts& facts_;
};

inline void store_tiff_row(const TiffRow& row, const TiffFacts& facts, const TiffSample& sample,
                           const MutablePictureView& picture) noexcept {
  const bool is_wide = bytes_per_sample(facts.format) == 2;
  const bool is_narrowed = facts.photometric == PHOTOMETRIC_SEPARATED && facts.bits > 8;  // inks stay 8 bits
  const Index in_row = row.plane < 0 ? facts.samples : 1;
  const Index step = bytes_per_pixel(facts.format);
  for (Index i = 0; i < in_row; ++i) {
    const Index channel = channel_of(row.plane < 0 ? static_cast<int>(i) : row.plane, facts);
    if (channel < 0) continue;
    std::uint8_t* to = picture.row(row.y) + row.x * step + channel * bytes_per_sample(facts.format);
    for (Index x = 0; x < row.pixels; ++x, to += step) {
      const std::uint32_t level = sample.level(row.samples, x * in_row + i);
      if (is_wide) {
        const auto wide = static_cast<std::uint16_t>(level);
        std::memcpy(to, &wide, 2);
      } else {
        *to = static_cast<std::uint8_t>(is_narrowed ? level >> 8 : level);
      }
    }
  }
}

// The largest value, at least 1: numbers with a point mostly lie between 0 and 1.
inline Result<double> tiff_white(TiffBlocks& blocks, const TiffFacts& facts, const TiffSample& sample) {
  double white = 1;
  const auto look = [&](const TiffRow& row) {
    const Index in_row = row.plane < 0 ? facts.samples : 1;
    for (Index i = 0; i < row.pixels * in_row; ++i) {
      if (channel_of(row.plane < 0 ? static_cast<int>(i % in_row) : row.plane, facts) < 0) continue;
      const double value = sample.value(row.samples, i);
      if (is_finite(value)) white = std::max(white, value);
    }
  };
  if (Status status = blocks.read(look); !status) return std::move(status).error();
  return white;
}

// Who flags 8 bits as signed mostly errs: libtiff and others take them as they are.
inline TiffNumber tiff_number_kind(const TiffFacts& facts) noexcept {
  if (facts.photometric == PHOTOMETRIC_PALETTE) return TiffNumber::index;
  if (facts.sample_kind == SAMPLEFORMAT_IEEEFP) return TiffNumber::with_point;
  return facts.sample_kind == SAMPLEFORMAT_INT && facts.bits > 8 ? TiffNumber::with_sign : TiffNumber::whole;
}

// The samples as they are stored, scaled to 8 or 16 bits.
inline Result<LoadedPicture> read_tiff_samples(TIFF* tiff, const TiffMemory& memory, const TiffFacts& facts) {
  TiffBlocks blocks(tiff, memory, facts);
  auto picture = LoadedPicture::create(facts.claim.width, facts.claim.height, facts.format);
  if (!picture) return picture;
  const TiffNumber number = tiff_number_kind(facts);
  const bool is_wide = facts.bits > 8;
  const bool is_measured = number == TiffNumber::with_point || number == TiffNumber::with_sign ||
                           (number == TiffNumber::whole && facts.bits > 16);
  double white = 0;
  if (is_measured) {
    auto found = tiff_white(blocks, facts, TiffSample(number, facts.bits, is_wide));
    if (Status status = std::move(found).move_to(white); !status) return std::move(status).error();
  }
  const TiffSample sample(number, facts.bits, is_wide, white);
  const auto store = [&](const TiffRow& row) { store_tiff_row(row, facts, sample, picture->view()); };
  if (Status status = blocks.read(store); !status) return std::move(status).error();
  if (white > 1) {
    char text[32];
    std::snprintf(text, sizeof(text), "%g", white);
    picture->remark = std::string("found values up to ") + text + ", which is taken as white";
  }
  return picture;
}

}  // namespace ochre::inline v0::detail
