// The error bounds: what float arithmetic does stays within them, what comes from more than rounding does not, and the
// worst case nearly reaches them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <ochre/reference/attention_bound.hpp>
#include <ochre/reference/compare.hpp>
#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/pool_bound.hpp>
#include <ochre/reference/resample_bound.hpp>

#include "support/golden.hpp"
#include "support/reference_network.hpp"

namespace {

using namespace ochre;
using namespace ochre::reference;

constexpr Arithmetic float_arithmetic = arithmetic_of<float>();

struct Numbers {
  std::mt19937 random{7};

  // float32 numbers.
  std::vector<double> normal(Index count, double mean = 0.0, double deviation = 1.0) {
    std::normal_distribution<double> draw(mean, deviation);
    std::vector<double> numbers;
    for (Index k = 0; k < count; ++k) numbers.push_back(static_cast<double>(static_cast<float>(draw(random))));
    return numbers;
  }
};

// A 1x1 convolution of one pixel: the dot product alone.
struct Dot {
  std::vector<double> x;
  std::vector<double> w;
  double bias = 0.0;

  Operand operand() const { return {{x.data(), {1, static_cast<Index>(x.size()), 1, 1}}}; }
  Conv2dParameters parameters() const {
    return {.weight = {w.data(), {1, static_cast<Index>(w.size()), 1, 1}}, .bias = &bias};
  }
  Comparison judge(float actual) const {
    double exact = 0.0;
    conv2d(operand().value, parameters(), {&exact, {1, 1, 1, 1}});
    const auto bound = conv2d_bound(operand(), parameters(), float_arithmetic).value();
    return compare(std::span<const float>(&actual, 1), {&exact, 1}, {bound.data(), 1});
  }
};

float sum_forwards(const Dot& dot) {
  float sum = static_cast<float>(dot.bias);
  for (std::size_t k = 0; k < dot.x.size(); ++k) sum += static_cast<float>(dot.x[k]) * static_cast<float>(dot.w[k]);
  return sum;
}

float sum_fused_backwards(const Dot& dot) {
  float sum = 0.0f;
  for (std::size_t k = dot.x.size(); k-- > 0;) {
    sum = std::fma(static_cast<float>(dot.x[k]), static_cast<float>(dot.w[k]), sum);
  }
  return sum + static_cast<float>(dot.bias);
}

float sum_of_four_sums(const Dot& dot) {
  float sums[4] = {};
  for (std::size_t k = 0; k < dot.x.size(); ++k) {
    sums[k % 4] += static_cast<float>(dot.x[k]) * static_cast<float>(dot.w[k]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]) + static_cast<float>(dot.bias);
}

}  // namespace

TEST_CASE("the unit roundoff is half of the distance from 1 to the next number") {
  CHECK(arithmetic_of<float>().unit == std::ldexp(1.0, -24));
  CHECK(arithmetic_of<double>().unit == std::ldexp(1.0, -53));
  CHECK(arithmetic_of<float>().tiny == std::ldexp(1.0, -126));
  CHECK(gamma(0, 0.5) == 0.0);
  CHECK(gamma(1, 0.25) == doctest::Approx(1.0 / 3.0));
  CHECK(std::isinf(gamma(4, 0.25)));
}

TEST_CASE("float sums stay within the bound in every order, and use a fair part of it") {
  Numbers numbers;
  for (const Index count : {1, 2, 3, 9, 27, 144, 576, 2304, 4608}) {
    double worst = 0.0;
    for (int trial = 0; trial < 30; ++trial) {
      const Dot dot{numbers.normal(count), numbers.normal(count), numbers.normal(1)[0]};
      for (const auto& sum : {sum_forwards(dot), sum_fused_backwards(dot), sum_of_four_sums(dot)}) {
        const Comparison comparison = dot.judge(sum);
        INFO(count, " products: ", to_string(comparison));
        CHECK(comparison.holds());
        worst = std::max(worst, comparison.worst_ratio);
      }
    }
    INFO(count, " products: worst ", worst);
    CHECK(worst > 0.02 / std::sqrt(static_cast<double>(count)));  // errors grow by chance with the root of the sum
    CHECK(worst < 0.6);
  }
}

TEST_CASE("a sum that rounds down at every step comes near the bound: it could not be much smaller") {
  const Index count = 1000;
  Dot dot{std::vector<double>(count, std::ldexp(1.0, -24)), std::vector<double>(count, 1.0), 1.0};
  const Comparison lost = dot.judge(sum_forwards(dot));  // each half unit is lost: 1 + u rounds to 1
  INFO(to_string(lost));
  CHECK(sum_forwards(dot) == 1.0f);
  CHECK(lost.grade == Grade::marginal);
  CHECK(lost.worst_ratio > 0.99);
  dot.bias = 1.01;
  CHECK_FALSE(dot.judge(1.0f).holds());
}

