// The network's input, copied into the workspace: y = factor·x + offset.
#pragma once

#include <ochre/engine/steps/change_layout.hpp>

namespace ochre::inline v0::engine {

struct ImportStep : StepWithoutWeights {
  float factor = 1.0f;
  float offset = 0.0f;

  static std::string_view algorithm() noexcept { return "import"; }
  static std::string_view short_algorithm() noexcept { return algorithm(); }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    if (call.blocked.data != nullptr) return fill_blocked(memory.input, call.blocked, factor, offset, memory.team);
    for (Index i = 0; i < memory.input.shape.size(); ++i) {
      call.planar.data[i] = memory.input.data[i] * factor + offset;
    }
  }
};

}  // namespace ochre::inline v0::engine
