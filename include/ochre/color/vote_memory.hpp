// The memory of votes (votes.hpp) on grids of one size: what the cells ask, what the entries are, and the sums. Who
// holds one fills in the entries. Tested by votes_test.cpp.
#pragma once

#include <cmath>
#include <string>
#include <utility>

#include <ochre/base/extent.hpp>
#include <ochre/color/cell_keys.hpp>
#include <ochre/color/votes.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::color {

// How much features and lightness count in a cell's key, one over their sigmas' squares.
struct KeyWeights {
  float features = 0;
  float lightness = 0;

  static constexpr KeyWeights of_sigmas(float features, float lightness) noexcept {
    return {1.0f / (features * features), 1.0f / (lightness * lightness)};
  }

  // |key|²/2. square: of the features; lightness: L − middle_lightness.
  float half_norm(float square, float light) const noexcept {
    return 0.5f * (features * square + lightness * light * light);
  }
};

struct VoteMemory {
  Extent grid{0, 0};
  Index depth = 0;                   // of the keys
  AlignedBuffer<float> half_norms;   // [h·w], of the cells
  AlignedBuffer<float> sums;         // [values][h·w]
  AlignedBuffer<float> entry_keys;   // [entries][depth]
  AlignedBuffer<float> entry_norms;  // [entries]
  AlignedBuffer<float> rows;         // [entries][h]
  AlignedBuffer<float> columns;      // [entries][w]
  AlignedBuffer<float> values;       // [entries][values]

  // All zero, for so many entries, filled up to whole tiles. what: for messages, "the consensus".
  // Errors: a grid too large, no memory.
  static Result<VoteMemory> create(Extent grid, Index depth, Index entries, Index values, const std::string& what) {
    const Index filled = ceil_div(entries, vote_tile) * vote_tile;
    const auto planes = checked_product({values, grid.h, grid.w});
    const auto rows = checked_product({filled, grid.h});
    const auto columns = checked_product({filled, grid.w});
    if (!planes || !rows || !columns) {
      return Error{ErrorCode::too_large, what + " of a grid of " + width_by_height(grid)};
    }
    VoteMemory memory;
    memory.grid = grid;
    memory.depth = depth;
    struct Wanted {
      AlignedBuffer<float>& buffer;
      Index floats;
    };
    const Wanted all[] = {{memory.half_norms, grid.h * grid.w + vote_slack},
                          {memory.sums, *planes},
                          {memory.entry_keys, filled * depth},
                          {memory.entry_norms, filled},
                          {memory.rows, *rows},
                          {memory.columns, *columns + vote_slack},
                          {memory.values, filled * values}};
    for (const Wanted& wanted : all) {
      auto status = AlignedBuffer<float>::create(wanted.floats).move_to(wanted.buffer);
      if (!status) return std::move(status).error();
    }
    return memory;
  }

  Index cells() const noexcept { return grid.h * grid.w; }
  Index bytes() const noexcept {
    return static_cast<Index>(sizeof(float)) * (half_norms.size() + sums.size() + entry_keys.size() +
                                                entry_norms.size() + rows.size() + columns.size() + values.size());
  }

  // Entry j lies at row y, column x, in cells, and counts the more the nearer a cell is: a Gaussian of sigma, in units
  // of √(h·w).
  void place_entry(Index j, double y, double x, float sigma) noexcept {
    const double unit = std::sqrt(static_cast<double>(grid.h) * static_cast<double>(grid.w));
    const double wide = static_cast<double>(sigma);
    const auto nearness = [&](Index cell, double place) {
      const double apart = (static_cast<double>(cell) - place) / unit;
      return static_cast<float>(std::exp(-apart * apart / (2.0 * wide * wide)));
    };
    for (Index row = 0; row < grid.h; ++row) rows.data()[j * grid.h + row] = nearness(row, y);
    for (Index column = 0; column < grid.w; ++column) columns.data()[j * grid.w + column] = nearness(column, x);
  }

  // What the cells of row y are, of keys with the lightness.
  void read_norms(const CellKeys& keys, const KeyWeights& weights, Index y) noexcept {
    const float* lightness = keys.plane(keys.depth());
    for (Index i = y * grid.w; i < (y + 1) * grid.w; ++i) {
      half_norms.data()[i] = weights.half_norm(keys.square(i), lightness[i]);
    }
  }

  VoteQueries queries(const CellKeys& keys) const noexcept { return {grid, depth, keys.plane(0), half_norms.data()}; }
  VoteEntries entries(float anywhere) const noexcept {
    return {entry_norms.size(), entry_keys.data(), entry_norms.data(), rows.data(),
            columns.data(),     anywhere,          values.data()};
  }
};

}  // namespace ochre::inline v0::color
