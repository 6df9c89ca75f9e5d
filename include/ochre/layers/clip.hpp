// Limits: y = min(max(x, least), most), either limit by choice; NaN stays NaN, as in PyTorch's clamp and ONNX's Clip.
// ReLU6 is least=0 most=6. Proven in layers_test.cpp.
#pragma once

#include <limits>

#include <ochre/base/finite.hpp>
#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct ClipSpec : PointwiseSpec {
  static constexpr std::string_view kind = "clip";

  // Infinite: no limit.
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();

  static ClipSpec parse(Attributes& from) {
    ClipSpec spec;
    spec.least = from.number("least", spec.least);
    spec.most = from.number("most", spec.most);
    if (is_infinite(spec.least) && is_infinite(spec.most))
      from.fail("neither `least` nor `most`, expected one or both");
    if (spec.least > spec.most) from.fail("`least` is above `most`");
    return spec;
  }
};

template <class T, class Arch = simd::DefaultArch>
class Clip : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Clip> create(const ClipSpec& spec, Channels, Parameters<T>) {
    Clip layer;
    layer.least_ = static_cast<T>(spec.least);
    layer.most_ = static_cast<T>(spec.most);
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads, [least = least_, most = most_](T value, Index) {
      const T raised = value < least ? least : value;
      return raised > most ? most : raised;
    });
  }

 private:
  T least_ = 0;
  T most_ = 0;
};

}  // namespace ochre::inline v0::layers
