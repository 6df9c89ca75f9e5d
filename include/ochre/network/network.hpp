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

// Told after each layer of a run, on the caller's thread; may be empty.
template <class T>
using LayerObserver = FunctionRef<void(const LayerEvent<T>&)>;

// Which input and which wanted layer a workspace is for, and how many threads its runs use.
struct WorkspaceOptions {
  Shape input;  // every run with this workspace takes exactly this shape
  int threads = 1;
  std::string layer{};       // the layer whose output is wanted; empty: the network's output
  bool every_layer = false;  // instead: all layers run, also those that it does not depend on; the last one is wanted
  bool in_place = true;      // false: no layer works in its input's memory, so that observers see inputs unspoilt
};

template <class T, class Arch>
class Network;

// All memory of the readable engine's runs on inputs of one shape. Threads: one run at a time. Move-only.
template <class T>
class Workspace {
 public:
  const Shape& input_shape() const noexcept { return input_; }
  const Shape& output_shape() const noexcept { return output_; }
  int threads() const noexcept { return threads_; }
  Index bytes() const noexcept { return bytes_; }
  Index layers() const noexcept { return static_cast<Index>(calls_.size()); }  // that run

 private:
  template <class, class>
  friend class Network;

  struct LayerCall {
    Index layer = 0;
    std::vector<TensorView<const T>> inputs;  // null data: the network's input
    TensorView<T> output;
  };

  Result<AlignedBuffer<T>> take(Index count) {
    bytes_ += count * static_cast<Index>(sizeof(T));
    return AlignedBuffer<T>::create(count);
  }

  Shape input_;
  Shape output_;
  int threads_ = 1;
  Index bytes_ = 0;
  std::shared_ptr<const void> network_;  // an address alone could be another network's by now
  std::vector<LayerCall> calls_;
  std::vector<AlignedBuffer<T>> slots_;
  AlignedBuffer<T> scratch_;
};

