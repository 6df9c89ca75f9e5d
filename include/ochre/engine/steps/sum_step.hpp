// An add of blocked tensors, with the rectifier that follows it (kernels/blocked_sum.hpp).
#pragma once

#include <ochre/engine/steps/step_without_weights.hpp>
#include <ochre/kernels/blocked_sum.hpp>

namespace ochre::inline v0::engine {

struct SumStep : StepWithoutWeights {
  kernels::Rectifier rectifier = kernels::Rectifier::none;
  float slope = 0.0f;

  static std::string_view algorithm() noexcept { return "sum"; }
  static std::string_view short_algorithm() noexcept { return algorithm(); }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    const Index rows = call.blocked.layout.blocks() * call.blocked.layout.extent.h;
    parallel::for_ranges(memory.team, rows, 1, [&](Index first, Index last, int) noexcept {
      kernels::sum_blocked(call.blocked_inputs, call.blocked, rectifier, slope, first, last);
    });
  }
};

}  // namespace ochre::inline v0::engine
