// Convolution as an implicit GEMM: for each output row the micro-kernel sums over (tap, channel block) straight from
// the blocked input, each tap an offset. Any kernel, stride, padding, dilation; transposed ones grid by grid
// (conv_shape.hpp). An input of block 1 (a few channels, the network's own) is read pixel by pixel with one segment for
// each (channel, tap). What it gives are floats, or bf16 parts for the tile unit's convolutions. Weights:
// [grid][panel][channel block][tap][16][panel]. Tested by direct_conv_test.cpp.
#pragma once

#include <memory>
#include <utility>

#include <ochre/kernels/conv_kernel.hpp>
#include <ochre/kernels/conv_micro_kernel.hpp>
#include <ochre/kernels/parts_layout.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::kernels {

template <class Arch>
class DirectConv final : public ConvKernel {
 public:
  // block: of the input, 16 or 1; out_parts: of the output, 0 for floats.
  DirectConv(const ConvShape& conv, Index block, int out_parts = 0)
      : conv_(conv),
        block_(block),
        out_parts_(out_parts),
        grids_(conv_grids(conv)),
        panels_{ceil_div(conv.out, channel_block)} {
    for (const auto& grid : grids_) {
      begins_.push_back(size_);
      size_ += depth(grid) * panels_.blocks * channel_block;
    }
  }

  Index weight_bytes() const noexcept override { return size_ * static_cast<Index>(sizeof(float)); }

  double error_growth() const noexcept override { return 1.0; }

  Border border(Extent in, Extent out) const noexcept override { return border_of(grids_, in, out); }

  ConvSchedule schedule(const BlockedLayout& in, const BlockedLayout& out, int) const override {
    ConvSchedule schedule{in, out, 0, {}, {}, 0, false};
    for (const auto& grid : grids_) schedule.offsets.push_back(segment_offsets(grid, in, in.blocks()));
    return schedule;
  }

  Status pack(const ConvWeights& weights, Epilogue epilogue, const parallel::Team& team) override {
    auto values = AlignedBuffer<float>::create(size_, HugePages::later);
    if (!values) return std::move(values).error();
    values_ = *std::move(values);
    epilogue_ = std::move(epilogue);
    const Index panels = panels_.count();
    parallel::for_ranges(team, static_cast<Index>(grids_.size()) * panels, 1,
                         [&](Index begin, Index end, int) noexcept {
                           for (Index item = begin; item < end; ++item)
                             pack_panel(item / panels, item % panels, weights);
                         });
    values_.prefer_huge_pages();
    return {};
  }

  void run(BlockedView<const float> in, BlockedView<float> out, const ConvSchedule& schedule, std::span<float>,
           const parallel::Team& team) const noexcept override {
    for (Index g = 0; g < static_cast<Index>(grids_.size()); ++g) {
      const Extent count = outputs_of(grids_[static_cast<std::size_t>(g)], out.layout.extent);
      if (count.w == 0) continue;
      if (out_parts_ != 0) {
        run_to_parts(in, out, schedule, g, count, team);
        continue;
      }
      // A worker stays with one panel of weights for as many rows as it can.
      parallel::for_ranges(team, panels_.count() * count.h, 4, [&](Index begin, Index end, int) noexcept {
        for (Index item = begin; item < end; ++item) {
          const ConvGrid& grid = grids_[static_cast<std::size_t>(g)];
          const auto& offsets = schedule.offsets[static_cast<std::size_t>(g)];
          const Index panel = item / count.h;
          const Index row = item % count.h;
          run_panel(
              in.pixel(0, grid.in_step.h * row, 0), offsets, g, panel, count.w,
              {out.pixel(panels_.first_block(panel), grid.out_origin.h + grid.out_step.h * row, grid.out_origin.w),
               grid.out_step.w * channel_block, out.layout.block_stride()});
        }
      });
    }
  }

  // Where outputs go: rows `row` floats apart, blocks of channels `block` floats apart.
  struct Target {
    float* data = nullptr;
    Index row = channel_block;
    Index block = 0;
  };

  // `count` outputs of the first grid from the input pixel at `pixel` on, all channels. offsets: of schedule().
  void run_pixels(const float* pixel, std::span<const Index> offsets, Index count, const Target& to) const noexcept {
    for (Index panel = 0; panel < panels_.count(); ++panel) {
      Target target = to;
      target.data += panels_.first_block(panel) * to.block;
      run_panel(pixel, offsets, 0, panel, count, target);
    }
  }

