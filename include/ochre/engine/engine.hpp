// The fast engine: a network compiled to steps with fused epilogues, an algorithm chosen for each convolution, weights
// packed once. Immutable after creation and shareable; every concurrent call has a workspace of its own, which owns its
// threads (or borrows the host's). run() allocates nothing and gives the same bits for any number of threads. The
// readable engine (network.hpp) is its judge: engine_test.cpp, audit/engine_audit.hpp.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/function_ref.hpp>
#include <ochre/engine/engine_builder.hpp>
#include <ochre/kernels/blocked_sum.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0 {

// A tensor of the fast engine: planar, or blocked if `blocked.data` is set.
struct EngineTensorView {
  TensorView<const float> planar;
  BlockedView<const float> blocked;
  Shape shape;

  float at(Index c, Index y, Index x) const noexcept {
    return blocked.data != nullptr ? blocked.at(c, y, x) : planar.at(0, c, y, x);
  }
};

// What an observer is told after each step.
struct EngineEvent {
  Index step = 0;
  std::span<const Index> layers;  // of the network, that the step computed; empty for a change of layout
  std::string_view algorithm;
  std::span<const EngineTensorView> inputs;
  EngineTensorView output;
  double seconds = 0;
};
using EngineObserver = FunctionRef<void(const EngineEvent&)>;

struct EngineWorkspaceOptions {
  Shape input;              // every run with this workspace takes exactly this shape
  int threads = 1;          // 1: the caller's; no other is started
  Lender lender = nullptr;  // a host's own threads (parallel/team.hpp) instead of ours, called with `host`
  void* host = nullptr;
  std::optional<Index> memory{};  // bytes that the workspace may take; more is refused before any is taken
};

class EngineWorkspace {
 public:
  const Shape& input_shape() const noexcept { return input_; }
  const Shape& output_shape() const noexcept { return output_.shape; }
  int threads() const noexcept { return threads_; }
  Index bytes() const noexcept { return bytes_; }

  // The threads that run() uses, for what the caller does before and after it; awake until the result is destroyed.
  Team team() const noexcept { return lender_ == nullptr ? own_.team() : Team{threads_, lender_, host_}; }
  ThreadTeam::Awake stay_awake() const noexcept { return ThreadTeam::Awake(own_); }

 private:
  friend class Engine;

  struct Tensor {
    Shape shape;
    BlockedLayout layout;  // if blocked
    float* data = nullptr;
  };
  struct Step {
    kernels::ConvWork work;
    std::vector<EngineTensorView> inputs;
    std::vector<TensorView<const float>> planar_inputs;
    std::vector<BlockedView<const float>> blocked_inputs;
    bool clear = false;  // the output's border holds something else
  };

  Shape input_;
  TensorView<float> output_;  // of all pictures
  int threads_ = 1;
  Index bytes_ = 0;
  std::shared_ptr<const EnginePlan> engine_;  // an address alone could be another engine's by now
  std::vector<Tensor> tensors_;
  std::vector<Step> steps_;
  std::vector<AlignedBuffer<float>> slots_;
  AlignedBuffer<float> scratch_;
  AlignedBuffer<float> result_;
  ThreadTeam own_;
  Lender lender_ = nullptr;
  void* host_ = nullptr;
};

class Engine {
 public:
  // Errors: whatever `source` returns, an unknown layer, an option that cannot be met, no memory.
  template <class Arch = simd::DefaultArch>
  static Result<Engine> create(const NetworkDescription& description, const ParameterSource<float>& source,
                               const EngineOptions& options = {}) {
    return create(description, source, options, engine_kernels<Arch>());
  }

