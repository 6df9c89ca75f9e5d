// Whole networks in bf16 and in split bf16 on the tile unit, by its model: within the bound of the whole network, every
// layer within its own in the audit, which notices one weight that is another; the same bits for any number of threads;
// what runs on the unit and what does not, and which activations lie in parts; memory; when the plan is of float.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <ochre/audit/engine_audit.hpp>

#include "support/allocations.hpp"
#include "support/engine_network.hpp"
#include "support/tile_model_kernels.hpp"

namespace {

using namespace ochre;

constexpr Precision precisions[] = {Precision::bf16, Precision::split};

Engine on_tiles(std::string_view text, EngineOptions options) {
  return Engine::create(parse_network(text).value(), random_weights<float>(1), options, test::tile_model_kernels())
      .value();
}

TEST_CASE("precision: every kind of network within the bound of its precision, the same bits for any threads") {
  for (const Precision precision : precisions) {
    for (const auto* network : test::small_networks) {
      CAPTURE(network->text);
      CAPTURE(name_of(precision));
      const Engine engine = on_tiles(network->text, {.precision = precision});
      CHECK(engine.plan().precision == precision);
      const auto input = test::random_input(network->input);
      const auto output = test::run_once(engine, input.view());
      const auto exact = test::exact_output(engine, input.view());
      const auto comparison =
          test::compare_networks(output.view(), exact.view(), test::error_growth(engine, network->input));
      INFO(to_string(comparison));
      CHECK(comparison.holds());
      for (const int threads : {2, 3}) {
        const auto other = test::run_once(engine, input.view(), {.input = input.shape(), .threads = threads});
        CHECK(std::equal(other.data(), other.data() + other.shape().size(), output.data()));
      }
    }
  }
}

TEST_CASE("precision: split is nearer to the exact network than bf16 by two digits") {
  const auto error = [](Precision precision) {
    const Engine engine = on_tiles(test::chain.text, {.precision = precision});
    const auto input = test::random_input(test::chain.input);
    const auto output = test::run_once(engine, input.view());
    const auto exact = test::exact_output(engine, input.view());
    double largest = 0;
    for (Index i = 0; i < exact.shape().size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(output.data()[i]) - exact.data()[i]));
    }
    return largest;
  };
  CHECK(error(Precision::split) < 0.01 * error(Precision::bf16));
  CHECK(error(Precision::bf16) > 0);
}

TEST_CASE("precision: convolutions run on the unit, but for those of the network's few channels; float alone beside") {
  const Engine engine = on_tiles(test::chain.text, {.precision = Precision::split});
  const auto& plan = engine.plan();
  const auto parts_of = [&](const char* name) {
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
      const Index value = plan.tensors[i].value;
      if (value != network_input && plan.description.layers[static_cast<std::size_t>(value)].name == name &&
          plan.tensors[i].form.parts != 0) {
        return plan.tensors[i].form.parts;
      }
    }
    return 0;
  };
  CHECK(parts_of("na") == 2);  // the first convolution's, in float, rounded as they are stored
  CHECK(parts_of("rb") == 2);
  CHECK(parts_of("rd") == 2);
  CHECK(parts_of("e") == 0);  // read by tanh
  Index on_unit = 0;
  Index changes = 0;
  for (const auto& step : plan.steps) {
    on_unit += step.algorithm() == "tile unit";
    changes += step.as<engine::ToPartsStep>() != nullptr;
  }
  CHECK(on_unit == 5);
  CHECK(changes == 0);
  CHECK(plan.weight_bytes() > 0);

  const Engine branches = on_tiles(test::branches.text, {.precision = Precision::bf16});
  Index both = 0;  // "ra" is read by a convolution and by a sum
  for (const auto& tensor : branches.plan().tensors) {
    both += tensor.value != network_input &&
            branches.description().layers[static_cast<std::size_t>(tensor.value)].name == "ra";
  }
  CHECK(both == 2);
  CHECK(std::any_of(branches.plan().steps.begin(), branches.plan().steps.end(),
                    [](const auto& step) { return step.template as<engine::ToPartsStep>() != nullptr; }));
}

