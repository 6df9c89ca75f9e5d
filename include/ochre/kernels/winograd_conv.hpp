// Convolution by Winograd's filtering (winograd_points.hpp) on blocked tensors:
//   1. input transform:    V[point][source, channel block][tile][16]   from n x n pixels of each tile
//   2. products:           M[point][output block][tile][16] = V[point] · U[point]    the micro-kernel, n² times
//   3. inverse transform:  m x m outputs of each tile, with the epilogue
// for one block of tiles after the other, so that V and M stay in the cache. Either all workers share each step of a
// block (large layers: every weight is read once), or each takes blocks of its own (many tiles, few weights).
// Errors: winograd_conv_test.cpp compares with the reference within the bound of reference/winograd_bound.hpp.
#pragma once

#include <memory>
#include <utility>

#include <ochre/kernels/conv_micro_kernel.hpp>
#include <ochre/kernels/winograd_pack.hpp>
#include <ochre/kernels/winograd_transform.hpp>

namespace ochre::inline v0::kernels {

template <class Arch, class Products = simd::FloatProducts>
class WinogradConv final : public ConvKernel {
 public:
  // form.taps is the routine's r.
  WinogradConv(const WinogradRoutine& routine, const ConvShape& conv, WinogradForm form)
      : routine_(&routine), conv_(conv), form_(std::move(form)), weights_(routine, conv, form_) {}

  Precision precision() const noexcept override {
    return Products::per_place == 2 ? Precision::bf16 : Precision::float32;
  }
  Index weight_bytes() const noexcept override { return weights_.size() * static_cast<Index>(sizeof(float)); }

  double error_growth() const noexcept override { return routine_->error_growth; }

  Border border(Extent in, Extent out) const noexcept override {
    Border border;
    for (const auto& run : form_.runs) {
      for (const auto& grid : run.grids) {
        const Extent tiles = tile_count(grid, out);
        for (const auto& source : run.sources) {
          const auto reach = [&](Index origin, Index offset, Index count) {
            return origin + offset + form_.in_step * (m() * (count - 1) + n() - 1);  // the last pixel read
          };
          border = tensor::widest(border, {-(grid.in_origin.h + source.offset.h), -(grid.in_origin.w + source.offset.w),
                                           reach(grid.in_origin.h, source.offset.h, tiles.h) - (in.h - 1),
                                           reach(grid.in_origin.w, source.offset.w, tiles.w) - (in.w - 1)});
        }
      }
    }
    return border;
  }

  ConvSchedule schedule(const BlockedLayout& in, const BlockedLayout& out, int threads) const override {
    ConvSchedule schedule{in, out, 0, {}, {}, 0, false};
    Index most_tiles = 0;
    for (const auto& run : form_.runs) {
      std::vector<TileAt> tiles;
      for (const auto& grid : run.grids) add_tiles(grid, in, out, tiles);
      most_tiles = std::max(most_tiles, static_cast<Index>(tiles.size()));
      schedule.tiles.push_back(std::move(tiles));
    }
    choose_blocks(schedule, most_tiles, threads);
    for (Index point = 0; point < n() * n(); ++point) schedule.offsets.push_back(segments(point, schedule.tile_block));
    schedule.scratch = scratch_of_block(schedule.tile_block) * (schedule.independent ? threads : 1);
    return schedule;
  }

  Status pack(const ConvWeights& weights, Epilogue epilogue, const parallel::Team& team) override {
    epilogue_ = std::move(epilogue);
    return weights_.pack(conv_, form_, weights, team);
  }

  void run(BlockedView<const float> in, BlockedView<float> out, const ConvSchedule& schedule, std::span<float> scratch,
           const parallel::Team& team) const noexcept override {
    for (std::size_t r = 0; r < form_.runs.size(); ++r) {
      const auto count = static_cast<Index>(schedule.tiles[r].size());
      const Index blocks = ceil_div(count, schedule.tile_block);
      const auto block_at = [&](Index b, float* memory) {
        const Index first = count * b / blocks;
        return Block{in,
                     out,
                     &schedule,
                     static_cast<Index>(r),
                     schedule.tiles[r].data() + first,
                     count * (b + 1) / blocks - first,
                     memory,
                     memory + n() * n() * v_point(schedule.tile_block)};
      };
      if (schedule.independent) {
        parallel::for_ranges(team, blocks, 1, [&](Index begin, Index end, int worker) noexcept {
          for (Index b = begin; b < end; ++b) {
            run_block(block_at(b, scratch.data() + worker * scratch_of_block(schedule.tile_block)), parallel::Team{});
          }
        });
      } else {
        for (Index b = 0; b < blocks; ++b) run_block(block_at(b, scratch.data()), team);
      }
    }
  }