  // With the kernels of a table; those of the compiler's own flags are then not compiled.
  static Result<Engine> create(const NetworkDescription& description, const ParameterSource<float>& source,
                               const EngineOptions& options, const EngineKernels& kernels) {
    for (Index more_workspace = 0;;) {
      auto plan = detail::EngineBuilder(description, source, options, kernels, more_workspace).build();
      if (!plan) return std::move(plan).error();
      Engine engine;
      engine.plan_ = std::make_shared<const EnginePlan>(*std::move(plan));
      if (!options.memory) return engine;
      // The builder knows only the least that a workspace takes. What it takes more, the weights have to give way to.
      const Shape input{1, description.input_channels, options.input.h, options.input.w};
      const auto workspace = engine.make_workspace({.input = input, .threads = options.threads});
      if (!workspace) return workspace.error();
      const Index excess = engine.plan_->weight_bytes() + workspace->bytes() - *options.memory;
      if (excess <= 0) return engine;
      more_workspace += excess;
    }
  }

  const NetworkDescription& description() const noexcept { return plan_->description; }
  const EnginePlan& plan() const noexcept { return *plan_; }

  // Errors: an input the network cannot take, threads < 1 or more than the system starts, no memory.
  Result<EngineWorkspace> make_workspace(const EngineWorkspaceOptions& options) const;

  // input: the workspace's input shape. The result lies in the workspace and holds until its next run.
  // Errors: a workspace of another engine, an input of another shape.
  Result<TensorView<const float>> run(TensorView<const float> input, EngineWorkspace& workspace,
                                      EngineObserver observer = {}) const {
    if (workspace.engine_ != plan_) {
      return Error{ErrorCode::invalid_argument, "the workspace was made by another engine"};
    }
    if (input.shape != workspace.input_ || input.data == nullptr) {
      return Error{ErrorCode::invalid_argument, "the input has shape " + to_string(input.shape) +
                                                    ", the workspace was made for " + to_string(workspace.input_)};
    }
    const auto awake = workspace.stay_awake();
    const Team team = workspace.team();
    for (Index n = 0; n < input.shape.n; ++n) {
      const Shape one{1, input.shape.c, input.shape.h, input.shape.w};
      for (std::size_t i = 0; i < plan_->steps.size(); ++i) {
        run_step(i, {input.plane(n, 0), one}, workspace, team, observer);
      }
      if (input.shape.n == 1) continue;
      const auto& last = workspace.tensors_[static_cast<std::size_t>(plan_->output)];
      std::copy_n(last.data, last.shape.size(), workspace.output_.plane(n, 0));
    }
    return TensorView<const float>(workspace.output_);
  }

 private:
  using Step = EngineWorkspace::Step;
  using Tensor = EngineWorkspace::Tensor;

  static BlockedView<float> blocked(const Tensor& tensor) noexcept { return {tensor.data, tensor.layout}; }

  static EngineTensorView view(const Tensor& tensor, bool is_blocked) noexcept {
    EngineTensorView view;
    view.shape = tensor.shape;
    if (is_blocked) {
      view.blocked = blocked(tensor);
    } else {
      view.planar = {tensor.data, tensor.shape};
    }
    return view;
  }

  Shape value_shape(const PlannedTensor& tensor, const Shape& input, const std::vector<Shape>& shapes) const {
    Shape shape = tensor.value == network_input ? input : shapes[static_cast<std::size_t>(tensor.value)];
    shape.c = tensor.channels;
    return shape;
  }

  void run_step(std::size_t i, TensorView<const float> input, EngineWorkspace& workspace, const Team& team,
                EngineObserver observer) const noexcept {
    const PlannedStep& planned = plan_->steps[i];
    const Step& step = workspace.steps_[i];
    const Tensor& out = workspace.tensors_[static_cast<std::size_t>(planned.output)];
    const bool out_blocked = plan_->tensors[static_cast<std::size_t>(planned.output)].block != 0;
    const auto begin = observer ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    if (step.clear) {
      for_ranges(team, out.layout.blocks(), 1,
                 [&](Index first, Index last, int) noexcept { clear_border(blocked(out), first, last); });
    }
    const std::span<float> scratch(workspace.scratch_.data(), static_cast<std::size_t>(workspace.scratch_.size()));
    compute(planned, step, out, input, scratch, team);
    if (!observer) return;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    observer({static_cast<Index>(i), planned.layers, planned.algorithm(), step.inputs, view(out, out_blocked),
              elapsed.count()});
  }

