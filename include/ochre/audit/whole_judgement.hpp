// What a whole chain of layers made of the network's input, against the readable network in double: the engine's
// output, or all that no other layer reads. It shows what no step by itself can: that each had the right inputs.
// Tested by engine_audit_test.cpp.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/audit/judgement.hpp>
#include <ochre/audit/network_bound.hpp>
#include <ochre/engine/engine.hpp>
#include <ochre/network/network.hpp>

namespace ochre::inline v0::audit {

// The readable network, one layer after the other as the engine's steps come.
template <class Arch>
class WholeJudge {
 public:
  // All but the weights must live as long as the judge.
  static Result<WholeJudge> create(const EnginePlan& plan, const ParameterSource<double>& weights,
                                   TensorView<const float> input, std::span<const Shape> shapes,
                                   std::span<const double> macs, int threads) {
    auto network = Network<double, Arch>::create(plan.description, weights);
    if (!network) return std::move(network).error();
    const std::string& wanted = plan.description.layers[static_cast<std::size_t>(plan.wanted)].name;
    auto workspace = network->make_workspace({.input = input.shape,
                                              .threads = threads,
                                              .layer = plan.every_layer ? std::string() : wanted,
                                              .every_layer = plan.every_layer});
    if (!workspace) return std::move(workspace).error();
    auto exact = in_double(input);
    if (!exact) return std::move(exact).error();
    return WholeJudge{plan, *std::move(network), *std::move(workspace), *std::move(exact), shapes, macs};
  }

  // What run() of the engine gave.
  Result<Judgement> judge_output(TensorView<const float> output) {
    const auto result = network_.run(std::as_const(input_).view(), workspace_);
    if (!result) return result.error();
    auto actual = in_double(output);
    if (!actual) return std::move(actual).error();
    return judge_layer(plan_.wanted, *actual, *result);
  }

  // Of a plan of every layer: to be told of each, in their order. Nothing unless nobody reads the layer.
  Result<std::optional<Judgement>> judge_leaf(Index layer, const EngineTensorView& output) {
    TensorView<const double> result;
    const auto observe = [&](const LayerEvent<double>& event) { result = event.output; };
    if (Status ran = network_.run_layer(layer, std::as_const(input_).view(), workspace_, observe); !ran) {
      return std::move(ran).error();
    }
    if (is_read_[static_cast<std::size_t>(layer)]) return std::optional<Judgement>();
    auto actual = in_double(output);
    if (!actual) return std::move(actual).error();
    auto judgement = judge_layer(layer, *actual, result);
    if (!judgement) return std::move(judgement).error();
    return std::optional<Judgement>(*std::move(judgement));
  }

 private:
  WholeJudge(const EnginePlan& plan, Network<double, Arch> network, Workspace<double> workspace, Tensor<double> input,
             std::span<const Shape> shapes, std::span<const double> macs)
      : plan_(plan),
        network_(std::move(network)),
        workspace_(std::move(workspace)),
        input_(std::move(input)),
        shapes_(shapes),
        macs_(macs),
        is_read_(plan.description.layers.size(), false) {
    for (const LayerDescription& layer : plan.description.layers) {
      for (const Index from : layer.inputs) {
        if (from != network_input) is_read_[static_cast<std::size_t>(from)] = true;
      }
    }
  }

  Result<Judgement> judge_layer(Index layer, Tensor<double>& actual, TensorView<const double> result) const {
    const auto needed = network::needed_layers(plan_.description, layer);
    auto value = Tensor<double>::create(result.shape);
    auto bound = normwise_bound(error_growth(plan_, needed, shapes_, macs_), result);
    if (!value) return std::move(value).error();
    if (!bound) return std::move(bound).error();
    std::copy_n(result.data, result.shape.size(), value->data());
    Expectation expected{*std::move(value), *std::move(bound)};
    return judge(actual.view(), expected);
  }

  const EnginePlan& plan_;
  Network<double, Arch> network_;
  Workspace<double> workspace_;
  Tensor<double> input_;
  std::span<const Shape> shapes_;
  std::span<const double> macs_;
  std::vector<bool> is_read_;
};

}  // namespace ochre::inline v0::audit
