// Leaky rectifier: y = x for x >= 0, slope·x below; NaN stays NaN.
// Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct LeakyReluSpec : PointwiseSpec {
  static constexpr std::string_view kind = "leaky_relu";

  double slope = 0.01;

  static LeakyReluSpec parse(Attributes& from) {
    LeakyReluSpec spec;
    spec.slope = from.number("slope");
    return spec;
  }
};

template <class T, class Arch = simd::DefaultArch>
class LeakyRelu : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<LeakyRelu> create(const LeakyReluSpec& spec, Channels, Parameters<T>) {
    LeakyRelu layer;
    layer.slope_ = static_cast<T>(spec.slope);
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads,
                   [slope = slope_](T value, Index) { return value < T{0} ? slope * value : value; });
  }

 private:
  T slope_ = 0;
};

}  // namespace ochre::inline v0::layers