  void compute(const PlannedStep& planned, const Step& step, const Tensor& out, TensorView<const float> input,
               std::span<float> scratch, const Team& team) const noexcept {
    const TensorView<float> planar{out.data, out.shape};
    switch (planned.work) {
      case StepWork::import_input:
        if (plan_->tensors[static_cast<std::size_t>(planned.output)].block != 0) {
          fill_blocked(input, blocked(out), planned.factor, planned.offset, team);
        } else {
          for (Index i = 0; i < input.shape.size(); ++i) out.data[i] = input.data[i] * planned.factor + planned.offset;
        }
        break;
      case StepWork::convolution:
        planned.convolution->run(step.inputs[0].blocked, blocked(out), step.work, scratch, team);
        break;
      case StepWork::color_head:
        planned.color_head->run(step.inputs[0].blocked, planar, step.work, scratch, team);
        break;
      case StepWork::sum:
        for_ranges(team, out.layout.blocks() * out.layout.extent.h, 1, [&](Index first, Index last, int) noexcept {
          kernels::sum_blocked(step.blocked_inputs, blocked(out), planned.rectifier, planned.slope, first, last);
        });
        break;
      case StepWork::planar_layer:
        planned.planar_layer->run(step.planar_inputs, planar, scratch);
        break;
      case StepWork::to_blocked:
        fill_blocked(step.inputs[0].planar, blocked(out), 1.0f, 0.0f, team);
        break;
      case StepWork::to_planar:
        for_ranges(team, ceil_div(out.shape.c, channel_block), 1, [&](Index first, Index last, int) noexcept {
          to_planar(step.inputs[0].blocked, planar, first * channel_block, std::min(last * channel_block, out.shape.c));
        });
        break;
    }
  }

  static void fill_blocked(TensorView<const float> from, BlockedView<float> to, float factor, float offset,
                           const Team& team) noexcept {
    const BlockedLayout& layout = to.layout;
    for_ranges(team, layout.blocks(), 1, [&](Index first, Index last, int) noexcept {
      // The channels that fill up the last block are zero, whatever the memory held before.
      if (last == layout.blocks() && layout.channels % layout.block != 0) {
        std::fill_n(to.data + (last - 1) * layout.block_stride(), layout.block_stride(), 0.0f);
      }
      to_blocked(from, to, first * layout.block, std::min(last * layout.block, layout.channels), factor, offset);
    });
  }

  std::vector<Tensor> lay_out(const Shape& input, const std::vector<Shape>& shapes) const;
  MemoryPlan assign_slots(const std::vector<Tensor>& tensors, std::vector<Index>& slot_of) const;
  std::vector<bool> mixed_slots(const std::vector<Tensor>& tensors, const std::vector<Index>& slot_of) const;
  Status allocate(EngineWorkspace& workspace, Index memory) const;
  Status prepare_steps(EngineWorkspace& workspace, Index memory) const;

  // Adds `values` floats to what the workspace takes.
  static Status take(EngineWorkspace& workspace, Index values, Index memory) {
    const auto bytes = checked_mul(values, Index{sizeof(float)});
    const auto sum = bytes ? checked_add(workspace.bytes_, *bytes) : std::nullopt;
    if (sum && *sum <= memory) {
      workspace.bytes_ = *sum;
      return {};
    }
    return Error{ErrorCode::too_large, "the network's memory for an input of " + to_string(workspace.input_) +
                                           ": found " + (sum ? std::to_string(*sum) : "more") +
                                           " bytes, expected at most " + std::to_string(memory)};
  }

  std::shared_ptr<const EnginePlan> plan_;
};

