// Every layer, as small networks, against PyTorch's results and under the reference's bounds; the same bits for any
// number of threads; NaN and infinity as the reference has them.
#include <doctest/doctest.h>

#include <cstring>

#include <ochre/reference/compare.hpp>

#include "support/golden_network.hpp"
#include "support/reference_network.hpp"

namespace {

using namespace ochre;

template <class T>
void check_case(const test::GoldenCase& golden) {
  const auto network = test::make_network<T>(golden.network, golden.tensors);
  const auto input = test::to_tensor<T>(golden.input.view());
  const auto output = test::run_once<T>(network, input.view());
  const auto expected =
      test::ReferenceNetwork(golden.network, golden.tensors).run({golden.input.view()}, reference::arithmetic_of<T>());
  // PyTorch's double result may differ from the reference's by double's own rounding, far below float's bound; for
  // double the reference is the judge, and PyTorch is the reference's judge in reference_test.cpp.
  const auto& judge = std::is_same_v<T, float> ? golden.output.view() : expected.output().output.view();
  const auto comparison = reference::compare(output.view(), judge, expected.output().bound.view());
  INFO(reference::to_string(comparison));
  CHECK(comparison.holds());
  for (const int threads : {2, 3, 7}) {
    const auto again = test::run_once<T>(network, input.view(), threads);
    const auto bytes = static_cast<std::size_t>(output.shape().size()) * sizeof(T);
    CHECK(std::memcmp(again.data(), output.data(), bytes) == 0);
  }
}

TEST_CASE("layers: every golden case in float and double, 1, 2, 3 and 7 threads") {
  const auto files = test::golden_case_files();
  REQUIRE(files.size() >= 14);
  for (const auto& file : files) {
    for (const auto& golden : test::load_golden_cases(file)) {
      CAPTURE(file);
      CAPTURE(golden.name);
      check_case<float>(golden);
      check_case<double>(golden);
    }
  }
}

// One kind of layer on an input with one bad value: exactly the outputs that depend on it are bad.
void check_bad_value(const std::string& layer, double bad, const test::GoldenTensors& tensors = {}) {
  CAPTURE(layer);
  CAPTURE(bad);
  const std::string text = "network n\ninput x channels=2\n" + layer + "\noutput y\n";
  test::GoldenTensor input{{1, 2, 5, 5}, std::vector<double>(50, 0.5)};
  input.values[12] = bad;
  const auto network = test::make_network<float>(text, tensors);
  const auto output = test::run_once<float>(network, test::to_tensor<float>(input.view()).view());
  const auto run = test::ReferenceNetwork(text, tensors).run({input.view()});
  const auto& expected = run.output().output;
  REQUIRE(output.shape() == expected.shape());
  for (Index i = 0; i < output.shape().size(); ++i) {
    CAPTURE(i);
    CHECK(std::isnan(output.data()[i]) == std::isnan(expected.data()[i]));
    CHECK(std::isinf(output.data()[i]) == std::isinf(expected.data()[i]));
  }
}

// z.weight of a convolution from two channels to three: the first one reaches output `from` alone, the second all.
test::GoldenTensors::value_type one_of_three(Index from) {
  std::vector<double> weights(6, 0.0);
  weights[static_cast<std::size_t>(2 * from)] = 1;
  for (std::size_t i = 0; i < 3; ++i) weights[2 * i + 1] = 0.5;
  return {"z.weight", {{3, 2, 1, 1}, weights}};
}

TEST_CASE("layers: NaN and infinity go where the reference has them") {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    for (const char* layer : {"relu y",
                              "leaky_relu y slope=0.1",
                              "tanh y",
                              "sigmoid y",
                              "pad y top=1 right=2",
                              "scale y factor=2 offset=1",
                              "softmax y",
                              "downsample y stride=2",
                              "upsample y factor=2",
                              "resize y scale=3/4 rounding=floor",
                              "resize y scale=3/2 mode=bilinear",
                              "resize y scale=2x1/2 mode=bilinear coordinates=asymmetric",
                              "resize y scale=3/2 mode=bicubic",
                              "resize y scale=2/3 mode=catmull_rom coordinates=align_corners",
                              "add y from=x,x",
                              "concat y from=x,x",
                              "clip y least=0",
                              "clip y most=1",
                              "clip y least=-1 most=1",
                              "max_pool y kernel=3 padding=1",
                              "max_pool y kernel=2 stride=2 dilation=3",
                              "average_pool y kernel=3 stride=2 padding=1 ceil=true",
                              "average_pool y kernel=2 count_padding=false",
                              "global_average_pool y",
                              "concat z from=x,x\ndepth_to_space y factor=2",
                              "channels y first=1 count=1",
                              "channels y count=1",
                              "multiply y from=x,x",
                              "divide y from=x,x",
                              "maximum y from=x,x",
                              "minimum y from=x,x",
                              "expand y from=x,x"}) {
      check_bad_value(layer, bad);
    }
    check_bad_value("constant y channels=3 width=5", bad, {{"y.weight", {{3, 1, 5}, std::vector<double>(15, 0.5)}}});
    check_bad_value("instance_norm y", bad, {{"y.weight", {{2}, {1, 2}}}, {"y.bias", {{2}, {0, 1}}}});
    check_bad_value("concat z from=x,x,x\nattention y heads=2", bad);
    for (const Index channel : {0, 1, 2}) {  // a query, a key, a value
      check_bad_value("conv2d z out=3 kernel=1 bias=false\nattention y most_keys=7", bad, {one_of_three(channel)});
    }
    test::GoldenTensors weights;
    weights["y.weight"] = {{2, 2, 3, 3}, std::vector<double>(36, 0.25)};
    weights["y.bias"] = {{2}, {1, -1}};
    check_bad_value("conv2d y out=2 kernel=3 padding=1", bad, weights);
    check_bad_value("conv_transpose2d y out=2 kernel=3 stride=2 padding=1", bad, weights);
    weights["y.weight"] = {{2}, {1, 2}};
    weights["y.running_mean"] = {{2}, {0.5, -0.5}};
    weights["y.running_var"] = {{2}, {1, 2}};
    check_bad_value("batch_norm y", bad, weights);
  }
}

