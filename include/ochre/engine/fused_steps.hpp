// How the fast engine groups a network's layers: what can be done while a convolution's result is stored is part of its
// step. A chain is fused only where each of its outputs is read by the next layer alone and nobody asked to keep it.
//   conv2d | conv_transpose2d  [batch_norm]  [relu | leaky_relu [batch_norm]]
//   conv2d 1x1  softmax  conv2d 1x1 to two channels  [scale]                      the colour head
//   add of what such steps give  [relu | leaky_relu]                              a skip, in the same layout
//   scale of the network's input                                                  done while it is copied in
// All other layers run as the readable engine runs them. Tested by fused_steps_test.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <ochre/network/memory_plan.hpp>

namespace ochre::inline v0 {

enum class StepKind { convolution, color_head, sum, input_scale, readable };

struct FusedStep {
  StepKind kind = StepKind::readable;
  std::vector<Index> layers;  // in order; the last one's output is the step's
};

namespace detail {

// Of a convolution; of several the fast engine runs the readable layer. 0: another kind of layer.
inline Index groups_of(const LayerDescription& layer) noexcept {
  if (const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec)) return conv->groups;
  if (const auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&layer.spec)) return conv->groups;
  return 0;
}

class StepFinder {
 public:
  StepFinder(const NetworkDescription& network, Index wanted, bool keep_all)
      : network_(network),
        keep_all_(keep_all),
        needed_(needed_layers(network, wanted)),
        blocked_(network.layers.size(), false),
        readers_(network.layers.size()) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      if (!needed_[i]) continue;
      for (const Index from : network.layers[i].inputs) {
        if (from != network_input) readers_[static_cast<std::size_t>(from)].push_back(static_cast<Index>(i));
      }
    }
  }

  std::vector<FusedStep> find() {
    std::vector<FusedStep> steps;
    std::vector<bool> done(network_.layers.size(), false);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (!needed_[i] || done[i]) continue;
      FusedStep step = starting_at(static_cast<Index>(i));
      for (const Index layer : step.layers) done[static_cast<std::size_t>(layer)] = true;
      const bool blocked = step.kind == StepKind::convolution || step.kind == StepKind::sum;
      blocked_[static_cast<std::size_t>(step.layers.back())] = blocked;
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  const LayerDescription& layer(Index i) const { return network_.layers[static_cast<std::size_t>(i)]; }

  template <class Spec>
  const Spec* spec(Index i) const {
    return i < 0 ? nullptr : std::get_if<Spec>(&layer(i).spec);
  }

  // The only reader of a layer that nobody keeps; -1 if there is none. The wanted layer has none that is needed.
  Index follower(Index i) const {
    if (i < 0 || keep_all_) return -1;
    const auto& readers = readers_[static_cast<std::size_t>(i)];
    return readers.size() == 1 ? readers[0] : -1;
  }

  FusedStep starting_at(Index first) const {
    if (spec<layers::ScaleSpec>(first) != nullptr && layer(first).inputs[0] == network_input) {
      return {StepKind::input_scale, {first}};
    }
    if (sums_blocked(first)) {
      FusedStep step{StepKind::sum, {first}};
      take<layers::ReluSpec, layers::LeakyReluSpec>(step);
      return step;
    }
    if (groups_of(layer(first)) != 1) return {StepKind::readable, {first}};
    if (FusedStep head = color_head(first); head.kind == StepKind::color_head) return head;
    FusedStep step{StepKind::convolution, {first}};
    take<layers::BatchNormSpec>(step);
    if (take<layers::ReluSpec, layers::LeakyReluSpec>(step)) take<layers::BatchNormSpec>(step);
    return step;
  }

  // Adds the next layer to the step if it is of one of these kinds.
  template <class... Spec>
  bool take(FusedStep& step) const {
    const Index next = follower(step.layers.back());
    const bool fits = ((spec<Spec>(next) != nullptr) || ...);
    if (fits) step.layers.push_back(next);
    return fits;
  }

  // Does it add only what is in the fast engine's layout already?
  bool sums_blocked(Index i) const {
    if (spec<layers::AddSpec>(i) == nullptr) return false;
    const auto& inputs = layer(i).inputs;
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](Index from) { return from != network_input && blocked_[static_cast<std::size_t>(from)]; });
  }

  // Is it a 1x1 convolution of one group, with stride 1 and no padding?
  bool pointwise(Index i) const {
    const auto* conv = spec<layers::Conv2dSpec>(i);
    return conv != nullptr && conv->groups == 1 && conv->window.kernel == Extent{1, 1} &&
           conv->window.stride == Extent{1, 1} && conv->window.padding == Extent{0, 0};
  }

  FusedStep color_head(Index first) const {
    const Index softmax = pointwise(first) ? follower(first) : -1;
    const Index mean = spec<layers::SoftmaxSpec>(softmax) != nullptr ? follower(softmax) : -1;
    if (mean < 0 || !pointwise(mean) || layer(mean).out_channels != 2) return {};
    FusedStep step{StepKind::color_head, {first, softmax, mean}};
    const Index scale = follower(mean);
    if (spec<layers::ScaleSpec>(scale) != nullptr) step.layers.push_back(scale);
    return step;
  }

  const NetworkDescription& network_;
  bool keep_all_;
  std::vector<bool> needed_;
  std::vector<bool> blocked_;  // by layer: the output of a step that works on blocked tensors
  std::vector<std::vector<Index>> readers_;
};

}  // namespace detail

// The steps that compute layer `wanted`, in order. keep_all: no fusion, every layer's output exists.
inline std::vector<FusedStep> fused_steps(const NetworkDescription& network, Index wanted, bool keep_all) {
  return detail::StepFinder(network, wanted, keep_all).find();
}

}  // namespace ochre::inline v0
