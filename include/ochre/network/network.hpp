// The readable engine: a network's layers with their weights, run one after the other on plain NCHW tensors, in float
// or double. Immutable after creation and shareable between threads; all memory of a run is in a Workspace, one for
// each call at a time. run() allocates nothing and gives the same bits for any number of threads.
// Proven in network_test.cpp (goldens of PyTorch, layer by layer against reference/).
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/function_ref.hpp>
#include <ochre/network/memory_plan.hpp>
#include <ochre/network/parameters.hpp>

namespace ochre::inline v0 {

// What an observer is told after each layer. `output` may be looked at until the observer returns.
template <class T>
struct LayerEvent {
  Index index = 0;  // in the description
  std::string_view name;
  std::string_view kind;
  std::string_view algorithm;
  std::span<const TensorView<const T>> inputs;  // overwritten already where the layer works in place
  TensorView<const T> output;
  double seconds = 0;
};

template <class T>
using LayerObserver = FunctionRef<void(const LayerEvent<T>&)>;

struct WorkspaceOptions {
  Shape input;  // every run with this workspace takes exactly this shape
  int threads = 1;
  std::string layer{};       // the layer whose output is wanted; empty: the network's output
  bool every_layer = false;  // instead: all layers run, also those that it does not depend on; the last one is wanted
  bool in_place = true;      // false: no layer works in its input's memory, so that observers see inputs unspoilt
};

template <class T, class Arch>
class Network;

template <class T>
class Workspace {
 public:
  const Shape& input_shape() const noexcept { return input_; }
  const Shape& output_shape() const noexcept { return output_; }
  int threads() const noexcept { return threads_; }
  Index bytes() const noexcept { return bytes_; }
  Index steps() const noexcept { return static_cast<Index>(steps_.size()); }  // layers that run

 private:
  template <class, class>
  friend class Network;

  struct Step {
    Index layer = 0;
    std::vector<TensorView<const T>> inputs;  // null data: the network's input
    TensorView<T> output;
  };

  Shape input_;
  Shape output_;
  int threads_ = 1;
  Index bytes_ = 0;
  std::shared_ptr<const void> network_;  // an address alone could be another network's by now
  std::vector<Step> steps_;
  std::vector<AlignedBuffer<T>> slots_;
  AlignedBuffer<T> scratch_;
};

template <class T, class Arch = simd::DefaultArch>
class Network {
 public:
  // Errors: whatever `source` returns, negative variances, no memory.
  static Result<Network> create(NetworkDescription description, const ParameterSource<T>& source) {
    auto parts = std::make_shared<Parts>();
    for (const auto& layer : description.layers) {
      const auto parameters = read_parameters<T>(layer, source);
      if (!parameters) return parameters.error();
      auto made = create_layer<T, Arch>(layer.spec, layer.channels, *parameters);
      if (!made) return std::move(made).error().in("layer " + layer.name);
      parts->layers.push_back(*std::move(made));
    }
    parts->description = std::move(description);
    Network network;
    network.parts_ = std::move(parts);
    return network;
  }

  const NetworkDescription& description() const noexcept { return parts_->description; }

  // Errors: an input the network cannot take, an unknown layer, threads < 1, no memory.
  Result<Workspace<T>> make_workspace(const WorkspaceOptions& options) const;

  // input: the workspace's input shape. The result lies in the workspace and holds until its next run.
  // Errors: a workspace of another network, an input of another shape.
  Result<TensorView<const T>> run(TensorView<const T> input, Workspace<T>& workspace,
                                  LayerObserver<T> observer = {}) const {
    if (Status status = check_run(input, workspace); !status) return std::move(status).error();
    for (auto& step : workspace.steps_) {
      run_step(step, input, workspace, observer);
    }
    return TensorView<const T>(workspace.steps_.back().output);
  }

  // One layer of the same, for who runs two networks side by side: `step` is 0 … workspace.steps() - 1, one after the
  // other. The observer is told of this layer alone.
  Status run_step(Index step, TensorView<const T> input, Workspace<T>& workspace, LayerObserver<T> observer) const {
    if (Status status = check_run(input, workspace); !status) return status;
    if (step < 0 || step >= workspace.steps()) {
      return Error{ErrorCode::invalid_argument,
                   "step " + std::to_string(step) + ", expected one of " + std::to_string(workspace.steps())};
    }
    run_step(workspace.steps_[static_cast<std::size_t>(step)], input, workspace, observer);
    return {};
  }

 private:
  struct Parts {  // behind a pointer, so that a copy is cheap and a workspace can tell whose it is
    NetworkDescription description;
    std::vector<Layer<T, Arch>> layers;
  };