TEST_CASE("sums of inputs that were kept in bfloat16 are found out") {
  Numbers numbers;
  int detected = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const Dot dot{numbers.normal(144), numbers.normal(144), 0.5};
    Dot coarse = dot;
    for (double& x : coarse.x) {
      int exponent = 0;
      const double fraction = std::frexp(x, &exponent);
      x = std::ldexp(std::round(std::ldexp(fraction, 8)), exponent - 8);
    }
    CHECK(dot.judge(sum_forwards(dot)).holds());
    detected += !dot.judge(sum_forwards(coarse)).holds();
  }
  CHECK(detected > 80);
}

TEST_CASE("a convolution's bound counts the products that can meet") {
  const std::vector<double> w(2 * 3 * 4 * 4);
  CHECK(products_per_output(Conv2dParameters{.weight = {w.data(), {2, 3, 4, 4}}, .groups = 2}) == 48);
  ConvTranspose2dParameters p{.weight = {w.data(), {2, 3, 4, 4}}, .stride = {2, 2}};
  CHECK(products_per_output(p) == 2 * 2 * 2);
  p.stride = {3, 4};
  CHECK(products_per_output(p) == 2 * 2 * 1);
  p.dilation = {3, 2};
  CHECK(products_per_output(p) == 2 * 4 * 2);
  p.groups = 2;
  CHECK(products_per_output(p) == 4 * 2);
  // by counting: every product is 1, so the largest output is the number of products
  for (const Index stride : {1, 2, 3, 4, 5}) {
    for (const Index dilation : {1, 2, 3, 4}) {
      for (const Index kernel : {1, 2, 3, 4, 5}) {
        const std::vector<double> all_one(400, 1.0);
        const ConvTranspose2dParameters q{
            .weight = {all_one.data(), {1, 1, kernel, 1}}, .stride = {stride, 1}, .dilation = {dilation, 1}};
        auto output = Tensor<double>::create(conv_transpose2d_shape({1, 1, 20, 1}, q)).value();
        conv_transpose2d({all_one.data(), {1, 1, 20, 1}}, q, output.view());
        CAPTURE(stride);
        CAPTURE(dilation);
        CAPTURE(kernel);
        CHECK(*std::max_element(output.data(), output.data() + output.shape().size()) ==
              static_cast<double>(products_per_output(q)));
      }
    }
  }
}

TEST_CASE("float batch norms of both forms stay within the bound") {
  Numbers numbers;
  for (int trial = 0; trial < 200; ++trial) {
    const auto x = numbers.normal(64, 0.5, 2.0);
    const auto mean = numbers.normal(4, 0.5);
    auto variance = numbers.normal(4);
    for (double& v : variance) v = std::abs(v);
    const auto weight = numbers.normal(4);
    const auto bias = numbers.normal(4);
    const BatchNormParameters p{mean.data(), variance.data(), weight.data(), bias.data(), 1e-5};
    const Operand operand{{x.data(), {1, 4, 4, 4}}};
    std::vector<double> exact(64);
    batch_norm(operand.value, p, {exact.data(), {1, 4, 4, 4}});
    const auto bound = batch_norm_bound(operand, p, float_arithmetic).value();
    std::vector<float> by_definition;
    std::vector<float> folded;
    for (std::size_t k = 0; k < 64; ++k) {
      const std::size_t c = k / 16;
      const auto value = static_cast<float>(x[k]);
      const auto center = static_cast<float>(mean[c]);
      const auto shift = static_cast<float>(bias[c]);
      const float s = static_cast<float>(weight[c]) / std::sqrt(static_cast<float>(variance[c]) + 1e-5f);
      by_definition.push_back((value - center) * s + shift);
      const float constant = shift - center * s;
      folded.push_back(value * s + constant);
    }
    const TensorView<const double> expected{exact.data(), {1, 4, 4, 4}};
    for (const auto* actual : {&by_definition, &folded}) {
      const Comparison comparison = compare({actual->data(), {1, 4, 4, 4}}, expected, bound.view());
      INFO(to_string(comparison));
      CHECK(comparison.holds());
      CHECK(comparison.worst_ratio > 0.002);
      CHECK(comparison.decisive);
    }
    auto wrong = by_definition;
    wrong[17] = (static_cast<float>(x[17]) - static_cast<float>(mean[1])) * static_cast<float>(weight[1]) /
                    std::sqrt(static_cast<float>(variance[1]) + 1e-3f) +
                static_cast<float>(bias[1]);  // another eps
    if (variance[1] < 0.5 && std::abs(wrong[17] - by_definition[17]) > 1e-4f) {
      CHECK_FALSE(compare({wrong.data(), {1, 4, 4, 4}}, expected, bound.view()).holds());
    }
  }
}