// Shapes, and borders as wide as the readers need.
inline std::vector<EngineWorkspace::Tensor> Engine::lay_out(const Shape& input,
                                                            const std::vector<Shape>& shapes) const {
  std::vector<Tensor> tensors;
  for (const auto& planned : plan_->tensors) {
    Tensor tensor;
    tensor.shape = value_shape(planned, input, shapes);
    tensor.layout = {planned.channels, {tensor.shape.h, tensor.shape.w}, {}, std::max<Index>(planned.block, 1)};
    tensors.push_back(tensor);
  }
  for (const auto& step : plan_->steps) {
    if (step.work != StepWork::convolution) continue;
    auto& in = tensors[static_cast<std::size_t>(step.inputs[0])].layout;
    const auto& out = tensors[static_cast<std::size_t>(step.output)].layout;
    in.border = widest(in.border, step.convolution->border(in.extent, out.extent));
  }
  return tensors;
}

// A slot of memory for each tensor, free again after its last reader; at once if only an observer looks at it.
inline MemoryPlan Engine::assign_slots(const std::vector<Tensor>& tensors, std::vector<Index>& slot_of) const {
  constexpr auto nobody = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> last_reader(tensors.size(), nobody);
  for (std::size_t i = 0; i < plan_->steps.size(); ++i) {
    for (const Index in : plan_->steps[i].inputs) last_reader[static_cast<std::size_t>(in)] = i;
  }
  MemoryPlan memory;
  std::vector<bool> busy;
  slot_of.assign(tensors.size(), -1);
  for (std::size_t i = 0; i < plan_->steps.size(); ++i) {
    const auto out = static_cast<std::size_t>(plan_->steps[i].output);
    const bool is_blocked = plan_->tensors[out].block != 0;
    slot_of[out] =
        detail::choose_slot(memory, busy, is_blocked ? tensors[out].layout.size() : tensors[out].shape.size());
    for (const Index in : plan_->steps[i].inputs) {
      const auto at = static_cast<std::size_t>(in);
      if (last_reader[at] == i) busy[static_cast<std::size_t>(slot_of[at])] = false;
    }
    const bool is_result = static_cast<Index>(out) == plan_->output;
    if (last_reader[out] == nobody && !is_result) busy[static_cast<std::size_t>(slot_of[out])] = false;
  }
  return memory;
}

// Of each slot: is it shared by tensors whose interiors lie elsewhere?
inline std::vector<bool> Engine::mixed_slots(const std::vector<Tensor>& tensors,
                                             const std::vector<Index>& slot_of) const {
  std::vector<bool> mixed(tensors.size(), false);  // no more slots than tensors
  std::vector<Index> first(tensors.size(), -1);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto slot = static_cast<std::size_t>(slot_of[i]);
    if (first[slot] < 0) first[slot] = static_cast<Index>(i);
    const auto other = static_cast<std::size_t>(first[slot]);
    const bool same = tensors[i].layout == tensors[other].layout &&
                      (plan_->tensors[i].block == 0) == (plan_->tensors[other].block == 0);
    if (!same) mixed[slot] = true;
  }
  return mixed;
}

inline Status Engine::allocate(EngineWorkspace& workspace, Index memory) const {
  for (std::size_t i = 0; i < workspace.tensors_.size(); ++i) {
    const Tensor& tensor = workspace.tensors_[i];
    if (!tensor.layout.checked_size()) {
      return Error{ErrorCode::too_large, "an activation of shape " + to_string(tensor.shape)};
    }
  }
  std::vector<Index> slot_of;
  const MemoryPlan slots = assign_slots(workspace.tensors_, slot_of);
  constexpr Index slack = 64;  // a tile's last row of an edge block is loaded whole
  for (const Index size : slots.slot_sizes) {
    if (auto status = take(workspace, size + slack, memory); !status) return status;
  }
  for (const Index size : slots.slot_sizes) {
    auto slot = AlignedBuffer<float>::create(size + slack);
    if (!slot) return std::move(slot).error();
    workspace.slots_.push_back(*std::move(slot));
  }
  for (std::size_t i = 0; i < workspace.tensors_.size(); ++i) {
    workspace.tensors_[i].data = workspace.slots_[static_cast<std::size_t>(slot_of[i])].data();
  }
  const auto mixed = mixed_slots(workspace.tensors_, slot_of);
  for (const auto& step : plan_->steps) {
    const auto out = static_cast<std::size_t>(step.output);
    workspace.steps_.emplace_back();
    workspace.steps_.back().clear = plan_->tensors[out].block != 0 && mixed[static_cast<std::size_t>(slot_of[out])];
  }
  return {};
}

