// Reads the weights of convolutions and colour heads and packs them, layer by layer, so that the original of one layer
// at a time is in memory. What follows a convolution in its group becomes its epilogue; a batch norm right after it
// goes into the weights, in double, rounded once. Tested by engine_test.cpp.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <ochre/engine/engine_options.hpp>
#include <ochre/engine/engine_plan.hpp>
#include <ochre/network/parameters.hpp>

namespace ochre::inline v0::engine {

class WeightPacker {
 public:
  // All must outlive it.
  WeightPacker(const NetworkDescription& network, const EngineOptions& options, const ParameterSource<float>& source,
               const parallel::Team& team)
      : network_(network), options_(options), source_(source), team_(team) {}

  // Errors: whatever the source returns, what a layer's parameters cannot be, no memory.
  Status pack(Step& step) {
    Status status;
    if (auto* conv = std::get_if<ConvolutionStep>(&step.operation)) status = pack_convolution(step, *conv->kernel);
    if (auto* head = std::get_if<ColorHeadStep>(&step.operation)) status = pack_color_head(step, *head->kernel);
    if (status) return status;
    return std::move(status).error().in("layer " + layer(step.layers[0]).name);
  }

 private:
  const LayerDescription& layer(Index i) const { return network_.layers[static_cast<std::size_t>(i)]; }

  // The epilogue of a chain: conv, [batch norm], [rectifier], [batch norm]. `factors` go into the weights.
  Status read_epilogue(const Step& step, std::span<const float> bias, kernels::Epilogue& epilogue,
                       std::vector<double>& factors) const {
    const Index channels = layer(step.layers[0]).out_channels;
    const auto padded = static_cast<std::size_t>(kernels::padded_channels(channels));
    std::vector<double> shift(bias.begin(), bias.end());
    shift.resize(static_cast<std::size_t>(channels), 0.0);
    factors.assign(static_cast<std::size_t>(channels), 1.0);
    for (std::size_t i = 1; i < step.layers.size(); ++i) {
      const LayerDescription& next = layer(step.layers[i]);
      if (std::holds_alternative<layers::ReluSpec>(next.spec)) {
        epilogue.rectifier = kernels::Rectifier::relu;
      } else if (const auto* leaky = std::get_if<layers::LeakyReluSpec>(&next.spec)) {
        epilogue.rectifier = kernels::Rectifier::leaky;
        epilogue.slope = static_cast<float>(leaky->slope);
      } else {
        const auto parameters = network::read_parameters<float>(next, source_);
        if (!parameters) return parameters.error();
        const auto affine = layers::batch_norm_affine<float>(std::get<layers::BatchNormSpec>(next.spec), *parameters);
        if (!affine) return Error{affine.error()}.in("layer " + next.name);
        if (epilogue.rectifier == kernels::Rectifier::none) {
          factors = affine->scale;
          for (std::size_t c = 0; c < shift.size(); ++c) shift[c] = shift[c] * affine->scale[c] + affine->shift[c];
        } else {
          epilogue.scale.assign(affine->scale.begin(), affine->scale.end());
          epilogue.shift.assign(affine->shift.begin(), affine->shift.end());
          epilogue.scale.resize(padded, 0.0f);
          epilogue.shift.resize(padded, 0.0f);
        }
      }
    }
    epilogue.bias.assign(shift.begin(), shift.end());
    epilogue.bias.resize(padded, 0.0f);
    return {};
  }

  // A convolution's tensors, until the next call: all use the same memory, since fresh pages for each would take longer
  // than reading them.
  Result<std::vector<std::span<const float>>> read_originals(const LayerDescription& conv) {
    const auto tensors = conv.tensors();
    std::vector<Index> counts;
    Index size = 0;
    for (const RequiredTensor& tensor : tensors) {
      const auto count = network::element_count(tensor);
      if (!count) return count.error();
      const auto sum = checked_add(size, *count);
      if (!sum) return Error{ErrorCode::too_large, "tensor " + tensor.name};
      size = *sum;
      counts.push_back(*count);
    }
    if (originals_.size() < size) {
      originals_ = {};  // given back first
      auto larger = AlignedBuffer<float>::create(size);
      if (!larger) return std::move(larger).error();
      originals_ = *std::move(larger);
    }
    std::vector<std::span<const float>> spans;
    auto rest = originals_.span();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const auto values = rest.first(static_cast<std::size_t>(counts[i]));
      rest = rest.subspan(values.size());
      if (auto status = source_(tensors[i], values); !status) return std::move(status).error();
      spans.push_back(values);
    }
    return spans;
  }

  Status pack_convolution(const Step& step, kernels::ConvKernel& kernel) {
    const auto tensors = read_originals(layer(step.layers[0]));
    if (!tensors) return tensors.error();
    const auto bias = tensors->size() > 1 ? (*tensors)[1] : std::span<const float>();
    kernels::Epilogue epilogue;
    std::vector<double> factors;
    if (auto status = read_epilogue(step, bias, epilogue, factors); !status) return status;
    return kernel.pack({(*tensors)[0], factors}, std::move(epilogue), team_);
  }

  // Of the layers after the logits: softmax, mean, perhaps a scale.
  Result<ColorMean> read_mean(const Step& step) const {
    ColorMean mean;
    const auto values = network::read_parameters<float>(layer(step.layers[2]), source_);
    if (!values) return values.error();
    mean.values.assign((*values)[0].data(), (*values)[0].data() + (*values)[0].size());
    if (values->size() > 1) std::copy_n((*values)[1].data(), 2, mean.offset);
    if (step.layers.size() == 3) return mean;
    const auto& scale = std::get<layers::ScaleSpec>(layer(step.layers[3]).spec);
    const auto factor = static_cast<float>(scale.factor);
    for (float& value : mean.values) value *= factor;
    for (float& value : mean.offset) value = value * factor + static_cast<float>(scale.offset);
    return mean;
  }

  Status pack_color_head(const Step& step, kernels::ColorHeadKernel& kernel) const {
    const LayerDescription& logits = layer(step.layers[0]);
    const auto tensors = network::read_parameters<float>(logits, source_);
    if (!tensors) return tensors.error();
    const auto mean = options_.color_mean ? Result<ColorMean>(*options_.color_mean) : read_mean(step);
    if (!mean) return mean.error();
    const auto channels = static_cast<std::size_t>(logits.out_channels);
    std::vector<float> bias(channels, 0.0f);
    if (tensors->size() > 1) std::copy_n((*tensors)[1].data(), bias.size(), bias.data());
    const std::vector<double> factors(channels, 1.0);
    return kernel.pack({(*tensors)[0].span(), factors}, bias, *mean, team_);
  }

  const NetworkDescription& network_;
  const EngineOptions& options_;
  const ParameterSource<float>& source_;
  const parallel::Team& team_;
  AlignedBuffer<float> originals_;
};

}  // namespace ochre::inline v0::engine