TEST_CASE("precision: weights take what their parts do, and a limit of memory is kept or refused") {
  const auto text =
      "network n\ninput x channels=64\nconv2d a out=64 kernel=3 padding=1\nconv2d b out=64 kernel=3 padding=1\noutput "
      "b\n";
  const EngineOptions small{.input = {1, 64, 8, 8}};
  const auto bytes = [&](Precision precision) {
    EngineOptions options = small;
    options.precision = precision;
    return on_tiles(text, options).plan().weight_bytes();
  };
  CHECK(bytes(Precision::bf16) == 2 * 2 * 64 * 64 * 9);
  CHECK(bytes(Precision::split) == 2 * bytes(Precision::bf16));
  EngineOptions limited = small;
  limited.precision = Precision::split;
  limited.memory = 700'000;
  const Engine engine = on_tiles(text, limited);
  auto workspace = engine.make_workspace({.input = {1, 64, 8, 8}}).value();
  CHECK(engine.plan().weight_bytes() + workspace.bytes() <= 700'000);
  limited.memory = 300'000;
  CHECK(!Engine::create(parse_network(text).value(), random_weights<float>(1), limited, test::tile_model_kernels()));
}

TEST_CASE("precision: another algorithm cannot be asked for on the unit, nor the unit for float") {
  const auto refusal_of = [](const EngineOptions& options) {
    const auto engine = Engine::create(parse_network(test::chain.text).value(), random_weights<float>(1), options,
                                       test::tile_model_kernels());
    REQUIRE(!engine);
    return engine.error().message();
  };
  CHECK(
      refusal_of({.precision = Precision::bf16, .algorithms = {{"b", ConvAlgorithm::winograd_f43}}}).find("layer b") !=
      std::string::npos);
  CHECK(refusal_of({.algorithms = {{"b", ConvAlgorithm::tile_unit}}}).find("tile unit") != std::string::npos);
  CHECK(refusal_of({.precision = static_cast<Precision>(7)}).find("precision") != std::string::npos);
}

TEST_CASE("precision: a run allocates nothing") {
  const Engine engine = on_tiles(test::branches.text, {.precision = Precision::split});
  const auto input = test::random_input(test::branches.input);
  auto workspace = engine.make_workspace({.input = input.shape(), .threads = 2}).value();
  const auto before = test::allocations();
  const auto output = engine.run(input.view(), workspace);
  CHECK(test::allocations() == before);
  CHECK(output);
}

TEST_CASE("precision: the audit passes every layer under its own bound, and finds one weight that is another") {
  for (const Precision precision : precisions) {
    for (const auto* network : {&test::chain, &test::branches, &test::inputs}) {
      CAPTURE(network->text);
      CAPTURE(name_of(precision));
      const auto input = test::random_input(network->input);
      for (const bool all : {false, true}) {
        const Engine engine = on_tiles(network->text, {.precision = precision, .keep_all = all, .every_layer = all});
        const auto report = audit_engine(engine, random_weights<double>(1), input.view(), {.timed_runs = 1});
        REQUIRE(report);
        for (const LayerAudit& layer : report->layers) {
          CAPTURE(layer.name);
          INFO(layer.judgement.failure);
          if (layer.leader >= 0) CHECK(layer.judgement.pass);
        }
        CHECK(report->pass());
      }
    }
    const ParameterSource<float> spoilt = [right = random_weights<float>(1)](const RequiredTensor& tensor,
                                                                             std::span<float> values) -> Status {
      Status status = right(tensor, values);
      if (tensor.name == "c.weight") values[7] += 0.3f;
      return status;
    };
    const auto wrong = Engine::create(parse_network(test::chain.text).value(), spoilt, {.precision = precision},
                                      test::tile_model_kernels());
    const auto input = test::random_input(test::chain.input);
    const auto report = audit_engine(*wrong, random_weights<double>(1), input.view(), {.timed_runs = 1});
    REQUIRE(report);
    CHECK(!report->pass());
    REQUIRE(report->first_failure() != nullptr);
    CHECK(report->first_failure()->name == "c");
  }
}

}  // namespace
