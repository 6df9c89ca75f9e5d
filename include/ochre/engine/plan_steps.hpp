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
  // All must outlive it. plan: has its description and the wanted layer; groups: all that will be added.
  StepPlanner(EnginePlan& plan, const Products& products, const EngineKernels& kernels,
              const ParameterSource<float>& source, const std::vector<LayerGroup>& groups)
      : plan_(plan),
        tiles_(products.tiles),
        kernels_(kernels),
        source_(source),
        parts_(tiles_ != nullptr ? kernels::bf16_parts(products.precision) : 0),
        tensors_of_(plan.description.layers.size() + 1),
        parts_alone_(plan.description.layers.size(), false) {
    find_parts_alone(groups);
  }

  // Errors: whatever `source` returns, what a layer's parameters cannot be, no memory.
  Status add(const LayerGroup& group) {
    auto operation = operation_of(group);
    if (!operation) return std::move(operation).error();
    const bool is_import = group.kind == GroupKind::input_scale;  // which reads the caller's memory
    auto inputs = is_import ? std::vector<Index>() : inputs_of(group);
    const Index tensor =
        add_step(*std::move(operation), group.layers, std::move(inputs), {group.layers.back(), output_form(group)});
    // Of logits alone, too, if the caller brings the mean.
    if (group.kind == GroupKind::color_head) plan_.tensors[static_cast<std::size_t>(tensor)].channels = group.means;
    return {};
  }

  // The tensor that holds `value` in that form, made from another one if need be.
  Index tensor_of(Index value, TensorForm form) {
    Index other = -1;
    for (const Index tensor : tensors_of_[static_cast<std::size_t>(value + 1)]) {
      const TensorForm& has = plan_.tensors[static_cast<std::size_t>(tensor)].form;
      if (has == form) return tensor;
      if (has.parts == 0) other = tensor;  // parts are rounded: no other form is made of them
    }
    if (form.parts != 0) {
      const Index floats = tensor_of(value, {channel_block});
      return add_step(ToPartsStep{{}, tiles_->to_parts, form.parts}, {}, {floats}, {value, form});
    }
    if (other < 0) return add_step(ImportStep{}, {}, {}, {value, form});  // the network's input
    if (form.block == 0) return add_step(ToPlanarStep{}, {}, {other}, {value, form});
    if (plan_.tensors[static_cast<std::size_t>(other)].form.block != 0) other = tensor_of(value, {});
    return add_step(ToBlockedStep{}, {}, {other}, {value, form});
  }

 private:
  struct Output {
    Index value = 0;
    TensorForm form;
  };

  const LayerDescription& layer(Index i) const { return plan_.description.layers[static_cast<std::size_t>(i)]; }

  // The new tensor.
  Index add_step(StepOperation operation, std::vector<Index> step_layers, std::vector<Index> inputs, Output output) {
    const bool is_input = output.value == network_input;
    const Index channels = is_input ? plan_.description.input_channels : layer(output.value).out_channels;
    const auto tensor = static_cast<Index>(plan_.tensors.size());
    plan_.tensors.push_back({output.value, channels, output.form});
    plan_.steps.push_back({std::move(step_layers), std::move(inputs), tensor, std::move(operation)});
    tensors_of_[static_cast<std::size_t>(output.value + 1)].push_back(tensor);
    return tensor;
  }

  // Does the tile unit compute it? Not from the network's own few channels: they would fill a block of 32 badly.
  bool on_tile_unit(const LayerGroup& group) const {
    return parts_ != 0 && group.kind == GroupKind::convolution &&
           input_block(plan_.description, group.layers[0]) == channel_block;
  }

  // Values that convolutions of the tile unit read and nobody else, so that they need not exist as floats.
  void find_parts_alone(const std::vector<LayerGroup>& groups) {
    if (parts_ == 0) return;
    std::vector<bool> read_as_floats(parts_alone_.size(), false);
    for (const LayerGroup& group : groups) {
      for (const Index from : layer(group.layers[0]).inputs) {
        if (from == network_input) continue;
        (on_tile_unit(group) ? parts_alone_ : read_as_floats)[static_cast<std::size_t>(from)] = true;
      }
    }
    read_as_floats[static_cast<std::size_t>(plan_.wanted)] = true;
    for (std::size_t i = 0; i < read_as_floats.size(); ++i) parts_alone_[i] = parts_alone_[i] && !read_as_floats[i];
  }

  // Blocked, as the kernels read it, unless the readable layer does.
  std::vector<Index> inputs_of(const LayerGroup& group) {
    TensorForm form{group.kind == GroupKind::readable ? 0 : channel_block};
    if (group.kind == GroupKind::convolution) form.block = input_block(plan_.description, group.layers[0]);
    if (on_tile_unit(group)) form.parts = parts_;
    std::vector<Index> inputs;
    for (const Index from : layer(group.layers[0]).inputs) inputs.push_back(tensor_of(from, form));
    return inputs;
  }

  TensorForm output_form(const LayerGroup& group) const {
    if (group.kind == GroupKind::input_scale) return {block_of_scaled_input(group.layers[0])};
    if (!gives_blocked(group.kind)) return {};
    return {channel_block, out_parts(group)};
  }

  int out_parts(const LayerGroup& group) const {
    const bool alone =
        group.kind == GroupKind::convolution && parts_alone_[static_cast<std::size_t>(group.layers.back())];
    return alone ? parts_ : 0;
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
        return StepOperation(ConvolutionStep{input_block(plan_.description, group.layers[0]), ConvAlgorithm::direct,
                                             out_parts(group), nullptr});
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
  const TileUnitKernels* tiles_;
  const EngineKernels& kernels_;
  const ParameterSource<float>& source_;
  int parts_;                                   // that the tile unit's convolutions read; 0: it computes none
  std::vector<std::vector<Index>> tensors_of_;  // by value + 1 (the network's input is -1): four forms at most
  std::vector<bool> parts_alone_;               // by layer
};

}  // namespace ochre::inline v0::engine
