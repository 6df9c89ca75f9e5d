// Rectifier with a slope of its own for each channel: y = x for x >= 0, weight[channel]·x below; NaN stays NaN.
// Source: He et al., Delving Deep into Rectifiers, 2015, section 2.1. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct PreluSpec : PointwiseSpec {
  static constexpr std::string_view kind = "prelu";

  static PreluSpec parse(Attributes&) { return {}; }

  std::vector<RequiredTensor> tensors(Channels channels) const { return {{"weight", {channels[0]}}}; }
};

template <class T, class Arch = simd::DefaultArch>
class Prelu : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Prelu> create(const PreluSpec&, Channels, Parameters<T> parameters) {
    Prelu layer;
    const auto slopes = parameters[0].span();
    layer.slopes_.assign(slopes.begin(), slopes.end());
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads, [this](T value, Index channel) {
      return value < T{0} ? slopes_[static_cast<std::size_t>(channel)] * value : value;
    });
  }

 private:
  std::vector<T> slopes_;
};

}  // namespace ochre::inline v0::layers
