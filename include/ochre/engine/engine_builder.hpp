// Builds an engine's plan: groups the layers (fused_steps.hpp), chooses each convolution's algorithm, reads and packs
// the weights layer by layer, so that the original of one layer at a time is in memory, and puts changes of layout
// where a step needs its input in another one. Tested by engine_test.cpp.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ochre/engine/engine_plan.hpp>
#include <ochre/network/parameters.hpp>
#include <ochre/parallel/thread_team.hpp>

namespace ochre::inline v0 {

// After the wanted layer, a convolution of 1x1: p = softmax(exponent·logits), y[k] = Σ_q p_q · values[k][q].
using ColorMean = kernels::ColorHeadOptions;

struct EngineOptions {
  std::string layer{};            // whose output is wanted; empty: the network's output
  Shape input{1, 0, 256, 256};    // the size to be fast at; any other works as well (channels are the network's)
  int threads = 1;                // that pack the weights; those of a workspace for `memory`
  std::optional<Index> memory{};  // bytes for packed weights and a workspace at that size
  bool bf16 = false;              // products of bf16 where Winograd computes them: faster, about 3 digits
  bool keep_all = false;          // every layer's output exists: nothing is fused
  bool every_layer = false;       // instead of `layer`: all run; the last one is wanted
  std::vector<std::pair<std::string, ConvAlgorithm>> algorithms{};  // by a convolution's name, instead of the choice
  std::optional<ColorMean> color_mean{};                            // `layer` are logits: make colours of them
};

// Without a limit of the caller's a plan gives up, from here on, the algorithms that gain least for their bytes: the
// colorizers take half of it at 256x256, and at 1920x1080 they stay within 1.5 GB.
inline constexpr Index comfortable_memory = 1'380'000'000;

// Can a color_mean follow this layer?
inline bool is_color_head(const LayerDescription& layer) {
  const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec);
  return conv != nullptr && conv->groups == 1 && conv->window == Window{};
}

namespace detail {

// Nothing for other layers than convolutions.
inline std::optional<kernels::ConvShape> conv_shape(const LayerDescription& layer) {
  if (const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec)) {
    return kernels::ConvShape{layer.channels[0], conv->out, conv->window, false};
  }
  if (const auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&layer.spec)) {
    return kernels::ConvShape{layer.channels[0], conv->out, conv->window, true};
  }
  return std::nullopt;
}

class EngineBuilder {
 public:
  EngineBuilder(NetworkDescription description, const ParameterSource<float>& source, const EngineOptions& options,
                const EngineKernels& kernels, Index more_workspace = 0)
      : source_(source), options_(options), kernels_(kernels), more_workspace_(more_workspace) {
    plan_.description = std::move(description);
    plan_.isa = kernels.isa;
  }

