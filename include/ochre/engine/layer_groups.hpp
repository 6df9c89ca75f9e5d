// How the fast engine groups a network's layers: what can be done while a convolution's result is stored is part of its
// group, and one step of the plan computes a group. A chain is fused only where each of its outputs is read by the next
// layer alone and nobody asked to keep it.
//   conv2d | conv_transpose2d  [batch_norm]  [relu | leaky_relu [batch_norm]]
//   conv2d 1x1  softmax  conv2d 1x1 to two channels  [scale]                      the colour head
//   add of what such groups give  [relu | leaky_relu]                             a skip, in the same layout
//   concat, upsample of what such groups give                                     the same
//   scale of the network's input                                                  done while it is copied in
// All other layers run as the readable engine runs them. Tested by layer_groups_test.cpp.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <ochre/engine/conv_layer.hpp>
#include <ochre/network/memory_plan.hpp>

namespace ochre::inline v0::engine {

enum class GroupKind { convolution, color_head, sum, concat, upsample, input_scale, readable };

struct LayerGroup {
  GroupKind kind = GroupKind::readable;
  std::vector<Index> layers;  // in order; the last one's output is the group's
  Index means = 2;            // of a colour head: the channels of its output
};

// Does its step write a blocked tensor, of channel_block channels a block?
inline bool gives_blocked(GroupKind kind) noexcept {
  return kind != GroupKind::color_head && kind != GroupKind::input_scale && kind != GroupKind::readable;
}

namespace detail {

class GroupFinder {
 public:
  GroupFinder(const NetworkDescription& network, Index wanted, bool keep_all)
      : network_(network),
        keep_all_(keep_all),
        needed_(network::needed_layers(network, wanted)),
        blocked_(network.layers.size(), false),
        readers_(network.layers.size()) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      if (!needed_[i]) continue;
      for (const Index from : network.layers[i].inputs) {
        if (from != network_input) readers_[static_cast<std::size_t>(from)].push_back(static_cast<Index>(i));
      }
    }
  }

  std::vector<LayerGroup> find() {
    std::vector<LayerGroup> groups;
    std::vector<bool> done(network_.layers.size(), false);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (!needed_[i] || done[i]) continue;
      LayerGroup group = starting_at(static_cast<Index>(i));
      for (const Index layer : group.layers) done[static_cast<std::size_t>(layer)] = true;
      blocked_[static_cast<std::size_t>(group.layers.back())] = gives_blocked(group.kind);
      groups.push_back(std::move(group));
    }
    return groups;
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

  LayerGroup starting_at(Index first) const {
    if (spec<layers::ScaleSpec>(first) != nullptr && layer(first).inputs[0] == network_input) {
      return {GroupKind::input_scale, {first}};
    }
    if (spec<layers::AddSpec>(first) != nullptr && reads_blocked(first)) {
      LayerGroup group{GroupKind::sum, {first}};
      take<layers::ReluSpec, layers::LeakyReluSpec>(group);
      return group;
    }
    if (spec<layers::ConcatSpec>(first) != nullptr && reads_blocked(first)) return {GroupKind::concat, {first}};
    if (spec<layers::UpsampleSpec>(first) != nullptr && reads_blocked(first)) return {GroupKind::upsample, {first}};
    if (groups_of(layer(first)) != 1) return {GroupKind::readable, {first}};
    if (LayerGroup head = color_head(first); head.kind == GroupKind::color_head) return head;
    LayerGroup group{GroupKind::convolution, {first}};
    take<layers::BatchNormSpec>(group);
    if (take<layers::ReluSpec, layers::LeakyReluSpec>(group)) take<layers::BatchNormSpec>(group);
    return group;
  }

  // Adds the next layer to the group if it is of one of these kinds.
  template <class... Spec>
  bool take(LayerGroup& group) const {
    const Index next = follower(group.layers.back());
    const bool fits = ((spec<Spec>(next) != nullptr) || ...);
    if (fits) group.layers.push_back(next);
    return fits;
  }

  // Does it read only what is in the fast engine's layout already?
  bool reads_blocked(Index i) const {
    const auto& inputs = layer(i).inputs;
    return std::all_of(inputs.begin(), inputs.end(),
                       [&](Index from) { return from != network_input && blocked_[static_cast<std::size_t>(from)]; });
  }

  LayerGroup color_head(Index first) const {
    const Index softmax = is_pointwise_conv(layer(first)) ? follower(first) : -1;
    const Index mean = spec<layers::SoftmaxSpec>(softmax) != nullptr ? follower(softmax) : -1;
    if (mean < 0 || !is_pointwise_conv(layer(mean)) || layer(mean).out_channels != 2) return {};
    LayerGroup group{GroupKind::color_head, {first, softmax, mean}};
    const Index scale = follower(mean);
    if (spec<layers::ScaleSpec>(scale) != nullptr) group.layers.push_back(scale);
    return group;
  }

  const NetworkDescription& network_;
  bool keep_all_;
  std::vector<bool> needed_;
  std::vector<bool> blocked_;  // by layer: the output of a group that works on blocked tensors
  std::vector<std::vector<Index>> readers_;
};

}  // namespace detail

// The groups that compute layer `wanted` (or every_layer), in order. keep_all: no fusion, every layer's output exists.
inline std::vector<LayerGroup> layer_groups(const NetworkDescription& network, Index wanted, bool keep_all) {
  return detail::GroupFinder(network, wanted, keep_all).find();
}

}  // namespace ochre::inline v0::engine
