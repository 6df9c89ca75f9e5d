// The bound of Winograd's filtering: float arithmetic stays within it, it says something for every form and many
// channels, and one wrong tap, coefficient or border exceeds it.
#include <doctest/doctest.h>

#include <cmath>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;
using namespace ochre::reference;
using test::ConvCase;
using test::dense;
using test::ones;
using test::strided;
using test::transposed;
using test::twos;

double root_mean_square(const Tensor<double>& numbers) {
  double sum = 0;
  for (Index i = 0; i < numbers.shape().size(); ++i) sum += numbers.data()[i] * numbers.data()[i];
  return std::sqrt(sum / static_cast<double>(numbers.shape().size()));
}

double largest(const Tensor<double>& numbers) {
  double largest = 0;
  for (Index i = 0; i < numbers.shape().size(); ++i) largest = std::max(largest, numbers.data()[i]);
  return largest;
}

// Largest bound that is allowed, of the outputs' root mean square: what makes a wrong tap visible.
template <class Algorithm>
void check_form(const kernels::ConvShape& conv, double allowed) {
  const ConvCase conv_case(conv, {13, 10}, 3);
  const auto expected = conv_case.expected();
  const auto actual = conv_case.run(*conv_case.winograd<simd::DefaultArch, Algorithm>(), {});
  const auto bound = conv_case.winograd_bound<Algorithm>();
  const auto likely = conv_case.winograd_bound<Algorithm>(likely_gamma);
  CAPTURE(conv_case.name());
  CAPTURE(Algorithm::name);
  const auto comparison = compare(actual.view(), expected.view(), bound.view());
  INFO(to_string(comparison));
  CHECK(comparison.grade == Grade::pass);
  CHECK(comparison.decisive);
  CHECK(comparison.worst_ratio > 1e-4);  // it is about these numbers
  CHECK(largest(bound) < allowed * root_mean_square(expected));
  const auto probable = compare(actual.view(), expected.view(), likely.view());
  INFO(to_string(probable));
  CHECK(probable.holds());
  const Index sources = conv.window.stride == twos && !conv.transposed ? 4 : 1;
  const Index roundings = conv.in * sources + 4 * Algorithm::points.points + 8;
  CHECK((largest(likely) < largest(bound)) == (roundings >= 64));
}

TEST_CASE("winograd bound: float results of every form stay within, and it is far below the results") {
  for (const Index channels : {1, 16, 64, 200}) {
    const bool few = channels <= 64;
    check_form<kernels::F43>(dense(channels, 7), few ? 0.01 : 0.03);
    check_form<kernels::F63>(dense(channels, 7, 2), few ? 0.08 : 0.3);
    check_form<kernels::F42>(strided(channels, 7), few ? 0.03 : 0.15);
    check_form<kernels::F42>(transposed(channels, 7), few ? 0.01 : 0.04);
  }
}

TEST_CASE("winograd bound: the probable factor is the smaller one from 64 roundings on") {
  const double unit = arithmetic_of<float>().unit;
  CHECK(likely_gamma(63, unit) > gamma(63, unit));
  CHECK(likely_gamma(66, unit) < gamma(66, unit));
  CHECK(likely_gamma(4096, unit) == doctest::Approx(8 * 64 * unit).epsilon(1e-4));
}

// F(4,3) of one tile in float, by its definition, with wrong numbers put in.
struct OneTile {
  kernels::WinogradMatrices<std::remove_cvref_t<decltype(kernels::F43::points)>> matrices =
      kernels::winograd_of<kernels::F43>;
  ConvCase conv_case = random_case();

  static ConvCase random_case() {
    const kernels::ConvShape conv{16, 1, {{3, 3}, ones, {0, 0}, ones}};
    return ConvCase(conv, {6, 6}, 11);
  }

  template <Index Rows, Index Columns>
  static std::vector<float> transform(const kernels::Matrix<Rows, Columns>& m, const std::vector<float>& from) {
    std::vector<float> to(static_cast<std::size_t>(Rows * Rows), 0.0f);
    for (Index i = 0; i < Rows; ++i) {
      for (Index j = 0; j < Rows; ++j) {
        for (Index k = 0; k < Columns; ++k) {
          float sum = 0.0f;
          for (Index l = 0; l < Columns; ++l) {
            sum += static_cast<float>(m.at[j][l]) * from[static_cast<std::size_t>(k * Columns + l)];
          }
          to[static_cast<std::size_t>(i * Rows + j)] += static_cast<float>(m.at[i][k]) * sum;
        }
      }
    }
    return to;
  }

