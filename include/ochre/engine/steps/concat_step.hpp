// A concat of blocked tensors (kernels/blocked_concat.hpp): a skip of a U-Net, without leaving the layout.
#pragma once

#include <ochre/engine/steps/step_without_weights.hpp>
#include <ochre/kernels/blocked_concat.hpp>

namespace ochre::inline v0::engine {

struct ConcatStep : StepWithoutWeights {
  static std::string_view algorithm() noexcept { return "copy"; }
  static std::string_view short_algorithm() noexcept { return algorithm(); }

  static void run(const StepCall& call, const RunMemory& memory) noexcept {
    const Index rows = call.blocked.layout.blocks() * call.blocked.layout.extent.h;
    parallel::for_ranges(memory.team, rows, 1, [&](Index first, Index last, int) noexcept {
      kernels::concat_blocked(call.blocked_inputs, call.blocked, first, last);
    });
  }
};

}  // namespace ochre::inline v0::engine
