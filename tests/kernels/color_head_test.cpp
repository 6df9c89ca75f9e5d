// The colour head against the reference's convolution, softmax and mean in double, within their bounds; the exponent,
// few and many bins, NaN, threads.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include <ochre/kernels/color_head.hpp>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;
using namespace ochre::reference;
using test::ConvCase;

struct Head {
  ConvCase logits;
  kernels::ColorHeadOptions options;

  Head(Index channels, Index bins, Extent extent, float exponent, Index means = 2)
      : logits({channels, bins, Window{}}, extent, static_cast<std::uint64_t>(bins)) {
    RandomNumbers random(static_cast<std::uint64_t>(channels));
    options.exponent = exponent;
    options.means = means;
    for (Index i = 0; i < means * bins; ++i) options.values.push_back(static_cast<float>(110.0 * random.uniform()));
    options.offset[0] = 3.5f;
    options.offset[1] = -20.0f;
    options.offset[2] = 7.0f;
  }

  Tensor<double> expected() const { return compute(nullptr); }
  Tensor<double> bound() const {
    Tensor<double> bound;
    compute(&bound);
    return bound;
  }

  template <class Arch>
  Tensor<float> run(const parallel::Team& team = {}) const {
    std::vector<float> bias(logits.bias.begin(), logits.bias.end());
    kernels::ColorHead<Arch> head(logits.conv);
    REQUIRE(head.pack({logits.float_weights(), logits.factors}, bias, options, team));
    const BlockedLayout layout{logits.conv.in, logits.in, {1, 2, 0, 1}};
    std::vector<float> inputs(static_cast<std::size_t>(layout.size()), 0.0f);
    const BlockedView<float> view{inputs.data(), layout};
    for (Index i = 0; i < logits.x.shape().size(); ++i) {
      const Index plane = logits.in.h * logits.in.w;
      view.at(i / plane, i % plane / logits.in.w, i % logits.in.w) = static_cast<float>(logits.x.data()[i]);
    }
    const auto schedule = head.schedule(layout, team.threads);
    std::vector<float> scratch(static_cast<std::size_t>(schedule.scratch), std::numeric_limits<float>::quiet_NaN());
    auto out = Tensor<float>::create({1, options.means, logits.in.h, logits.in.w}).value();
    head.run(view, out.view(), schedule, scratch, team);
    return out;
  }

 private:
  // Layer by layer; the kernel divides by the sum of the exponentials last, which is the same term for term.
  Tensor<double> compute(Tensor<double>* bound) const {
    constexpr Arithmetic arithmetic = arithmetic_of<float>();
    const Shape shape = logits.out();
    const auto z = logits.expected();
    const auto z_error = logits.bound();
    auto scaled = Tensor<double>::create(shape).value();
    auto shares = Tensor<double>::create(shape).value();
    const ScaleParameters exponent{static_cast<double>(options.exponent), 0.0};
    scale(z.view(), exponent, scaled.view());
    softmax(scaled.view(), shares.view());
    const std::vector<double> values(options.values.begin(), options.values.end());
    const std::vector<double> offset(std::begin(options.offset), std::end(options.offset));
    const Conv2dParameters mean{{values.data(), {options.means, shape.c, 1, 1}}, offset.data()};
    auto y = Tensor<double>::create({1, options.means, shape.h, shape.w}).value();
    conv2d(shares.view(), mean, y.view());
    if (bound != nullptr) {
      const auto scaled_error = scale_bound({z.view(), z_error.data()}, exponent, arithmetic).value();
      const auto shares_error = softmax_bound({scaled.view(), scaled_error.data()}, arithmetic).value();
      *bound = conv2d_bound({shares.view(), shares_error.data()}, mean, arithmetic).value();
    }
    return y;
  }
};

TEST_CASE_TEMPLATE("color head: colours are the softmax's mean, for few and many bins", Arch, OCHRE_TEST_ARCHS) {
  for (const Index bins : {1, 2, 15, 16, 17, 64, 313}) {
    for (const float exponent : {1.0f, 0.38f / 0.1f, 0.5f}) {
      const Head head(bins == 313 ? 40 : 7, bins, {3, 29}, exponent, exponent == 1.0f ? 3 : 2);
      CAPTURE(bins);
      CAPTURE(exponent);
      const auto comparison = compare(head.run<Arch>().view(), head.expected().view(), head.bound().view());
      INFO(to_string(comparison));
      CHECK(comparison.holds());
      CHECK(comparison.decisive);
    }
  }
}

