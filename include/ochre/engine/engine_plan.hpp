// The fast engine's plan: its steps, with their kernels and packed weights, and the tensors between them. It does not
// depend on the picture's size; a workspace adds what does (workspace_plan.hpp). Made by compile_plan.hpp.
#pragma once

#include <vector>

#include <ochre/engine/step.hpp>
#include <ochre/network/description.hpp>

namespace ochre::inline v0 {

namespace engine {

// How the numbers of a tensor lie: planar, in blocks of channels, or in blocks of bf16 parts.
struct TensorForm {
  Index block = 0;  // 0: planar
  int parts = 0;    // 0: floats

  friend bool operator==(const TensorForm&, const TensorForm&) = default;
};

// An activation between two steps: the output of layer `value` (or the network's input).
struct PlannedTensor {
  Index value = network_input;
  Index channels = 1;
  TensorForm form;
};

}  // namespace engine

struct EnginePlan {
  NetworkDescription description;
  Index wanted = 0;          // the layer whose output run() gives
  bool every_layer = false;  // steps for those as well that it does not depend on
  const char* isa = "";
  Precision precision = Precision::float32;  // of the products: as asked for, or float where this CPU is faster with it
  std::vector<engine::PlannedTensor> tensors;
  std::vector<engine::Step> steps;
  Index output = 0;     // tensor, planar
  double slowdown = 1;  // the convolutions' estimated time over that of the fastest algorithms, which need more memory

  Index weight_bytes() const noexcept {
    Index sum = 0;
    for (const auto& step : steps) sum += step.weight_bytes();
    return sum;
  }
};

}  // namespace ochre::inline v0
