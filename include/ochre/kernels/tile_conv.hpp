// Convolution on the tile unit (simd/tile_unit.hpp), as an implicit GEMM: any kernel, stride, padding and dilation;
// transposed ones grid by grid (conv_shape.hpp). The input is a tensor of bf16 parts (parts_layout.hpp), so that 16
// neighbouring pixels of 32 channels are one tile, read where they lie. A block is 2 rows of 16 pixels times 32 output
// channels, four sums:
//   tiles 0 1    first row of pixels (tile 4)   times the panel's first and second 16 outputs (tiles 6, 7)
//   tiles 2 3    second row (tile 5)
// summed over segments, one tap of one block of channels each. With two parts a segment is three products: low·high,
// high·high, high·low; low·low, 2^-16 of the whole, is left out. Where fewer than 16 pixels are left of a row, the unit
// is configured for so many, which take so much less time; an odd last row goes alone.
// What will be read next is asked for ahead: the next block of channels of the same pixels into the first cache, some
// lines with each segment; the next panel's weights into the second, spread over the last rows of this one.
// Sums leave by way of 4 KiB on the stack, where the epilogue meets them, as floats or as parts for the next of its
// kind. Unit: simd::TileUnit, or simd::TileModel, which gives the same bits.
// Errors: reference/split_bound.hpp. Tested by tile_conv_test.cpp.
#pragma once

#include <algorithm>
#include <utility>

#include <ochre/kernels/precision.hpp>
#include <ochre/kernels/tile_weights.hpp>
#include <ochre/simd/tile_model.hpp>

namespace ochre::inline v0::kernels {

template <class Arch, class Unit, int Parts>
class TileConv final : public ConvKernel {
 public:
  // out_parts: of the output, 0 for floats.
  TileConv(const ConvShape& conv, int out_parts) : weights_(conv, conv_grids(conv), Parts), out_parts_(out_parts) {
    const bool dense = !conv.transposed && conv.window.stride.h == 1;
    row_pair_ = dense ? conv.window.dilation.h : 1;
  }

  Index weight_bytes() const noexcept override { return weights_.bytes(); }
  Precision precision() const noexcept override { return Parts == 1 ? Precision::bf16 : Precision::split; }
  double error_growth() const noexcept override { return 1.0; }

  Border border(Extent in, Extent out) const noexcept override { return border_of(weights_.grids(), in, out); }

  ConvSchedule schedule(const BlockedLayout& in, const BlockedLayout& out, int threads) const override {
    ConvSchedule schedule{in, out, 0, {}, {}, 0, false};
    const Index pairs = ceil_div(out.extent.h, 2 * weights_.grids()[0].out_step.h);
    const Index chunks = ceil_div(Index{4} * threads, weights_.panels());  // enough items for every worker
    schedule.tile_block = std::clamp(ceil_div(pairs, chunks), Index{1}, most_pairs);
    for (const ConvGrid& grid : weights_.grids()) {
      schedule.offsets.push_back(segment_offsets(grid, in, weights_.in_blocks()));
    }
    for (const ConvGrid& grid : weights_.grids()) schedule.offsets.push_back(lines_ahead(grid, in));
    return schedule;
  }

  Status pack(const ConvWeights& weights, Epilogue epilogue, const parallel::Team& team) override {
    epilogue_ = std::move(epilogue);
    return weights_.pack(weights, team);
  }

