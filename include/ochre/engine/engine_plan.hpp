// The fast engine's plan: steps, the tensors between them, and each step's kernels with their packed weights. It does
// not depend on the picture's size; a workspace (engine.hpp) adds what does. Built by engine_builder.hpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ochre/engine/engine_kernels.hpp>
#include <ochre/engine/fused_steps.hpp>

namespace ochre::inline v0 {

// An activation between two steps: the output of layer `value` (or the network's input), planar or blocked.
struct PlannedTensor {
  Index value = network_input;
  Index channels = 1;
  Index block = 0;  // 0: planar
};

enum class StepWork {
  import_input,  // y = factor·x + offset, from the caller's input
  convolution,
  color_head,
  sum,
  planar_layer,
  to_blocked,
  to_planar,
};

struct PlannedStep {
  std::vector<Index> layers;  // of the network, that it computes; empty for a mere change of layout
  std::vector<Index> inputs;  // tensors; the import has none
  Index output = 0;           // tensor
  StepWork work = StepWork::import_input;
  float factor = 1.0f;  // of an import
  float offset = 0.0f;
  kernels::Rectifier rectifier = kernels::Rectifier::none;  // of a sum
  float slope = 0.0f;
  ConvAlgorithm conv_algorithm = ConvAlgorithm::direct;  // of `convolution`
  std::unique_ptr<kernels::ConvKernel> convolution;      // one of these, as `work` says
  std::unique_ptr<kernels::ColorHeadKernel> color_head;
  std::unique_ptr<PlanarLayer> planar_layer;

  std::string_view algorithm() const noexcept {
    switch (work) {
      case StepWork::convolution:
        return convolution->algorithm();
      case StepWork::planar_layer:
        return planar_layer->algorithm();
      case StepWork::color_head:
        return "direct, softmax, mean";
      case StepWork::sum:
        return "sum";
      case StepWork::import_input:
        return "import";
      case StepWork::to_blocked:
        return "to blocked";
      case StepWork::to_planar:
        break;
    }
    return "to planar";
  }

  // The same in 11 letters at most, for tables: "F(4,3)".
  std::string_view short_algorithm() const noexcept {
    if (work == StepWork::color_head) return "colour head";
    if (work != StepWork::convolution) return algorithm();
    return short_conv_algorithm_names[static_cast<std::size_t>(conv_algorithm)];
  }

  Index weight_bytes() const noexcept {
    return work == StepWork::convolution  ? convolution->weight_bytes()
           : work == StepWork::color_head ? color_head->weight_bytes()
                                          : 0;
  }
};

struct EnginePlan {
  NetworkDescription description;
  Index wanted = 0;          // the layer whose output run() gives
  bool every_layer = false;  // steps for those as well that it does not depend on
  const char* isa = "";
  std::vector<PlannedTensor> tensors;
  std::vector<PlannedStep> steps;
  Index output = 0;     // tensor, planar
  double slowdown = 1;  // the convolutions' estimated time over that of the fastest algorithms, which need more memory

  Index weight_bytes() const noexcept {
    Index sum = 0;
    for (const auto& step : steps) sum += step.weight_bytes();
    return sum;
  }
};

}  // namespace ochre::inline v0
