// Which layers run, and where each puts its output. Only what the wanted layer depends on runs, or every layer. Outputs
// share slots of memory: a slot is free again after the last layer that reads it, at once if none does, and a layer
// that can works in its input's slot.
// Greedy, first fit by size; deterministic. That no output is overwritten before its last reader is proven in
// network_test.cpp, layer by layer against the reference, and by the blocks of layers_test.cpp, where outputs are read
// twice.
#pragma once

#include <algorithm>
#include <vector>

#include <ochre/network/description.hpp>

namespace ochre::inline v0 {

// In place of a wanted layer's index: all of them are.
inline constexpr Index every_layer = -2;

struct MemoryPlan {
  struct Step {
    Index layer = 0;
    Index slot = 0;
  };
  std::vector<Step> steps;        // in order of running
  std::vector<Index> slot_sizes;  // elements
};

namespace detail {

// needed[i]: the wanted layer depends on layer i.
inline std::vector<bool> needed_layers(const NetworkDescription& network, Index wanted) {
  std::vector<bool> needed(network.layers.size(), wanted == every_layer);
  if (wanted == every_layer) return needed;
  needed[static_cast<std::size_t>(wanted)] = true;
  for (Index i = wanted; i >= 0; --i) {
    if (!needed[static_cast<std::size_t>(i)]) continue;
    for (const Index from : network.layers[static_cast<std::size_t>(i)].inputs) {
      if (from != network_input) needed[static_cast<std::size_t>(from)] = true;
    }
  }
  return needed;
}

// The slot that fits best: the smallest free one that is large enough, else the largest free one (it will grow), else a
// new one.
inline Index choose_slot(MemoryPlan& plan, std::vector<bool>& busy, Index size) {
  Index best = -1;
  for (Index s = 0; s < static_cast<Index>(plan.slot_sizes.size()); ++s) {
    if (busy[static_cast<std::size_t>(s)]) continue;
    const Index have = plan.slot_sizes[static_cast<std::size_t>(s)];
    const Index best_have = best < 0 ? -1 : plan.slot_sizes[static_cast<std::size_t>(best)];
    const bool better = best < 0 || (have >= size ? best_have < size || have < best_have : have > best_have);
    if (better) best = s;
  }
  if (best < 0) {
    plan.slot_sizes.push_back(0);
    busy.push_back(false);
    best = static_cast<Index>(plan.slot_sizes.size()) - 1;
  }
  busy[static_cast<std::size_t>(best)] = true;
  auto& slot_size = plan.slot_sizes[static_cast<std::size_t>(best)];
  slot_size = std::max(slot_size, size);
  return best;
}

}  // namespace detail

// can_work_in_place(layer): its output may be its input's memory.
template <class CanWorkInPlace>
MemoryPlan plan_memory(const NetworkDescription& network, const std::vector<Shape>& shapes, Index wanted,
                       const CanWorkInPlace& can_work_in_place) {
  const auto needed = detail::needed_layers(network, wanted);
  std::vector<Index> readers(network.layers.size(), 0);  // that are still to run
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!needed[i]) continue;
    for (const Index from : network.layers[i].inputs) {
      if (from != network_input) ++readers[static_cast<std::size_t>(from)];
    }
  }

  MemoryPlan plan;
  std::vector<bool> busy;
  std::vector<Index> slot_of(network.layers.size(), -1);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!needed[i]) continue;
    const auto& inputs = network.layers[i].inputs;
    const bool in_place = inputs.size() == 1 && inputs[0] != network_input &&
                          readers[static_cast<std::size_t>(inputs[0])] == 1 && can_work_in_place(static_cast<Index>(i));
    const Index slot =
        in_place ? slot_of[static_cast<std::size_t>(inputs[0])] : detail::choose_slot(plan, busy, shapes[i].size());
    slot_of[i] = slot;
    plan.steps.push_back({static_cast<Index>(i), slot});
    for (const Index from : inputs) {
      if (from == network_input || --readers[static_cast<std::size_t>(from)] > 0) continue;
      const Index freed = slot_of[static_cast<std::size_t>(from)];
      if (freed != slot) busy[static_cast<std::size_t>(freed)] = false;
    }
    // Nobody reads a leaf but an observer, at once, and the caller the last of all.
    if (readers[i] == 0) busy[static_cast<std::size_t>(slot)] = false;
  }
  return plan;
}

}  // namespace ochre::inline v0
