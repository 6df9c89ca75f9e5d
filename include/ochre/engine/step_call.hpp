// A step of the plan bound to a workspace: the tensors it reads and writes, and what it worked out for their shapes.
#pragma once

#include <span>
#include <vector>

#include <ochre/engine/engine_tensor.hpp>
#include <ochre/kernels/conv_kernel.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0::engine {

// Of one picture. A planar tensor has the layout's extent, too.
struct StepShapes {
  std::vector<Shape> inputs;
  std::vector<BlockedLayout> layouts;  // of the inputs
  BlockedLayout output;
};

struct StepCall {
  std::vector<EngineTensorView> inputs;  // the same in three forms, since a call allocates nothing
  std::vector<TensorView<const float>> planar_inputs;
  std::vector<BlockedView<const float>> blocked_inputs;
  TensorView<float> planar;    // the output, if it is planar
  BlockedView<float> blocked;  // if it is blocked
  Shape shape;                 // of the output
  int parts = 0;               // of its numbers; 0: floats
  kernels::ConvSchedule schedule;
  bool clears_border = false;  // the output's memory has held something else than its border's zeros

  EngineTensorView output() const noexcept { return {planar, blocked, shape, parts}; }
};

// What all steps of a run have in common.
struct RunMemory {
  TensorView<const float> input;  // the caller's picture
  std::span<float> scratch;
  const parallel::Team& team;
};

}  // namespace ochre::inline v0::engine