 private:
  struct Block {
    BlockedView<const float> in;
    BlockedView<float> out;
    const ConvSchedule* schedule;
    Index run;
    const TileAt* tiles;
    Index count;
    float* v;
    float* m;
  };

  static constexpr Index tile_group = 8;  // tiles of one item in the transforms: some microseconds

  Index m() const noexcept { return routine_->m; }
  Index n() const noexcept { return routine_->n; }
  Index sources() const noexcept { return static_cast<Index>(form_.runs[0].sources.size()); }
  Index in_blocks() const noexcept { return ceil_div(conv_.in, channel_block); }
  Index out_blocks() const noexcept { return ceil_div(conv_.out, channel_block); }

  // Floats from point to point: an odd number of cache lines, so that the points of one tile fall into different sets
  // of the cache (with a power of two the transforms take twice as long).
  static Index odd_lines(Index floats) noexcept { return (ceil_div(floats, 16) | 1) * 16; }
  Index v_point(Index tiles) const noexcept { return odd_lines(sources() * in_blocks() * tiles * Products::block); }
  Index m_point(Index tiles) const noexcept { return odd_lines(out_blocks() * tiles * channel_block); }
  Index scratch_of_block(Index tiles) const noexcept { return n() * n() * (v_point(tiles) + m_point(tiles)); }

  Extent tile_count(const WinogradGrid& grid, Extent out) const noexcept {
    const auto count = [&](Index origin, Index length) {
      return length > origin ? ceil_div(ceil_div(length - origin, form_.out_step), m()) : Index{0};
    };
    return {count(grid.out_origin.h, out.h), count(grid.out_origin.w, out.w)};
  }

  void add_tiles(const WinogradGrid& grid, const BlockedLayout& in, const BlockedLayout& out,
                 std::vector<TileAt>& tiles) const {
    const Extent count = tile_count(grid, out.extent);
    const auto inside = [&](Index origin, Index length) {
      return static_cast<int>(std::min(m(), ceil_div(length - origin, form_.out_step)));
    };
    for (Index ty = 0; ty < count.h; ++ty) {
      for (Index tx = 0; tx < count.w; ++tx) {
        const Index y = grid.out_origin.h + form_.out_step * m() * ty;
        const Index x = grid.out_origin.w + form_.out_step * m() * tx;
        tiles.push_back(
            {in.offset(grid.in_origin.h + form_.in_step * m() * ty, grid.in_origin.w + form_.in_step * m() * tx),
             out.offset(y, x), inside(y, out.extent.h), inside(x, out.extent.w)});
      }
    }
  }

  void choose_blocks(ConvSchedule& schedule, Index tiles, int threads) const noexcept {
    using Tile = simd::ConvTile<Arch>;
    const Index bytes_of_tile = scratch_of_block(16) / 16 * static_cast<Index>(sizeof(float));
    const Index in_cache = std::max<Index>(1, simd::winograd_block_bytes / bytes_of_tile / Tile::rows) * Tile::rows;
    schedule.independent = weight_bytes() <= simd::winograd_shared_weights && ceil_div(tiles, in_cache) >= 4 * threads;
    const Index most = schedule.independent ? in_cache : std::max(in_cache, simd::winograd_tiles);
    schedule.tile_block = ceil_div(tiles, ceil_div(tiles, most));
  }

