// What the fast engine will take in memory, worked out from a network's text and an input's shape alone, before weights
// are packed or a workspace is made: activations in blocks of channels as plan_memory() lays them out, and of each
// convolution the weights of its fastest algorithm, or less where comfortable_memory (choose_algorithms.hpp) has it so.
// About right, for people and for refusals: borders, changes of layout and the threads' scratch are left out. Tested by
// engine_cost_test.cpp.
#pragma once

#include <algorithm>
#include <vector>

#include <ochre/engine/choose_algorithms.hpp>
#include <ochre/network/memory_plan.hpp>

namespace ochre::inline v0 {

// Bytes that a network will take in the fast engine.
struct EngineCost {
  double activations = 0;  // bytes
  double weights = 0;

  double all_bytes() const noexcept { return activations + weights; }
};

// What the fast engine will take for inputs of that shape, from the network's text alone.
// wanted: a layer or every_layer. Errors: an input the network cannot take.
inline Result<EngineCost> engine_cost(const NetworkDescription& network, Shape input, Index wanted) {
  input.n = 1;  // pictures run one after the other
  auto shapes = network.shapes(input);
  if (!shapes) return std::move(shapes).error();
  double fastest = 0;
  double smallest = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const auto conv = engine::conv_shape(network.layers[i]);
    if (!conv) continue;
    if (engine::groups_of(network.layers[i]) != 1) {  // runs as the readable layer, whose weights are as they are
      const double own = sizeof(float) * detail::value_count(network.layers[i].tensors());
      fastest += own;
      smallest += own;
      continue;
    }
    const Index from = network.layers[i].inputs[0];
    const Shape& in = network::shape_of(from, input, *shapes);
    Shape& out = (*shapes)[i];
    const auto costs = engine::conv_costs(*conv, channel_block, {in.h, in.w}, {out.h, out.w});
    const auto best =
        std::min_element(costs.begin(), costs.end(),
                         [](const engine::ConvCost& a, const engine::ConvCost& b) { return a.time < b.time; });
    fastest += static_cast<double>(best->weight_bytes);
    smallest += static_cast<double>(costs[0].weight_bytes);
    Shape blocked = out;
    blocked.c = ceil_div(out.c, channel_block) * channel_block;
    if (blocked.checked_size()) out = blocked;
  }
  const auto plan = network::plan_memory(network, *shapes, wanted, [&](Index layer) {
    return network::works_in_place(network.layers[static_cast<std::size_t>(layer)].spec);
  });
  EngineCost cost;
  for (const Index size : plan.slots.sizes) cost.activations += static_cast<double>(size) * sizeof(float);
  const double room = static_cast<double>(engine::comfortable_memory) - cost.activations;
  cost.weights = std::max(smallest, std::min(fastest, room));
  return cost;
}

}  // namespace ochre::inline v0
