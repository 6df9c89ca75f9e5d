// A value in another layout, for a step that wants it so: bit for bit, or rounded to the parts of bf16 that the tile
// unit's convolutions read.
#pragma once

#include <algorithm>

#include <ochre/engine/steps/step_without_weights.hpp>

namespace ochre::inline v0::engine {

// factor·x + offset of a planar picture.
inline void fill_blocked(TensorView<const float> from, BlockedView<float> to, float factor, float offset,
                         const parallel::Team& team) noexcept {
  const BlockedLayout& layout = to.layout;
  parallel::for_ranges(team, layout.blocks(), 1, [&](Index first, Index last, int) noexcept {
    // The channels that fill up the last block are zero, whatever the memory held before.
    if (last == layout.blocks() && layout.channels % layout.block != 0) {
      std::fill_n(to.data + (last - 1) * layout.block_stride(), layout.block_stride(), 0.0f);
    }
    tensor::to_blocked(from, to, first * layout.block, std::min(last * layout.block, layout.channels), factor, offset);
  });
}

struct ToBlockedStep : StepWithoutWeights {
  static std::string_view algorithm() noexcept { return "to blocked"; }
  static std::string_view short_algorithm() noexcept { return algorithm(); }

  static void run(const StepCall& call, const RunMemory& memory) noexcept {
    fill_blocked(call.planar_inputs[0], call.blocked, 1.0f, 0.0f, memory.team);
  }
};

// Of the tile unit's kernels: floats in blocks of channels as a tensor of so many bf16 parts.
using ToParts = void (*)(BlockedView<const float> from, BlockedView<float> to, int parts, const parallel::Team& team);

struct ToPartsStep : StepWithoutWeights {
  ToParts to_parts = nullptr;
  int parts = 1;

  static std::string_view algorithm() noexcept { return "to bf16 parts"; }
  static std::string_view short_algorithm() noexcept { return "to parts"; }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    to_parts(call.blocked_inputs[0], call.blocked, parts, memory.team);
  }
};

struct ToPlanarStep : StepWithoutWeights {
  static std::string_view algorithm() noexcept { return "to planar"; }
  static std::string_view short_algorithm() noexcept { return algorithm(); }

  static void run(const StepCall& call, const RunMemory& memory) noexcept {
    const Index channels = call.shape.c;
    parallel::for_ranges(memory.team, ceil_div(channels, channel_block), 1, [&](Index first, Index last, int) noexcept {
      to_planar(call.blocked_inputs[0], call.planar, first * channel_block, std::min(last * channel_block, channels));
    });
  }
};

}  // namespace ochre::inline v0::engine
