// The logistic function: y = 1/(1 + exp(−x)), from the side where exp() cannot overflow.
// Proven in layers_test.cpp.
#pragma once

#include <cmath>

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct SigmoidSpec : PointwiseSpec {
  static constexpr std::string_view kind = "sigmoid";

  static SigmoidSpec parse(Attributes&) { return {}; }
};

template <class T, class Arch = simd::DefaultArch>
class Sigmoid : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Sigmoid> create(const SigmoidSpec&, Channels, Parameters<T>) { return Sigmoid{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads, [](T value, Index) {
      const T power = std::exp(-std::abs(value));
      return (value < T{0} ? power : T{1}) / (T{1} + power);
    });
  }
};

}  // namespace ochre::inline v0::layers
