// Second of a colorizer's three stages: the network on the lightness that read_lightness.hpp left in its input; the a
// and b that it gives, agreed upon by what looks alike (color/consensus.hpp), times the saturation, into the grid.
// Tested by colorizer_test.cpp and stages_test.cpp.
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
    if (!reads_features(event, engine.description().head.layer)) return;
    if (memory.feature_source) keep_features(event.inputs[0], memory.network.team(), memory.features.view());
    if (!memory.consensus.is_empty()) read_features(event.inputs[0], memory.network.team(), memory.consensus);
  };
  const bool keeps = memory.feature_source != nullptr || !memory.consensus.is_empty();
  const EngineObserver observer = keeps ? EngineObserver(keep) : EngineObserver();
  memory.predicted = false;
  const auto output = engine.run(memory.input.view(), memory.network, observer);
  if (!output) return output.error();
  const Index cells = output->shape.plane();
  float* a = memory.grid.data();
  if (!memory.consensus.is_empty()) {
    memory.consensus.settle(output->data, a, a + cells, kernels.vote_row, memory.network.team());
  } else if (output->shape.c == 2) {
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
