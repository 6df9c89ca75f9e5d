// Rectifier: y = max(x, 0); NaN stays NaN, as in PyTorch.
// Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct ReluSpec : PointwiseSpec {
  static constexpr std::string_view kind = "relu";

  static ReluSpec parse(Attributes&) { return {}; }
};

template <class T, class Arch = simd::DefaultArch>
class Relu : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Relu> create(const ReluSpec&, Channels, Parameters<T>) { return Relu{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads, [](T value, Index) { return value < T{0} ? T{0} : value; });
  }
};

}  // namespace ochre::inline v0::layers
