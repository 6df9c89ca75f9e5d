// Cells that vote, by their definition: each cell i of a grid asks all entries j,
//   S[i][j] = exp(−|q_i − e_j|²/2 + trust_j) · (anywhere + row_j[y_i] · column_j[x_i])
//   sums[k][i] = Σ_j S[i][j] · value_j[k]
// q, e: what cell and entry look like, each divided by how far apart alike may be. Beside each sum, how far the same in
// floats may lie from it. Tested by color/votes_test.cpp.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/reference/error_bound.hpp>

namespace ochre::inline v0::reference {

struct VoteEntry {
  std::vector<double> key;
  double trust = 0;             // its logarithm
  std::vector<double> rows;     // of each row of the grid
  std::vector<double> columns;  // of each column
  std::vector<double> values;
};

struct VoteSum {
  double value = 0;
  double bound = 0;
};

// The sums at cell (y, x), whose key is `query`.
// A float kernel finds −|q − e|²/2 as q·e − |q|²/2 − |e|²/2: of depth + 3 terms whose sizes sum to at most
// (|q| + |e|)²/2 + |trust|, each rounded depth + 3 times at most, so off by γ(depth + 4) of that; exponents are held at
// `least`, exp adds 4 units, place and product 5, the sum of the entries' products as many as there are entries.
inline std::vector<VoteSum> votes(std::span<const double> query, std::span<const VoteEntry> entries, double anywhere,
                                  Index y, Index x, double least) {
  constexpr Arithmetic arithmetic = arithmetic_of<float>();
  std::vector<VoteSum> sums(entries.empty() ? 0 : entries[0].values.size());
  for (const VoteEntry& entry : entries) {
    double distance = 0;
    double own = 0;
    double its = 0;
    for (std::size_t d = 0; d < query.size(); ++d) {
      distance += (query[d] - entry.key[d]) * (query[d] - entry.key[d]);
      own += query[d] * query[d];
      its += entry.key[d] * entry.key[d];
    }
    const double size =
        (std::sqrt(own) + std::sqrt(its)) * (std::sqrt(own) + std::sqrt(its)) / 2 + std::abs(entry.trust);
    const double place =
        anywhere + entry.rows[static_cast<std::size_t>(y)] * entry.columns[static_cast<std::size_t>(x)];
    const double share = std::exp(-distance / 2 + entry.trust) * place;
    const double exponent = gamma(static_cast<Index>(query.size()) + 4, arithmetic.unit) * size;
    const double others = gamma(9 + static_cast<Index>(entries.size()), arithmetic.unit);
    const double held = std::exp(least) * place;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      const double value = std::abs(entry.values[k]);
      sums[k].value += share * entry.values[k];
      sums[k].bound += (std::expm1(exponent + others) * share + 2 * held) * value;
    }
  }
  return sums;
}

}  // namespace ochre::inline v0::reference
