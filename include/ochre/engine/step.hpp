// A step of the fast engine's plan: which layers of the network it computes, from which tensors into which, and how.
// Its operation is one of a few kinds, each of which (steps/) offers the same, so that nothing asks for the kind by
// hand:
//   algorithm(), short_algorithm()   its name for people; the short one in 11 letters at most
//   weight_bytes()                   packed, known before they are packed
//   input_border(in, out)            the border of zeros that its blocked inputs need, for such extents
//   schedule(shapes, threads)        what depends on shapes and threads, scratch among it; nothing: too large
//   run(call, memory)                in a workspace; allocates nothing
#pragma once

#include <variant>
#include <vector>

#include <ochre/engine/steps/change_layout.hpp>
#include <ochre/engine/steps/color_head_step.hpp>
#include <ochre/engine/steps/concat_step.hpp>
#include <ochre/engine/steps/convolution_step.hpp>
#include <ochre/engine/steps/import_step.hpp>
#include <ochre/engine/steps/readable_step.hpp>
#include <ochre/engine/steps/sum_step.hpp>
#include <ochre/engine/steps/upsample_step.hpp>

namespace ochre::inline v0::engine {

using StepOperation = std::variant<ImportStep, ConvolutionStep, ColorHeadStep, SumStep, ConcatStep, UpsampleStep,
                                   ReadableStep, ToBlockedStep, ToPartsStep, ToPlanarStep>;

struct Step {
  std::vector<Index> layers;  // of the network, that it computes; empty for a mere change of layout
  std::vector<Index> inputs;  // tensors of the plan; an import has none
  Index output = 0;           // tensor of the plan
  StepOperation operation;

  // Null if it is of another kind.
  template <class Operation>
  const Operation* as() const noexcept {
    return std::get_if<Operation>(&operation);
  }

  std::string_view algorithm() const noexcept {
    return std::visit([](const auto& step) { return step.algorithm(); }, operation);
  }
  std::string_view short_algorithm() const noexcept {
    return std::visit([](const auto& step) { return step.short_algorithm(); }, operation);
  }
  Index weight_bytes() const noexcept {
    return std::visit([](const auto& step) { return step.weight_bytes(); }, operation);
  }
  Border input_border(Extent in, Extent out) const noexcept {
    return std::visit([&](const auto& step) { return step.input_border(in, out); }, operation);
  }
  std::optional<kernels::ConvSchedule> schedule(const StepShapes& shapes, int threads) const {
    return std::visit([&](const auto& step) { return step.schedule(shapes, threads); }, operation);
  }
  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    std::visit([&](const auto& step) noexcept { step.run(call, memory); }, operation);
  }
};

}  // namespace ochre::inline v0::engine
