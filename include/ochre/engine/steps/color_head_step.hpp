// Logits, softmax and mean in one, or logits and a mean that the caller asked for (kernels/color_head.hpp).
#pragma once

#include <memory>

#include <ochre/engine/steps/step_without_weights.hpp>
#include <ochre/kernels/color_head.hpp>

namespace ochre::inline v0::engine {

struct ColorHeadStep {
  std::unique_ptr<kernels::ColorHeadKernel> kernel;

  static std::string_view algorithm() noexcept { return "direct, softmax, mean"; }
  static std::string_view short_algorithm() noexcept { return "colour head"; }
  Index weight_bytes() const noexcept { return kernel->weight_bytes(); }
  static Border input_border(Extent, Extent) noexcept { return {}; }
  std::optional<kernels::ConvSchedule> schedule(const StepShapes& shapes, int threads) const {
    return kernel->schedule(shapes.layouts[0], threads);
  }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    kernel->run(call.blocked_inputs[0], call.planar, call.schedule, memory.scratch, memory.team);
  }
};

}  // namespace ochre::inline v0::engine