// Attention of one head and a key a place in float; `scale` is what scores are multiplied by.
std::vector<float> float_attention(const std::vector<double>& x, Index depth, Index places, float scale) {
  const auto at = [&](Index third, Index c, Index place) {
    return static_cast<float>(x[static_cast<std::size_t>((third * depth + c) * places + place)]);
  };
  std::vector<float> output(static_cast<std::size_t>(depth * places));
  std::vector<float> shares(static_cast<std::size_t>(places));
  for (Index i = 0; i < places; ++i) {
    float sum = 0.0f;
    for (Index j = 0; j < places; ++j) {
      float score = 0.0f;
      for (Index c = 0; c < depth; ++c) score += at(0, c, i) * at(1, c, j);
      sum += shares[static_cast<std::size_t>(j)] = std::exp(score * scale);  // scores of these numbers are small
    }
    for (Index c = 0; c < depth; ++c) {
      float mixed = 0.0f;
      for (Index j = 0; j < places; ++j) mixed += shares[static_cast<std::size_t>(j)] / sum * at(2, c, j);
      output[static_cast<std::size_t>(c * places + i)] = mixed;
    }
  }
  return output;
}

TEST_CASE("float attention stays within its bound, with the error of its input; another scale does not") {
  Numbers numbers;
  constexpr Index depth = 16;
  constexpr Index places = 35;
  const Shape shape{1, 3 * depth, 5, 7};
  for (int trial = 0; trial < 20; ++trial) {
    const auto x = numbers.normal(3 * depth * places, 0.0, 1.5);
    auto moved = x;
    for (std::size_t k = 0; k < x.size(); ++k) moved[k] += (k % 2 ? 1 : -1) * 1e-4 * std::abs(x[k]);
    std::vector<double> errors;
    for (const double v : x) errors.push_back(1.01e-4 * std::abs(v));
    const Operand exact{{x.data(), shape}};
    const Operand known{{x.data(), shape}, errors.data()};
    auto expected = Tensor<double>::create({1, depth, 5, 7}).value();
    REQUIRE(attention(exact.value, {}, expected.view()));
    const auto check = [&](const std::vector<double>& input, float scale, const Operand& operand) {
      const auto actual = float_attention(input, depth, places, scale);
      return compare({actual.data(), expected.shape()}, std::as_const(expected).view(),
                     attention_bound(operand, {}, float_arithmetic).value().view());
    };
    const Comparison comparison = check(x, 0.25f, exact);
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
    CHECK(comparison.worst_ratio > 1e-3);
    CHECK_FALSE(check(x, 0.2501f, exact).holds());
    CHECK_FALSE(check(moved, 0.25f, exact).holds());
    const Comparison carried = check(moved, 0.25f, known);
    INFO(to_string(carried));
    CHECK(carried.holds());
    CHECK(carried.worst_ratio > 1e-2);
  }
}

