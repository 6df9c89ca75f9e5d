// What the fast engine sees of a convolution, whatever computes it, in the order in which it is asked: how much memory
// its weights will take, which border and which schedule a pair of shapes needs (all of that before there are weights),
// pack(), once, and run() without allocation. Implemented by winograd_conv.hpp, direct_conv.hpp and tile_conv.hpp for
// each instruction set.
#pragma once

#include <span>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/kernels/conv_shape.hpp>
#include <ochre/kernels/epilogue.hpp>
#include <ochre/kernels/precision.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/simd/tile.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::kernels {

// Where a Winograd tile reads and writes, relative to the tensors' data, and what of it is inside the output.
struct TileAt {
  Index in = 0;
  Index out = 0;
  int rows = 0;
  int columns = 0;
};

// Of one pair of shapes and a number of threads: what run() reads and writes where, in which portions.
struct ConvSchedule {
  BlockedLayout in;
  BlockedLayout out;
  Index scratch = 0;                        // floats
  std::vector<std::vector<Index>> offsets;  // segments' offsets into the input, one list for each grid or point
  std::vector<std::vector<TileAt>> tiles;   // one list for each set of weights
  Index tile_block = 0;                     // tiles at once; on the tile unit pairs of rows
  bool independent = false;                 // each worker takes whole blocks of tiles
};

// As ConvShape orders them, with a factor for each output channel that is multiplied in (a batch norm before the
// rectifier).
struct ConvWeights {
  std::span<const float> values;
  std::span<const double> factors;
};

class ConvKernel {
 public:
  virtual ~ConvKernel() = default;

  virtual Index weight_bytes() const noexcept = 0;                             // packed
  virtual Precision precision() const noexcept { return Precision::float32; }  // of its products

  // How much larger its rounding errors are than those of a plain sum, for operands of random signs.
  virtual double error_growth() const noexcept = 0;

  // The border that `in` needs so that an output of that extent can be computed.
  virtual Border border(Extent in, Extent out) const noexcept = 0;

  virtual ConvSchedule schedule(const BlockedLayout& in, const BlockedLayout& out, int threads) const = 0;

  // Errors: no memory. The same bits for any team.
  virtual Status pack(const ConvWeights& weights, Epilogue epilogue, const parallel::Team& team) = 0;

  // After pack(). scratch: schedule.scratch floats. The border of `in` is zero; of `out` only the interior is written.
  virtual void run(BlockedView<const float> in, BlockedView<float> out, const ConvSchedule& schedule,
                   std::span<float> scratch, const parallel::Team& team) const noexcept = 0;
};

// The border that an input needs whose pixels are read where the grids' taps say.
inline Border border_of(const std::vector<ConvGrid>& grids, Extent in, Extent out) noexcept {
  Border border;
  for (const ConvGrid& grid : grids) {
    const Extent count = outputs_of(grid, out);
    if (count.h == 0 || count.w == 0) continue;
    for (const Tap& tap : grid.taps) {
      border = tensor::widest(border, {-tap.y, -tap.x, grid.in_step.h * (count.h - 1) + tap.y - (in.h - 1),
                                       grid.in_step.w * (count.w - 1) + tap.x - (in.w - 1)});
    }
  }
  return border;
}

// Where a grid's segments begin, in floats from the input pixel under an output: all taps of one block of channels
// after the other, so many blocks.
inline std::vector<Index> segment_offsets(const ConvGrid& grid, const BlockedLayout& in, Index blocks) {
  std::vector<Index> offsets;
  for (Index b = 0; b < blocks; ++b) {
    for (const Tap& tap : grid.taps) {
      offsets.push_back(b * in.block_stride() + tap.y * in.row_stride() + tap.x * in.block);
    }
  }
  return offsets;
}

// Output channels rounded up so that any panel of any instruction set can be loaded whole: the length of an epilogue's
// vectors.
inline Index padded_channels(Index channels) noexcept { return ceil_div(channels, 64) * 64; }

// Panels of output channels: wide ones, and one of 16 channels if a block is left over.
template <class Arch>
struct Panels {
  static constexpr Index blocks_per_panel = simd::ConvTile<Arch>::panel / channel_block;

  Index blocks = 0;  // of 16 output channels

  Index count() const noexcept { return ceil_div(blocks, blocks_per_panel); }
  Index first_block(Index panel) const noexcept { return panel * blocks_per_panel; }
  bool wide(Index panel) const noexcept { return first_block(panel) + blocks_per_panel <= blocks; }
  // Channels of the panel's weights.
  Index width(Index panel) const noexcept { return wide(panel) ? simd::ConvTile<Arch>::panel : channel_block; }
};

}  // namespace ochre::inline v0::kernels
