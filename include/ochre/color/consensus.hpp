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
#include <ochre/color/vote_memory.hpp>
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
  static constexpr float gain = 1.5f;        // of means, which lie nearer to grey than what they are means of
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
    consensus.votes_.grid = grid;
    while (consensus.blocks().h * consensus.blocks().w > ConsensusNumbers::most_blocks) ++consensus.block_;
    const Index entries = consensus.blocks().h * consensus.blocks().w;
    auto status = VoteMemory::create(grid, depth, entries, Numbers::values, "the consensus").move_to(consensus.votes_);
    if (status) status = AlignedBuffer<float>::create(Numbers::values * consensus.cells()).move_to(consensus.own_);
    if (!status) return std::move(status).error();
    consensus.place_blocks();
    return consensus;
  }

  bool is_empty() const noexcept { return votes_.grid.h == 0; }
  Index bytes() const noexcept { return votes_.bytes() + static_cast<Index>(sizeof(float)) * own_.size(); }
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
    for (Index i = 0; i < cells(); ++i) votes_.half_norms.data()[i] = keys.square(i) * half_over_square;
    const VoteQueries queries = votes_.queries(keys);
    const VoteEntries entries = votes_.entries(Numbers::anywhere);
    parallel::for_ranges(team, grid().h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        vote_row(queries, entries, y, votes_.sums.data());
        for (Index i = y * grid().w; i < (y + 1) * grid().w; ++i) settle_cell(i, a, b);
      }
    });
  }

 private:
  using Numbers = ConsensusNumbers;
  static constexpr float half_over_square = 0.5f / (Numbers::feature_sigma * Numbers::feature_sigma);

  Extent grid() const noexcept { return votes_.grid; }
  Index cells() const noexcept { return votes_.cells(); }
  Extent blocks() const noexcept { return {ceil_div(grid().h, block_), ceil_div(grid().w, block_)}; }

  // Each at the middle of its block.
  void place_blocks() noexcept {
    const auto middle = [&](Index block, Index side) {
      const Index first = block * block_;
      const Index last = std::min(first + block_, side) - 1;
      return static_cast<double>(first + last) / 2;
    };
    const Extent blocks = this->blocks();
    for (Index j = 0; j < blocks.h * blocks.w; ++j) {
      votes_.place_entry(j, middle(j / blocks.w, grid().h), middle(j % blocks.w, grid().w), Numbers::place_sigma);
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
    const Index last_x = std::min(first_x + block_, grid().w);
    const Index first_y = block_y * block_;
    const Index last_y = std::min(first_y + block_, grid().h);
    const auto sum_of = [&](const float* plane) {
      float sum = 0.0f;
      for (Index y = first_y; y < last_y; ++y) {
        for (Index x = first_x; x < last_x; ++x) sum += plane[y * grid().w + x];
      }
      return sum;
    };
    float* key = votes_.entry_keys.data() + j * votes_.depth;
    float squares = 0.0f;
    for (Index d = 0; d < votes_.depth; ++d) {
      key[d] = sum_of(keys.plane(d));
      squares += key[d] * key[d];
    }
    const float factor = squares == 0.0f ? 0.0f : 2.0f * half_over_square / std::sqrt(squares);
    for (Index d = 0; d < votes_.depth; ++d) key[d] *= factor;
    votes_.entry_norms.data()[j] = squares == 0.0f ? 0.0f : half_over_square;
    const float count = static_cast<float>((last_x - first_x) * (last_y - first_y));
    for (Index k = 0; k < Numbers::values; ++k) {
      votes_.values.data()[j * Numbers::values + k] = sum_of(own_.data() + k * cells()) / count;
    }
  }

  void settle_cell(Index i, float* a, float* b) const noexcept {
    const auto voted = [&](Index k) {
      return votes_.sums.data()[k * cells() + i] + Numbers::self * own_.data()[k * cells() + i];
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

  Index block_ = ConsensusNumbers::least_block;
  VoteMemory votes_;          // an entry for each block
  AlignedBuffer<float> own_;  // [values][h·w]
};

}  // namespace ochre::inline v0::color
