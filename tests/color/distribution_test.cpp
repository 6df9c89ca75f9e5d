// The distribution over colours by plain loops in float, against the reference's convolution and softmax in double.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <ochre/color/distribution.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/reference/conv2d.hpp>
#include <ochre/reference/softmax.hpp>

namespace {

using namespace ochre;

constexpr Index colors = 313;
constexpr Index feature_channels = 20;
constexpr Shape feature_shape{1, feature_channels, 3, 5};
constexpr Shape share_shape{1, colors, 3, 5};

struct Case {
  color::Classifier classifier;
  Tensor<float> features;
};

void fill(std::span<float> values, double scale, RandomNumbers& random) {
  for (float& value : values) value = static_cast<float>(scale * random.uniform());
}

Case make_case(float exponent) {
  RandomNumbers random(11);
  Case given{{colors, feature_channels, AlignedBuffer<float>::create(colors * feature_channels).value(),
              AlignedBuffer<float>::create(colors).value(), exponent},
             Tensor<float>::create(feature_shape).value()};
  fill(given.classifier.weights.span(), 1.0, random);
  fill(given.classifier.bias.span(), 2.0, random);
  fill({given.features.data(), static_cast<std::size_t>(feature_shape.size())}, 3.0, random);
  return given;
}

std::vector<float> all_shares(const Case& given) {
  std::vector<float> shares(static_cast<std::size_t>(share_shape.size()));
  for (Index y = 0; y < share_shape.h; ++y) {
    color::distribution(given.classifier, given.features.view(), {y, 0, share_shape.w},
                        {shares.data() + y * share_shape.w, share_shape.plane()});
  }
  return shares;
}

std::vector<double> in_double(const float* from, Index count) { return {from, from + count}; }

// exponent·logits, and of each logit the sum of its terms' sizes.
struct ExactShares {
  std::vector<double> shares, sizes;
};

ExactShares reference_of(const Case& given) {
  const auto run = [&](std::vector<double> weights, std::vector<double> bias, std::vector<double> features) {
    std::vector<double> logits(static_cast<std::size_t>(share_shape.size()));
    const reference::Conv2dParameters parameters{{weights.data(), {colors, feature_channels, 1, 1}}, bias.data()};
    reference::conv2d({features.data(), feature_shape}, parameters, {logits.data(), share_shape});
    return logits;
  };
  auto weights = in_double(given.classifier.weights.data(), colors * feature_channels);
  auto bias = in_double(given.classifier.bias.data(), colors);
  auto features = in_double(given.features.data(), feature_shape.size());
  std::vector<double> logits = run(weights, bias, features);
  for (double& logit : logits) logit *= static_cast<double>(given.classifier.exponent);
  ExactShares expected;
  expected.shares.resize(logits.size());
  reference::softmax({logits.data(), share_shape}, {expected.shares.data(), share_shape});
  for (auto* list : {&weights, &bias, &features}) {
    for (double& value : *list) value = std::fabs(value);
  }
  expected.sizes = run(weights, bias, features);
  return expected;
}

}  // namespace

TEST_CASE("distribution: the reference's softmax of its convolution, within the rounding of the logits") {
  for (const float exponent : {1.0f, 2.5f}) {
    CAPTURE(exponent);
    const Case given = make_case(exponent);
    const std::vector<float> shares = all_shares(given);
    const ExactShares expected = reference_of(given);
    for (Index cell = 0; cell < share_shape.plane(); ++cell) {
      double largest = 0;
      double sum = 0;
      for (Index q = 0; q < colors; ++q) {
        largest = std::fmax(largest, expected.sizes[static_cast<std::size_t>(q * share_shape.plane() + cell)]);
      }
      // A logit is a sum of channels + 1 terms: off by (channels + 1) · 2^-24 of their sizes. All are at most that far
      // off, so a share at most by the factor e^(2 · exponent · that); the division and the last rounding are one more.
      const double off = (feature_channels + 1) * 0x1p-24 * largest;
      const double relative = std::expm1(2 * static_cast<double>(exponent) * off) + 0x1p-23;
      for (Index q = 0; q < colors; ++q) {
        const auto at = static_cast<std::size_t>(q * share_shape.plane() + cell);
        CHECK(std::fabs(static_cast<double>(shares[at]) - expected.shares[at]) <= relative * expected.shares[at]);
        sum += static_cast<double>(shares[at]);
      }
      CHECK(std::fabs(sum - 1.0) < 1e-6);
    }
  }
}

TEST_CASE("distribution: a cell alone is what it is among all, and nothing beside it is written") {
  const Case given = make_case(2.0f);
  const std::vector<float> all = all_shares(given);
  std::vector<float> cell_shares(colors + 1, -7.0f);
  for (const auto& [y, x] : {std::pair<Index, Index>{0, 0}, {1, 3}, {2, 4}}) {
    color::distribution(given.classifier, given.features.view(), {y, x, 1}, {cell_shares.data(), 1});
    for (Index q = 0; q < colors; ++q) {
      const float among = all[static_cast<std::size_t>(q * share_shape.plane() + y * share_shape.w + x)];
      CHECK(std::fabs(cell_shares[static_cast<std::size_t>(q)] - among) <= 1e-5f * among);
    }
    CHECK(cell_shares.back() == -7.0f);
  }
}

TEST_CASE("distribution: logits far apart give one colour all, and no share that is no number") {
  Case given = make_case(1000.0f);
  for (const float share : all_shares(given)) CHECK((share >= 0.0f && share <= 1.0f));
  given.classifier.bias.data()[42] = 1e30f;
  const std::vector<float> sure = all_shares(given);
  CHECK(sure[static_cast<std::size_t>(42 * share_shape.plane())] == 1.0f);
  CHECK(sure[0] == 0.0f);
}
