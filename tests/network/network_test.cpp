// Whole networks: PyTorch's results, layer by layer against the reference, memory shared but never spoilt, nothing
// allocated in a run.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include <ochre/models/street.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/reference/compare.hpp>

#include "support/allocations.hpp"
#include "support/golden_network.hpp"
#include "support/reference_network.hpp"

namespace {

using namespace ochre;

// The largest error relative to the largest expected number.
template <class T>
double relative_error(TensorView<const T> actual, TensorView<const double> expected) {
  REQUIRE(actual.shape == expected.shape);
  double largest = 0;
  double error = 0;
  for (Index i = 0; i < expected.shape.size(); ++i) {
    const double difference = std::abs(static_cast<double>(actual.data[i]) - expected.data[i]);
    REQUIRE(std::isfinite(difference));
    error = std::max(error, difference);
    largest = std::max(largest, std::abs(expected.data[i]));
  }
  return error / largest;
}

void check_public_network(const std::string& name, const std::string& prefix, const std::string& layer) {
  CAPTURE(name);
  CAPTURE(layer);
  const auto model = test::load_golden_file(name + "_sixteenth.safetensors");
  const auto golden = test::load_golden_file(name + "_sixteenth.expected.safetensors");
  const auto input = golden.tensors.at(prefix + "input").view();
  const auto expected = golden.tensors.at(layer.empty() ? prefix + "output" : "logits").view();
  const auto& text = model.metadata.at("network");

  const auto exact = test::run_once<double>(test::make_network<double>(text, model.tensors), input, 2, layer);
  // Some thirty layers of sums of up to 288 products, each off by about √288·2^-53: 1e-13 would need luck, 1e-11 a bug.
  CHECK(relative_error<double>(exact.view(), expected) < 1e-12);

  const auto network = test::make_network<float>(text, model.tensors);
  const auto rounded = test::to_tensor<float>(input);
  const auto output = test::run_once<float>(network, rounded.view(), 1, layer);
  // The same, with 2^-24; a wrong tap or border is off by 1e-2 and more.
  CHECK(relative_error<float>(output.view(), expected) < 1e-5);
  for (const int threads : {2, 3, 7}) {
    const auto again = test::run_once<float>(network, rounded.view(), threads, layer);
    CHECK(std::memcmp(again.data(), output.data(), static_cast<std::size_t>(output.shape().size()) * 4) == 0);
  }
}

TEST_CASE("network: eccv16 and siggraph17 at a sixteenth of their width give PyTorch's results") {
  check_public_network("eccv16", "", "");
  check_public_network("eccv16", "", "model8.6");
  check_public_network("eccv16", "odd.", "");
  check_public_network("siggraph17", "", "");
}

TEST_CASE("network: every layer holds its bound, given its own input, on shared memory") {
  const auto model = test::load_golden_file("siggraph17_sixteenth.safetensors");  // skips: outputs read late
  const auto golden = test::load_golden_file("siggraph17_sixteenth.expected.safetensors");
  const auto& text = model.metadata.at("network");
  const auto network = test::make_network<float>(text, model.tensors);
  const auto input = test::to_tensor<float>(golden.tensors.at("input").view());
  auto workspace = network.make_workspace({.input = input.shape(), .in_place = false}).value();
  std::size_t layers = 0;
  const auto observer = [&](const LayerEvent<float>& event) {
    // One layer as a network of its own, its inputs named after their place.
    const auto& layer = network.description().layers[static_cast<std::size_t>(event.index)];
    if (event.inputs.size() != 1) return;  // add and concat: layers_test.cpp
    std::string line;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      line = text.substr(begin, text.find('\n', begin) - begin);
      if (line.starts_with(layer.name + " ") || line.find(" " + layer.name + " ") != std::string::npos ||
          line.ends_with(" " + layer.name)) {
        break;
      }
    }
    if (const auto from = line.find(" from="); from != std::string::npos) {
      line.erase(from, line.find(' ', from + 1) == std::string::npos ? line.npos : line.find(' ', from + 1) - from);
    }
    const std::string alone = "network n\ninput x channels=" + std::to_string(layer.channels[0]) + "\n" + line +
                              "\noutput " + layer.name + "\n";
    auto exact_input = Tensor<double>::create(event.inputs[0].shape).value();
    std::copy_n(event.inputs[0].data, event.inputs[0].shape.size(), exact_input.data());
    const auto run =
        test::ReferenceNetwork(alone, model.tensors).run({exact_input.view()}, reference::arithmetic_of<float>());
    const auto comparison = reference::compare(event.output, run.output().output.view(), run.output().bound.view());
    CAPTURE(line);
    INFO(reference::to_string(comparison));
    CHECK(comparison.holds());
    ++layers;
  };
  REQUIRE(network.run(input.view(), workspace, observer));
  CHECK(layers > 40);

  // Working in place and sharing slots changes no bit.
  auto shared = network.make_workspace({.input = input.shape()}).value();
  CHECK(shared.bytes() <= workspace.bytes());
  const auto with = network.run(input.view(), shared).value();
  const auto without = network.run(input.view(), workspace).value();
  CHECK(std::memcmp(with.data, without.data, static_cast<std::size_t>(with.shape.size()) * 4) == 0);
}

