// Which layers run, and where each puts its output: only what the wanted layer depends on runs, or every layer; outputs
// share slots of memory (memory_slots.hpp). Tested by network_test.cpp.
#pragma once

#include <vector>

#include <ochre/network/description.hpp>
#include <ochre/network/memory_slots.hpp>

namespace ochre::inline v0::network {

// needed[i]: the wanted layer depends on layer i, or is it.
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

struct MemoryPlan {
  std::vector<Index> layers;  // that run, in order
  MemorySlots slots;          // values are the layers' outputs
};

// can_work_in_place(layer): its output may be its input's memory.
template <class CanWorkInPlace>
MemoryPlan plan_memory(const NetworkDescription& network, const std::vector<Shape>& shapes, Index wanted,
                       const CanWorkInPlace& can_work_in_place) {
  const auto needed = needed_layers(network, wanted);
  MemoryPlan plan;
  std::vector<Index> sizes;
  std::vector<ValueUse> uses;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    sizes.push_back(shapes[i].size());
    if (!needed[i]) continue;
    const auto layer = static_cast<Index>(i);
    plan.layers.push_back(layer);
    uses.push_back({network.layers[i].inputs, layer, can_work_in_place(layer)});
  }
  plan.slots = SlotAssigner(sizes).assign(uses);
  return plan;
}

}  // namespace ochre::inline v0::network
