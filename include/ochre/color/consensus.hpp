// Consensus: surfaces that look alike get one colour. The cells of a picture's grid ask its blocks of cells
// (votes.hpp), and take the colours of those whose features are like theirs; who is sure decides, and where like
// surfaces disagree the colour is calmed. With u what a cell looks like (cell_keys.hpp), and of its distribution over
// colours, at T = temperature_factor times the caller's, the mean ab (o) and the variance s² (the mean of |c − o|²):
//   sure  c = (s² + 16)^-2
//   told  m = V[c·o] / V[c],   V[z]_i = Σ_j S_ij z_j + self · z_i,   j: blocks, their u the direction of their
//   cells' mean, z the mean
//         S = exp(−|u_i − u_j|²/(2·0.3²)) · (anywhere + exp(−|x_i − x_j|²/(2·0.15²))),   x: place, in units of √(h·w)
//   odd   v = V[c·|o|²]/V[c] − |m|² + V[c·s²]/V[c]
//   ab'   = m · gain · |m|² / (|m|² + calm · v)
// Nothing is trained: the numbers were chosen on 84 photographs and five cameras, and looked at on 164 photographs more
// (weights/experiments.md). Tested by consensus_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <ochre/color/cell_keys.hpp>
#include <ochre/color/votes.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0::color {

struct ConsensusNumbers {
  static constexpr float temperature_factor = 0.75f;  // narrower than what is shown alone: the voters are many
  static constexpr float feature_sigma = 0.3f;        // below: patches stay; above: unlike surfaces are drawn together
  static constexpr float place_sigma = 0.15f;
  static constexpr float anywhere = 0.05f;   // a like surface far away counts a twentieth
  static constexpr float narrow = 16.0f;     // s² from which on a cell is not sure: a spread of 4, half a bin
  static constexpr float self = 0.4f;        // a cell's own vote; 0: small things lose their colour
  static constexpr float calm = 0.05f;       // 0.02 leaves stains, 0.1 makes trees grey
  static constexpr float gain = 1.26f;       // of means, which lie nearer to grey than what they are means of
  static constexpr Index least_block = 4;    // cells: 256 blocks of a grid of 64 by 64
  static constexpr Index most_blocks = 512;  // of larger grids, so that the votes cost 4 % of a network's products
  static constexpr Index values = 5;         // c, c·a, c·b, c·|o|², c·s²
};

// The memory of the consensus of grids of one size, and its stages in the order in which they are called. All but the
// votes are plain loops.
class Consensus {
 public:
  Consensus() = default;  // of no grid

  // depth: of the cells' keys. Errors: a grid too large, no memory.
  static Result<Consensus> create(Extent grid, Index depth) {
    Consensus consensus;
    consensus.grid_ = grid;
    consensus.depth_ = depth;
    while (consensus.blocks().h * consensus.blocks().w > ConsensusNumbers::most_blocks) ++consensus.block_;
    if (auto status = consensus.allocate(); !status) return std::move(status).error();
    consensus.fill_tables();
    return consensus;
  }

  bool is_empty() const noexcept { return grid_.h == 0; }
  Index bytes() const noexcept {
    return static_cast<Index>(sizeof(float)) *
           (half_norms_.size() + own_.size() + sums_.size() + entry_keys_.size() + entry_norms_.size() + rows_.size() +
            columns_.size() + entry_values_.size());
  }
  static Index planes() noexcept { return 1 + 2 * ConsensusNumbers::values; }