  void run(BlockedView<const float> in, BlockedView<float> out, const ConvSchedule& schedule, std::span<float>,
           const parallel::Team& team) const noexcept override {
    for (Index g = 0; g < static_cast<Index>(weights_.grids().size()); ++g) {
      const Extent count = outputs_of(weights_.grids()[static_cast<std::size_t>(g)], out.layout.extent);
      if (count.h == 0 || count.w == 0) continue;
      const RowPairs rows{count.h, row_pair_ < count.h ? row_pair_ : 1};
      const Index pairs_at_once = schedule.tile_block;
      const Index chunks = ceil_div(rows.count(), pairs_at_once);
      // A worker stays with one panel of weights for as many rows as it can.
      parallel::for_ranges(team, weights_.panels() * chunks, 1, [&](Index begin, Index end, int) noexcept {
        Unit unit;
        Sums sums;
        for (Index item = begin; item < end; ++item) {
          const Index first = item % chunks * pairs_at_once;
          Chunk chunk{in, out, &schedule, g, item / chunks, first, std::min(first + pairs_at_once, rows.count())};
          chunk.low = part_stride(in.layout, Parts);
          chunk.apart = out_parts_ != 0 ? part_stride(out.layout, out_parts_) : out.layout.block_stride();
          chunk.weight_lines = chunk.end == rows.count() ? weight_lines(chunk, count.w) : 0;
          run_chunk(chunk, rows, count.w, unit, sums);
        }
        unit.release();
      });
    }
  }

 private:
  static constexpr Index tile_pixels = 16;
  static constexpr Index most_pairs = 8;        // of rows, at once
  static constexpr Index numbers_of_line = 32;  // of 16 bits
  static constexpr Index most_lines = 12;       // with one segment

  // Two rows of a grid that are `distance` apart: those of one residue read the same rows of the input.
  struct RowPairs {
    Index rows = 0;
    Index distance = 1;

    Index count() const noexcept {
      return rows / (2 * distance) * distance + std::min(distance, rows % (2 * distance));
    }
    Index first(Index pair) const noexcept { return pair / distance * 2 * distance + pair % distance; }
    bool whole(Index pair) const noexcept { return first(pair) + distance < rows; }
  };

  // Some pairs of rows of one panel.
  struct Chunk {
    BlockedView<const float> in;
    BlockedView<float> out;
    const ConvSchedule* schedule;
    Index grid;
    Index panel;
    Index begin;  // pairs
    Index end;
    Index low = 0;           // floats from the input's high parts to the low ones
    Index apart = 0;         // floats from a part, or a block of 16 channels, of the output to the next
    Index weight_lines = 0;  // of the next panel, asked for with each segment
    Index blocks_done = 0;
  };

  struct Sums {
    alignas(64) float at[2][tile_pixels][TileWeights::panel];  // row, pixel, channel
  };

  // What a block of pixels reads.
  struct Operands {
    const float* pixels;   // of the first row
    Index second_row;      // floats from it to the second
    Index low;             // floats from the high parts to the low ones
    Index stride;          // bytes from pixel to pixel
    const Index* offsets;  // floats, one a segment
    Index segments;
    const std::uint16_t* weights;
    const Index* lines;  // floats, `lines_of_segment` for each
    Index lines_of_segment;
    const std::uint16_t* next_weights;
    Index weight_lines;
  };

  // For each segment the cache lines, as floats from the first pixel, of the next block of channels that it asks for:
  // all that a block of pixels reads of it, shared out to the taps.
  std::vector<Index> lines_ahead(const ConvGrid& grid, const BlockedLayout& in) const {
    std::vector<Index> lines;
    for (const Tap& tap : grid.taps) {
      for (Index i = 0; i < 2 * tile_pixels; ++i) {
        const Index y = tap.y + i / tile_pixels * grid.in_step.h * row_pair_;
        lines.push_back(y * in.row_stride() + (tap.x + i % tile_pixels * grid.in_step.w) * in.block);
      }
    }
    std::sort(lines.begin(), lines.end());
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    const auto taps = static_cast<Index>(grid.taps.size());
    const Index each = taps == 0 ? 0 : std::min(most_lines, ceil_div(static_cast<Index>(lines.size()), taps));
    std::vector<Index> list;
    for (Index b = 0; b < weights_.in_blocks(); ++b) {
      const Index next = std::min(b + 1, weights_.in_blocks() - 1) * in.block_stride();
      for (Index i = 0; i < taps * each; ++i) {
        list.push_back(next + lines[static_cast<std::size_t>(std::min(i, static_cast<Index>(lines.size()) - 1))]);
      }
    }
    return list;
  }

