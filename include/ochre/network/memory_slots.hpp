// Where values that are not alive at the same time may lie in the same memory. Values are made one after the other,
// each from earlier ones; each gets a slot, which is free again after the value's last reader, at once if it has none.
// What works in place takes its input's slot over, if nobody reads that afterwards. Greedy, first fit by size;
// deterministic. Both engines use it: memory_plan.hpp for the readable one's layers, engine/workspace_plan.hpp for the
// fast one's steps. That no value is overwritten before its last reader is proven in memory_slots_test.cpp on random
// graphs, and in network_test.cpp and engine_test.cpp against the reference.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::network {

// Numbers of values; a negative one, such as network_input, is memory of the caller's.
struct ValueUse {
  std::span<const Index> inputs;
  Index output = 0;
  bool in_place = false;  // may the output be the only input's own memory?
};

struct MemorySlots {
  std::vector<Index> slot_of;  // by value; -1: nobody makes it
  std::vector<Index> sizes;    // by slot, elements
};

class SlotAssigner {
 public:
  // sizes: of all values, elements.
  explicit SlotAssigner(std::span<const Index> sizes) : sizes_(sizes), readers_(sizes.size(), 0) {
    slots_.slot_of.assign(sizes.size(), -1);
  }

  // uses: in the order of running. The last one's output stays until the end, as nothing comes after it.
  MemorySlots assign(std::span<const ValueUse> uses) && {
    for (const ValueUse& use : uses) {
      for (const Index from : use.inputs) {
        if (from >= 0) ++readers_[static_cast<std::size_t>(from)];
      }
    }
    for (const ValueUse& use : uses) place(use);
    return std::move(slots_);
  }

 private:
  void place(const ValueUse& use) {
    const auto out = static_cast<std::size_t>(use.output);
    const Index only = use.inputs.size() == 1 ? use.inputs[0] : -1;
    const bool takes_over = use.in_place && only >= 0 && readers_[static_cast<std::size_t>(only)] == 1;
    const Index slot = takes_over ? slots_.slot_of[static_cast<std::size_t>(only)] : best_slot(sizes_[out]);
    Index& slot_size = slots_.sizes[static_cast<std::size_t>(slot)];
    slot_size = std::max(slot_size, sizes_[out]);
    slots_.slot_of[out] = slot;
    for (const Index from : use.inputs) {
      if (from < 0 || --readers_[static_cast<std::size_t>(from)] > 0) continue;
      const Index freed = slots_.slot_of[static_cast<std::size_t>(from)];
      if (freed != slot) busy_[static_cast<std::size_t>(freed)] = false;
    }
    // Nobody reads it but an observer, at once, or the caller, after all.
    if (readers_[out] == 0) busy_[static_cast<std::size_t>(slot)] = false;
  }

  // The smallest free one that is large enough, else the largest free one (it will grow), else a new one.
  Index best_slot(Index size) {
    Index best = -1;
    for (Index s = 0; s < static_cast<Index>(slots_.sizes.size()); ++s) {
      if (busy_[static_cast<std::size_t>(s)]) continue;
      const Index have = slots_.sizes[static_cast<std::size_t>(s)];
      const Index best_have = best < 0 ? -1 : slots_.sizes[static_cast<std::size_t>(best)];
      const bool better = best < 0 || (have >= size ? best_have < size || have < best_have : have > best_have);
      if (better) best = s;
    }
    if (best < 0) {
      slots_.sizes.push_back(0);
      busy_.push_back(false);
      best = static_cast<Index>(slots_.sizes.size()) - 1;
    }
    busy_[static_cast<std::size_t>(best)] = true;
    return best;
  }

  std::span<const Index> sizes_;
  std::vector<Index> readers_;  // of each value, that are still to run
  std::vector<bool> busy_;      // by slot
  MemorySlots slots_;
};

}  // namespace ochre::inline v0::network
