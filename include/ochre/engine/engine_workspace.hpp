// All mutable memory of the fast engine's calls, for one shape of input, and the threads that they use. One call at a
// time; every concurrent call has a workspace of its own. Move-only; a moved-from one is refused by run().
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ochre/engine/workspace_plan.hpp>
#include <ochre/parallel/shared_team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0 {

// Which input a workspace is for, which threads its runs use, and what ends them early.
struct EngineWorkspaceOptions {
  Shape input;                         // every run with this workspace takes exactly this shape
  int threads = 1;                     // 1: the caller's; no other is started
  std::shared_ptr<SharedTeam> team{};  // instead: those of a team that other workspaces use as well
  Lender lender = nullptr;             // or a host's own threads (parallel/team.hpp), called with `host`
  void* host = nullptr;
  std::optional<Index> memory{};              // bytes that the workspace may take; more is refused before any is taken
  const std::atomic<bool>* cancel = nullptr;  // while true, calls end between two steps: ErrorCode::cancelled
};

// The memory of runs on inputs of one shape, one run at a time.
class EngineWorkspace {
 public:
  const Shape& input_shape() const noexcept { return input_; }
  const Shape& output_shape() const noexcept { return output_.shape; }
  int threads() const noexcept { return threads_; }
  Index bytes() const noexcept { return bytes_; }

  // The threads that run() uses, for what the caller does before and after it; awake until the result is destroyed.
  parallel::Team team() const noexcept {
    if (lender_ != nullptr) return {threads_, lender_, host_};
    return shared_ ? shared_->team() : own_.team();
  }
  parallel::ThreadTeam::Awake stay_awake() const noexcept {
    return shared_ ? shared_->stay_awake() : parallel::ThreadTeam::Awake(own_);
  }

  bool cancelled() const noexcept { return cancel_ != nullptr && cancel_->load(std::memory_order_relaxed); }

 private:
  friend class Engine;

  Status take_slots(const engine::WorkspacePlan& plan);
  Status take_scratch(const engine::WorkspacePlan& plan);
  void bind(const EnginePlan& plan, const engine::WorkspacePlan& workspace_plan);
  Status take_threads(const EngineWorkspaceOptions& options);

  Shape input_;
  TensorView<float> last_;    // what the wanted layer gives of one picture
  TensorView<float> output_;  // of all pictures; of one alone the same memory
  int threads_ = 1;
  Index bytes_ = 0;
  std::shared_ptr<const EnginePlan> engine_;  // an address alone could be another engine's by now
  std::vector<engine::StepCall> calls_;       // by step
  std::vector<AlignedBuffer<float>> slots_;
  AlignedBuffer<float> scratch_;
  AlignedBuffer<float> result_;
  parallel::ThreadTeam own_;
  std::shared_ptr<SharedTeam> shared_;
  Lender lender_ = nullptr;
  void* host_ = nullptr;
  const std::atomic<bool>* cancel_ = nullptr;
};

inline Status EngineWorkspace::take_slots(const engine::WorkspacePlan& plan) {
  for (const Index size : plan.slot_sizes) {
    if (auto status = AlignedBuffer<float>::create(size).move_to(slots_.emplace_back()); !status) return status;
  }
  return plan.result == 0 ? Status() : AlignedBuffer<float>::create(plan.result).move_to(result_);
}

inline Status EngineWorkspace::take_scratch(const engine::WorkspacePlan& plan) {
  bytes_ = plan.bytes;
  return AlignedBuffer<float>::create(plan.scratch).move_to(scratch_);
}

// Each step's operands in the slots.
inline void EngineWorkspace::bind(const EnginePlan& plan, const engine::WorkspacePlan& workspace_plan) {
  const auto data = [&](Index tensor) {
    const Index slot = workspace_plan.tensors[static_cast<std::size_t>(tensor)].slot;
    return slots_[static_cast<std::size_t>(slot)].data();
  };
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const engine::Step& step = plan.steps[i];
    engine::StepCall& call = calls_.emplace_back();
    for (const Index in : step.inputs) {
      const auto& place = workspace_plan.tensors[static_cast<std::size_t>(in)];
      EngineTensorView view{{}, {}, place.shape, place.parts};
      if (place.is_blocked) {
        view.blocked = {data(in), place.layout};
      } else {
        view.planar = {data(in), place.shape};
      }
      call.inputs.push_back(view);
      call.planar_inputs.push_back(view.planar);
      call.blocked_inputs.push_back(view.blocked);
    }
    const auto& out = workspace_plan.tensors[static_cast<std::size_t>(step.output)];
    call.shape = out.shape;
    call.parts = out.parts;
    if (out.is_blocked) {
      call.blocked = {data(step.output), out.layout};
      call.clears_border = workspace_plan.mixed[static_cast<std::size_t>(out.slot)];
    } else {
      call.planar = {data(step.output), out.shape};
    }
    call.schedule = workspace_plan.schedules[i];
  }
  last_ = {data(plan.output), workspace_plan.tensors[static_cast<std::size_t>(plan.output)].shape};
  output_ = last_;
  if (workspace_plan.result == 0) return;
  output_.data = result_.data();
  output_.shape.n = input_.n;
}

inline Status EngineWorkspace::take_threads(const EngineWorkspaceOptions& options) {
  lender_ = options.lender;
  host_ = options.host;
  shared_ = options.team;
  cancel_ = options.cancel;
  if (lender_ != nullptr || shared_) return {};
  return parallel::ThreadTeam::create(options.threads).move_to(own_);
}

}  // namespace ochre::inline v0
