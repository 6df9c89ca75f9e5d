// A layer that has no form of its own for blocked tensors, as the readable engine runs it: on planar ones, and on one
// thread, unless the layer shares its work out to a team.
#pragma once

#include <memory>

#include <ochre/engine/steps/step_without_weights.hpp>
#include <ochre/layers/layer.hpp>

namespace ochre::inline v0::engine {

class PlanarLayer {
 public:
  virtual ~PlanarLayer() = default;
  virtual std::string_view algorithm() const noexcept = 0;
  virtual std::optional<Index> scratch_size(std::span<const Shape> inputs, int threads) const noexcept = 0;
  virtual void run(layers::Inputs<float> inputs, TensorView<float> output, std::span<float> scratch,
                   const parallel::Team& team) const noexcept = 0;
};

struct ReadableStep : StepWithoutWeights {
  std::unique_ptr<PlanarLayer> layer;

  std::string_view algorithm() const noexcept { return layer->algorithm(); }
  std::string_view short_algorithm() const noexcept { return algorithm(); }
  std::optional<kernels::ConvSchedule> schedule(const StepShapes& shapes, int threads) const {
    const auto scratch = layer->scratch_size(shapes.inputs, threads);
    if (!scratch) return std::nullopt;
    kernels::ConvSchedule schedule;
    schedule.scratch = *scratch;
    return schedule;
  }

  void run(const StepCall& call, const RunMemory& memory) const noexcept {
    layer->run(call.planar_inputs, call.planar, memory.scratch, memory.team);
  }
};

}  // namespace ochre::inline v0::engine