// Every order of what is not finite, and of what is, over three channels; with the sanitizers an exponential that takes
// one of them for an integer is an error.
template <class T>
void check_softmax_of_all_orders() {
  const double values[] = {std::nan(""), HUGE_VAL, -HUGE_VAL, 1000, -1000, 0.5};
  constexpr Index pixels = 6 * 6 * 6;
  test::GoldenTensor input{{1, 3, 12, 18}, std::vector<double>(3 * pixels)};
  for (std::size_t i = 0; i < pixels; ++i) {
    input.values[i] = values[i / 36];
    input.values[pixels + i] = values[i / 6 % 6];
    input.values[2 * pixels + i] = values[i % 6];
  }
  const std::string text = "network n\ninput x channels=3\nsoftmax y\noutput y\n";
  const auto output = test::run_once<T>(test::make_network<T>(text, {}), test::to_tensor<T>(input.view()).view());
  const auto run = test::ReferenceNetwork(text, {}).run({input.view()});
  const auto& expected = run.output().output;
  REQUIRE(output.shape() == expected.shape());
  for (Index i = 0; i < output.shape().size(); ++i) {
    const auto value = static_cast<double>(output.data()[i]);
    CAPTURE(i);
    CHECK(std::isnan(value) == std::isnan(expected.data()[i]));
    if (!std::isnan(value)) CHECK(value == doctest::Approx(expected.data()[i]));
  }
}

TEST_CASE("layers: a softmax of NaN and infinities in every order is the reference's") {
  check_softmax_of_all_orders<float>();
  check_softmax_of_all_orders<double>();
}

