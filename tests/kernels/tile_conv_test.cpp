// Convolutions on the tile unit, by its model, and where there is one by the unit itself: random kernels, strides,
// paddings and dilations, transposed ones, with one and two parts, out to floats and to parts: on small integers,
// exactly, then within the bound of their parts; every remainder of pixels, rows and channels; the same bits for any
// number of threads and from the unit; NaN.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <ochre/simd/tile_unit.hpp>

#include "support/tile_conv_case.hpp"

namespace {

using namespace ochre;
using TileArch = simd::DefaultArch;
using test::ConvCase;

kernels::ConvShape tile_shape(test::RandomSizes& sizes, bool transposed) {
  return {sizes.between(1, 70),
          sizes.between(1, 70),
          {sizes.extent(1, 4), sizes.extent(1, 3), sizes.extent(0, 3), sizes.extent(1, 3)},
          transposed};
}

void check_on_tiles(ConvCase random_case, int parts, int out_parts) {
  if (random_case.out().h < 1 || random_case.out().w < 1) return;
  ConvCase conv_case = test::in_parts(std::move(random_case), parts);
  CAPTURE(conv_case.name());
  CAPTURE(parts);
  CAPTURE(out_parts);
  {
    const auto actual = conv_case.run(*test::tile_kernel<TileArch>(conv_case, parts, out_parts),
                                      {.parts = parts, .out_parts = out_parts});
    const auto bound = test::parts_bound(conv_case, parts, out_parts);
    const auto comparison = reference::compare(actual.view(), conv_case.expected().view(), bound.view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
  }
  conv_case.round_to_integers();
  const auto actual =
      conv_case.run(*test::tile_kernel<TileArch>(conv_case, parts, 0), {.parts = parts, .out_parts = 0});
  const auto expected = conv_case.expected();
  CHECK(std::equal(expected.data(), expected.data() + expected.shape().size(), actual.data(),
                   [](double e, float a) { return e == static_cast<double>(a); }));
}

TEST_CASE("tile convolution: random ones are the reference's, integers exactly") {
  test::RandomSizes sizes{RandomNumbers(3)};
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    for (const bool transposed : {false, true}) {
      ConvCase conv_case(tile_shape(sizes, transposed), sizes.extent(1, 20), seed);
      const int parts = 1 + static_cast<int>(seed % 2);
      check_on_tiles(std::move(conv_case), parts, seed % 3 == 0 ? parts : 0);
    }
  }
}

TEST_CASE("tile convolution: every remainder of a row's pixels, rows alone, dilated pairs of rows") {
  for (Index width = 1; width <= 17; ++width) check_on_tiles(ConvCase(test::dense(32, 32), {3, width}, 1), 1, 1);
  for (const Index width : {31, 32, 33, 40}) check_on_tiles(ConvCase(test::dense(20, 48), {2, width}, 2), 2, 2);
  for (Index height = 1; height <= 9; ++height) {
    for (const Index dilation : {1, 2, 3})
      check_on_tiles(ConvCase(test::dense(8, 16, dilation), {height, 18}, 3), 2, 0);
  }
  for (const Index rows : {16, 17, 33})
    check_on_tiles(ConvCase(test::dense(8, 8), {rows, 5}, 4), 1, 0);  // more than one chunk
  check_on_tiles(ConvCase(test::strided(33, 64), {19, 34}, 5), 2, 2);
  check_on_tiles(ConvCase(test::transposed(64, 40), {9, 17}, 6), 2, 2);
}

TEST_CASE("tile convolution: two parts are nearer than one by their 2^7") {
  const ConvCase conv_case = test::in_parts(ConvCase(test::dense(64, 32), {12, 16}, 7), 1);
  const auto error = [&](int parts) {
    const auto actual =
        conv_case.run(*test::tile_kernel<TileArch>(conv_case, parts, 0), {.parts = parts, .out_parts = 0});
    const auto expected = conv_case.expected();
    double squares = 0;
    double size = 0;
    for (Index i = 0; i < expected.shape().size(); ++i) {
      squares += std::pow(static_cast<double>(actual.data()[i]) - expected.data()[i], 2);
      size += std::pow(expected.data()[i], 2);
    }
    return std::sqrt(squares / size);
  };
  CHECK(error(1) > 5e-4);
  CHECK(error(2) < 6e-6);
}

TEST_CASE("tile convolution: a batch norm's factors, and outputs that no tap meets") {
  ConvCase conv_case(test::dense(3, 20), {5, 6}, 4);
  conv_case.round_to_integers();
  for (std::size_t o = 0; o < conv_case.factors.size(); ++o) conv_case.factors[o] = static_cast<double>(o % 5) - 2.0;
  const auto actual = conv_case.run(*test::tile_kernel<TileArch>(conv_case, 2, 0), {.parts = 2, .out_parts = 0});
  for (Index o = 0; o < 20; ++o) {
    for (Index k = 0; k < 27; ++k)
      conv_case.weight.data()[o * 27 + k] *= conv_case.factors[static_cast<std::size_t>(o)];
  }
  const auto expected = conv_case.expected();
  for (Index i = 0; i < expected.shape().size(); ++i) {
    CHECK(static_cast<double>(actual.data()[i]) == expected.data()[i]);
  }
  check_on_tiles(ConvCase({5, 3, {{2, 1}, {4, 3}, {0, 0}, {1, 1}}, true}, {4, 5}, 1), 2, 0);  // the bias alone in most
}

TEST_CASE("tile convolution: the same bits for any number of threads") {
  for (const bool transposed : {false, true}) {
    const kernels::ConvShape shape{40, 72, {{3, 2}, {2, 1}, {1, 0}, {1, 1}}, transposed};
    const ConvCase conv_case(shape, {21, 19}, 6);
    const auto first = conv_case.run(*test::tile_kernel<TileArch>(conv_case, 2, 2), {.parts = 2, .out_parts = 2});
    for (const int threads : {2, 3, 7}) {
      const auto own = parallel::ThreadTeam::create(threads).value();
      const auto kernel = test::tile_kernel<TileArch>(conv_case, 2, 2, own.team());
      CHECK(test::same_bits(conv_case.run(*kernel, {.team = own.team(), .parts = 2, .out_parts = 2}), first));
    }
  }
}

TEST_CASE("tile convolution: what is not finite is in the outputs that it meets, and in no other") {
  const kernels::ConvShape shape{18, 17, {{3, 2}, {2, 1}, {2, 1}, {1, 2}}};
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (const int parts : {1, 2}) {
      ConvCase conv_case(shape, {11, 12}, 8);
      const auto kernel = test::tile_kernel<TileArch>(conv_case, parts, 0);
      const auto clean = conv_case.run(*kernel, {.parts = parts, .out_parts = 0});
      conv_case.x.view().at(0, 17, 6, 5) = bad;
      const auto spoilt = conv_case.run(*kernel, {.parts = parts, .out_parts = 0});
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
}

#if defined(OCHRE_TILE_UNIT)
TEST_CASE("tile convolution: the unit's bits are the model's") {
  if (!platform::permit_tiles()) return;
  test::RandomSizes sizes{RandomNumbers(9)};
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const ConvCase conv_case(tile_shape(sizes, seed % 3 == 0), sizes.extent(1, 36), seed);
    if (conv_case.out().h < 1 || conv_case.out().w < 1) continue;
    CAPTURE(conv_case.name());
    const int parts = 1 + static_cast<int>(seed % 2);
    const int out_parts = seed % 5 == 0 ? 0 : parts;
    const auto model = test::tile_kernel<TileArch>(conv_case, parts, out_parts);
    const auto unit = test::tile_kernel<TileArch, simd::TileUnit>(conv_case, parts, out_parts);
    CHECK(test::same_bits(conv_case.run(*unit, {.parts = parts, .out_parts = out_parts}),
                          conv_case.run(*model, {.parts = parts, .out_parts = out_parts})));
  }
}
#endif

}  // namespace
