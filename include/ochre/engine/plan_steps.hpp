// From groups of layers to steps and the tensors between them: which layout each step reads and writes, and changes of
// layout where a step needs its input in another one. Convolutions get their kernels later, when their algorithms are
// chosen (compile_plan.hpp); what runs as the readable layer gets its weights here. Tested by engine_test.cpp.
#pragma once

#include <utility>
#include <vector>

#include <ochre/engine/engine_kernels.hpp>
#include <ochre/engine/engine_plan.hpp>
#include <ochre/engine/layer_groups.hpp>
#include <ochre/network/parameters.hpp>

namespace ochre::inline v0::engine {

class StepPlanner {
 public:
  // All must outlive it. plan: has its description.
  StepPlanner(EnginePlan& plan, const EngineKernels& kernels, const ParameterSource<float>& source)
      : plan_(plan), kernels_(kernels), source_(source), tensors_of_(plan.description.layers.size() + 1) {}

  // Errors: whatever `source` returns, what a layer's parameters cannot be, no memory.
  Status add(const LayerGroup& group) {
    switch (group.kind) {
      case GroupKind::input_scale:
        return add_input_scale(group);
      case GroupKind::convolution:
        return add_convolution(group);
      case GroupKind::color_head:
        return add_color_head(group);
      case GroupKind::sum:
        return add_sum(group);
      case GroupKind::concat:
        return add_concat(group);
      case GroupKind::upsample:
        return add_upsample(group);
      case GroupKind::readable:
        break;
    }
    return add_readable(group);
  }

  // The tensor that holds `value` with that block (0: planar), made from another layout if need be.
  Index tensor_of(Index value, Index block) {
    Index other = -1;
    for (const Index tensor : tensors_of_[static_cast<std::size_t>(value + 1)]) {
      if (plan_.tensors[static_cast<std::size_t>(tensor)].block == block) return tensor;
      other = tensor;
    }
    if (other < 0) return add_step(ImportStep{}, {}, {}, {value, block});  // the network's input
    if (block == 0) return add_step(ToPlanarStep{}, {}, {other}, {value, block});
    if (plan_.tensors[static_cast<std::size_t>(other)].block != 0) other = tensor_of(value, 0);
    return add_step(ToBlockedStep{}, {}, {other}, {value, block});
  }

 private:
  struct Output {
    Index value = 0;
    Index block = 0;
  };

  const LayerDescription& layer(Index i) const { return plan_.description.layers[static_cast<std::size_t>(i)]; }

  // The new tensor.
  Index add_step(StepOperation operation, std::vector<Index> step_layers, std::vector<Index> inputs, Output output) {
    const bool is_input = output.value == network_input;
    const Index channels = is_input ? plan_.description.input_channels : layer(output.value).out_channels;
    const auto tensor = static_cast<Index>(plan_.tensors.size());
    plan_.tensors.push_back({output.value, channels, output.block});
    plan_.steps.push_back({std::move(step_layers), std::move(inputs), tensor, std::move(operation)});
    tensors_of_[static_cast<std::size_t>(output.value + 1)].push_back(tensor);
    return tensor;
  }

  std::vector<Index> inputs_of(const LayerGroup& group, Index block) {
    std::vector<Index> inputs;
    for (const Index from : layer(group.layers[0]).inputs) inputs.push_back(tensor_of(from, block));
    return inputs;
  }

  Status add_input_scale(const LayerGroup& group) {
    const auto& scale = std::get<layers::ScaleSpec>(layer(group.layers[0]).spec);
    // Blocked as its reader, most often the first convolution, wants it.
    Index block = 0;
    for (std::size_t i = 0; i < plan_.description.layers.size(); ++i) {
      const auto& reader = plan_.description.layers[i];
      if (!conv_shape(reader) || reader.inputs[0] != group.layers[0]) continue;
      block = input_block(plan_.description, static_cast<Index>(i));
    }
    ImportStep step;
    step.factor = static_cast<float>(scale.factor);
    step.offset = static_cast<float>(scale.offset);
    add_step(step, group.layers, {}, {group.layers[0], block});
    return {};
  }

  Status add_convolution(const LayerGroup& group) {
    ConvolutionStep step;
    step.block = input_block(plan_.description, group.layers[0]);
    auto inputs = inputs_of(group, step.block);
    add_step(std::move(step), group.layers, std::move(inputs), {group.layers.back(), channel_block});
    return {};
  }

  Status add_color_head(const LayerGroup& group) {
    auto inputs = inputs_of(group, channel_block);
    ColorHeadStep step{kernels_.make_color_head(*conv_shape(layer(group.layers[0])))};
    const Index output = add_step(std::move(step), group.layers, std::move(inputs), {group.layers.back(), 0});
    plan_.tensors[static_cast<std::size_t>(output)].channels = 2;
    return {};
  }

  Status add_sum(const LayerGroup& group) {
    SumStep step;
    if (group.layers.size() > 1) {
      const auto* leaky = std::get_if<layers::LeakyReluSpec>(&layer(group.layers[1]).spec);
      step.rectifier = leaky != nullptr ? kernels::Rectifier::leaky : kernels::Rectifier::relu;
      if (leaky != nullptr) step.slope = static_cast<float>(leaky->slope);
    }
    auto inputs = inputs_of(group, channel_block);
    add_step(step, group.layers, std::move(inputs), {group.layers.back(), channel_block});
    return {};
  }

  Status add_concat(const LayerGroup& group) {
    auto inputs = inputs_of(group, channel_block);
    add_step(ConcatStep{}, group.layers, std::move(inputs), {group.layers.back(), channel_block});
    return {};
  }

  Status add_upsample(const LayerGroup& group) {
    UpsampleStep step;
    step.mode = std::get<layers::UpsampleSpec>(layer(group.layers[0]).spec).mode;
    auto inputs = inputs_of(group, channel_block);
    add_step(step, group.layers, std::move(inputs), {group.layers.back(), channel_block});
    return {};
  }

  Status add_readable(const LayerGroup& group) {
    const LayerDescription& described = layer(group.layers[0]);
    const auto parameters = read_parameters<float>(described, source_);
    if (!parameters) return parameters.error();
    auto planar = kernels_.make_planar(described.spec, described.channels, *parameters);
    if (!planar) return std::move(planar).error();
    ReadableStep step;
    step.layer = *std::move(planar);
    auto inputs = inputs_of(group, 0);
    add_step(std::move(step), group.layers, std::move(inputs), {group.layers[0], 0});
    return {};
  }

  EnginePlan& plan_;
  const EngineKernels& kernels_;
  const ParameterSource<float>& source_;
  std::vector<std::vector<Index>> tensors_of_;  // by value + 1 (the network's input is -1): three layouts at most
};

}  // namespace ochre::inline v0::engine
