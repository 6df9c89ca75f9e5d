// Hyperbolic tangent, the C library's: y = tanh(x). It closes SIGGRAPH17 with two channels, so it need not be fast.
// Proven in layers_test.cpp.
#pragma once

#include <cmath>

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct TanhSpec : PointwiseSpec {
  static constexpr std::string_view kind = "tanh";

  static TanhSpec parse(Attributes&) { return {}; }
};

template <class T, class Arch = simd::DefaultArch>
class Tanh : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Tanh> create(const TanhSpec&, Channels, Parameters<T>) { return Tanh{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads, [](T value, Index) { return std::tanh(value); });
  }
};

}  // namespace ochre::inline v0::layers
