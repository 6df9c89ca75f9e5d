// The direct convolution: random kernels, strides, paddings and dilations, transposed ones with any stride, inputs of
// block 16 and 1, on small integers, exactly; then within the bound of plain sums, threads, and NaN.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;
using reference::compare;
using test::ConvCase;

kernels::ConvShape direct_shape(test::RandomSizes& sizes, bool transposed, Index most_in) {
  return {sizes.between(1, most_in),
          sizes.between(1, 40),
          {sizes.extent(1, 5), sizes.extent(1, 4), sizes.extent(0, 3), sizes.extent(1, 3)},
          transposed};
}

template <class Arch>
void check(ConvCase conv_case, Index block) {
  if (conv_case.out().h < 1 || conv_case.out().w < 1) return;
  CAPTURE(conv_case.name());
  CAPTURE(block);
  ConvCase::RunOptions options;
  options.block = block;
  {
    const auto actual = conv_case.run(*conv_case.direct<Arch>(block), options);
    const auto comparison = compare(actual.view(), conv_case.expected().view(), conv_case.bound().view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
  }
  conv_case.round_to_integers();
  const auto actual = conv_case.run(*conv_case.direct<Arch>(block), options);
  const auto expected = conv_case.expected();
  CHECK(std::equal(expected.data(), expected.data() + expected.shape().size(), actual.data(),
                   [](double e, float a) { return e == static_cast<double>(a); }));
}

TEST_CASE_TEMPLATE("direct: random convolutions are the reference's, integers exactly", Arch, OCHRE_NATIVE_ARCHS) {
  test::RandomSizes sizes{RandomNumbers(3)};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    for (const bool transposed : {false, true}) {
      const Extent in = sizes.extent(1, 17);
      check<Arch>(ConvCase(direct_shape(sizes, transposed, 40), in, seed), channel_block);
      check<Arch>(ConvCase(direct_shape(sizes, transposed, 4), in, seed), 1);
    }
  }
}

TEST_CASE_TEMPLATE("direct: bf16 parts are the floats, rounded", Arch, OCHRE_NATIVE_ARCHS) {
  test::RandomSizes sizes{RandomNumbers(5)};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const kernels::ConvShape shape = direct_shape(sizes, seed % 2 == 0, 4);
    const ConvCase conv_case(shape, sizes.extent(1, 20), seed);
    const Shape out = conv_case.out();
    if (out.h < 1 || out.w < 1) continue;
    CAPTURE(conv_case.name());
    const auto floats = conv_case.run(*conv_case.direct<Arch>(1), {.block = 1});
    const int parts = 1 + static_cast<int>(seed % 2);
    const auto kernel = conv_case.packed(std::make_unique<kernels::DirectConv<Arch>>(shape, 1, parts), {});
    const auto rounded = conv_case.run(*kernel, {.block = 1, .out_parts = parts});
    for (Index i = 0; i < floats.shape().size(); ++i) {
      float rest = floats.data()[i];
      for (int part = 0; part < parts; ++part) simd::next_part(rest);
      CHECK(rounded.data()[i] == floats.data()[i] - rest);
    }
  }
}

TEST_CASE("direct: outputs that no tap meets are the bias") {
  // A transposed convolution whose stride is larger than its kernel.
  const kernels::ConvShape shape{5, 3, {{2, 1}, {4, 3}, {0, 0}, {1, 1}}, true};
  const ConvCase conv_case(shape, {4, 5}, 1);
  const auto actual = conv_case.run(*conv_case.direct<simd::DefaultArch>(channel_block), {});
  Index bare = 0;
  for (Index i = 0; i < actual.shape().size(); ++i) {
    const Index y = i / actual.shape().w % actual.shape().h;
    const Index x = i % actual.shape().w;
    if (y % 4 < 2 && x % 3 == 0) continue;
    ++bare;
    CHECK(static_cast<double>(actual.data()[i]) ==
          conv_case.bias[static_cast<std::size_t>(i / actual.shape().plane())]);
  }
  CHECK(bare > actual.shape().size() / 2);
  CHECK(compare(actual.view(), conv_case.expected().view(), conv_case.bound().view()).holds());
}

TEST_CASE("direct: factors are multiplied into the weights") {
  const kernels::ConvShape shape{3, 20, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}};
  ConvCase conv_case(shape, {5, 6}, 4);
  conv_case.round_to_integers();
  for (std::size_t o = 0; o < conv_case.factors.size(); ++o) conv_case.factors[o] = static_cast<double>(o % 5) - 2.0;
  const auto actual = conv_case.run(*conv_case.direct<simd::DefaultArch>(channel_block), {});
  for (Index o = 0; o < shape.out; ++o) {
    for (Index k = 0; k < 27; ++k) {
      conv_case.weight.data()[o * 27 + k] *= conv_case.factors[static_cast<std::size_t>(o)];
    }
  }
  const auto expected = conv_case.expected();
  for (Index i = 0; i < expected.shape().size(); ++i) {
    CHECK(static_cast<double>(actual.data()[i]) == expected.data()[i]);
  }
}

TEST_CASE("direct: the same bits for any number of threads") {
  for (const bool transposed : {false, true}) {
    const kernels::ConvShape shape{40, 72, {{3, 2}, {2, 1}, {1, 0}, {1, 1}}, transposed};
    const ConvCase conv_case(shape, {21, 19}, 6);
    const auto kernel = conv_case.direct<simd::DefaultArch>(channel_block);
    const auto first = conv_case.run(*kernel, {});
    for (const int threads : {2, 3, 7}) {
      const auto own = parallel::ThreadTeam::create(threads).value();
      CHECK(test::same_bits(conv_case.run(*kernel, {own.team()}), first));
      CHECK(test::same_bits(
          conv_case.run(*conv_case.direct<simd::DefaultArch>(channel_block, own.team()), {own.team()}), first));
    }
  }
}

TEST_CASE("direct: what is not finite is in the outputs that it meets, and in no other") {
  const kernels::ConvShape shape{18, 17, {{3, 2}, {2, 1}, {2, 1}, {1, 2}}};
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    ConvCase conv_case(shape, {11, 12}, 8);
    const auto kernel = conv_case.direct<simd::DefaultArch>(channel_block);
    const auto clean = conv_case.run(*kernel, {});
    conv_case.x.view().at(0, 17, 6, 5) = bad;
    const auto spoilt = conv_case.run(*kernel, {});
    const auto expected = conv_case.expected();
    Index not_finite = 0;
    for (Index i = 0; i < expected.shape().size(); ++i) {
      const bool finite = std::isfinite(expected.data()[i]);
      not_finite += !finite;
      CHECK(finite == std::isfinite(spoilt.data()[i]));
      if (finite) CHECK(std::memcmp(spoilt.data() + i, clean.data() + i, sizeof(float)) == 0);
    }
    CHECK(not_finite == 4 * 17);
  }
}

}  // namespace