  // Of the segments of one point: all sources that meet it, all blocks of channels.
  std::vector<Index> segments(Index point, Index tiles) const {
    std::vector<Index> list;
    for (Index s = 0; s < sources(); ++s) {
      if (!form_.meets(form_.runs[0].sources[static_cast<std::size_t>(s)], point / n(), point % n(), n())) continue;
      for (Index c = 0; c < in_blocks(); ++c) list.push_back((s * in_blocks() + c) * tiles * Products::block);
    }
    return list;
  }

  void run_block(const Block& block, const parallel::Team& team) const noexcept {
    const Index groups = ceil_div(block.count, tile_group);
    parallel::for_ranges(team, in_blocks() * groups, 1, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) transform_group(block, item / groups, item % groups);
    });
    const Index panels = weights_.panels().count();
    parallel::for_ranges(team, n() * n() * panels, 1, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) multiply(block, item / panels, item % panels);
    });
    parallel::for_ranges(team, out_blocks() * groups, 1, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) inverse_group(block, item / groups, item % groups);
    });
  }

  void transform_group(const Block& block, Index channels, Index group) const noexcept {
    const BlockedLayout& layout = block.in.layout;
    const Index tiles = block.schedule->tile_block;
    const Index last = routine_->r - 1;
    for (Index s = 0; s < sources(); ++s) {
      const auto& source = form_.runs[static_cast<std::size_t>(block.run)].sources[static_cast<std::size_t>(s)];
      InputTile tile;
      tile.row_stride = form_.in_step * layout.row_stride();
      tile.column_stride = form_.in_step * channel_block;
      tile.point_stride = v_point(tiles);
      tile.rows = n() - (source.ky[static_cast<std::size_t>(last)] == no_tap);
      tile.columns = n() - (source.kx[static_cast<std::size_t>(last)] == no_tap);
      const float* channel = block.in.data + channels * layout.block_stride() + source.offset.h * layout.row_stride() +
                             source.offset.w * channel_block;
      for (Index t = group * tile_group; t < std::min(block.count, (group + 1) * tile_group); ++t) {
        tile.pixels = channel + block.tiles[t].in;
        tile.v = block.v + ((s * in_blocks() + channels) * tiles + t) * Products::block;
        routine_->transform_input(tile);
      }
    }
  }

  void multiply(const Block& block, Index point, Index panel) const noexcept {
    const Index tiles = block.schedule->tile_block;
    const auto& offsets = block.schedule->offsets[static_cast<std::size_t>(point)];
    TileOperands call;
    call.a = block.v + point * v_point(tiles);
    call.row_stride = Products::block;
    call.depth = Products::block;
    call.offsets = offsets.data();
    call.segments = static_cast<Index>(offsets.size());
    call.weights = weights_.panel(block.run, point, panel);
    const Index size = call.segments * Products::block * weights_.panels().width(panel);
    call.prefetch = call.weights + size;
    call.c = block.m + point * m_point(tiles) + weights_.panels().first_block(panel) * tiles * channel_block;
    call.c_block = tiles * channel_block;
    if (weights_.panels().wide(panel)) {
      conv_rows<Arch, wide_vectors<Arch>, Products>(call, block.count, size / 16);
    } else {
      conv_rows<Arch, narrow_vectors<Arch>, Products>(call, block.count, size / 16);
    }
  }

  void inverse_group(const Block& block, Index channels, Index group) const noexcept {
    const BlockedLayout& layout = block.out.layout;
    const Index tiles = block.schedule->tile_block;
    OutputTile tile;
    tile.point_stride = m_point(tiles);
    tile.row_stride = form_.out_step * layout.row_stride();
    tile.column_stride = form_.out_step * channel_block;
    for (Index t = group * tile_group; t < std::min(block.count, (group + 1) * tile_group); ++t) {
      tile.m = block.m + (channels * tiles + t) * channel_block;
      tile.pixels = block.out.data + block.tiles[t].out + channels * layout.block_stride();
      tile.rows = block.tiles[t].rows;
      tile.columns = block.tiles[t].columns;
      routine_->transform_output(tile, epilogue_, channels * channel_block);
    }
  }

  const WinogradRoutine* routine_ = nullptr;
  ConvShape conv_;
  WinogradForm form_;
  WinogradWeights<Arch, Products> weights_;
  Epilogue epilogue_;
};

}  // namespace ochre::inline v0::kernels
