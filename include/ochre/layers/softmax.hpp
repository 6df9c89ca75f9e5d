// Softmax over the channels of each pixel: y[c] = exp(x[c] − m) / Σ_k exp(x[k] − m), m = max_k x[k].
// NaN in a pixel makes all its channels NaN. Vectorised over pixels. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/simd/exp_of_negative.hpp>

namespace ochre::inline v0::layers {

struct SoftmaxSpec : PointwiseSpec {
  static constexpr std::string_view kind = "softmax";
  static SoftmaxSpec parse(Attributes&) { return {}; }
};

template <class T, class Arch = simd::DefaultArch>
class Softmax : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Softmax> create(const SoftmaxSpec&, Channels, Parameters<T>) { return Softmax{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    const Index plane = input.shape.plane();
    const Index blocks = ceil_div(plane, width);
    parallel::parallel_for(threads, input.shape.n * blocks, [&](Index begin, Index end, int) noexcept {
      for (Index block = begin; block < end; ++block) {
        const Index offset = block / blocks * input.shape.c * plane + block % blocks * width;
        const Index count = std::min(width, plane - block % blocks * width);
        pixels(input.data + offset, output.data + offset, input.shape.c, plane, count);
      }
    });
  }

 private:
  static constexpr Index width = simd::lanes<T, Arch>;
  using Batch = simd::Batch<T, Arch>;

  static Batch read(const T* from, Index count) noexcept {
    if (count == width) return simd::load<Arch>(from);
    alignas(64) T padded[width] = {};
    std::copy_n(from, count, padded);
    return simd::load<Arch>(padded);
  }

  static void write(T* to, const Batch& value, Index count) noexcept {
    if (count == width) return simd::store(to, value);
    alignas(64) T padded[width];
    simd::store(padded, value);
    std::copy_n(padded, count, to);
  }

  // `count` neighbouring pixels, channel stride `plane`.
  static void pixels(const T* from, T* to, Index channels, Index plane, Index count) noexcept {
    Batch top = read(from, count);
    Batch sum = simd::broadcast<Arch>(T{0});
    for (Index c = 1; c < channels; ++c) top = max(top, read(from + c * plane, count));
    for (Index c = 0; c < channels; ++c) {
      const Batch power = simd::exp_of_negative<T, Arch>(read(from + c * plane, count) - top);
      sum += power;
      write(to + c * plane, power, count);
    }
    for (Index c = 0; c < channels; ++c) write(to + c * plane, read(to + c * plane, count) / sum, count);
  }
};

}  // namespace ochre::inline v0::layers
