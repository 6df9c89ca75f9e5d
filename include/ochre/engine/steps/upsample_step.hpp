// An upsample of a blocked tensor (kernels/blocked_upsample.hpp).
#pragma once

#include <ochre/engine/steps/step_without_weights.hpp>
#include <ochre/kernels/blocked_upsample.hpp>

namespace ochre::inline v0::engine {

struct UpsampleStep : StepWithoutWeights {
  kernels::Interpolation mode = kernels::Interpolation::nearest;

  static std::string_view algorithm() noexcept { return "interpolate"; }
  static std::string_view short_algorithm() noexcept { return algorithm(); }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    const Index rows = call.blocked.layout.blocks() * call.blocked.layout.extent.h;
    parallel::for_ranges(memory.team, rows, 1, [&](Index first, Index last, int) noexcept {
      kernels::upsample_blocked(call.blocked_inputs[0], call.blocked, mode, first, last);
    });
  }
};

}  // namespace ochre::inline v0::engine
