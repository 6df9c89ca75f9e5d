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
    auto operation = operation_of(group);
    if (!operation) return std::move(operation).error();
    const bool is_import = group.kind == GroupKind::input_scale;  // which reads the caller's memory
    auto inputs = is_import ? std::vector<Index>() : inputs_of(group);
    const Index tensor =
        add_step(*std::move(operation), group.layers, std::move(inputs), {group.layers.back(), output_block(group)});
    // Of logits alone, too, if the caller brings the mean.
    if (group.kind == GroupKind::color_head) plan_.tensors[static_cast<std::size_t>(tensor)].channels = group.means;
    return {};
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

  // Blocked, as the kernels read it, unless the readable layer does.
  std::vector<Index> inputs_of(const LayerGroup& group) {
    Index block = group.kind == GroupKind::readable ? 0 : channel_block;
    if (group.kind == GroupKind::convolution) block = input_block(plan_.description, group.layers[0]);
    std::vector<Index> inputs;
    for (const Index from : layer(group.layers[0]).inputs) inputs.push_back(tensor_of(from, block));
    return inputs;
  }

  Index output_block(const LayerGroup& group) const {
    if (group.kind == GroupKind::input_scale) return block_of_scaled_input(group.layers[0]);
    return gives_blocked(group.kind) ? channel_block : 0;
  }

  // As its reader, most often the first convolution, wants it.
  Index block_of_scaled_input(Index scale) const {
    Index block = 0;
    for (std::size_t i = 0; i < plan_.description.layers.size(); ++i) {
      const LayerDescription& reader = plan_.description.layers[i];
      if (!conv_shape(reader) || reader.inputs[0] != scale) continue;
      block = input_block(plan_.description, static_cast<Index>(i));
    }
    return block;
  }

  Result<StepOperation> operation_of(const LayerGroup& group) const {
    const LayerDescription& first = layer(group.layers[0]);
    switch (group.kind) {
      case GroupKind::input_scale:
        return StepOperation(import_of(std::get<layers::ScaleSpec>(first.spec)));
      case GroupKind::convolution:
        return StepOperation(
            ConvolutionStep{input_block(plan_.description, group.layers[0]), ConvAlgorithm::direct, nullptr});
      case GroupKind::color_head:
        return StepOperation(ColorHeadStep{kernels_.make_color_head(*conv_shape(first))});
      case GroupKind::sum:
        return StepOperation(sum_of(group));
      case GroupKind::concat:
        return StepOperation(ConcatStep{});
      case GroupKind::upsample:
        return StepOperation(UpsampleStep{{}, std::get<layers::UpsampleSpec>(first.spec).mode});
      case GroupKind::readable:
        break;
    }
    return readable_of(first);
  }

  static ImportStep import_of(const layers::ScaleSpec& scale) noexcept {
    return {{}, static_cast<float>(scale.factor), static_cast<float>(scale.offset)};
  }

  // With the rectifier that follows, if one does.
  SumStep sum_of(const LayerGroup& group) const {
    if (group.layers.size() == 1) return {};
    const auto* leaky = std::get_if<layers::LeakyReluSpec>(&layer(group.layers[1]).spec);
    if (leaky == nullptr) return {{}, kernels::Rectifier::relu};
    return {{}, kernels::Rectifier::leaky, static_cast<float>(leaky->slope)};
  }

  Result<StepOperation> readable_of(const LayerDescription& described) const {
    const auto parameters = network::read_parameters<float>(described, source_);
    if (!parameters) return parameters.error();
    auto planar = kernels_.make_planar(described.spec, described.channels, *parameters);
    if (!planar) return std::move(planar).error();
    return StepOperation(ReadableStep{{}, *std::move(planar)});
  }

  EnginePlan& plan_;
  const EngineKernels& kernels_;
  const ParameterSource<float>& source_;
  std::vector<std::vector<Index>> tensors_of_;  // by value + 1 (the network's input is -1): three layouts at most
};

}  // namespace ochre::inline v0::engine
