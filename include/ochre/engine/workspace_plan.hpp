// What one shape of input adds to a plan, as numbers: each tensor's shape, layout and slot, each step's schedule, and
// how many bytes all of it takes. engine_workspace.hpp takes them, the slots before the schedules are made: lists of
// tiles grow with the picture, too, and where there is no memory for its activations there shall be none for them.
// Tested by engine_test.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <ochre/engine/engine_plan.hpp>
#include <ochre/network/memory_slots.hpp>

namespace ochre::inline v0::engine {

struct TensorPlace {
  Shape shape;
  BlockedLayout layout;  // of a planar tensor only the extent counts
  bool is_blocked = false;
  int parts = 0;
  Index slot = 0;

  Index elements() const noexcept { return is_blocked ? layout.size() : shape.size(); }
};

struct WorkspacePlan {
  std::vector<TensorPlace> tensors;              // as in the plan
  std::vector<kernels::ConvSchedule> schedules;  // by step
  std::vector<bool> mixed;                       // by slot: do its tensors' interiors lie at different places?
  std::vector<Index> slot_sizes;                 // floats
  Index scratch = 0;                             // floats
  Index result = 0;                              // floats, of several pictures
  Index bytes = 0;                               // all of them
};

class WorkspacePlanner {
 public:
  // memory: bytes that the workspace may take.
  WorkspacePlanner(const EnginePlan& plan, const Shape& input, int threads, Index memory)
      : plan_(plan), input_(input), threads_(threads), memory_(memory) {}

  // Tensors and slots. Errors: an input that the network cannot take, more than can be addressed or than `memory`.
  Status place() {
    if (auto status = place_tensors(); !status) return status;
    if (auto status = share_slots(); !status) return status;
    return add_result();
  }

  // Schedules and scratch; after place(). Errors: the same.
  Status schedule() {
    for (const Step& step : plan_.steps) {
      StepShapes shapes;
      for (const Index in : step.inputs) {
        shapes.inputs.push_back(at(in).shape);
        shapes.layouts.push_back(at(in).layout);
      }
      shapes.output = at(step.output).layout;
      auto schedule = step.schedule(shapes, threads_);
      if (!schedule) return Error{ErrorCode::too_large, "the scratch memory of a layer"};
      planned_.scratch = std::max(planned_.scratch, schedule->scratch);
      planned_.schedules.push_back(*std::move(schedule));
    }
    return take(planned_.scratch);
  }

  const WorkspacePlan& planned() const noexcept { return planned_; }

 private:
  // Shapes, and borders as wide as the readers need.
  Status place_tensors() {
    Shape picture = input_;
    picture.n = 1;
    const auto shapes = plan_.description.shapes(picture);
    if (!shapes) return shapes.error();
    for (const PlannedTensor& planned : plan_.tensors) {
      TensorPlace place;
      place.shape = network::shape_of(planned.value, picture, *shapes);
      place.shape.c = planned.channels;
      place.is_blocked = planned.form.block != 0;
      place.parts = planned.form.parts;
      const Index channels = place.parts == 0 ? planned.channels : kernels::places_of(planned.channels, place.parts);
      place.layout = {channels, {place.shape.h, place.shape.w}, {}, std::max<Index>(planned.form.block, 1)};
      planned_.tensors.push_back(place);
    }
    for (const Step& step : plan_.steps) {
      const Extent out = at(step.output).layout.extent;
      for (const Index in : step.inputs) {
        BlockedLayout& layout = at(in).layout;
        if (at(in).is_blocked) layout.border = tensor::widest(layout.border, step.input_border(layout.extent, out));
      }
    }
    for (const TensorPlace& place : planned_.tensors) {
      if (place.layout.checked_size()) continue;
      return Error{ErrorCode::too_large, "an activation of shape " + to_string(place.shape)};
    }
    return {};
  }

  Status share_slots() {
    std::vector<Index> sizes;
    for (const TensorPlace& place : planned_.tensors) sizes.push_back(place.elements());
    std::vector<network::ValueUse> uses;
    for (const Step& step : plan_.steps) uses.push_back({step.inputs, step.output});
    auto slots = network::SlotAssigner(sizes).assign(uses);
    constexpr Index slack = 64;  // a tile's last row of an edge block is loaded whole
    for (const Index size : slots.sizes) {
      planned_.slot_sizes.push_back(size + slack);
      if (auto status = take(size + slack); !status) return status;
    }
    planned_.mixed.assign(slots.sizes.size(), false);
    std::vector<const TensorPlace*> first(slots.sizes.size(), nullptr);
    for (std::size_t i = 0; i < planned_.tensors.size(); ++i) {
      TensorPlace& place = planned_.tensors[i];
      place.slot = slots.slot_of[i];
      const TensorPlace*& other = first[static_cast<std::size_t>(place.slot)];
      if (other == nullptr) other = &place;
      const bool same = place.layout == other->layout && place.is_blocked == other->is_blocked;
      if (!same) planned_.mixed[static_cast<std::size_t>(place.slot)] = true;
    }
    return {};
  }

  // One picture's lies in its own tensor.
  Status add_result() {
    if (input_.n == 1) return {};
    Shape result = at(plan_.output).shape;
    result.n = input_.n;
    const auto count = result.checked_size();
    if (!count) return Error{ErrorCode::too_large, "an output of shape " + to_string(result)};
    planned_.result = *count;
    return take(*count);
  }

  Status take(Index floats) {
    const auto bytes = checked_mul(floats, Index{sizeof(float)});
    const auto sum = bytes ? checked_add(planned_.bytes, *bytes) : std::nullopt;
    if (sum && *sum <= memory_) {
      planned_.bytes = *sum;
      return {};
    }
    return Error{ErrorCode::too_large, "the network's memory for an input of " + to_string(input_) + ": found " +
                                           (sum ? std::to_string(*sum) : "more") + " bytes, expected at most " +
                                           std::to_string(memory_)};
  }

  TensorPlace& at(Index tensor) { return planned_.tensors[static_cast<std::size_t>(tensor)]; }

  const EnginePlan& plan_;
  Shape input_;
  int threads_;
  Index memory_;
  WorkspacePlan planned_;
};

}  // namespace ochre::inline v0::engine
