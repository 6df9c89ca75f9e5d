// The weights of a convolution on the tile unit, in the order in which its kernel reads them (tile_conv.hpp):
//   [grid][panel of 32 output channels][block of 32 input channels][tap][part][16 outputs: 2 of them][16 pairs of input
//   channels][16 outputs][2 channels of a pair]
// as bf16 parts of weight · factor. A last panel of 16 channels or fewer has 16 outputs only.
// Tested by tile_conv_test.cpp.
#pragma once

#include <utility>
#include <vector>

#include <ochre/kernels/conv_kernel.hpp>
#include <ochre/kernels/parts_layout.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::kernels {

class TileWeights {
 public:
  static constexpr Index panel = 32;              // output channels
  static constexpr Index tile_numbers = 16 * 32;  // of a tile, 1 KiB

  // Their order; the values come with pack().
  TileWeights(const ConvShape& conv, std::vector<ConvGrid> grids, int parts)
      : conv_(conv), grids_(std::move(grids)), parts_(parts) {
    for (const ConvGrid& grid : grids_) {
      begins_.push_back(size_);
      size_ += segments(grid) * parts_ * tile_numbers * tiles();
    }
  }

  const std::vector<ConvGrid>& grids() const noexcept { return grids_; }
  Index panels() const noexcept { return ceil_div(conv_.out, panel); }
  Index in_blocks() const noexcept { return ceil_div(conv_.in, parts_block); }
  bool wide(Index p) const noexcept { return conv_.out - p * panel > channel_block; }
  Index segments(const ConvGrid& grid) const noexcept { return in_blocks() * static_cast<Index>(grid.taps.size()); }
  Index bytes() const noexcept { return size_ * static_cast<Index>(sizeof(std::uint16_t)); }

  // Of all segments of a grid, of one panel.
  const std::uint16_t* at(Index grid, Index p) const noexcept {
    return values_.data() + begins_[static_cast<std::size_t>(grid)] + panel_offset(grid, p);
  }

  // Errors: no memory. The same bits for any team.
  Status pack(const ConvWeights& weights, const parallel::Team& team) {
    auto values = AlignedBuffer<std::uint16_t>::create(size_, HugePages::later);
    if (!values) return std::move(values).error();
    values_ = *std::move(values);
    const Index count = static_cast<Index>(grids_.size()) * panels() * in_blocks();
    parallel::for_ranges(team, count, 1, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) {
        pack_block(item / in_blocks() / panels(), item / in_blocks() % panels(), item % in_blocks(), weights);
      }
    });
    values_.prefer_huge_pages();
    return {};
  }

 private:
  Index tiles() const noexcept { return ceil_div(conv_.out, channel_block); }  // side by side

  Index panel_offset(Index grid, Index p) const noexcept {
    return segments(grids_[static_cast<std::size_t>(grid)]) * parts_ * tile_numbers * 2 * p;
  }

  // One block of input channels for one panel, all taps.
  void pack_block(Index grid, Index p, Index block, const ConvWeights& weights) noexcept {
    const auto& taps = grids_[static_cast<std::size_t>(grid)].taps;
    const Index side = wide(p) ? 2 : 1;
    const Index apart = side * tile_numbers;  // from part to part
    std::uint16_t* to = values_.data() + begins_[static_cast<std::size_t>(grid)] + panel_offset(grid, p) +
                        block * static_cast<Index>(taps.size()) * parts_ * apart;
    const Index inputs = std::min(parts_block, conv_.in - block * parts_block);
    const Index outputs = std::min(side * channel_block, conv_.out - p * panel);
    for (const Tap& tap : taps) {
      for (Index k = 0; k < inputs; ++k) {
        for (Index o = 0; o < outputs; ++o) {
          const auto output = static_cast<std::size_t>(p * panel + o);
          const auto from =
              static_cast<std::size_t>(conv_.weight_at(p * panel + o, block * parts_block + k, tap.ky, tap.kx));
          put(static_cast<double>(weights.values[from]) * weights.factors[output],
              to + o / channel_block * tile_numbers + k / 2 * 32 + o % channel_block * 2 + k % 2, apart);
        }
      }
      to += parts_ * apart;
    }
  }

  // Rounded part by part in double, so that no part carries another's rounding to float.
  void put(double value, std::uint16_t* to, Index apart) const noexcept {
    for (int part = 0; part < parts_; ++part, to += apart) {
      *to = simd::to_bf16(simd::without_subnormal(static_cast<float>(value)));
      value -= static_cast<double>(simd::from_bf16(*to));
    }
  }

  ConvShape conv_;
  std::vector<ConvGrid> grids_;
  int parts_ = 1;
  std::vector<Index> begins_;  // by grid
  Index size_ = 0;             // numbers of 16 bits
  AlignedBuffer<std::uint16_t> values_;
};

}  // namespace ochre::inline v0::kernels
