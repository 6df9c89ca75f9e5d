// The fast engine: a network compiled to steps with fused epilogues, an algorithm chosen for each convolution, weights
// packed once. Immutable after creation and shareable; every concurrent call has a workspace of its own, which owns its
// threads, shares a team's, or borrows the host's. run() allocates nothing and gives the same bits for any number of
// threads. The readable engine (network.hpp) is its judge: engine_test.cpp, audit/engine_audit.hpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/function_ref.hpp>
#include <ochre/base/no_memory.hpp>
#include <ochre/engine/compile_plan.hpp>
#include <ochre/engine/engine_workspace.hpp>

namespace ochre::inline v0 {

// What an observer is told after each step.
struct EngineEvent {
  Index step = 0;
  std::span<const Index> layers;  // of the network, that the step computed; empty for a change of layout
  std::string_view algorithm;
  std::span<const EngineTensorView> inputs;
  EngineTensorView output;
  double seconds = 0;
};

// Told after each step of a run, on the caller's thread; may be empty, and costs nothing then.
using EngineObserver = FunctionRef<void(const EngineEvent&)>;

// A network ready to run: its plan and packed weights, which copies share.
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
    return base::catch_no_memory([&]() -> Result<Engine> {
      auto plan = engine::compile_plan(description, source, options, kernels);
      if (!plan) return std::move(plan).error();
      Engine engine;
      engine.plan_ = std::make_shared<const EnginePlan>(*std::move(plan));
      return engine;
    });
  }

  // Not of a moved-from engine.
  const NetworkDescription& description() const noexcept { return plan_->description; }
  const EnginePlan& plan() const noexcept { return *plan_; }

  // Errors: an input the network cannot take, threads < 1 or more than the system starts, both a team and a lender,
  // more than the memory allowed, no memory, a moved-from engine.
  Result<EngineWorkspace> make_workspace(const EngineWorkspaceOptions& options) const {
    return base::catch_no_memory([&] { return workspace(options); });
  }

  // input: the workspace's input shape. The result lies in the workspace and holds until its next run.
  // Finite numbers only: Winograd's tiles add and subtract what lies beside each other, so that a NaN or an infinity
  // makes NaN of whole tiles, and numbers above 3e36 may overflow to NaN where the readable engine has none.
  // Errors: a workspace of another engine, or moved from; an input of another shape; cancelled.
  Result<TensorView<const float>> run(TensorView<const float> input, EngineWorkspace& workspace,
                                      EngineObserver observer = {}) const {
    if (auto status = check_run(input, workspace); !status) return std::move(status).error();
    const auto awake = workspace.stay_awake();
    for (Index n = 0; n < input.shape.n; ++n) {
      for (Index i = 0; i < steps(); ++i) {
        if (workspace.cancelled()) return Error{ErrorCode::cancelled, "cancelled"};
        run_step(i, input, n, workspace, observer);
      }
      if (input.shape.n == 1) continue;
      std::copy_n(workspace.last_.data, workspace.last_.shape.size(), workspace.output_.plane(n, 0));
    }
    return TensorView<const float>(workspace.output_);
  }

  // How many steps a run has.
  Index steps() const noexcept { return plan_ == nullptr ? 0 : static_cast<Index>(plan_->steps.size()); }

  // A run in parts, of one picture: the steps from `first` on, as long as go_on() says so before each but the first of
  // them. Returns the step to go on with; steps() at the end, and then output() is what run() gives. In between, the
  // workspace is in use. Errors: those of run(), a step that there is not, more than one picture.
  Result<Index> run_from(Index first, TensorView<const float> input, EngineWorkspace& workspace,
                         FunctionRef<bool()> go_on, EngineObserver observer = {}) const {
    if (auto status = check_run(input, workspace); !status) return std::move(status).error();
    if (first < 0 || first >= steps() || input.shape.n != 1) {
      return Error{ErrorCode::invalid_argument, "step " + std::to_string(first) + " of " + std::to_string(steps()) +
                                                    ", of " + std::to_string(input.shape.n) + " pictures"};
    }
    const auto awake = workspace.stay_awake();
    Index i = first;
    do {
      if (workspace.cancelled()) return Error{ErrorCode::cancelled, "cancelled"};
      run_step(i, input, 0, workspace, observer);
      ++i;
    } while (i < steps() && go_on());
    return i;
  }
  // What the last run in parts gave.
  TensorView<const float> output(const EngineWorkspace& workspace) const noexcept { return workspace.output_; }

 private:
  Result<EngineWorkspace> workspace(const EngineWorkspaceOptions& options) const;

  Status check_run(TensorView<const float> input, const EngineWorkspace& workspace) const {
    if (plan_ == nullptr || workspace.engine_ != plan_) {
      return Error{ErrorCode::invalid_argument, "the workspace was made by another engine"};
    }
    if (input.shape == workspace.input_ && input.data != nullptr) return {};
    return Error{ErrorCode::invalid_argument, "the input has shape " + to_string(input.shape) +
                                                  ", the workspace was made for " + to_string(workspace.input_)};
  }

  // Of picture n.
  void run_step(Index number, TensorView<const float> input, Index n, EngineWorkspace& workspace,
                EngineObserver observer) const noexcept {
    const auto i = static_cast<std::size_t>(number);
    const engine::StepCall& call = workspace.calls_[i];
    const Shape picture{1, input.shape.c, input.shape.h, input.shape.w};
    const engine::RunMemory memory{{input.plane(n, 0), picture}, workspace.scratch_.span(), workspace.team()};
    const engine::Step& step = plan_->steps[i];
    const auto begin = observer ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    if (call.clears_border) {
      parallel::for_ranges(memory.team, call.blocked.layout.blocks(), 1, [&](Index first, Index last, int) noexcept {
        tensor::clear_border(call.blocked, first, last);
      });
    }
    step.run(call, memory);
    if (!observer) return;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    observer({number, step.layers, step.algorithm(), call.inputs, call.output(), elapsed.count()});
  }

  std::shared_ptr<const EnginePlan> plan_;
};

inline Result<EngineWorkspace> Engine::workspace(const EngineWorkspaceOptions& options) const {
  const auto refuse = [](std::string text) { return Error{ErrorCode::invalid_argument, std::move(text)}; };
  if (plan_ == nullptr) return refuse("the engine was moved from");
  if (options.threads < 1) return refuse(std::to_string(options.threads) + " threads, expected at least 1");
  if (options.team && options.lender != nullptr) return refuse("both a team and a lender, expected one");
  if (!options.input.checked_size()) return refuse("the input shape is " + to_string(options.input));
  EngineWorkspace workspace;
  workspace.engine_ = plan_;
  workspace.input_ = options.input;
  workspace.threads_ = options.team ? options.team->threads() : options.threads;
  const Index memory = options.memory.value_or(std::numeric_limits<Index>::max());
  engine::WorkspacePlanner planner(*plan_, options.input, workspace.threads_, memory);
  if (auto status = planner.place(); !status) return std::move(status).error();
  if (auto status = workspace.take_slots(planner.planned()); !status) return std::move(status).error();
  if (auto status = planner.schedule(); !status) return std::move(status).error();
  if (auto status = workspace.take_scratch(planner.planned()); !status) return std::move(status).error();
  workspace.bind(*plan_, planner.planned());
  if (auto status = workspace.take_threads(options); !status) return std::move(status).error();
  return workspace;
}

}  // namespace ochre::inline v0
