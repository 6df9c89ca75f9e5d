// Two constants for all channels: y = factor·x + offset. Normalises lightness, gives ab its units.
// Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct ScaleSpec : PointwiseSpec {
  static constexpr std::string_view kind = "scale";

  double factor = 1;
  double offset = 0;

  static ScaleSpec parse(Attributes& from) {
    ScaleSpec spec;
    spec.factor = from.number("factor");
    spec.offset = from.number("offset", 0.0);
    return spec;
  }
};

template <class T, class Arch = simd::DefaultArch>
class Scale : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Scale> create(const ScaleSpec& spec, Channels, Parameters<T>) {
    Scale layer;
    layer.factor_ = static_cast<T>(spec.factor);
    layer.offset_ = static_cast<T>(spec.offset);
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads,
                   [factor = factor_, offset = offset_](T value, Index) { return factor * value + offset; });
  }

 private:
  T factor_ = 1;
  T offset_ = 0;
};

}  // namespace ochre::inline v0::layers
