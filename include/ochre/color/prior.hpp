// The colour prior behind class rebalancing (Zhang et al., ECCV 2016, section 2.2), in double over the 313 bins:
//   p  = counts / sum(counts), smoothed by a Gaussian over ab with sigma 5
//   W ∝ ((1 - mixing) p + mixing / 313)^-1, scaled so that the expectation of W under p is 1
// Yao and Xia mix and scale in the same way. Tested by prior_test.cpp against NumPy.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include <ochre/color/ab_bins.hpp>

namespace ochre::inline v0::color {

using BinDistribution = std::array<double, bin_count>;

// p from pixels per bin, hard or soft counts. Each bin's mass is spread over all bins, with weights of sum 1, so
// none is lost at the hull. All zero if there are no counts.
inline BinDistribution smoothed_prior(const BinDistribution& counts) noexcept {
  BinDistribution prior{};
  double total = 0.0;
  for (const double count : counts) total += count;
  if (!(total > 0.0)) return prior;
  for (std::size_t from = 0; from < counts.size(); ++from) {
    BinDistribution kernel;
    double sum = 0.0;
    for (std::size_t to = 0; to < kernel.size(); ++to) {
      const double da = static_cast<double>(bin_centres.a[from]) - static_cast<double>(bin_centres.a[to]);
      const double db = static_cast<double>(bin_centres.b[from]) - static_cast<double>(bin_centres.b[to]);
      kernel[to] = std::exp(-(da * da + db * db) / (2.0 * soft_sigma * soft_sigma));
      sum += kernel[to];
    }
    for (std::size_t to = 0; to < kernel.size(); ++to) prior[to] += counts[from] / total * kernel[to] / sum;
  }
  return prior;
}

// W; 0 < mixing <= 1, the paper's lambda (0.5). mixing 1 gives 1 everywhere.
inline BinDistribution rebalancing_weights(const BinDistribution& prior, double mixing) noexcept {
  BinDistribution weights;
  double expectation = 0.0;
  for (std::size_t bin = 0; bin < weights.size(); ++bin) {
    weights[bin] = 1.0 / ((1.0 - mixing) * prior[bin] + mixing / static_cast<double>(bin_count));
    expectation += prior[bin] * weights[bin];
  }
  for (double& weight : weights) weight /= expectation;
  return weights;
}

}  // namespace ochre::inline v0::color