  Status check_run(TensorView<const T> input, const Workspace<T>& workspace) const {
    if (workspace.network_ != parts_) {
      return Error{ErrorCode::invalid_argument, "the workspace was made by another network"};
    }
    if (input.shape != workspace.input_ || input.data == nullptr) {
      return Error{ErrorCode::invalid_argument, "the input has shape " + to_string(input.shape) +
                                                    ", the workspace was made for " + to_string(workspace.input_)};
    }
    return {};
  }

  void run_step(typename Workspace<T>::Step& step, TensorView<const T> input, Workspace<T>& workspace,
                LayerObserver<T> observer) const {
    const auto index = static_cast<std::size_t>(step.layer);
    const auto& described = parts_->description.layers[index];
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      if (described.inputs[i] == network_input) step.inputs[i] = input;
    }
    const auto begin = observer ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    std::visit(
        [&](const auto& layer) noexcept {
          layer.run(step.inputs, step.output, workspace.scratch_.span(), workspace.threads_);
        },
        parts_->layers[index]);
    if (!observer) return;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    const auto algorithm = std::visit([](const auto& layer) { return layer.algorithm; }, parts_->layers[index]);
    observer({step.layer, described.name, described.kind(), algorithm, step.inputs, step.output, elapsed.count()});
  }

  std::shared_ptr<const Parts> parts_;
};

template <class T, class Arch>
Result<Workspace<T>> Network<T, Arch>::make_workspace(const WorkspaceOptions& options) const {
  const auto& network = parts_->description;
  const auto wanted = options.layer.empty() ? network.output : network.find(options.layer);
  if (options.every_layer && !options.layer.empty()) {
    return Error{ErrorCode::invalid_argument, "both every layer and `" + options.layer + "` are wanted, expected one"};
  }
  if (!wanted) return Error{ErrorCode::not_found, "no layer `" + options.layer + "` in network " + network.name};
  if (options.threads < 1) {
    return Error{ErrorCode::invalid_argument, std::to_string(options.threads) + " threads, expected at least 1"};
  }
  if (!options.input.checked_size()) {
    return Error{ErrorCode::invalid_argument, "the input shape is " + to_string(options.input)};
  }
  const auto shapes = network.shapes(options.input);
  if (!shapes) return shapes.error();
  const MemoryPlan plan = plan_memory(network, *shapes, options.every_layer ? every_layer : *wanted, [&](Index layer) {
    return options.in_place &&
           std::visit([](const auto& made) { return made.in_place; }, parts_->layers[static_cast<std::size_t>(layer)]);
  });

  Workspace<T> workspace;
  workspace.network_ = parts_;
  workspace.input_ = options.input;
  workspace.output_ = (*shapes)[static_cast<std::size_t>(plan.steps.back().layer)];
  workspace.threads_ = options.threads;
  const auto take = [&](Index count) -> Result<AlignedBuffer<T>> {
    workspace.bytes_ += count * static_cast<Index>(sizeof(T));
    return AlignedBuffer<T>::create(count);
  };
  for (const Index size : plan.slot_sizes) {
    auto slot = take(size);
    if (!slot) return std::move(slot).error();
    workspace.slots_.push_back(*std::move(slot));
  }
  std::vector<TensorView<T>> outputs(network.layers.size());
  Index scratch = 0;
  for (const auto& planned : plan.steps) {
    const auto index = static_cast<std::size_t>(planned.layer);
    typename Workspace<T>::Step step{planned.layer, {}, {}};
    std::vector<Shape> input_shapes;
    for (const Index from : network.layers[index].inputs) {
      step.inputs.push_back(from == network_input ? TensorView<const T>{nullptr, options.input}
                                                  : TensorView<const T>(outputs[static_cast<std::size_t>(from)]));
      input_shapes.push_back(step.inputs.back().shape);
    }
    step.output = {workspace.slots_[static_cast<std::size_t>(planned.slot)].data(), (*shapes)[index]};
    outputs[index] = step.output;
    const auto size = std::visit([&](const auto& layer) { return layer.scratch_size(input_shapes, options.threads); },
                                 parts_->layers[index]);
    if (!size) return Error{ErrorCode::too_large, "the scratch memory of layer " + network.layers[index].name};
    scratch = std::max(scratch, *size);
    workspace.steps_.push_back(std::move(step));
  }
  auto buffer = take(scratch);
  if (!buffer) return std::move(buffer).error();
  workspace.scratch_ = *std::move(buffer);
  return workspace;
}

}  // namespace ochre::inline v0