  Result<EnginePlan> build() && {
    const NetworkDescription& network = plan_.description;
    const auto wanted = wanted_layer();
    if (!wanted) return wanted.error();
    plan_.wanted = *wanted;
    plan_.every_layer = options_.every_layer;
    if (options_.bf16 && !kernels_.has_bf16) {
      return Error{ErrorCode::unsupported,
                   std::string("instruction set ") + kernels_.isa + ": it has no bf16 products"};
    }
    auto team = ThreadTeam::create(options_.threads);
    if (!team) return std::move(team).error();
    team_ = team->team();
    tensors_of_.resize(network.layers.size() + 1);
    auto steps = fused_steps(network, options_.every_layer ? every_layer : *wanted, options_.keep_all);
    if (options_.color_mean) {
      if (auto status = add_color_mean(steps.back()); !status) return std::move(status).error();
    }
    if (auto status = choose_algorithms(steps); !status) return std::move(status).error();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Status status = add(steps[i], chosen_[i]);
      if (!status) return std::move(status).error().in("layer " + layer(steps[i].layers[0]).name);
    }
    plan_.output = tensor_of(*wanted, 0);
    return std::move(plan_);
  }

 private:
  const LayerDescription& layer(Index i) const { return plan_.description.layers[static_cast<std::size_t>(i)]; }

  Result<Index> wanted_layer() const {
    const NetworkDescription& network = plan_.description;
    if (options_.every_layer && (!options_.layer.empty() || options_.color_mean)) {
      return Error{ErrorCode::invalid_argument, "every layer is wanted, expected no `layer` and no color_mean"};
    }
    if (options_.every_layer) return static_cast<Index>(network.layers.size()) - 1;
    const auto found = options_.layer.empty() ? network.output : network.find(options_.layer);
    if (found) return *found;
    return Error{ErrorCode::not_found, "no layer `" + options_.layer + "` in network " + network.name};
  }

  Status add_color_mean(FusedStep& last) const {
    const LayerDescription& logits = layer(last.layers[0]);
    const bool fits = last.layers.size() == 1 && is_color_head(logits) &&
                      options_.color_mean->values.size() == static_cast<std::size_t>(2 * logits.out_channels);
    if (!fits) {
      return Error{ErrorCode::unsupported, "layer " + layer(last.layers[0]).name +
                                               ": expected a 1x1 convolution whose outputs have a colour each"};
    }
    last.kind = StepKind::color_head;
    return {};
  }

  // The input of a convolution is read pixel by pixel if it is the network's own and has few channels.
  Index input_block(Index conv) const {
    const Index value = layer(conv).inputs[0];
    const bool scaled = value != network_input && layer(value).inputs[0] == network_input &&
                        std::holds_alternative<layers::ScaleSpec>(layer(value).spec);
    constexpr Index few = 4;  // from 5 on, filling up to 16 costs less than four times and Winograd gains as much
    return (value == network_input || scaled) && layer(conv).channels[0] <= few ? 1 : channel_block;
  }

  // The algorithms that a convolution may use, as the options allow; empty: another kind of step.
  Result<std::vector<ConvCost>> allowed_costs(const FusedStep& step, const Shape& in, const Shape& out) const {
    const Index first = step.layers[0];
    const auto shape = conv_shape(layer(first));
    if (step.kind != StepKind::convolution || !shape) return std::vector<ConvCost>();
    auto costs = conv_costs(*shape, input_block(first), {in.h, in.w}, {out.h, out.w});
    if (options_.bf16) {
      // bf16 would lose 46·2^-8, a fifth, to F(6,3) for 5 % of the time (kernels/winograd_points.hpp).
      std::erase_if(costs, [](const ConvCost& cost) { return cost.algorithm == ConvAlgorithm::winograd_f63; });
      for (ConvCost& cost : costs) cost.weight_bytes /= cost.algorithm == ConvAlgorithm::direct ? 1 : 2;
    }
    const auto asked = std::find_if(options_.algorithms.begin(), options_.algorithms.end(),
                                    [&](const auto& pair) { return pair.first == layer(first).name; });
    if (asked == options_.algorithms.end()) return costs;
    std::erase_if(costs, [&](const ConvCost& cost) { return cost.algorithm != asked->second; });
    if (!costs.empty()) return costs;
    return Error{ErrorCode::unsupported,
                 "layer " + asked->first + ": " +
                     std::string(conv_algorithm_names[static_cast<std::size_t>(asked->second)]) +
                     " cannot compute this convolution"};
  }

  Status check_asked(const std::vector<FusedStep>& steps) const {
    for (const auto& asked : options_.algorithms) {
      const std::string& name = asked.first;
      const bool known = std::any_of(steps.begin(), steps.end(), [&](const FusedStep& step) {
        return step.kind == StepKind::convolution && layer(step.layers[0]).name == name;
      });
      if (!known) return Error{ErrorCode::not_found, "no convolution `" + name + "` to choose an algorithm for"};
    }
    return {};
  }

  // chosen_[i]: of step i; the fastest, or what the caller asked for, or what fits the memory.
  Status choose_algorithms(const std::vector<FusedStep>& steps) {
    Shape input = options_.input;
    input.n = 1;
    input.c = plan_.description.input_channels;
    const auto shapes = plan_.description.shapes(input);
    if (!shapes) return shapes.error();
    if (auto status = check_asked(steps); !status) return status;
    std::vector<std::vector<ConvCost>> costs(steps.size());
    std::vector<std::size_t> at(steps.size(), 0);  // in costs
    Index activations = 0;
    double least = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Shape& out = (*shapes)[static_cast<std::size_t>(steps[i].layers.back())];
      const Index from = layer(steps[i].layers[0]).inputs[0];
      const Shape& in = from == network_input ? input : (*shapes)[static_cast<std::size_t>(from)];
      activations = std::max(activations, 4 * (in.size() + out.size()));
      auto allowed = allowed_costs(steps[i], in, out);
      if (!allowed) return std::move(allowed).error();
      costs[i] = *std::move(allowed);
      if (costs[i].empty()) continue;
      const auto fastest = std::min_element(costs[i].begin(), costs[i].end(),
                                            [](const ConvCost& a, const ConvCost& b) { return a.work < b.work; });
      at[i] = static_cast<std::size_t>(fastest - costs[i].begin());
      least += fastest->work;
    }
    // A workspace takes more than that; Engine::create() looks how much.
    const Index others = activations + more_workspace_;
    const Index over = fit(costs, at, options_.memory.value_or(comfortable_memory) - others);
    if (over > 0 && options_.memory) {
      return Error{ErrorCode::too_large, "the smallest plan takes " + std::to_string(*options_.memory + over) +
                                             " bytes of memory or more, expected at most " +
                                             std::to_string(*options_.memory)};
    }
    chosen_.assign(steps.size(), ConvAlgorithm::direct);
    double work = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (costs[i].empty()) continue;
      chosen_[i] = costs[i][at[i]].algorithm;
      work += costs[i][at[i]].work;
    }
    if (least > 0) plan_.slowdown = work / least;
    return {};
  }

  // Changes one step after the other to smaller weights, the one that costs the least time for each byte saved, until
  // all fit. Returns how many bytes are too many even so; 0 or less: they fit.
  static Index fit(const std::vector<std::vector<ConvCost>>& costs, std::vector<std::size_t>& at, Index bytes) {
    Index total = 0;
    for (std::size_t i = 0; i < costs.size(); ++i) {
      if (!costs[i].empty()) total += costs[i][at[i]].weight_bytes;
    }
    while (total > bytes) {
      std::size_t best_step = costs.size();
      std::size_t best_at = 0;
      double best_price = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < costs.size(); ++i) {
        for (std::size_t k = 0; k < costs[i].size(); ++k) {
          const Index saved = costs[i][at[i]].weight_bytes - costs[i][k].weight_bytes;
          if (saved <= 0) continue;
          const double price = (costs[i][k].work - costs[i][at[i]].work) / static_cast<double>(saved);
          if (price >= best_price) continue;
          best_step = i;
          best_at = k;
          best_price = price;
        }
      }
      if (best_step == costs.size()) break;
      total -= costs[best_step][at[best_step]].weight_bytes - costs[best_step][best_at].weight_bytes;
      at[best_step] = best_at;
    }
    return total - bytes;
  }

  // The tensor that holds `value` with that block (0: planar), made from another layout if need be.
  Index tensor_of(Index value, Index block) {
    Index other = -1;
    for (const Index tensor : tensors_of_[static_cast<std::size_t>(value + 1)]) {
      if (plan_.tensors[static_cast<std::size_t>(tensor)].block == block) return tensor;
      other = tensor;
    }
    if (other < 0) return add_step(StepWork::import_input, {}, {}, value, block);  // the network's input
    if (block == 0) return add_step(StepWork::to_planar, {}, {other}, value, block);
    if (plan_.tensors[static_cast<std::size_t>(other)].block != 0) other = tensor_of(value, 0);
    return add_step(StepWork::to_blocked, {}, {other}, value, block);
  }

  // The new tensor; the step is plan_.steps.back().
  Index add_step(StepWork work, std::vector<Index> step_layers, std::vector<Index> inputs, Index value, Index block) {
    const Index channels = value == network_input ? plan_.description.input_channels : layer(value).out_channels;
    plan_.tensors.push_back({value, channels, block});
    PlannedStep& step = plan_.steps.emplace_back();
    step.work = work;
    step.layers = std::move(step_layers);
    step.inputs = std::move(inputs);
    step.output = static_cast<Index>(plan_.tensors.size()) - 1;
    tensors_of_[static_cast<std::size_t>(value + 1)].push_back(step.output);
    return step.output;
  }

  Status add(const FusedStep& step, ConvAlgorithm algorithm) {
    switch (step.kind) {
      case StepKind::input_scale:
        return add_input_scale(step);
      case StepKind::convolution:
        return add_convolution(step, algorithm);
      case StepKind::color_head:
        return add_color_head(step);
      case StepKind::sum:
        return add_sum(step);
      case StepKind::readable:
        break;
    }
    return add_planar(step);
  }

  Status add_input_scale(const FusedStep& step) {
    const auto& scale = std::get<layers::ScaleSpec>(layer(step.layers[0]).spec);
    // Blocked as its reader, most often the first convolution, wants it.
    Index block = 0;
    for (std::size_t i = 0; i < plan_.description.layers.size(); ++i) {
      const auto& reader = plan_.description.layers[i];
      if (conv_shape(reader) && reader.inputs[0] == step.layers[0]) block = input_block(static_cast<Index>(i));
    }
    add_step(StepWork::import_input, step.layers, {}, step.layers[0], block);
    plan_.steps.back().factor = static_cast<float>(scale.factor);
    plan_.steps.back().offset = static_cast<float>(scale.offset);
    return {};
  }

  // The epilogue of a chain: conv, [batch norm], [rectifier], [batch norm]. `factors` go into the weights.
  Status read_epilogue(const FusedStep& step, std::span<const float> bias, kernels::Epilogue& epilogue,
                       std::vector<double>& factors) const {
    const auto channels = static_cast<std::size_t>(layer(step.layers[0]).out_channels);
    const auto padded = static_cast<std::size_t>(kernels::padded_channels(layer(step.layers[0]).out_channels));
    std::vector<double> shift(bias.begin(), bias.end());
    shift.resize(channels, 0.0);
    factors.assign(channels, 1.0);
    for (std::size_t i = 1; i < step.layers.size(); ++i) {
      const LayerDescription& next = layer(step.layers[i]);
      if (std::holds_alternative<layers::ReluSpec>(next.spec)) {
        epilogue.rectifier = kernels::Rectifier::relu;
      } else if (const auto* leaky = std::get_if<layers::LeakyReluSpec>(&next.spec)) {
        epilogue.rectifier = kernels::Rectifier::leaky;
        epilogue.slope = static_cast<float>(leaky->slope);
      } else {
        const auto parameters = read_parameters<float>(next, source_);
        if (!parameters) return parameters.error();
        const auto affine = layers::batch_norm_affine<float>(std::get<layers::BatchNormSpec>(next.spec), *parameters);
        if (!affine) return Error{affine.error()}.in("layer " + next.name);
        if (epilogue.rectifier == kernels::Rectifier::none) {
          factors = affine->scale;
          for (std::size_t c = 0; c < channels; ++c) shift[c] = shift[c] * affine->scale[c] + affine->shift[c];
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
      const auto count = element_count(tensor);
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

  Status add_convolution(const FusedStep& step, ConvAlgorithm algorithm) {
    const Index first = step.layers[0];
    const auto tensors = read_originals(layer(first));
    if (!tensors) return tensors.error();
    ConvRequest request;
    request.shape = *conv_shape(layer(first));
    request.algorithm = algorithm;
    request.bf16 = options_.bf16;
    request.block = input_block(first);
    request.weights = (*tensors)[0];
    std::vector<double> factors;
    const auto bias = tensors->size() > 1 ? (*tensors)[1] : std::span<const float>();
    if (auto status = read_epilogue(step, bias, request.epilogue, factors); !status) return status;
    request.factors = factors;
    auto kernel = kernels_.make_convolution(std::move(request), team_);
    if (!kernel) return std::move(kernel).error();
    const Index input = tensor_of(layer(first).inputs[0], input_block(first));
    add_step(StepWork::convolution, step.layers, {input}, step.layers.back(), channel_block);
    plan_.steps.back().conv_algorithm = algorithm;
    plan_.steps.back().convolution = *std::move(kernel);
    return {};
  }

  Status add_color_head(const FusedStep& step) {
    const Index first = step.layers[0];
    const auto logits = read_parameters<float>(layer(first), source_);
    if (!logits) return logits.error();
    kernels::ColorHeadOptions mean;
    if (options_.color_mean) {
      mean = *options_.color_mean;
    } else {
      const auto values = read_parameters<float>(layer(step.layers[2]), source_);
      if (!values) return values.error();
      mean.values.assign((*values)[0].data(), (*values)[0].data() + (*values)[0].size());
      if (values->size() > 1) std::copy_n((*values)[1].data(), 2, mean.offset);
      if (step.layers.size() > 3) {
        const auto& scale = std::get<layers::ScaleSpec>(layer(step.layers[3]).spec);
        for (float& value : mean.values) value *= static_cast<float>(scale.factor);
        for (float& value : mean.offset)
          value = value * static_cast<float>(scale.factor) + static_cast<float>(scale.offset);
      }
    }
    std::vector<float> bias(static_cast<std::size_t>(layer(first).out_channels), 0.0f);
    if (logits->size() > 1) std::copy_n((*logits)[1].data(), bias.size(), bias.data());
    auto kernel =
        kernels_.make_color_head(*conv_shape(layer(first)), (*logits)[0].span(), bias, std::move(mean), team_);
    if (!kernel) return std::move(kernel).error();
    const Index input = tensor_of(layer(first).inputs[0], channel_block);
    const Index output = add_step(StepWork::color_head, step.layers, {input}, step.layers.back(), 0);
    plan_.steps.back().color_head = *std::move(kernel);
    plan_.tensors[static_cast<std::size_t>(output)].channels = 2;
    return {};
  }

  Status add_sum(const FusedStep& step) {
    std::vector<Index> inputs;
    for (const Index from : layer(step.layers[0]).inputs) inputs.push_back(tensor_of(from, channel_block));
    add_step(StepWork::sum, step.layers, std::move(inputs), step.layers.back(), channel_block);
    if (step.layers.size() == 1) return {};
    PlannedStep& planned = plan_.steps.back();
    const auto* leaky = std::get_if<layers::LeakyReluSpec>(&layer(step.layers[1]).spec);
    planned.rectifier = leaky != nullptr ? kernels::Rectifier::leaky : kernels::Rectifier::relu;
    if (leaky != nullptr) planned.slope = static_cast<float>(leaky->slope);
    return {};
  }

  Status add_planar(const FusedStep& step) {
    const LayerDescription& described = layer(step.layers[0]);
    const auto parameters = read_parameters<float>(described, source_);
    if (!parameters) return parameters.error();
    auto made = kernels_.make_planar(described.spec, described.channels, *parameters);
    if (!made) return std::move(made).error();
    std::vector<Index> inputs;
    for (const Index from : described.inputs) inputs.push_back(tensor_of(from, 0));
    add_step(StepWork::planar_layer, step.layers, std::move(inputs), step.layers[0], 0);
    plan_.steps.back().planar_layer = *std::move(made);
    return {};
  }

  const ParameterSource<float>& source_;
  const EngineOptions& options_;
  const EngineKernels& kernels_;
  Index more_workspace_ = 0;  // bytes beside the activations
  Team team_;
  AlignedBuffer<float> originals_;
  std::vector<ConvAlgorithm> chosen_;
  std::vector<std::vector<Index>> tensors_of_;  // by value + 1 (the network's input is -1): three layouts at most
  EnginePlan plan_;
};

}  // namespace detail

}  // namespace ochre::inline v0