TEST_CASE("network: every layer runs once, and what nobody reads gives its memory back") {
  std::string text = "network n\ninput x channels=2\nconv2d a out=2 kernel=1\ntanh b\nsigmoid early from=a\n";
  for (int i = 0; i < 100; ++i) text += "leaky_relu leaf" + std::to_string(i) + " slope=0.5 from=b\n";
  const auto network =
      Network<double>::create(parse_network(text + "output b\n").value(), random_weights<double>(1)).value();
  const auto& layers = network.description().layers;
  auto input = Tensor<double>::create({1, 2, 5, 7}).value();
  for (Index i = 0; i < input.shape().size(); ++i) input.data()[i] = static_cast<double>(i * 37 % 101) / 100;
  auto workspace = network.make_workspace({.input = input.shape(), .every_layer = true}).value();
  CHECK(workspace.layers() == 103);
  Index index = 0;
  const auto observe = [&](const LayerEvent<double>& event) {
    REQUIRE(event.index == index++);
    auto alone = network.make_workspace({.input = input.shape(), .layer = std::string(event.name)}).value();
    const auto expected = network.run(input.view(), alone).value();
    CHECK(std::memcmp(event.output.data, expected.data, static_cast<std::size_t>(expected.shape.size()) * 8) == 0);
  };
  const auto last = network.run(input.view(), workspace, observe);
  REQUIRE(last);
  CHECK(index == static_cast<Index>(layers.size()));
  CHECK(workspace.output_shape() == last->shape);

  // a, b, and one place for all leaves, one after the other.
  const auto shapes = network.description().shapes(input.shape()).value();
  const auto plan = network::plan_memory(network.description(), shapes, every_layer, [](Index) { return false; });
  CHECK(plan.slots.sizes == std::vector<Index>(3, input.shape().size()));

  // Layer by layer the same, and no layer that there is not.
  auto one_by_one = network.make_workspace({.input = input.shape(), .every_layer = true}).value();
  index = 0;
  for (Index number = 0; number < one_by_one.layers(); ++number) {
    CHECK(network.run_layer(number, input.view(), one_by_one, observe));
    CHECK(index == number + 1);
  }
  CHECK(!network.run_layer(one_by_one.layers(), input.view(), one_by_one, observe));
  CHECK(!network.run_layer(-1, input.view(), one_by_one, observe));
  CHECK(!network.make_workspace({.input = input.shape(), .layer = "b", .every_layer = true}));
}

TEST_CASE("network: a run allocates nothing, and a second run gives the same bits") {
  const auto network = Network<float>::create(parse_network(models::street).value(), random_weights<float>(1)).value();
  auto input = Tensor<float>::create({1, 1, 64, 80}).value();
  for (Index i = 0; i < input.shape().size(); ++i) input.data()[i] = static_cast<float>(i * 37 % 101);
  for (const int threads : {1, 2}) {
    auto workspace = network.make_workspace({.input = input.shape(), .threads = threads}).value();
    const auto first = network.run(input.view(), workspace).value();
    const std::vector<float> kept(first.data, first.data + first.shape.size());
    const auto before = test::allocations();
    const auto second = network.run(input.view(), workspace);
    CHECK(test::allocations() == before);
    CHECK(std::memcmp(second->data, kept.data(), kept.size() * sizeof(float)) == 0);
  }
  const auto before = test::allocations();
  std::vector<int> something(100);
  CHECK(test::allocations() == before + 1);  // the counter counts
}

TEST_CASE("network: a copy shares the layers, and each thread may run it with a workspace of its own") {
  const auto network = Network<float>::create(parse_network(models::street).value(), random_weights<float>(1)).value();
  const auto copy = network;
  auto input = Tensor<float>::create({1, 1, 16, 16}).value();
  auto workspace = network.make_workspace({.input = input.shape()}).value();
  CHECK(copy.run(input.view(), workspace));
}

TEST_CASE("network: wrong calls are errors") {
  const auto parse = [] { return parse_network(models::street).value(); };
  const auto network = Network<float>::create(parse(), random_weights<float>(1)).value();
  const auto other = Network<float>::create(parse(), random_weights<float>(1)).value();
  const auto refused = [&](const WorkspaceOptions& options, const char* what) {
    const auto workspace = network.make_workspace(options);
    REQUIRE(!workspace);
    INFO(workspace.error().message());
    CHECK(workspace.error().message().find(what) != std::string::npos);
  };
  refused({.input = {1, 3, 8, 8}}, "expected 1 channels");
  refused({.input = {1, 1, 0, 8}}, "input shape");
  refused({.input = {1, 1, 16, 16}, .threads = 0}, "0 threads");
  refused({.input = {1, 1, 16, 16}, .layer = "nothing"}, "no layer `nothing`");
  refused({.input = {1, 1, Index{1} << 31, Index{1} << 31}}, "input shape");
  refused({.input = {1, 1, Index{1} << 29, Index{1} << 29}}, "layer conv1_1");
  refused({.input = {1, 1, Index{1} << 20, Index{1} << 20}}, "no memory");

  auto workspace = network.make_workspace({.input = {1, 1, 16, 16}}).value();
  auto right = Tensor<float>::create({1, 1, 16, 16}).value();
  auto wrong = Tensor<float>::create({1, 1, 16, 32}).value();
  CHECK(network.run(right.view(), workspace));
  CHECK(!network.run(wrong.view(), workspace));
  CHECK(!network.run(TensorView<const float>{nullptr, {1, 1, 16, 16}}, workspace));
  CHECK(other.run(right.view(), workspace).error().message().find("another network") != std::string::npos);
}

}  // namespace
