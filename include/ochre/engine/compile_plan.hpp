// Compiles a network to the fast engine's plan, in this order:
//   layer_groups.hpp       layers that one step computes
//   plan_steps.hpp         steps, tensors, layouts
//   choose_algorithms.hpp  an algorithm for each convolution; anew with less memory where the workspace needs it
//   pack_weights.hpp       weights, read and packed once
// Tested by engine_test.cpp.
#pragma once

#include <limits>
#include <string>
#include <utility>

#include <ochre/engine/choose_algorithms.hpp>
#include <ochre/engine/pack_weights.hpp>
#include <ochre/engine/plan_steps.hpp>
#include <ochre/engine/workspace_plan.hpp>
#include <ochre/parallel/thread_team.hpp>

namespace ochre::inline v0::engine {

// The layer whose output is wanted. Errors: options that contradict each other, an unknown layer.
inline Result<Index> wanted_layer(const NetworkDescription& network, const EngineOptions& options) {
  if (options.every_layer && (!options.layer.empty() || options.color_mean)) {
    return Error{ErrorCode::invalid_argument, "every layer is wanted, expected no `layer` and no color_mean"};
  }
  if (options.every_layer) return static_cast<Index>(network.layers.size()) - 1;
  return network.layer_or_output(options.layer);
}

// Makes a colour head of the last group, which must be logits alone.
inline Status add_color_mean(const NetworkDescription& network, const ColorMean& mean, LayerGroup& last) {
  const LayerDescription& logits = network.layers[static_cast<std::size_t>(last.layers[0])];
  const bool fits = last.layers.size() == 1 && is_pointwise_conv(logits) && mean.means >= 2 &&
                    mean.means <= kernels::most_color_means &&
                    mean.values.size() == static_cast<std::size_t>(mean.means * logits.out_channels);
  if (!fits) {
    return Error{ErrorCode::unsupported,
                 "layer " + logits.name + ": expected a 1x1 convolution whose outputs have a colour each"};
  }
  last.kind = GroupKind::color_head;
  last.means = mean.means;
  return {};
}

inline Status make_kernels(EnginePlan& plan, const AlgorithmChoice& choice, const Products& products,
                           const EngineKernels& kernels) {
  for (Step& step : plan.steps) {
    auto* conv = std::get_if<ConvolutionStep>(&step.operation);
    if (conv == nullptr) continue;
    const auto first = static_cast<std::size_t>(step.layers[0]);
    conv->chosen = choice.of_layer[first];
    const ConvRequest request{*conv_shape(plan.description.layers[first]), conv->chosen, plan.precision, conv->block,
                              conv->out_parts};
    const bool on_tile_unit = conv->chosen == ConvAlgorithm::tile_unit;
    auto kernel = on_tile_unit ? products.tiles->make_convolution(request) : kernels.make_convolution(request);
    if (!kernel) return std::move(kernel).error().in("layer " + plan.description.layers[first].name);
    conv->kernel = *std::move(kernel);
  }
  plan.slowdown = choice.slowdown;
  return {};
}

// Kernels without weights, so that with them and a workspace for `input` the plan keeps to the memory allowed.
inline Status choose_kernels(EnginePlan& plan, const std::vector<LayerGroup>& groups, const EngineOptions& options,
                             const Products& products, const EngineKernels& kernels) {
  const auto chooser = AlgorithmChooser::create(plan.description, groups, options, products);
  if (!chooser) return chooser.error();
  const Shape input{1, plan.description.input_channels, options.input.h, options.input.w};
  for (Index others = chooser->least_others();;) {
    const auto choice = chooser->choose(others);
    if (!choice) return choice.error();
    if (auto status = make_kernels(plan, *choice, products, kernels); !status) return status;
    if (!options.memory) return {};
    // The workspace takes more than the least; the weights have to give way to it.
    WorkspacePlanner workspace(plan, input, options.threads, std::numeric_limits<Index>::max());
    if (auto status = workspace.place(); !status) return status;
    const auto over = [&] { return plan.weight_bytes() + workspace.planned().bytes - *options.memory; };
    if (over() <= 0) {
      if (auto status = workspace.schedule(); !status) return status;
    }
    const Index excess = over();
    if (excess <= 0) return {};
    others += excess;
  }
}

// Errors: whatever `source` returns, an unknown layer, an option that cannot be met, no memory.
inline Result<EnginePlan> compile_plan(const NetworkDescription& network, const ParameterSource<float>& source,
                                       const EngineOptions& options, const EngineKernels& kernels) {
  const auto wanted = wanted_layer(network, options);
  if (!wanted) return wanted.error();
  if (static_cast<std::size_t>(options.precision) >= precision_names.size()) {
    return Error{ErrorCode::invalid_argument, "a precision that is none of float32, split and bf16"};
  }
  if (options.threads < 1) {
    return Error{ErrorCode::invalid_argument, std::to_string(options.threads) + " threads, expected at least 1"};
  }
  EnginePlan plan;
  plan.description = network;
  plan.wanted = *wanted;
  plan.every_layer = options.every_layer;
  plan.isa = kernels.isa;
  const Products products = kernels.products(options.precision);
  plan.precision = products.precision;
  auto groups = layer_groups(network, options.every_layer ? every_layer : *wanted, options.keep_all);
  if (options.color_mean) {
    if (auto status = add_color_mean(network, *options.color_mean, groups.back()); !status) {
      return std::move(status).error();
    }
  }
  StepPlanner planner(plan, products, kernels, source, groups);
  for (const LayerGroup& group : groups) {
    Status status = planner.add(group);
    if (!status) {
      return std::move(status).error().in("layer " + network.layers[static_cast<std::size_t>(group.layers[0])].name);
    }
  }
  plan.output = planner.tensor_of(*wanted, {});
  if (auto status = choose_kernels(plan, groups, options, products, kernels); !status) return std::move(status).error();
  const auto threads = parallel::ThreadTeam::create(options.threads);
  if (!threads) return threads.error();
  const parallel::Team team = threads->team();
  WeightPacker packer(plan.description, options, source, team);
  for (Step& step : plan.steps) {
    if (auto status = packer.pack(step); !status) return std::move(status).error();
  }
  return plan;
}

}  // namespace ochre::inline v0::engine