TEST_CASE("float softmax, tanh, sigmoid and bilinear enlargement stay within their bounds") {
  Numbers numbers;
  for (int trial = 0; trial < 50; ++trial) {
    const auto x = numbers.normal(313, 0.0, 4.0);
    const Shape shape{1, 313, 1, 1};
    const Operand operand{{x.data(), shape}};
    std::vector<double> exact(313);
    std::vector<float> actual;

    softmax(operand.value, {exact.data(), shape});
    const auto largest = static_cast<float>(*std::max_element(x.begin(), x.end()));
    float sum = 0.0f;
    for (const double v : x) actual.push_back(std::exp(static_cast<float>(v) - largest));
    for (const float e : actual) sum += e;
    for (float& e : actual) e /= sum;
    const TensorView<const double> expected{exact.data(), shape};
    Comparison comparison =
        compare({actual.data(), shape}, expected, softmax_bound(operand, float_arithmetic).value().view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
    CHECK(comparison.worst_ratio > 1e-3);
    actual[5] *= 1.0001f;
    CHECK_FALSE(
        compare({actual.data(), shape}, expected, softmax_bound(operand, float_arithmetic).value().view()).holds());

    reference::tanh(operand.value, {exact.data(), shape});
    for (std::size_t k = 0; k < 313; ++k) actual[k] = std::tanh(static_cast<float>(x[k]));
    comparison = compare({actual.data(), shape}, expected, tanh_bound(operand, float_arithmetic).value().view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());

    sigmoid(operand.value, {exact.data(), shape});
    for (std::size_t k = 0; k < 313; ++k) actual[k] = 1.0f / (1.0f + std::exp(-static_cast<float>(x[k])));
    comparison = compare({actual.data(), shape}, expected, sigmoid_bound(operand, float_arithmetic).value().view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    actual[5] *= 1.0001f;
    CHECK_FALSE(
        compare({actual.data(), shape}, expected, sigmoid_bound(operand, float_arithmetic).value().view()).holds());
  }
  for (const bool align_corners : {false, true}) {
    const auto x = numbers.normal(35);
    const UpsampleParameters p{.factor = {3, 7}, .mode = UpsampleMode::bilinear, .align_corners = align_corners};
    const Operand operand{{x.data(), {1, 1, 5, 7}}};
    const Shape shape = upsample_shape(operand.value.shape, p);
    auto exact = Tensor<double>::create(shape).value();
    upsample(operand.value, p, exact.view());
    std::vector<float> actual;
    for (Index y = 0; y < shape.h; ++y) {
      for (Index at = 0; at < shape.w; ++at) {
        const Between row = bilinear_position(y, 5, 3, align_corners);
        const Between column = bilinear_position(at, 7, 7, align_corners);
        const auto pixel = [&](Index r, Index c) { return static_cast<float>(operand.value.at(0, 0, r, c)); };
        const auto right = static_cast<float>(column.part);
        const auto down = static_cast<float>(row.part);
        const float upper = (1.0f - right) * pixel(row.first, column.first) + right * pixel(row.first, column.second);
        const float lower = (1.0f - right) * pixel(row.second, column.first) + right * pixel(row.second, column.second);
        actual.push_back((1.0f - down) * upper + down * lower);
      }
    }
    const auto bound = upsample_bound(operand, p, float_arithmetic).value();
    const Comparison comparison = compare({actual.data(), shape}, exact.view(), bound.view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
    CHECK(comparison.worst_ratio > 0.01);
  }
}

TEST_CASE("float averages of windows stay within their bound; a divisor that counts one place more does not") {
  Numbers numbers;
  const PoolParameters p{.window = {.kernel = {3, 5}, .stride = {2, 3}, .padding = {1, 2}, .dilation = {}},
                         .ceil = true};
  for (int trial = 0; trial < 50; ++trial) {
    const auto x = numbers.normal(8 * 9, 0.3);
    const Operand operand{{x.data(), {1, 1, 8, 9}}};
    const Shape shape = pool_shape(operand.value.shape, p);
    auto exact = Tensor<double>::create(shape).value();
    average_pool(operand.value, p, exact.view());
    std::vector<float> actual;
    std::vector<float> wrong;
    for_each_window(exact.view(), [&](Index, Index oy, Index ox) {
      float sum = 0.0f;
      for_each_pixel(operand.value.shape, p.window, oy, ox,
                     [&](Index at) { sum += static_cast<float>(x[static_cast<std::size_t>(at)]); });
      const auto count = static_cast<float>(counted_places(oy, 8, p.window.rows(), true) *
                                            counted_places(ox, 9, p.window.columns(), true));
      actual.push_back(sum / count);
      wrong.push_back(sum / (count + 1.0f));
      return exact.view().at(0, 0, oy, ox);
    });
    const auto bound = average_pool_bound(operand, p, float_arithmetic).value();
    const Comparison comparison = compare({actual.data(), shape}, exact.view(), bound.view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
    CHECK(comparison.worst_ratio > 1e-3);
    CHECK_FALSE(compare({wrong.data(), shape}, exact.view(), bound.view()).holds());
  }
}

TEST_CASE("a mean of all pixels is rounded once: a sum in float is found out, the exact one passes") {
  Numbers numbers;
  const auto x = numbers.normal(200 * 300, 1.0);
  const Operand operand{{x.data(), {1, 1, 200, 300}}};
  double exact = 0.0;
  global_average_pool(operand.value, {&exact, {1, 1, 1, 1}});
  float sum = 0.0f;
  for (const double value : x) sum += static_cast<float>(value);
  const float naive = sum / 60000.0f;
  const auto rounded = static_cast<float>(exact);
  const auto bound = global_average_pool_bound(operand, float_arithmetic).value();
  CHECK(compare(std::span<const float>(&rounded, 1), {&exact, 1}, {bound.data(), 1}).holds());
  CHECK_FALSE(compare(std::span<const float>(&naive, 1), {&exact, 1}, {bound.data(), 1}).holds());
}

TEST_CASE("a limit's rounding is allowed for where a number may lie beyond it, and nowhere else") {
  const std::vector<double> x{-2.0, 0.1, 0.05, 0.4, 0.7, 9.0};
  const Operand operand{{x.data(), {1, 6, 1, 1}}};
  const ClipParameters p{.least = 0.1, .most = 0.7};
  const auto bound = clip_bound(operand, p, float_arithmetic).value();
  std::vector<double> exact(6);
  clip(operand.value, p, {exact.data(), {1, 6, 1, 1}});
  for (std::size_t i = 0; i < 6; ++i) {
    const float least = 0.1f;
    const float most = 0.7f;
    const float actual = std::min(std::max(static_cast<float>(x[i]), least), most);
    CHECK(std::abs(static_cast<double>(actual) - exact[i]) <= bound.data()[i] + (x[i] == 0.4 ? 1e-8 : 0.0));
  }
  CHECK(bound.data()[3] == 0.0);
  CHECK(bound.data()[0] < 1e-8);
  CHECK(bound.data()[0] > 0.0);
  const std::vector<double> errors(6, 0.35);
  const auto carried = clip_bound({operand.value, errors.data()}, p, float_arithmetic).value();
  for (int i = 0; i < 6; ++i) CHECK(carried.data()[i] == 0.35);
}

TEST_CASE("a table's numbers may be rounded once, wherever they are repeated to, and no more") {
  const std::vector<double> numbers{0.1, -3.3, 0.5, 1e-40, 7.7, 0.0};
  const TensorView<const double> table{numbers.data(), {1, 2, 1, 3}};
  const Shape shape{2, 2, 4, 3};
  auto exact = Tensor<double>::create(shape).value();
  constant(table, exact.view());
  const auto bound = constant_bound(table, shape, float_arithmetic).value();
  std::vector<float> actual;
  for (Index k = 0; k < shape.size(); ++k) {
    const auto place = static_cast<std::size_t>(k / 12 % 2 * 3 + k % 3);
    CHECK(exact.data()[k] == numbers[place]);
    actual.push_back(static_cast<float>(numbers[place]));
  }
  const auto holds = [&] {
    return compare({actual.data(), shape}, TensorView<const double>(exact.view()), bound.view()).holds();
  };
  CHECK(holds());
  actual[1] = std::nextafter(actual[1], 0.0f);
  CHECK_FALSE(holds());
}

TEST_CASE("inputs that are off by their stated error leave no layer's carried bound, and errors beyond it do") {
  std::mt19937 random(11);
  int left = 0;
  for (const std::string& file : test::golden_case_files()) {
    for (const auto& golden : test::load_golden_cases(file)) {
      const auto exact = golden.input.view();
      auto error = Tensor<double>::create(exact.shape).value();
      auto moved = Tensor<double>::create(exact.shape).value();
      auto too_far = Tensor<double>::create(exact.shape).value();
      for (Index k = 0; k < exact.shape.size(); ++k) {
        error.data()[k] = 1e-3 * std::abs(exact.data[k]) + 1e-4;
        const double sign = random() % 2 == 0 ? 1.0 : -1.0;
        moved.data()[k] = exact.data[k] + 0.999 * sign * error.data()[k];
        too_far.data()[k] = exact.data[k] + 1e3 * error.data()[k];
      }
      const test::ReferenceNetwork network(golden.network, golden.tensors);
      const auto around = network.run({exact, error.data()}, arithmetic_of<double>());
      const auto judge = [&](const Tensor<double>& input) {
        const auto run = network.run({input.view()});
        return compare(TensorView<const double>(run.output().output.view()), around.output().output.view(),
                       around.output().bound.view());
      };
      const Comparison comparison = judge(moved);
      INFO(file, ": ", golden.name, ": ", to_string(comparison));
      CHECK(comparison.holds());
      left += judge(too_far).holds() ? 0 : 1;
    }
  }
  CHECK(left > 200);
}

TEST_CASE("an infinite bound, where nothing can be said, fails instead of passing") {
  const Dot dot{{1.0}, {1.0}, 0.0};
  const auto bound = conv2d_bound(dot.operand(), dot.parameters(), {.unit = 0.5, .tiny = 0.0}).value();
  const float actual = 1.0f;
  const double exact = 1.0;
  CHECK_FALSE(compare(std::span<const float>(&actual, 1), {&exact, 1}, {bound.data(), 1}).holds());
}
