// A convolution with all that follows it in its group, done while its result is stored.
#pragma once

#include <memory>

#include <ochre/engine/conv_algorithm.hpp>
#include <ochre/engine/steps/step_without_weights.hpp>

namespace ochre::inline v0::engine {

struct ConvolutionStep {
  Index block = channel_block;  // of the input's channels
  ConvAlgorithm chosen = ConvAlgorithm::direct;
  int out_parts = 0;                            // of the output; 0: floats
  std::unique_ptr<kernels::ConvKernel> kernel;  // of that algorithm

  std::string_view algorithm() const noexcept { return name_of(chosen); }
  std::string_view short_algorithm() const noexcept { return short_name_of(chosen); }
  Index weight_bytes() const noexcept { return kernel->weight_bytes(); }
  Border input_border(Extent in, Extent out) const noexcept { return kernel->border(in, out); }
  std::optional<kernels::ConvSchedule> schedule(const StepShapes& shapes, int threads) const {
    return kernel->schedule(shapes.layouts[0], shapes.output, threads);
  }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    kernel->run(call.blocked_inputs[0], call.blocked, call.schedule, memory.scratch, memory.team);
  }
};

}  // namespace ochre::inline v0::engine
