// Second of a colorizer's three stages: the network on the lightness that read_lightness.hpp left in its input; the a
// and b that it gives, times the saturation, into the grid. Tested by colorizer_test.cpp and stages_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <ochre/color/color_kernels.hpp>
#include <ochre/colorizer/memory.hpp>

namespace ochre::inline v0::detail {

// Errors: a workspace of another colorizer, a colour that is not a number.
inline Status predict_grid(const Engine& engine, const ColorKernels& kernels, const ColorizerSettings& settings,
                           ColorizerMemory& memory) {
  const auto keep = [&](const EngineEvent& event) noexcept {
    keep_features(event, memory.feature_source->layer, memory.network.team(), memory.features.view());
  };
  const EngineObserver observer = memory.feature_source ? EngineObserver(keep) : EngineObserver();
  memory.predicted = false;
  const auto output = engine.run(memory.input.view(), memory.network, observer);
  if (!output) return output.error();
  const Index cells = output->shape.plane();
  float* a = memory.grid.data();
  if (output->shape.c == 2) {
    std::copy_n(output->data, 2 * cells, a);
  } else {
    kernels.annealed_mean(*output, settings.exponent(), memory.network.team(), a, a + cells);
  }
  for (Index i = 0; i < 2 * cells; ++i) {
    a[i] *= settings.saturation;
    if (!std::isfinite(a[i])) return Error{ErrorCode::malformed, "the network gave a colour that is not a number"};
  }
  memory.predicted = true;
  return {};
}

}  // namespace ochre::inline v0::detail