  Comparison judge() const {
    std::vector<float> sum(36, 0.0f);
    for (Index c = 0; c < 16; ++c) {
      std::vector<float> d(36);
      std::vector<float> g(9);
      for (Index k = 0; k < 36; ++k) {
        d[static_cast<std::size_t>(k)] = static_cast<float>(conv_case.x.view().at(0, c, k / 6, k % 6));
      }
      for (Index k = 0; k < 9; ++k) {
        g[static_cast<std::size_t>(k)] = static_cast<float>(conv_case.weight.view().at(0, c, k / 3, k % 3));
      }
      const auto u = transform(matrices.g, g);
      const auto v = transform(matrices.b_transposed, d);
      for (std::size_t p = 0; p < 36; ++p) sum[p] += u[p] * v[p];
    }
    auto y = transform(matrices.a_transposed, sum);
    for (float& value : y) value += static_cast<float>(conv_case.bias[0]);
    const ConvCase truth = random_case();
    const auto expected = truth.expected();
    const auto bound = truth.winograd_bound<kernels::F43>();
    return compare(std::span<const float>(y), {expected.data(), 16}, {bound.data(), 16});
  }
};

TEST_CASE("winograd bound: one wrong coefficient, tap or pixel is outside") {
  CHECK(OneTile().judge().grade == Grade::pass);
  const auto wrong = [](double& number) { number = number == 0.0 ? 0.03 : number * 1.03; };
  int detected = 0;
  int tried = 0;
  for (Index i = 0; i < 6; ++i) {
    for (Index j = 0; j < 6; ++j) {
      OneTile tile;
      wrong(tile.matrices.b_transposed.at[i][j]);
      ++tried, detected += !tile.judge().holds();
      if (i < 4) {
        OneTile other;
        wrong(other.matrices.a_transposed.at[i][j]);
        ++tried, detected += !other.judge().holds();
      }
      if (j < 3) {
        OneTile other;
        wrong(other.matrices.g.at[i][j]);
        ++tried, detected += !other.judge().holds();
      }
    }
  }
  CHECK(tried == 36 + 24 + 18);
  CHECK(detected == tried);  // by 3 %

  OneTile tap;
  tap.conv_case.weight.view().at(0, 7, 2, 1) += 0.05;
  CHECK_FALSE(tap.judge().holds());
  OneTile pixel;
  pixel.conv_case.x.view().at(0, 15, 5, 5) += 0.1;  // the corner: one output reads it
  CHECK_FALSE(pixel.judge().holds());
}

TEST_CASE("winograd bound: an input's own error is carried through, a factor of rounding is not enough for it") {
  const ConvCase conv_case(dense(8, 4), {9, 9}, 5);
  auto error = Tensor<double>::create(conv_case.x.shape()).value();
  const double size = 0.001;
  std::fill_n(error.data(), error.shape().size(), size);
  const auto filter = ConvCase::filter<kernels::F43>();
  const auto arithmetic = arithmetic_of<float>();
  const auto with =
      winograd_conv2d_bound({conv_case.x.view(), error.data()}, conv_case.plain(), filter, arithmetic).value();
  const auto without = winograd_conv2d_bound({conv_case.x.view()}, conv_case.plain(), filter, arithmetic).value();
  ConvCase moved(dense(8, 4), {9, 9}, 5);
  RandomNumbers random(1);
  for (Index i = 0; i < error.shape().size(); ++i) {
    moved.x.data()[i] = static_cast<float>(moved.x.data()[i] + 0.999 * size * (random.uniform() < 0 ? -1 : 1));
  }
  const auto actual = moved.run(*moved.winograd<simd::DefaultArch, kernels::F43>(), {});
  CHECK(compare(actual.view(), conv_case.expected().view(), with.view()).holds());
  CHECK_FALSE(compare(actual.view(), conv_case.expected().view(), without.view()).holds());
}

TEST_CASE("winograd bound: what has no form is refused") {
  const auto refuses = [](const kernels::ConvShape& conv, Index taps) {
    const ConvCase conv_case(conv, {9, 9}, 1);
    auto filter = ConvCase::filter<kernels::F43>();
    if (taps == 2) filter = ConvCase::filter<kernels::F42>();
    const Operand x{conv_case.x.view()};
    const auto arithmetic = arithmetic_of<float>();
    return conv.transposed ? !winograd_conv_transpose2d_bound(x, conv_case.transposed(), filter, arithmetic)
                           : !winograd_conv2d_bound(x, conv_case.plain(), filter, arithmetic);
  };
  CHECK_FALSE(refuses(dense(1, 1), 3));
  CHECK_FALSE(refuses(strided(1, 1), 2));
  CHECK_FALSE(refuses(transposed(1, 1), 2));
  CHECK(refuses(dense(1, 1), 2));
  CHECK(refuses(strided(1, 1), 3));
  CHECK(refuses(transposed(1, 1), 3));
  CHECK(refuses({1, 1, {{5, 5}, ones, ones, ones}}, 3));
  CHECK(refuses({1, 1, {{3, 3}, twos, ones, twos}}, 2));
  CHECK(refuses({1, 1, {{3, 3}, twos, ones, ones}, true}, 2));
}

}  // namespace
