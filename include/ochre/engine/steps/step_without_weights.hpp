// What most kinds of step have none of.
#pragma once

#include <optional>
#include <string_view>

#include <ochre/engine/step_call.hpp>

namespace ochre::inline v0::engine {

struct StepWithoutWeights {
  static Index weight_bytes() noexcept { return 0; }
  static Border input_border(Extent, Extent) noexcept { return {}; }
  static std::optional<kernels::ConvSchedule> schedule(const StepShapes&, int) { return kernels::ConvSchedule{}; }
};

}  // namespace ochre::inline v0::engine
