// The consensus of like cells (color/consensus.hpp), by its formulas and in double: cells of a grid ask its blocks, one
// cell after the other. features: [channels][h·w]; means: [3][h·w], the mean a, b and |ab|² of each cell's
// distribution. Gives a and b. Tested by color/consensus_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/reference/votes.hpp>

namespace ochre::inline v0::reference {

struct ConsensusParameters {
  Extent grid{0, 0};
  Index channels = 0;
  Index group = 1;  // channels that are added up
  Index block = 4;  // cells of a block's side
  double feature_sigma = 0;
  double place_sigma = 0;
  double anywhere = 0;
  double narrow = 0;
  double self = 0;
  double calm = 0;
  double gain = 0;
};

struct AbPlanes {
  std::vector<double> a;
  std::vector<double> b;
};

// The summed features of a cell.
inline std::vector<double> consensus_key(const ConsensusParameters& p, std::span<const double> features, Index cell) {
  std::vector<double> key(static_cast<std::size_t>(ceil_div(p.channels, p.group)));
  for (Index c = 0; c < p.channels; ++c) {
    key[static_cast<std::size_t>(c / p.group)] += features[static_cast<std::size_t>(c * p.grid.h * p.grid.w + cell)];
  }
  return key;
}

inline void to_length(std::vector<double>& key, double length) {
  double squares = 0;
  for (const double value : key) squares += value * value;
  for (double& value : key) value *= squares == 0 ? 0 : length / std::sqrt(squares);
}

// c, c·a, c·b, c·|o|² and c·s² of a cell.
inline std::vector<double> consensus_values(const ConsensusParameters& p, std::span<const double> means, Index cell) {
  const auto at = [&](Index plane) { return means[static_cast<std::size_t>(plane * p.grid.h * p.grid.w + cell)]; };
  const double chroma = at(0) * at(0) + at(1) * at(1);
  const double variance = std::max(at(2) - chroma, 0.0);
  const double sure = std::pow((variance + p.narrow) / p.narrow, -2);
  return {sure, sure * at(0), sure * at(1), sure * chroma, sure * variance};
}

inline std::vector<VoteEntry> consensus_entries(const ConsensusParameters& p, std::span<const double> features,
                                                std::span<const double> means) {
  const double unit = std::sqrt(static_cast<double>(p.grid.h * p.grid.w));
  const auto nearness = [&](Index cell, Index first, Index last) {
    const double apart = (static_cast<double>(cell) - static_cast<double>(first + last) / 2) / unit;
    return std::exp(-apart * apart / (2 * p.place_sigma * p.place_sigma));
  };
  std::vector<VoteEntry> entries;
  for (Index top = 0; top < p.grid.h; top += p.block) {
    for (Index left = 0; left < p.grid.w; left += p.block) {
      const Index bottom = std::min(top + p.block, p.grid.h) - 1;
      const Index right = std::min(left + p.block, p.grid.w) - 1;
      VoteEntry entry;
      entry.key.resize(static_cast<std::size_t>(ceil_div(p.channels, p.group)));
      entry.values.resize(5);
      for (Index y = top; y <= bottom; ++y) {
        for (Index x = left; x <= right; ++x) {
          auto key = consensus_key(p, features, y * p.grid.w + x);
          to_length(key, 1);
          const auto values = consensus_values(p, means, y * p.grid.w + x);
          for (std::size_t d = 0; d < key.size(); ++d) entry.key[d] += key[d];
          for (std::size_t k = 0; k < values.size(); ++k) {
            entry.values[k] += values[k] / static_cast<double>((bottom - top + 1) * (right - left + 1));
          }
        }
      }
      to_length(entry.key, 1 / p.feature_sigma);
      for (Index y = 0; y < p.grid.h; ++y) entry.rows.push_back(nearness(y, top, bottom));
      for (Index x = 0; x < p.grid.w; ++x) entry.columns.push_back(nearness(x, left, right));
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

inline AbPlanes consensus(const ConsensusParameters& p, std::span<const double> features,
                          std::span<const double> means) {
  const auto entries = consensus_entries(p, features, means);
  AbPlanes colors;
  for (Index cell = 0; cell < p.grid.h * p.grid.w; ++cell) {
    auto key = consensus_key(p, features, cell);
    to_length(key, 1 / p.feature_sigma);
    const auto sums = votes(key, entries, p.anywhere, cell / p.grid.w, cell % p.grid.w, -80);
    const auto own = consensus_values(p, means, cell);
    const auto voted = [&](std::size_t k) { return sums[k].value + p.self * own[k]; };
    const double a = voted(1) / voted(0);
    const double b = voted(2) / voted(0);
    const double chroma = a * a + b * b;
    const double odd = std::max(voted(3) / voted(0) - chroma, 0.0) + voted(4) / voted(0);
    const double factor = chroma == 0 ? 0 : p.gain * chroma / (chroma + p.calm * odd);
    colors.a.push_back(factor * a);
    colors.b.push_back(factor * b);
  }
  return colors;
}

}  // namespace ochre::inline v0::reference
