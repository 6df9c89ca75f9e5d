#include <algorithm>

#include <doctest/doctest.h>

#include <ochre/color/prior.hpp>
#include "support/golden.hpp"

namespace color = ochre::color;

namespace {

color::BinDistribution distribution(const std::vector<double>& values) {
  color::BinDistribution result{};
  REQUIRE(values.size() == result.size());
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

}  // namespace

TEST_CASE("the prior and its weights are NumPy's, and the weights' expectation is 1") {
  const auto golden = ochre::test::load_golden_file("color.safetensors").tensors;
  const auto prior = color::smoothed_prior(distribution(golden.at("prior.counts").values));
  const auto expected = distribution(golden.at("prior.p").values);
  for (std::size_t bin = 0; bin < prior.size(); ++bin) {
    REQUIRE(prior[bin] == doctest::Approx(expected[bin]).epsilon(1e-11).scale(1e-6));
  }
  for (const double mixing : {0.5, 1.0}) {
    const auto weights = color::rebalancing_weights(prior, mixing);
    const auto wanted = distribution(golden.at(mixing == 0.5 ? "prior.weights0.5" : "prior.weights1.0").values);
    double expectation = 0.0;
    for (std::size_t bin = 0; bin < weights.size(); ++bin) {
      REQUIRE(weights[bin] == doctest::Approx(wanted[bin]).epsilon(1e-11));
      expectation += prior[bin] * weights[bin];
    }
    CHECK(expectation == doctest::Approx(1.0).epsilon(1e-12));
  }
}

TEST_CASE("smoothing loses no mass at the hull; no counts give no prior") {
  color::BinDistribution counts{};
  counts.front() = 3.0;  // a corner
  const auto prior = color::smoothed_prior(counts);
  double total = 0.0;
  for (const double p : prior) total += p;
  CHECK(total == doctest::Approx(1.0).epsilon(1e-12));
  CHECK(*std::max_element(prior.begin(), prior.end()) == prior.front());
  CHECK(color::smoothed_prior({}) == color::BinDistribution{});
}

TEST_CASE("a rarer bin weighs more, none more than mixing allows") {
  color::BinDistribution counts{};
  counts.fill(1.0);
  counts[150] = 10000.0;
  const auto prior = color::smoothed_prior(counts);
  const auto weights = color::rebalancing_weights(prior, 0.5);
  CHECK(weights[0] > weights[150]);
  CHECK(weights[0] / weights[150] < 313.0 * prior[150] + 1.0);
}