TEST_CASE("color head: the comparison notices a wrong exponent, value and offset") {
  const Head head(7, 313, {3, 4}, 2.0f);
  const auto notices = [&](const auto& spoil) {
    Head wrong(7, 313, {3, 4}, 2.0f);
    spoil(wrong);
    return !compare(wrong.run<simd::DefaultArch>().view(), head.expected().view(), head.bound().view()).holds();
  };
  CHECK_FALSE(notices([](Head&) {}));
  CHECK(notices([](Head& wrong) { wrong.options.exponent = 2.001f; }));
  CHECK(notices([](Head& wrong) { wrong.options.values[312] += 10.0f; }));
  CHECK(notices([](Head& wrong) { wrong.options.values[313] += 10.0f; }));
  CHECK(notices([](Head& wrong) { wrong.options.offset[1] += 0.01f; }));
  CHECK(notices([](Head& wrong) { wrong.logits.bias[312] += 0.5; }));
}

TEST_CASE_TEMPLATE("color head: one sure bin gives its colour, large logits no NaN", Arch, OCHRE_TEST_ARCHS) {
  Head head(1, 21, {1, 3}, 3.0f);
  std::fill_n(head.logits.weight.data(), 21, 0.0);
  head.logits.weight.data()[20] = 1.0;
  std::fill(head.logits.bias.begin(), head.logits.bias.end(), 0.0);
  const float logits[3] = {1000.0f, 1e30f, -1e30f};
  std::copy_n(static_cast<const float*>(logits), 3, head.logits.x.data());
  const auto out = head.run<Arch>();
  for (Index k = 0; k < 2; ++k) {
    const float sure = head.options.values[static_cast<std::size_t>(k * 21 + 20)] + head.options.offset[k];
    CHECK(out.view().at(0, k, 0, 0) == sure);
    CHECK(out.view().at(0, k, 0, 1) == sure);
    double mean = 0.0;  // of the twenty others
    for (Index q = 0; q < 20; ++q)
      mean += static_cast<double>(head.options.values[static_cast<std::size_t>(k * 21 + q)]) / 20;
    CHECK(static_cast<double>(out.view().at(0, k, 0, 2)) ==
          doctest::Approx(mean + static_cast<double>(head.options.offset[k])).epsilon(1e-4));
  }
}

TEST_CASE_TEMPLATE("color head: a NaN among the logits makes the pixel NaN, and no other", Arch, OCHRE_TEST_ARCHS) {
  const Head clean(3, 40, {4, 31}, 2.0f);
  const auto right = clean.run<Arch>();
  Head spoilt(3, 40, {4, 31}, 2.0f);
  spoilt.logits.x.view().at(0, 1, 2, 30) = std::numeric_limits<double>::quiet_NaN();
  spoilt.logits.x.view().at(0, 2, 0, 3) = std::numeric_limits<double>::infinity();
  const auto out = spoilt.run<Arch>();
  for (Index i = 0; i < out.shape().size(); ++i) {
    const Index pixel = i % out.shape().plane();
    const bool bad = pixel == 2 * 31 + 30 || pixel == 3;
    CHECK((bad ? std::isnan(out.data()[i]) : std::memcmp(out.data() + i, right.data() + i, sizeof(float)) == 0));
  }
  // In one logit alone, wherever its lane.
  for (const Index bin : {0, 5, 15, 16, 39}) {
    Head head(3, 40, {1, 2}, 2.0f);
    head.logits.weight.view().at(bin, 0, 0, 0) = std::numeric_limits<double>::quiet_NaN();
    const auto result = head.run<Arch>();
    for (Index i = 0; i < 4; ++i) CHECK(std::isnan(result.data()[i]));
  }
}

TEST_CASE("color head: the same bits for any number of threads") {
  const Head head(40, 313, {9, 33}, 3.0f);
  const auto first = head.run<simd::DefaultArch>();
  for (const int threads : {2, 3, 7}) {
    const auto own = parallel::ThreadTeam::create(threads).value();
    CHECK(test::same_bits(head.run<simd::DefaultArch>(own.team()), first));
  }
}

}  // namespace
