// The fast engine's memory as foretold, against what it takes.
#include <doctest/doctest.h>

#include <ochre/engine/engine_cost.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/description_parser.hpp>

#include "support/engine_network.hpp"

namespace {

using namespace ochre;

TEST_CASE("engine cost: about what weights and a workspace take") {
  for (const auto text : {models::street, models::siggraph17}) {
    const auto network = parse_network(text).value();
    const Shape input{1, network.input_channels, 256, 256};
    const auto engine = Engine::create(network, random_weights<float>(1), {.input = input}).value();
    const auto workspace = engine.make_workspace({.input = input}).value();
    const double taken = static_cast<double>(engine.plan().weight_bytes() + workspace.bytes());
    const auto cost = engine_cost(network, input, network.output).value();
    CAPTURE(network.name);
    CAPTURE(taken);
    CAPTURE(cost.all_bytes());
    CHECK(cost.all_bytes() > 0.6 * taken);
    CHECK(cost.all_bytes() < 1.5 * taken);
  }
}

TEST_CASE("engine cost: grows with the picture, and an input that does not fit is an error") {
  const auto network = parse_network(models::street).value();
  const double small = engine_cost(network, {1, 1, 256, 256}, network.output)->activations;
  const double large = engine_cost(network, {1, 1, 2560, 2560}, network.output)->activations;
  CHECK(large > 90 * small);
  CHECK(large < 110 * small);
  CHECK(engine_cost(network, {7, 1, 256, 256}, network.output)->activations == small);  // one after the other
  CHECK(!engine_cost(network, {1, 2, 256, 256}, network.output));
  const auto tower =
      parse_network("network n\ninput x channels=1\nupsample a factor=30000\nupsample z factor=30000\noutput z\n");
  CHECK(engine_cost(*tower, {1, 1, 1, 1}, tower->output)->all_bytes() > 3e18);
}

}  // namespace