// What the output of `layers` is for that input, in T.
template <class T>
std::vector<double> output_of(const std::string& layers, const test::GoldenTensor& input, int threads = 1) {
  const std::string text =
      "network n\ninput x channels=" + std::to_string(input.shape[1]) + "\n" + layers + "\noutput y\n";
  const auto values = test::to_tensor<T>(input.view());
  const auto output = test::run_once<T>(test::make_network<T>(text, {}), values.view(), threads);
  return {output.data(), output.data() + output.shape().size()};
}

TEST_CASE("layers: a pool's padding is no pixel, wherever dilated taps lie") {
  test::GoldenTensor input{{1, 1, 9, 10}, {}};
  for (int i = 0; i < 90; ++i) input.values.push_back(1 + i * 37 % 89);  // above the zeros of a pad
  for (const std::string side : {"2", "3", "4", "6"}) {
    const std::string window = " kernel=4 stride=2 dilation=4";
    CHECK(output_of<double>("max_pool y padding=" + side + window, input) ==
          output_of<double>(
              "pad p top=" + side + " left=" + side + " bottom=" + side + " right=" + side + "\nmax_pool y" + window,
              input));
  }
  for (double& value : input.values) value = -value;
  for (const double value : output_of<float>("max_pool y kernel=3 padding=1", input)) CHECK(value < 0);
  // One window over all of the picture, of taps that are few of the kernel's.
  CHECK(output_of<float>("max_pool y kernel=65535 padding=32767", {{1, 1, 1, 3}, {1, 3, 2}}) ==
        std::vector<double>{3, 3, 3});
}

TEST_CASE("layers: divisors of an average count the padding if they are to, and nothing beyond it") {
  const test::GoldenTensor input{{1, 1, 1, 4}, {6, 6, 6, 6}};
  const std::string window = "average_pool y kernel=1x3 stride=1x3 padding=0x1 ceil=true";
  CHECK(output_of<double>(window, input) == std::vector<double>{4, 6 * 2 / 3.0});
  CHECK(output_of<double>(window + " count_padding=false", input) == std::vector<double>{6, 6});
  // The second window begins at the last pixel: one place in the picture, one of the padding, one beyond.
  CHECK(output_of<double>("average_pool y kernel=1x3 stride=1x4 padding=0x1 ceil=true", input) ==
        std::vector<double>{4, 6 / 2.0});
}

TEST_CASE("layers: the mean of a large picture is rounded once") {
  test::GoldenTensor input{{1, 1, 700, 900}, std::vector<double>(700 * 900)};
  for (std::size_t i = 0; i < input.values.size(); ++i) input.values[i] = 1 + static_cast<double>(i % 8) * 0x1p-20;
  const double exact = 1 + 3.5 * 0x1p-20;  // as 8 divides the number of pixels
  CHECK(output_of<float>("global_average_pool y", input) == std::vector<double>{static_cast<float>(exact)});
  CHECK(output_of<double>("global_average_pool y", input)[0] == doctest::Approx(exact).epsilon(1e-13));
}

TEST_CASE("layers: a negative variance and a division by zero are refused") {
  test::GoldenTensors weights;
  for (const char* name : {"y.weight", "y.bias", "y.running_mean"}) weights[name] = {{1}, {1}};
  const auto create = [&](double variance, const std::string& eps) {
    const auto source = [&](const RequiredTensor& tensor, std::span<float> values) -> Status {
      values[0] = tensor.name == "y.running_var" ? static_cast<float>(variance) : 1.0f;
      return {};
    };
    return Network<float>::create(
        parse_network("network n\ninput x channels=1\nbatch_norm y eps=" + eps + "\noutput y\n").value(), source);
  };
  CHECK(create(0.5, "1e-5"));
  CHECK(create(0.0, "1e-5"));
  const auto negative = create(-0.5, "1e-5");
  REQUIRE(!negative);
  CHECK(negative.error().message().find("layer y: running_var[0]") != std::string::npos);
  CHECK(!create(0.0, "0"));
}

}  // namespace
