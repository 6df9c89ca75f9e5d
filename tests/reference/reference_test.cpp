// The reference layers against PyTorch, over all golden cases, and by hand where a few numbers show more.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/reference/compare.hpp>

#include "support/golden.hpp"
#include "support/reference_network.hpp"

namespace {

using namespace ochre;
using namespace ochre::reference;
using test::GoldenCase;
using test::ReferenceNetwork;

// PyTorch's double arithmetic and the reference's may each be off by the bound.
Tensor<double> twice(const Tensor<double>& bound) {
  auto doubled = Tensor<double>::create(bound.shape()).value();
  for_each_element(bound.view(), doubled.view(), [](double b) { return 2.0 * b; });
  return doubled;
}

Comparison compare_case(const GoldenCase& golden, const test::GoldenTensors& tensors) {
  const auto run = ReferenceNetwork(golden.network, tensors).run({golden.input.view()}, arithmetic_of<double>());
  return compare(TensorView<const double>(run.output().output.view()), golden.output.view(),
                 twice(run.output().bound).view());
}

// Only where PyTorch's own numbers are all zero may zeros be right: a lone negative number through a ReLU.
bool all_zero(const test::GoldenTensor& tensor) {
  return std::all_of(tensor.values.begin(), tensor.values.end(), [](double value) { return value == 0.0; });
}

std::string narrow(std::string_view network) {
  std::string text(network);
  for (const auto& [wide, sixteenth] : {std::pair{"out=64 ", "out=4 "}, std::pair{"out=128 ", "out=8 "},
                                        std::pair{"out=256 ", "out=16 "}, std::pair{"out=512 ", "out=32 "}}) {
    const std::string from = wide;
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from)) {
      text.replace(at, from.size(), sixteenth);
    }
  }
  return text;
}

// Twenty to forty layers deep a rigorous bound grows beyond use; each layer of a network whose activations stay near 1
// adds an error of some 1e-15, so 1e-12 of the largest output leaves three digits and shows any real mistake.
void check_network(TensorView<const double> actual, const test::GoldenTensor& expected) {
  double largest = 0.0;
  for (const double value : expected.values) largest = std::max(largest, std::abs(value));
  const std::vector<double> bound(expected.values.size(), 1e-12 * largest);
  const Comparison comparison = compare(actual, expected.view(), {bound.data(), expected.view().shape});
  INFO(to_string(comparison));
  CHECK(comparison.holds());
  CHECK(comparison.decisive);
}

// Between the largest and the smallest: a network whose output is nearly one number proves nothing.
double spread(const test::GoldenTensor& tensor) {
  const auto [low, high] = std::minmax_element(tensor.values.begin(), tensor.values.end());
  return *high - *low;
}

}  // namespace

TEST_CASE("every layer agrees with PyTorch on every golden case") {
  std::size_t count = 0;
  for (const std::string& file : test::golden_case_files()) {
    for (const GoldenCase& golden : test::load_golden_cases(file)) {
      const Comparison comparison = compare_case(golden, golden.tensors);
      INFO(file, ": ", golden.name, ": ", to_string(comparison));
      CHECK(comparison.holds());
      CHECK(comparison.decisive != all_zero(golden.output));
      ++count;
    }
  }
  CHECK(count >= 426);
}

TEST_CASE("a convolution that forgets one tap, or one bias, is found out") {
  std::size_t detected = 0;
  for (const std::string file : {"conv2d", "conv_transpose2d"}) {
    for (const GoldenCase& golden : test::load_golden_cases(file)) {
      if (golden.input.values.size() > 100 || golden.output.values.size() > 200) continue;  // for the time it takes
      INFO(file, ": ", golden.name);
      const auto whole = ReferenceNetwork(golden.network, golden.tensors).run({golden.input.view()});
      auto broken = golden.tensors;
      for (auto& [name, tensor] : broken) {
        const auto taps = tensor.shape.size() == 4 ? static_cast<std::size_t>(tensor.shape[2] * tensor.shape[3]) : 1;
        for (std::size_t tap = 0; tap < taps; ++tap) {
          const double kept = std::exchange(tensor.values[tap], 0.0);
          const auto run = ReferenceNetwork(golden.network, broken).run({golden.input.view()});
          const auto& output = run.output().output;
          const bool matters = !std::equal(output.data(), output.data() + output.shape().size(),
                                           whole.output().output.data());  // not one that meets padding only
          if (matters) CHECK_FALSE(compare_case(golden, broken).holds());
          detected += matters;
          tensor.values[tap] = kept;
        }
      }
    }
  }
  CHECK(detected > 200);
}