 private:
  // One grid; 16 pixels of 32 channels at a time go by way of the stack.
  void run_to_parts(BlockedView<const float> in, BlockedView<float> out, const ConvSchedule& schedule, Index g,
                    Extent count, const parallel::Team& team) const noexcept {
    const Index blocks = out.layout.blocks() / out_parts_;
    parallel::for_ranges(team, blocks * count.h, 4, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) {
        row_to_parts(in, out, schedule.offsets[static_cast<std::size_t>(g)], g, item / count.h, item % count.h,
                     count.w);
      }
    });
  }

  void row_to_parts(BlockedView<const float> in, BlockedView<float> out, std::span<const Index> offsets, Index g,
                    Index block, Index row, Index width) const noexcept {
    constexpr Index pixels = 16;
    alignas(64) float sums[pixels][parts_block] = {};  // zero stays what no panel writes
    const ConvGrid& grid = grids_[static_cast<std::size_t>(g)];
    const Index y = grid.out_origin.h + grid.out_step.h * row;
    const Index first = block * parts_block / channel_block;
    const Index first_panel = first / panels_.blocks_per_panel;
    const Index end_panel = std::min(panels_.count(), first_panel + parts_block / simd::ConvTile<Arch>::panel);
    const Index apart = part_stride(out.layout, out_parts_);
    for (Index x = 0; x < width; x += pixels) {
      const Index count = std::min(pixels, width - x);
      for (Index panel = first_panel; panel < end_panel; ++panel) {
        const Index channel = (panels_.first_block(panel) - first) * channel_block;
        run_panel(in.pixel(0, grid.in_step.h * row, grid.in_step.w * x), offsets, g, panel, count,
                  {sums[0] + channel, parts_block, channel_block});
      }
      float* to = out.pixel(block, y, grid.out_origin.w + grid.out_step.w * x);
      for (Index i = 0; i < count; ++i, to += grid.out_step.w * channel_block) {
        store_pixel<Arch>(sums[i], to, out_parts_, apart);
      }
    }
  }

  // `count` neighbouring outputs of one grid, one panel.
  void run_panel(const float* pixel, std::span<const Index> offsets, Index g, Index panel, Index count,
                 const Target& to) const noexcept {
    const ConvGrid& grid = grids_[static_cast<std::size_t>(g)];
    TileOperands call;
    call.a = pixel;
    call.row_stride = grid.in_step.w * block_;
    call.offsets = offsets.data();
    call.segments = static_cast<Index>(offsets.size());
    call.depth = block_;
    call.channel = panels_.first_block(panel) * channel_block;
    call.weights = values_.data() + begins_[static_cast<std::size_t>(g)] + call.channel * depth(grid);
    call.c = to.data;
    call.c_row = to.row;
    call.c_block = to.block;
    call.epilogue = &epilogue_;
    if (panels_.wide(panel)) {
      conv_rows<Arch, wide_vectors<Arch>>(call, count);
    } else {
      conv_rows<Arch, narrow_vectors<Arch>>(call, count);
    }
  }

  // Products of one output, those of padded channels with them.
  Index depth(const ConvGrid& grid) const noexcept {
    return ceil_div(conv_.in, block_) * block_ * static_cast<Index>(grid.taps.size());
  }

  void pack_panel(Index g, Index panel, const ConvWeights& weights) noexcept {
    const ConvGrid& grid = grids_[static_cast<std::size_t>(g)];
    const Index width = panels_.width(panel);
    const Index first = panels_.first_block(panel) * channel_block;
    const Index channels = std::min(width, conv_.out - first);
    float* to = values_.data() + begins_[static_cast<std::size_t>(g)] + first * depth(grid);
    for (Index c0 = 0; c0 < conv_.in; c0 += block_) {
      for (const Tap& tap : grid.taps) {
        for (Index c = c0; c < c0 + block_; ++c, to += width) {
          for (Index o = 0; o < channels && c < conv_.in; ++o) {
            const auto from = static_cast<std::size_t>(conv_.weight_at(first + o, c, tap.ky, tap.kx));
            const double factor = weights.factors[static_cast<std::size_t>(first + o)];
            to[o] = static_cast<float>(static_cast<double>(weights.values[from]) * factor);
          }
        }
      }
    }
  }

  ConvShape conv_;
  Index block_ = channel_block;
  int out_parts_ = 0;
  std::vector<ConvGrid> grids_;
  Panels<Arch> panels_;
  std::vector<Index> begins_;
  Index size_ = 0;  // floats of packed weights
  AlignedBuffer<float> values_;
  Epilogue epilogue_;
};

}  // namespace ochre::inline v0::kernels