  // means: a, b and the mean of |c|² of each cell, three planes of the grid's size; the colours agreed upon go to a and
  // b. vote_row: votes.hpp's, of the machine's instruction set.
  template <class VoteRow>
  void settle(const CellKeys& keys, const float* means, float* a, float* b, VoteRow vote_row,
              const parallel::Team& team) noexcept {
    read_colors(means);
    const Extent blocks = this->blocks();
    parallel::for_ranges(team, blocks.h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        for (Index x = 0; x < blocks.w; ++x) make_entry(keys, y, x);
      }
    });
    for (Index i = 0; i < cells(); ++i) half_norms_.data()[i] = keys.square(i) * half_over_square;
    const VoteQueries queries{grid_, depth_, keys.plane(0), half_norms_.data()};
    const VoteEntries entries{entry_norms_.size(), entry_keys_.data(),         entry_norms_.data(), rows_.data(),
                              columns_.data(),     ConsensusNumbers::anywhere, entry_values_.data()};
    parallel::for_ranges(team, grid_.h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        vote_row(queries, entries, y, sums_.data());
        for (Index i = y * grid_.w; i < (y + 1) * grid_.w; ++i) settle_cell(i, a, b);
      }
    });
  }

 private:
  using Numbers = ConsensusNumbers;
  static constexpr float half_over_square = 0.5f / (Numbers::feature_sigma * Numbers::feature_sigma);

  Index cells() const noexcept { return grid_.h * grid_.w; }
  Extent blocks() const noexcept { return {ceil_div(grid_.h, block_), ceil_div(grid_.w, block_)}; }
  Index entries() const noexcept { return ceil_div(blocks().h * blocks().w, vote_tile) * vote_tile; }

  Status allocate() {
    const auto columns = checked_product({entries(), grid_.w});
    const auto rows = checked_product({entries(), grid_.h});
    if (!columns || !rows) {
      return Error{ErrorCode::too_large, "the consensus of a grid of " + width_by_height(grid_)};
    }
    struct Wanted {
      AlignedBuffer<float>& buffer;
      Index floats;
    };
    const Wanted all[] = {{half_norms_, cells() + vote_slack}, {own_, Numbers::values * cells()},
                          {sums_, Numbers::values * cells()},  {entry_keys_, entries() * depth_},
                          {entry_norms_, entries()},           {rows_, *rows},
                          {columns_, *columns + vote_slack},   {entry_values_, entries() * Numbers::values}};
    for (const Wanted& wanted : all) {
      if (auto status = AlignedBuffer<float>::create(wanted.floats).move_to(wanted.buffer); !status) return status;
    }
    return {};
  }

  // How near a row or column of cells is to the middle of a block, for each entry; 0 for those that fill up a tile.
  void fill_tables() noexcept {
    const double unit = std::sqrt(static_cast<double>(grid_.h) * static_cast<double>(grid_.w));
    const auto nearness = [&](Index cell, Index block, Index side) {
      const Index first = block * block_;
      const Index last = std::min(first + block_, side) - 1;
      const double apart = (static_cast<double>(cell) - static_cast<double>(first + last) / 2) / unit;
      return static_cast<float>(std::exp(-apart * apart / (2.0 * Numbers::place_sigma * Numbers::place_sigma)));
    };
    const Extent blocks = this->blocks();
    for (Index j = 0; j < blocks.h * blocks.w; ++j) {
      for (Index y = 0; y < grid_.h; ++y) rows_.data()[j * grid_.h + y] = nearness(y, j / blocks.w, grid_.h);
      for (Index x = 0; x < grid_.w; ++x) columns_.data()[j * grid_.w + x] = nearness(x, j % blocks.w, grid_.w);
    }
  }

  // What each cell says of itself.
  void read_colors(const float* means) noexcept {
    const Index count = cells();
    float* own = own_.data();
    for (Index i = 0; i < count; ++i) {
      const float a = means[i];
      const float b = means[count + i];
      const float chroma = a * a + b * b;
      const float variance = std::max(means[2 * count + i] - chroma, 0.0f);
      const float vague = (variance + Numbers::narrow) / Numbers::narrow;  // 1 and more: in any range of floats
      const float sure = 1.0f / (vague * vague);
      own[i] = sure;
      own[count + i] = sure * a;
      own[2 * count + i] = sure * b;
      own[3 * count + i] = sure * chroma;
      own[4 * count + i] = sure * variance;
    }
  }

  // The direction of a block's mean features, over sigma², and the means of what its cells say.
  void make_entry(const CellKeys& keys, Index block_y, Index block_x) noexcept {
    const Index j = block_y * blocks().w + block_x;
    const Index first_x = block_x * block_;
    const Index last_x = std::min(first_x + block_, grid_.w);
    const Index first_y = block_y * block_;
    const Index last_y = std::min(first_y + block_, grid_.h);
    const auto sum_of = [&](const float* plane) {
      float sum = 0.0f;
      for (Index y = first_y; y < last_y; ++y) {
        for (Index x = first_x; x < last_x; ++x) sum += plane[y * grid_.w + x];
      }
      return sum;
    };
    float* key = entry_keys_.data() + j * depth_;
    float squares = 0.0f;
    for (Index d = 0; d < depth_; ++d) {
      key[d] = sum_of(keys.plane(d));
      squares += key[d] * key[d];
    }
    const float factor = squares == 0.0f ? 0.0f : 2.0f * half_over_square / std::sqrt(squares);
    for (Index d = 0; d < depth_; ++d) key[d] *= factor;
    entry_norms_.data()[j] = squares == 0.0f ? 0.0f : half_over_square;
    const float count = static_cast<float>((last_x - first_x) * (last_y - first_y));
    for (Index k = 0; k < Numbers::values; ++k) {
      entry_values_.data()[j * Numbers::values + k] = sum_of(own_.data() + k * cells()) / count;
    }
  }

  void settle_cell(Index i, float* a, float* b) const noexcept {
    const auto voted = [&](Index k) {
      return sums_.data()[k * cells() + i] + Numbers::self * own_.data()[k * cells() + i];
    };
    const float sure = voted(0);
    const float told_a = voted(1) / sure;
    const float told_b = voted(2) / sure;
    const float chroma = told_a * told_a + told_b * told_b;
    const float odd = std::max(voted(3) / sure - chroma, 0.0f) + voted(4) / sure;
    const float factor = Numbers::gain * chroma / (chroma + Numbers::calm * odd + 1e-6f);
    a[i] = factor * told_a;
    b[i] = factor * told_b;
  }

  Extent grid_{0, 0};
  Index depth_ = 0;
  Index block_ = ConsensusNumbers::least_block;
  AlignedBuffer<float> half_norms_;    // [h·w]
  AlignedBuffer<float> own_;           // [values][h·w]
  AlignedBuffer<float> sums_;          // [values][h·w]
  AlignedBuffer<float> entry_keys_;    // [entries][depth]
  AlignedBuffer<float> entry_norms_;   // [entries]
  AlignedBuffer<float> rows_;          // [entries][h]
  AlignedBuffer<float> columns_;       // [entries][w]
  AlignedBuffer<float> entry_values_;  // [entries][values]
};

}  // namespace ochre::inline v0::color
