// Cells that vote: each cell i of a grid asks all entries j, and takes of their values the more the more alike they
// look and the nearer they are:
//   S[i][j] = exp(−|q_i − e_j|²/2 + trust_j) · (anywhere + row_j[y_i] · column_j[x_i])
//   sums[k][i] = Σ_j S[i][j] · value_j[k]
// q, e: keys, what cell and entry look like, each divided by how far apart alike may be (its sigma). −|q − e|²/2 is
// found as q·e − |q|²/2 − |e|²/2, a product of matrices whose tiles never leave the registers. Where it is below
// least_exponent, S is 0, and where that is so of neighbouring cells nothing more is worked out: on a camera a quarter
// of the time. anywhere > 0: what looks alike counts wherever it is, the nearer the more. The order of the entries is
// that of the sums: same bits for any number of threads. Tested by votes_test.cpp against reference/votes.hpp.
#pragma once

#include <algorithm>

#include <ochre/base/extent.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

inline constexpr float least_exponent = -30.0f;  // e^-30 = 9e-14: of thousands of such votes none shows
inline constexpr Index vote_tile = 8;            // entries come in groups of so many
inline constexpr Index vote_slack = 32;          // floats that are read past a row's end: two of the widest registers
inline constexpr Index most_vote_depth = 65;     // so that the keys of some cells stay in the nearest cache

struct VoteQueries {
  Extent grid{0, 0};
  Index depth = 0;                    // most_vote_depth at most
  const float* keys = nullptr;        // [depth][h·w] + slack
  const float* half_norms = nullptr;  // [h·w] + slack: |key|²/2
};

struct VoteEntries {
  Index count = 0;                    // a multiple of vote_tile; those whose values are 0 do not count
  const float* keys = nullptr;        // [count][depth]
  const float* half_norms = nullptr;  // [count]: |key|²/2 − trust
  const float* rows = nullptr;        // [count][grid.h]
  const float* columns = nullptr;     // [count][grid.w] + slack
  float anywhere = 0.0f;
  const float* values = nullptr;  // [count][values]
};

namespace detail {

// Two registers of neighbouring cells.
template <class Arch>
struct CellPair {
  simd::Batch<float, Arch> cells[2];
};

// The keys of two registers of cells, side by side: in the grid's planes they lie pages apart.
template <class Arch>
struct CellKeyTile {
  static constexpr Index width = 2 * simd::lanes<float, Arch>;
  alignas(64) float keys[most_vote_depth * width];

  CellKeyTile(const VoteQueries& queries, Index cell) noexcept {
    const Index plane = queries.grid.h * queries.grid.w;
    for (Index d = 0; d < queries.depth; ++d) std::copy_n(queries.keys + d * plane + cell, width, keys + d * width);
  }
};

// Adds the votes of `Tile` entries, the first of them j, of the cells that begin with column x of row y.
template <Index Tile, Index Values, class Arch>
[[gnu::always_inline]] inline void add_tile(const VoteQueries& queries, const VoteEntries& entries,
                                            const CellKeyTile<Arch>& keys, Index j, Index y, Index x,
                                            CellPair<Arch> (&sums)[Values]) noexcept {
  using Batch = simd::Batch<float, Arch>;
  constexpr Index width = simd::lanes<float, Arch>;
  const Index cell = y * queries.grid.w + x;
  Batch product[Tile][2];
#pragma GCC unroll 8
  for (auto& of_entry : product) of_entry[0] = of_entry[1] = Batch(0.0f);
  const float* key = keys.keys;
  const float* entry = entries.keys + j * queries.depth;
  for (Index d = 0; d < queries.depth; ++d, key += 2 * width) {
    const Batch here = simd::load<Arch>(key);
    const Batch next = simd::load<Arch>(key + width);
#pragma GCC unroll 8
    for (Index t = 0; t < Tile; ++t) {
      const Batch factor(entry[t * queries.depth + d]);
      product[t][0] = simd::fmadd(factor, here, product[t][0]);
      product[t][1] = simd::fmadd(factor, next, product[t][1]);
    }
  }
#pragma GCC unroll 8
  for (Index t = 0; t < Tile; ++t) {
    const Batch its_norm(entries.half_norms[j + t]);
    const Batch row(entries.rows[(j + t) * queries.grid.h + y]);
    const float* column = entries.columns + (j + t) * queries.grid.w + x;
    const float* value = entries.values + (j + t) * Values;
    for (Index half = 0; half < 2; ++half) {
      const Batch own_norm = simd::load<Arch>(queries.half_norms + cell + half * width);
      const Batch exponent = product[t][half] - own_norm - its_norm;
      const auto unlike = exponent < Batch(least_exponent);
      if (all(unlike)) continue;
      const Batch likeness = select(unlike, Batch(0.0f), exp(exponent));
      const Batch share = likeness * simd::fmadd(row, simd::load<Arch>(column + half * width), Batch(entries.anywhere));
      for (Index k = 0; k < Values; ++k) sums[k].cells[half] = simd::fmadd(share, Batch(value[k]), sums[k].cells[half]);
    }
  }
}

}  // namespace detail

// sums: [Values][h·w]; those of row y are written.
template <Index Values, class Arch = simd::DefaultArch>
inline void vote_row(const VoteQueries& queries, const VoteEntries& entries, Index y, float* sums) noexcept {
  constexpr Index width = simd::lanes<float, Arch>;
  constexpr Index tile = simd::has_32_registers<Arch> ? vote_tile : vote_tile / 2;  // by 2 registers of sums
  const Index plane = queries.grid.h * queries.grid.w;
  for (Index x = 0; x < queries.grid.w; x += 2 * width) {
    const detail::CellKeyTile<Arch> keys(queries, y * queries.grid.w + x);
    detail::CellPair<Arch> sum[Values];
    for (auto& pair : sum) pair.cells[0] = pair.cells[1] = simd::Batch<float, Arch>(0.0f);
    for (Index j = 0; j < entries.count; j += tile) {
      detail::add_tile<tile, Values, Arch>(queries, entries, keys, j, y, x, sum);
    }
    for (Index k = 0; k < Values; ++k) {
      float* to = sums + k * plane + y * queries.grid.w + x;
      for (Index half = 0; half < 2; ++half) {
        const Index left = queries.grid.w - x - half * width;
        if (left > 0) simd::store_partial(to + half * width, sum[k].cells[half], std::min(left, width));
      }
    }
  }
}

}  // namespace ochre::inline v0::color