// The readable engine: a network's layers with their weights. Threads: shared by any number, each with a workspace of
// its own.
template <class T, class Arch = simd::DefaultArch>
class Network {
 public:
  // Errors: whatever `source` returns, negative variances, no memory.
  static Result<Network> create(NetworkDescription description, const ParameterSource<T>& source) {
    auto parts = std::make_shared<Parts>();
    for (const auto& layer : description.layers) {
      const auto parameters = network::read_parameters<T>(layer, source);
      if (!parameters) return parameters.error();
      auto runnable = network::create_layer<T, Arch>(layer.spec, layer.channels, *parameters);
      if (!runnable) return std::move(runnable).error().in("layer " + layer.name);
      parts->layers.push_back(*std::move(runnable));
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
    for (auto& call : workspace.calls_) run_call(call, input, workspace, observer);
    return TensorView<const T>(workspace.calls_.back().output);
  }

  // One layer of the same, for who runs two networks side by side: `number` is 0 … workspace.layers() - 1, one after
  // the other. The observer is told of this layer alone.
  Status run_layer(Index number, TensorView<const T> input, Workspace<T>& workspace, LayerObserver<T> observer) const {
    if (Status status = check_run(input, workspace); !status) return status;
    if (number < 0 || number >= workspace.layers()) {
      return Error{ErrorCode::invalid_argument, "layer " + std::to_string(number) +
                                                    " of those that run, expected one of " +
                                                    std::to_string(workspace.layers())};
    }
    run_call(workspace.calls_[static_cast<std::size_t>(number)], input, workspace, observer);
    return {};
  }

 private:
  struct Parts {  // behind a pointer, so that a copy is cheap and a workspace can tell whose it is
    NetworkDescription description;
    std::vector<network::Layer<T, Arch>> layers;
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

  Result<Index> wanted_layer(const WorkspaceOptions& options) const;
  Result<Index> bind_layers(const network::MemoryPlan& plan, const std::vector<Shape>& shapes,
                            Workspace<T>& workspace) const;

  void run_call(typename Workspace<T>::LayerCall& call, TensorView<const T> input, Workspace<T>& workspace,
                LayerObserver<T> observer) const {
    const auto index = static_cast<std::size_t>(call.layer);
    const auto& described = parts_->description.layers[index];
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      if (described.inputs[i] == network_input) call.inputs[i] = input;
    }
    const auto begin = observer ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    std::visit(
        [&](const auto& layer) noexcept {
          layer.run(call.inputs, call.output, workspace.scratch_.span(), workspace.threads_);
        },
        parts_->layers[index]);
    if (!observer) return;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    const auto algorithm = std::visit([](const auto& layer) { return layer.algorithm; }, parts_->layers[index]);
    observer({call.layer, described.name, described.kind(), algorithm, call.inputs, call.output, elapsed.count()});
  }

  std::shared_ptr<const Parts> parts_;
};

// The layer whose output is wanted, or every_layer. Errors: options that contradict each other, an unknown layer, a
// number of threads or a shape that cannot be.
template <class T, class Arch>
Result<Index> Network<T, Arch>::wanted_layer(const WorkspaceOptions& options) const {
  const auto& network = parts_->description;
  const auto wanted = network.layer_or_output(options.layer);
  if (options.every_layer && !options.layer.empty()) {
    return Error{ErrorCode::invalid_argument, "both every layer and `" + options.layer + "` are wanted, expected one"};
  }
  if (!wanted) return wanted.error();
  if (options.threads < 1) {
    return Error{ErrorCode::invalid_argument, std::to_string(options.threads) + " threads, expected at least 1"};
  }
  if (!options.input.checked_size()) {
    return Error{ErrorCode::invalid_argument, "the input shape is " + to_string(options.input)};
  }
  return options.every_layer ? every_layer : *wanted;
}

template <class T, class Arch>
Result<Workspace<T>> Network<T, Arch>::make_workspace(const WorkspaceOptions& options) const {
  const auto wanted = wanted_layer(options);
  if (!wanted) return wanted.error();
  const auto shapes = parts_->description.shapes(options.input);
  if (!shapes) return shapes.error();
  const auto plan = network::plan_memory(parts_->description, *shapes, *wanted, [&](Index layer) {
    return options.in_place && std::visit([](const auto& runnable) { return runnable.in_place; },
                                          parts_->layers[static_cast<std::size_t>(layer)]);
  });

  Workspace<T> workspace;
  workspace.network_ = parts_;
  workspace.input_ = options.input;
  workspace.output_ = (*shapes)[static_cast<std::size_t>(plan.layers.back())];
  workspace.threads_ = options.threads;
  for (const Index size : plan.slots.sizes) {
    auto slot = workspace.take(size);
    if (!slot) return std::move(slot).error();
    workspace.slots_.push_back(*std::move(slot));
  }
  const auto scratch = bind_layers(plan, *shapes, workspace);
  if (!scratch) return scratch.error();
  auto buffer = workspace.take(*scratch);
  if (!buffer) return std::move(buffer).error();
  workspace.scratch_ = *std::move(buffer);
  return workspace;
}

// Each layer's call: its operands in the workspace's slots. Returns the most scratch that one of them needs, elements.
template <class T, class Arch>
Result<Index> Network<T, Arch>::bind_layers(const network::MemoryPlan& plan, const std::vector<Shape>& shapes,
                                            Workspace<T>& workspace) const {
  const auto& layers = parts_->description.layers;
  std::vector<TensorView<T>> outputs(layers.size());
  Index scratch = 0;
  for (const Index layer : plan.layers) {
    const auto at = static_cast<std::size_t>(layer);
    typename Workspace<T>::LayerCall call{layer, {}, {}};
    std::vector<Shape> input_shapes;
    for (const Index from : layers[at].inputs) {
      call.inputs.push_back(from == network_input ? TensorView<const T>{nullptr, workspace.input_}
                                                  : TensorView<const T>(outputs[static_cast<std::size_t>(from)]));
      input_shapes.push_back(call.inputs.back().shape);
    }
    const auto slot = static_cast<std::size_t>(plan.slots.slot_of[at]);
    call.output = {workspace.slots_[slot].data(), shapes[at]};
    outputs[at] = call.output;
    const auto size =
        std::visit([&](const auto& runnable) { return runnable.scratch_size(input_shapes, workspace.threads_); },
                   parts_->layers[at]);
    if (!size) return Error{ErrorCode::too_large, "the scratch memory of layer " + layers[at].name};
    scratch = std::max(scratch, *size);
    workspace.calls_.push_back(std::move(call));
  }
  return scratch;
}

}  // namespace ochre::inline v0