inline Status Engine::prepare_steps(EngineWorkspace& workspace, Index memory) const {
  Index scratch = 0;
  for (std::size_t i = 0; i < plan_->steps.size(); ++i) {
    const PlannedStep& planned = plan_->steps[i];
    Step& step = workspace.steps_[i];
    std::vector<Shape> shapes;
    for (const Index in : planned.inputs) {
      const auto at = static_cast<std::size_t>(in);
      step.inputs.push_back(view(workspace.tensors_[at], plan_->tensors[at].block != 0));
      step.planar_inputs.push_back(step.inputs.back().planar);
      step.blocked_inputs.push_back(step.inputs.back().blocked);
      shapes.push_back(workspace.tensors_[at].shape);
    }
    const auto& out = workspace.tensors_[static_cast<std::size_t>(planned.output)].layout;
    if (planned.work == StepWork::convolution) {
      step.work = planned.convolution->plan(step.inputs[0].blocked.layout, out, workspace.threads_);
    } else if (planned.work == StepWork::color_head) {
      step.work = planned.color_head->plan(step.inputs[0].blocked.layout, workspace.threads_);
    } else if (planned.work == StepWork::planar_layer) {
      const auto size = planned.planar_layer->scratch_size(shapes);
      if (!size) return Error{ErrorCode::too_large, "the scratch memory of a layer"};
      scratch = std::max(scratch, *size);
    }
    scratch = std::max(scratch, step.work.scratch);
  }
  if (auto status = take(workspace, scratch, memory); !status) return status;
  auto buffer = AlignedBuffer<float>::create(scratch);
  if (!buffer) return std::move(buffer).error();
  workspace.scratch_ = *std::move(buffer);
  return {};
}

inline Result<EngineWorkspace> Engine::make_workspace(const EngineWorkspaceOptions& options) const {
  if (options.threads < 1) {
    return Error{ErrorCode::invalid_argument, std::to_string(options.threads) + " threads, expected at least 1"};
  }
  if (!options.input.checked_size()) {
    return Error{ErrorCode::invalid_argument, "the input shape is " + to_string(options.input)};
  }
  Shape one = options.input;
  one.n = 1;
  const auto shapes = plan_->description.shapes(one);
  if (!shapes) return shapes.error();
  EngineWorkspace workspace;
  workspace.engine_ = plan_;
  workspace.input_ = options.input;
  workspace.threads_ = options.threads;
  workspace.tensors_ = lay_out(one, *shapes);
  const Index memory = options.memory.value_or(std::numeric_limits<Index>::max());
  if (auto status = allocate(workspace, memory); !status) return std::move(status).error();
  if (auto status = prepare_steps(workspace, memory); !status) return std::move(status).error();
  const auto& last = workspace.tensors_[static_cast<std::size_t>(plan_->output)];
  workspace.output_ = {last.data, last.shape};
  if (options.input.n > 1) {
    workspace.output_.shape.n = options.input.n;
    const auto count = workspace.output_.shape.checked_size();
    if (!count) return Error{ErrorCode::too_large, "an output of shape " + to_string(workspace.output_.shape)};
    if (auto status = take(workspace, *count, memory); !status) return std::move(status).error();
    auto result = AlignedBuffer<float>::create(*count);
    if (!result) return std::move(result).error();
    workspace.result_ = *std::move(result);
    workspace.output_.data = workspace.result_.data();
  }
  workspace.lender_ = options.lender;
  workspace.host_ = options.host;
  if (options.lender == nullptr) {
    auto team = ThreadTeam::create(options.threads);
    if (!team) return std::move(team).error();
    workspace.own_ = *std::move(team);
  }
  return workspace;
}

}  // namespace ochre::inline v0
