// Attention's kernel through its layer, on every instruction set that this build has: against the reference under its
// bound, for grids around a tile's and a square's size and for heads around a panel's; and the same bits for any
// worker.
#include <doctest/doctest.h>

#include <cstring>

#include <ochre/layers/attention.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/reference/attention_bound.hpp>
#include <ochre/reference/compare.hpp>

#include "support/archs.hpp"

namespace {

using namespace ochre;

TEST_CASE("attention: the squares of places that share a key are the least that leave few enough") {
  CHECK(kernels::attention_square({16, 16}, 256) == 1);
  CHECK(kernels::attention_square({16, 17}, 256) == 2);
  CHECK(kernels::attention_square({68, 120}, 1024) == 3);
  CHECK(kernels::attention_square({1, 2049}, 1024) == 3);
  CHECK(kernels::attention_square({5, 4}, 1) == 5);
  for (const Extent grid : {Extent{1, 1}, Extent{31, 33}, Extent{200, 3}}) {
    for (const Index most : {1, 2, 7, 40, 6000}) {
      CHECK(kernels::attention_square(grid, most) ==
            reference::attention_side({1, 3, grid.h, grid.w}, {.heads = 1, .most_keys = most}));
    }
  }
}

struct AttentionCase {
  Shape input;
  Index heads = 1;
  Index most_keys = 512;

  layers::AttentionSpec spec() const {
    layers::AttentionSpec spec;
    spec.heads = heads;
    spec.most_keys = most_keys;
    return spec;
  }
};

template <class T, class Arch>
Tensor<T> attention_of(const AttentionCase& of, const Tensor<T>& input, int threads) {
  const Index channels[] = {of.input.c};
  const auto layer = layers::Attention<T, Arch>::create(of.spec(), channels, {}).value();
  auto output = Tensor<T>::create({of.input.n, of.input.c / 3, of.input.h, of.input.w}).value();
  auto scratch = AlignedBuffer<T>::create(layer.scratch_size({&of.input, 1}, threads).value()).value();
  std::fill_n(scratch.data(), scratch.size(), std::numeric_limits<T>::quiet_NaN());
  const TensorView<const T> views[] = {input.view()};
  layer.run(views, output.view(), scratch.span(), threads);
  return output;
}

template <class T, class Arch>
void check_attention(const AttentionCase& of) {
  CAPTURE(of.input.c);
  CAPTURE(of.input.h);
  CAPTURE(of.input.w);
  CAPTURE(of.heads);
  CAPTURE(of.most_keys);
  RandomNumbers random(7);
  auto exact = Tensor<double>::create(of.input).value();
  auto input = Tensor<T>::create(of.input).value();
  for (Index k = 0; k < of.input.size(); ++k) {
    input.data()[k] = static_cast<T>(2 * random.uniform());
    exact.data()[k] = static_cast<double>(input.data()[k]);
  }
  const reference::AttentionParameters p{of.heads, of.most_keys};
  const auto output = attention_of<T, Arch>(of, input, 1);
  auto expected = Tensor<double>::create(output.shape()).value();
  REQUIRE(reference::attention(exact.view(), p, expected.view()));
  const reference::Operand operand{std::as_const(exact).view()};
  const auto bound = reference::attention_bound(operand, p, reference::arithmetic_of<T>()).value();
  const auto comparison = reference::compare(output.view(), std::as_const(expected).view(), bound.view());
  INFO(reference::to_string(comparison));
  CHECK(comparison.holds());
  CHECK(comparison.decisive);
  for (const int threads : {2, 5}) {
    const auto again = attention_of<T, Arch>(of, input, threads);
    CHECK(std::memcmp(again.data(), output.data(), static_cast<std::size_t>(output.shape().size()) * sizeof(T)) == 0);
  }
}

template <class Arch>
void check_all_attentions() {
  for (const Index width : {1, 7, 16, 23, 48, 49}) {
    for (const Index channels : {1, 4, 9, 16}) {
      check_attention<float, Arch>({{1, 3 * channels, 3, width}, 1, 1024});
    }
  }
  for (const Index most_keys : {1, 5, 20, 333}) {
    check_attention<float, Arch>({{2, 36, 11, 31}, 4, most_keys});
    check_attention<double, Arch>({{1, 30, 11, 31}, 2, most_keys});
  }
}

TEST_CASE_TEMPLATE("attention: every instruction set against the reference", Arch, OCHRE_TEST_ARCHS) {
  check_all_attentions<Arch>();
}

TEST_CASE("attention: channels that are no three thirds of heads are refused by name") {
  const auto spec = AttentionCase{{}, 4, 16}.spec();
  const Index fits[] = {24};
  const Index too_few[] = {20};
  CHECK(spec.output_channels(fits).value() == 8);
  const auto refused = spec.output_channels(too_few);
  REQUIRE(!refused);
  CHECK(refused.error().message().find("20 channels, expected a multiple of three times 4 heads") != std::string::npos);
}

}  // namespace
