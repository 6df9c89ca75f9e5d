// The cost of a run, against workspaces that were made and weights that were packed.
#include <doctest/doctest.h>

#include <string>

#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/network/network.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/network/run_cost.hpp>

#include "support/layers_text.hpp"

namespace {

using namespace ochre;

RunCost cost_of(const std::string& body, const Shape& input) {
  return readable_cost<double>(test::network_of_layers(body, input.c), input, every_layer).value();
}

TEST_CASE("run cost: bytes are those of a workspace") {
  for (const auto text : {models::street, models::siggraph17}) {
    const auto network = Network<float>::create(parse_network(text).value(), random_weights<float>(1)).value();
    const Shape input{1, network.description().input_channels, 64, 128};
    for (const bool all : {true, false}) {
      const auto workspace = network.make_workspace({.input = input, .every_layer = all}).value();
      const Index wanted = all ? every_layer : network.description().output;
      const auto cost = readable_cost<float>(network.description(), input, wanted).value();
      CHECK(cost.bytes > 0.9 * static_cast<double>(workspace.bytes()) - 512 * 1024);  // what a product packs at a time
      CHECK(cost.bytes < 1.1 * static_cast<double>(workspace.bytes()) + 512 * 1024);
      CHECK(cost.weights == 4.0 * static_cast<double>(network.description().parameters()));
    }
  }
}

TEST_CASE("run cost: scratch, groups and leaves") {
  const Shape input{1, 4, 100, 100};
  CHECK(cost_of("tanh z", input).bytes == 8.0 * 40'000);
  CHECK(cost_of("upsample z factor=1000", input).bytes == 8.0 * 40'000 * 1e6);
  // A transposed convolution keeps all products: a small output does not make them fewer.
  CHECK(cost_of("conv_transpose2d z out=1 kernel=50 padding=70", input).bytes > 8.0 * 2500 * 10'000);
  CHECK(cost_of("conv_transpose2d z out=1 kernel=50 padding=70", input).work > 4.0 * 2500 * 10'000);
  // Each group is packed apart.
  const double plain = cost_of("conv2d a out=1024 kernel=1\nconv2d z out=1024 kernel=1 groups=1", input).bytes;
  CHECK(cost_of("conv2d a out=1024 kernel=1\nconv2d z out=1024 kernel=1 groups=1024", input).bytes >
        plain + 256 * 1000);
  CHECK(cost_of("conv2d z out=65536 kernel=1 groups=1", {1, 1, 1, 1}).bytes <
        cost_of("conv2d z out=65536 kernel=1 groups=65536", {1, 65536, 1, 1}).bytes);
  // A leaf's memory is free again, its work counts.
  std::string leaves;
  for (int i = 0; i < 1000; ++i) leaves += "relu leaf" + std::to_string(i) + " from=a\n";
  const RunCost with = cost_of("tanh a\n" + leaves + "tanh z from=a", input);
  CHECK(with.bytes == 3 * 8.0 * 40'000 - 8.0 * 40'000);
  CHECK(with.work > 500 * cost_of("tanh z", input).work);
}

TEST_CASE("run cost: a pool reads its windows' pixels, however few or many the kernel claims") {
  const Shape input{1, 4, 100, 100};
  const double once = cost_of("relu z", input).work;
  CHECK(cost_of("max_pool z kernel=31 padding=15", input).work > 400 * once);
  CHECK(cost_of("average_pool z kernel=31 padding=15", input).work > 400 * once);
  CHECK(cost_of("max_pool z kernel=65535 padding=32767", input).work ==
        doctest::Approx(cost_of("max_pool z kernel=101 padding=50", input).work));
  CHECK(cost_of("global_average_pool z", input).work < once);
}

TEST_CASE("run cost: work is multiply-adds where there are many") {
  const auto network = parse_network(models::eccv16).value();
  const Shape input{1, 1, 256, 256};
  double macs = 0;
  for (const double layer : network.macs(input).value()) macs += layer;
  const double work = readable_cost<double>(network, input, every_layer).value().work;
  CHECK(work > macs);
  CHECK(work < 1.3 * macs);
}

TEST_CASE("run cost: a claim beyond every integer is a number, an input that does not fit an error") {
  std::string tower = "upsample a factor=30000\nupsample b factor=30000";
  for (int i = 0; i < 100; ++i) tower += "\ntanh t" + std::to_string(i) + " from=b";
  tower += "\nadd sum from=b,t0";
  for (int i = 1; i < 60; ++i) tower += ",t" + std::to_string(i);
  CHECK(cost_of(tower + "\ntanh z", {1, 1, 1, 1}).bytes > 1e19);
  const auto network = parse_network(models::street).value();
  CHECK(!readable_cost<double>(network, {1, 2, 16, 16}, every_layer));
}

}  // namespace