  // So many that a panel is there when its turn comes.
  Index weight_lines(const Chunk& chunk, Index width) const noexcept {
    constexpr Index lines_of_tile = 16;
    const Index blocks = (chunk.end - chunk.begin) * ceil_div(width, tile_pixels);
    return ceil_div(Parts * (weights_.wide(chunk.panel) ? 2 : 1) * lines_of_tile, blocks);
  }

  void run_chunk(Chunk& chunk, const RowPairs& rows, Index width, Unit& unit, Sums& sums) const noexcept {
    const Index rest = width % tile_pixels;
    if (width >= tile_pixels) {
      unit.configure(tile_pixels);
      for (Index pair = chunk.begin; pair < chunk.end; ++pair) {
        for (Index x = 0; x + tile_pixels <= width; x += tile_pixels) {
          run_block(chunk, rows, pair, x, tile_pixels, unit, sums);
        }
      }
    }
    if (rest == 0) return;
    unit.configure(static_cast<int>(rest));
    for (Index pair = chunk.begin; pair < chunk.end; ++pair) {
      run_block(chunk, rows, pair, width - rest, rest, unit, sums);
    }
  }

  void run_block(Chunk& chunk, const RowPairs& rows, Index pair, Index x, Index pixels, Unit& unit,
                 Sums& sums) const noexcept {
    const ConvGrid& grid = weights_.grids()[static_cast<std::size_t>(chunk.grid)];
    const auto& offsets = chunk.schedule->offsets[static_cast<std::size_t>(chunk.grid)];
    const Index y = rows.first(pair);
    const BlockedLayout& in = chunk.in.layout;
    const auto& lines = chunk.schedule->offsets[weights_.grids().size() + static_cast<std::size_t>(chunk.grid)];
    const auto segments = static_cast<Index>(offsets.size());
    const Operands operands{
        chunk.in.pixel(0, grid.in_step.h * y, grid.in_step.w * x),
        grid.in_step.h * rows.distance * in.row_stride(),
        chunk.low,
        grid.in_step.w * channel_block * static_cast<Index>(sizeof(float)),
        offsets.data(),
        segments,
        weights_.at(chunk.grid, chunk.panel),
        lines.data(),
        segments == 0 ? 0 : static_cast<Index>(lines.size()) / segments,
        weights_.at(chunk.grid, chunk.panel + 1) + chunk.blocks_done * segments * chunk.weight_lines * numbers_of_line,
        chunk.weight_lines};
    ++chunk.blocks_done;
    const bool both = rows.whole(pair);
    if (weights_.wide(chunk.panel)) {
      both ? multiply<2, 2>(operands, unit, sums) : multiply<1, 2>(operands, unit, sums);
    } else {
      both ? multiply<2, 1>(operands, unit, sums) : multiply<1, 1>(operands, unit, sums);
    }
    for (Index row = 0; row < (both ? 2 : 1); ++row) {
      const Index out_y = grid.out_origin.h + grid.out_step.h * (y + row * rows.distance);
      const Index out_x = grid.out_origin.w + grid.out_step.w * x;
      const Index block = out_parts_ != 0 ? chunk.panel : 2 * chunk.panel;
      finish(sums.at[row], pixels, chunk, chunk.out.pixel(block, out_y, out_x), grid.out_step.w * channel_block);
    }
  }

