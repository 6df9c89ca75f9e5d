// That no value's memory is taken before its last reader, on random graphs, by playing them through: each value writes
// its own number into its slot, each reader looks whether it is still there. The player is fed a wrong plan, too.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include <ochre/network/memory_slots.hpp>
#include <ochre/network/random_weights.hpp>

namespace {

using namespace ochre;
using network::MemorySlots;
using network::SlotAssigner;
using network::ValueUse;

struct Graph {
  std::vector<std::vector<Index>> inputs;  // of value i; -1: the caller's
  std::vector<bool> in_place;
  std::vector<Index> sizes;

  std::vector<ValueUse> uses() const {
    std::vector<ValueUse> all;
    for (std::size_t i = 0; i < inputs.size(); ++i) all.push_back({inputs[i], static_cast<Index>(i), in_place[i]});
    return all;
  }
  MemorySlots slots() const { return SlotAssigner(sizes).assign(uses()); }
};

Graph random_graph(std::uint64_t seed) {
  RandomNumbers random(seed);
  const auto below = [&](Index n) { return static_cast<Index>(random.next() % static_cast<std::uint64_t>(n)); };
  Graph graph;
  const Index values = 1 + below(30);
  for (Index i = 0; i < values; ++i) {
    std::vector<Index> inputs;
    for (Index k = below(3); k >= 0; --k) inputs.push_back(below(i + 1) - 1);
    graph.inputs.push_back(std::move(inputs));
    graph.in_place.push_back(below(3) == 0);
    graph.sizes.push_back(1 + below(100));
  }
  return graph;
}

// The first value that a reader, or the caller at the end, no longer finds; or one whose slot is too small.
std::optional<Index> first_lost(const Graph& graph, const MemorySlots& slots) {
  std::vector<Index> held(slots.sizes.size(), -1);
  const auto slot = [&](Index value) {
    return static_cast<std::size_t>(slots.slot_of[static_cast<std::size_t>(value)]);
  };
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const auto value = static_cast<Index>(i);
    for (const Index from : graph.inputs[i]) {
      if (from >= 0 && held[slot(from)] != from) return from;
    }
    const bool overwrites = std::any_of(graph.inputs[i].begin(), graph.inputs[i].end(),
                                        [&](Index from) { return from >= 0 && slot(from) == slot(value); });
    if (overwrites && !(graph.in_place[i] && graph.inputs[i].size() == 1)) return value;
    if (slots.sizes[slot(value)] < graph.sizes[i]) return value;
    held[slot(value)] = value;
  }
  const auto last = static_cast<Index>(graph.inputs.size()) - 1;
  return held[slot(last)] == last ? std::nullopt : std::optional(last);
}

TEST_CASE("memory slots: on random graphs every reader finds what it reads") {
  Index values = 0;
  Index slots = 0;
  Index taken_over = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Graph graph = random_graph(seed);
    const MemorySlots plan = graph.slots();
    CAPTURE(seed);
    CHECK(first_lost(graph, plan) == std::nullopt);
    values += static_cast<Index>(graph.inputs.size());
    slots += static_cast<Index>(plan.sizes.size());
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      const Index from = graph.inputs[i][0];
      taken_over += from >= 0 && graph.in_place[i] && graph.inputs[i].size() == 1 &&
                    plan.slot_of[i] == plan.slot_of[static_cast<std::size_t>(from)];
    }
  }
  CHECK(slots < values / 2);  // it does share
  CHECK(taken_over > 50);
}

TEST_CASE("memory slots: a chain needs two, in place one, leaves one between them") {
  Graph chain{{{-1}, {0}, {1}, {2}}, std::vector<bool>(4, false), {5, 5, 5, 5}};
  CHECK(chain.slots().sizes == std::vector<Index>{5, 5});
  chain.in_place.assign(4, true);
  CHECK(chain.slots().sizes == std::vector<Index>{5});
  const Graph leaves{{{-1}, {0}, {0}, {0}, {0}}, std::vector<bool>(5, false), {9, 2, 3, 4, 1}};
  CHECK(leaves.slots().sizes == std::vector<Index>{9, 4});
}

TEST_CASE("memory slots: the player notices a plan that loses a value") {
  const Graph graph{{{-1}, {0}, {0, 1}}, std::vector<bool>(3, false), {4, 4, 4}};
  MemorySlots plan = graph.slots();
  CHECK(first_lost(graph, plan) == std::nullopt);
  MemorySlots shared = plan;
  shared.slot_of[1] = shared.slot_of[0];
  CHECK(first_lost(graph, shared) == 1);
  MemorySlots small = plan;
  small.sizes[static_cast<std::size_t>(small.slot_of[2])] = 3;
  CHECK(first_lost(graph, small) == 2);
  Graph early = graph;
  early.inputs[2] = {1};
  MemorySlots lost = early.slots();
  CHECK(first_lost({{{-1}, {-1}, {0}}, early.in_place, early.sizes}, {{0, 0, 1}, {4, 4}}) == 0);
}

}  // namespace