TEST_CASE("eccv16's text is the network of its paper") {
  const auto model = test::load_golden_file("eccv16_sixteenth.safetensors");
  const auto expected = test::load_golden_file("eccv16_sixteenth.expected.safetensors").tensors;
  const std::string& text = model.metadata.at("network");
  CHECK(text == narrow(models::eccv16));
  const ReferenceNetwork network(text, model.tensors);
  const auto run = network.run({expected.at("input").view()});
  check_network(run.output().output.view(), expected.at("output"));
  check_network(run.layers.at("model8.6").output.view(), expected.at("logits"));
  check_network(network.run({expected.at("odd.input").view()}).output().output.view(), expected.at("odd.output"));
  CHECK(spread(expected.at("output")) > 1.0);
}

TEST_CASE("siggraph17's text is the network of its paper") {
  const auto model = test::load_golden_file("siggraph17_sixteenth.safetensors");
  const auto expected = test::load_golden_file("siggraph17_sixteenth.expected.safetensors").tensors;
  const std::string& text = model.metadata.at("network");
  CHECK(text == narrow(models::siggraph17));
  const auto run = ReferenceNetwork(text, model.tensors).run({expected.at("input").view()});
  check_network(run.output().output.view(), expected.at("output"));
  CHECK(spread(expected.at("output")) > 1.0);
}

TEST_CASE("a NaN goes through the pointwise layers and spreads over a pixel's softmax, and no further") {
  const std::vector<double> x{std::nan(""), -1.0, 2.0, -3.0};
  std::vector<double> y(4);
  const TensorView<const double> in{x.data(), {1, 2, 1, 2}};
  const TensorView<double> out{y.data(), {1, 2, 1, 2}};
  relu(in, out);
  CHECK(std::isnan(y[0]));
  CHECK(std::vector(y.begin() + 1, y.end()) == std::vector{0.0, 2.0, 0.0});
  leaky_relu(in, {.slope = 0.5}, out);
  CHECK(std::isnan(y[0]));
  CHECK(std::vector(y.begin() + 1, y.end()) == std::vector{-0.5, 2.0, -1.5});
  reference::tanh(in, out);
  CHECK(std::isnan(y[0]));
  scale(in, {.factor = 2.0, .offset = 1.0}, out);
  CHECK(std::isnan(y[0]));
  softmax(in, out);
  CHECK(std::isnan(y[0]));
  CHECK(std::isnan(y[2]));
  CHECK(y[1] + y[3] == doctest::Approx(1.0));
}

TEST_CASE("products with the padding are absent: an infinite weight there makes no NaN") {
  const std::vector<double> x{2.0};
  constexpr double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> w{inf, 1.0, inf, inf, 3.0, inf, inf, 1.0, inf};
  const TensorView<const double> weight{w.data(), {1, 1, 3, 3}};
  double y = 0.0;
  conv2d({x.data(), {1, 1, 1, 1}}, {.weight = weight, .padding = {1, 1}}, {&y, {1, 1, 1, 1}});
  CHECK(y == 6.0);
  y = 0.0;
  conv_transpose2d({x.data(), {1, 1, 1, 1}}, {.weight = weight, .padding = {1, 1}}, {&y, {1, 1, 1, 1}});
  CHECK(y == 6.0);
}

TEST_CASE("a convolution is a cross-correlation: the kernel is not turned, height comes first") {
  const std::vector<double> x{1, 2, 3, 4, 5, 6};  // 2x3
  const std::vector<double> w{1, 10};
  std::vector<double> y(4);
  conv2d({x.data(), {1, 1, 2, 3}}, {.weight = {w.data(), {1, 1, 1, 2}}}, {y.data(), {1, 1, 2, 2}});
  CHECK(y == std::vector<double>{21, 32, 54, 65});
  y.resize(3);
  conv2d({x.data(), {1, 1, 2, 3}}, {.weight = {w.data(), {1, 1, 2, 1}}}, {y.data(), {1, 1, 1, 3}});
  CHECK(y == std::vector<double>{41, 52, 63});
}

TEST_CASE("bilinear enlargement by 2 lies at quarters between the pixels, at the ends with aligned corners") {
  const std::vector<double> x{0.0, 4.0};
  std::vector<double> y(4);
  UpsampleParameters p{.factor = {1, 2}, .mode = UpsampleMode::bilinear};
  upsample({x.data(), {1, 1, 1, 2}}, p, {y.data(), {1, 1, 1, 4}});
  CHECK(y == std::vector<double>{0.0, 1.0, 3.0, 4.0});
  p.align_corners = true;
  upsample({x.data(), {1, 1, 1, 2}}, p, {y.data(), {1, 1, 1, 4}});
  CHECK(y[0] == 0.0);
  CHECK(y[1] == doctest::Approx(4.0 / 3.0));
  CHECK(y[3] == 4.0);
  p.mode = UpsampleMode::nearest;
  upsample({x.data(), {1, 1, 1, 2}}, p, {y.data(), {1, 1, 1, 4}});
  CHECK(y == std::vector<double>{0.0, 0.0, 4.0, 4.0});
}
