// The recall of a camera's memory (color/recall.hpp), by its formulas and in double, one cell after the other. Tested
// by color/recall_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/reference/consensus.hpp>

namespace ochre::inline v0::reference {

struct RecallParameters {
  double feature_sigma = 0;
  double lightness_sigma = 0;
  double place_sigma = 0;
  double anywhere = 0;
  double usual_nearness = 0;
  double least_exponent = 0;  // of S, below which it is 0
  double no_likeness = 0;
  double least_likeness = 0;
  double least_threshold = 0;
  double same_place = 0;
  double usual_cast = 0;
  double shade = 0;
  Index detail_reach = 0;
};

struct RecallEntry {
  std::vector<double> key;
  double y = 0;  // of the picture's height
  double x = 0;
  double lightness = 0;
  double a = 0;  // over L + shade
  double b = 0;
  double presence = 1;  // p
};

struct RecalledMemory {
  std::vector<RecallEntry> entries;
  Extent detail_grid{0, 0};
  std::vector<double> details;
  Index frames = 0;
  double cast = 0;
  double own_factor = 1;
};

struct RecallQuery {
  Extent grid{0, 0};
  std::vector<std::vector<double>> keys;  // of each cell
  std::vector<double> lightness;
  std::vector<double> own_a;
  std::vector<double> own_b;
};

struct Recalled {
  AbPlanes colors;
  double correlation = 0;
};

inline std::vector<double> lightness_detail(const RecallParameters& p, const RecallQuery& query) {
  const auto& [grid, keys, lightness, own_a, own_b] = query;
  std::vector<double> detail(lightness);
  for (Index y = 0; y < grid.h; ++y) {
    for (Index x = 0; x < grid.w; ++x) {
      double sum = 0;
      double count = 0;
      for (Index i = std::max<Index>(y - p.detail_reach, 0); i <= std::min(y + p.detail_reach, grid.h - 1); ++i) {
        for (Index j = std::max<Index>(x - p.detail_reach, 0); j <= std::min(x + p.detail_reach, grid.w - 1); ++j) {
          sum += lightness[static_cast<std::size_t>(i * grid.w + j)];
          ++count;
        }
      }
      detail[static_cast<std::size_t>(y * grid.w + x)] -= sum / count;
    }
  }
  return detail;
}

inline double place_correlation(const RecallParameters& p, const RecalledMemory& memory, const RecallQuery& query) {
  const auto own = lightness_detail(p, query);
  std::vector<double> its;
  double own_mean = 0;
  double its_mean = 0;
  for (Index cell = 0; cell < query.grid.h * query.grid.w; ++cell) {
    const Index y = (2 * (cell / query.grid.w) + 1) * memory.detail_grid.h / (2 * query.grid.h);
    const Index x = (2 * (cell % query.grid.w) + 1) * memory.detail_grid.w / (2 * query.grid.w);
    its.push_back(memory.details[static_cast<std::size_t>(y * memory.detail_grid.w + x)]);
    own_mean += own[static_cast<std::size_t>(cell)] / static_cast<double>(own.size());
    its_mean += its.back() / static_cast<double>(own.size());
  }
  double product = 0;
  double own_square = 0;
  double its_square = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    product += (own[i] - own_mean) * (its[i] - its_mean);
    own_square += (own[i] - own_mean) * (own[i] - own_mean);
    its_square += (its[i] - its_mean) * (its[i] - its_mean);
  }
  return own_square * its_square > 0 ? product / std::sqrt(own_square * its_square) : 0;
}

// Σ S, Σ S q_a, Σ S q_b of a cell.
inline std::vector<double> recall_votes(const RecallParameters& p, const RecalledMemory& memory,
                                        const RecallQuery& query, Index cell, bool same) {
  const double unit = std::sqrt(static_cast<double>(query.grid.h * query.grid.w));
  const auto at = static_cast<std::size_t>(cell);
  std::vector<double> sums(3);
  for (const RecallEntry& entry : memory.entries) {
    double features = 0;
    for (std::size_t d = 0; d < entry.key.size(); ++d) {
      features += (query.keys[at][d] - entry.key[d]) * (query.keys[at][d] - entry.key[d]);
    }
    const double light = query.lightness[at] - entry.lightness;
    const double apart_y =
        (static_cast<double>(cell / query.grid.w) + 0.5 - entry.y * static_cast<double>(query.grid.h)) / unit;
    const double apart_x =
        (static_cast<double>(cell % query.grid.w) + 0.5 - entry.x * static_cast<double>(query.grid.w)) / unit;
    const double place = (apart_y * apart_y + apart_x * apart_x) / (2 * p.place_sigma * p.place_sigma);
    const double exponent = -features / (2 * p.feature_sigma * p.feature_sigma) -
                            light * light / (2 * p.lightness_sigma * p.lightness_sigma);
    if (exponent + std::log(entry.presence) < p.least_exponent) continue;
    const double like = entry.presence * std::exp(exponent) * (same ? p.anywhere + std::exp(-place) : 1);
    sums[0] += like;
    sums[1] += like * entry.a;
    sums[2] += like * entry.b;
  }
  return sums;
}

inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// same: whether the place is taken for the same; found by the details if it is null.
inline Recalled recall(const RecallParameters& p, const RecalledMemory& memory, const RecallQuery& query,
                       const bool* said_same = nullptr) {
  Recalled result;
  result.correlation = place_correlation(p, memory, query);
  const bool same = said_same != nullptr ? *said_same : result.correlation > p.same_place;
  const auto cells = static_cast<std::size_t>(query.grid.h * query.grid.w);
  double usual = 0;
  for (const RecallEntry& entry : memory.entries) usual += entry.presence * (same ? p.usual_nearness : 1);
  std::vector<std::vector<double>> sums;
  std::vector<double> likeness;
  double mean = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    sums.push_back(recall_votes(p, memory, query, static_cast<Index>(i), same));
    likeness.push_back(std::max(std::log(sums.back()[0] / usual), p.least_likeness));
    mean += likeness.back() / static_cast<double>(cells);
  }
  std::vector<double> sorted(likeness);
  std::sort(sorted.begin(), sorted.end());
  const double wanted = same ? std::min(-9.0, sorted[cells / 2] - 2) : -6.5 - 3 * (mean + 9);
  const double threshold = std::max(wanted, p.least_threshold);
  const double held = memory.cast > p.usual_cast ? p.usual_cast / memory.cast : 1;
  const double cast = memory.frames > 2 ? 1 : 1 - logistic((0.9 - result.correlation) / 0.03) * (1 - held);
  const double strength = cast * (1 - logistic(-2 * (mean + 8)) / 2);
  for (std::size_t i = 0; i < cells; ++i) {
    const double trust = logistic(likeness[i] - threshold);
    const double voted = trust * strength * (query.lightness[i] + p.shade) / (sums[i][0] + p.no_likeness);
    const double own = (1 - trust) * (same ? memory.own_factor : 1);
    result.colors.a.push_back(voted * sums[i][1] + own * query.own_a[i]);
    result.colors.b.push_back(voted * sums[i][2] + own * query.own_b[i]);
  }
  return result;
}

}  // namespace ochre::inline v0::reference