  // Rows of pixels, tiles of outputs side by side: 1 or 2 each.
  template <int Rows, int Side>
  static void multiply(const Operands& call, Unit& unit, Sums& sums) noexcept {
    constexpr Index numbers = Side * TileWeights::tile_numbers;  // of a part of a segment
    unit.template zero<0>();
    if constexpr (Side == 2) unit.template zero<1>();
    if constexpr (Rows == 2) unit.template zero<2>();
    if constexpr (Rows == 2 && Side == 2) unit.template zero<3>();
    const std::uint16_t* weights = call.weights;
    const std::uint16_t* next = call.next_weights;
    const Index* lines = call.lines;
    for (Index s = 0; s < call.segments; ++s, weights += Parts * numbers) {
      for (Index i = 0; i < call.weight_lines; ++i, next += numbers_of_line) simd::prefetch_into_second(next);
      for (Index i = 0; i < call.lines_of_segment; ++i, ++lines) {
        simd::prefetch(call.pixels + *lines);
        if constexpr (Parts == 2) simd::prefetch(call.pixels + call.low + *lines);
      }
      const float* pixels = call.pixels + call.offsets[s];
      load_weights<Side>(weights, unit);
      if constexpr (Parts == 2) add_products<Rows, Side>(pixels + call.low, call, unit);
      add_products<Rows, Side>(pixels, call, unit);
      if constexpr (Parts == 2) {
        load_weights<Side>(weights + numbers, unit);
        again<Rows, Side>(unit);
      }
    }
    constexpr Index row_bytes = TileWeights::panel * sizeof(float);
    unit.template store<0>(sums.at[0][0], row_bytes);
    if constexpr (Side == 2) unit.template store<1>(sums.at[0][0] + channel_block, row_bytes);
    if constexpr (Rows == 2) unit.template store<2>(sums.at[1][0], row_bytes);
    if constexpr (Rows == 2 && Side == 2) unit.template store<3>(sums.at[1][0] + channel_block, row_bytes);
  }

  template <int Side>
  [[gnu::always_inline]] static void load_weights(const std::uint16_t* weights, Unit& unit) noexcept {
    constexpr Index row_bytes = 64;
    unit.template load<6>(weights, row_bytes);
    if constexpr (Side == 2) unit.template load<7>(weights + TileWeights::tile_numbers, row_bytes);
  }

  template <int Rows, int Side>
  [[gnu::always_inline]] static void add_products(const float* pixels, const Operands& call, Unit& unit) noexcept {
    unit.template load<4>(pixels, call.stride);
    unit.template multiply<0, 4, 6>();
    if constexpr (Side == 2) unit.template multiply<1, 4, 7>();
    if constexpr (Rows == 2) {
      unit.template load<5>(pixels + call.second_row, call.stride);
      unit.template multiply<2, 5, 6>();
      if constexpr (Side == 2) unit.template multiply<3, 5, 7>();
    }
  }

  // The pixels that are loaded, with other weights.
  template <int Rows, int Side>
  [[gnu::always_inline]] static void again(Unit& unit) noexcept {
    unit.template multiply<0, 4, 6>();
    if constexpr (Side == 2) unit.template multiply<1, 4, 7>();
    if constexpr (Rows == 2) unit.template multiply<2, 5, 6>();
    if constexpr (Rows == 2 && Side == 2) unit.template multiply<3, 5, 7>();
  }

  // The epilogue of a row's sums, and their way to the output, a pixel each `step` floats.
  void finish(float (*sums)[TileWeights::panel], Index pixels, const Chunk& chunk, float* to,
              Index step) const noexcept {
    constexpr Index width = simd::lanes<float, Arch>;
    const bool wide = weights_.wide(chunk.panel);
    for (Index v = 0; v < TileWeights::panel; v += width) {
      const EpilogueVector<Arch> epilogue(epilogue_, chunk.panel * TileWeights::panel + v);
      const bool is_sum = wide || v < channel_block;  // of a narrow panel the second half has none
      for (Index i = 0; i < pixels; ++i) {
        const auto sum = is_sum ? simd::load<Arch>(sums[i] + v) : simd::broadcast<Arch>(0.0f);
        simd::store(sums[i] + v, epilogue(sum));
      }
    }
    for (Index i = 0; i < pixels; ++i, to += step) {
      if (out_parts_ != 0) {
        store_pixel<Arch>(sums[i], to, out_parts_, chunk.apart);
        continue;
      }
      std::copy_n(sums[i], channel_block, to);
      if (wide) std::copy_n(sums[i] + channel_block, channel_block, to + chunk.apart);
    }
  }

  TileWeights weights_;
  Epilogue epilogue_;
  int out_parts_ = 0;
  Index row_pair_ = 1;  // rows of outputs from the first of a block to the second
};

}  // namespace ochre::inline v0::kernels
