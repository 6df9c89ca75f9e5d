// The mean of all pixels of each channel: y[0][0] = Σ x / (H·W); PyTorch's AdaptiveAvgPool2d(1), ONNX's
// GlobalAveragePool. Summed in double, a row's pixels, then the rows' sums, and each channel by one worker: the mean of
// a large picture has the rounding of one number of T, and the same bits for any number of threads. Proven in
// layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct GlobalAveragePoolSpec : PointwiseSpec {
  static constexpr std::string_view kind = "global_average_pool";

  static GlobalAveragePoolSpec parse(Attributes&) { return {}; }

  Result<Extent> output_extent(Extents) const { return Extent{1, 1}; }
};

template <class T, class Arch = simd::DefaultArch>
class GlobalAveragePool : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "sum";

  static Result<GlobalAveragePool> create(const GlobalAveragePoolSpec&, Channels, Parameters<T>) {
    return GlobalAveragePool{};
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    parallel::parallel_for(threads, input.shape.n * input.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        const T* pixel = input.data + p * input.shape.plane();
        double sum = 0;
        for (Index y = 0; y < input.shape.h; ++y) {
          double row = 0;
          for (Index x = 0; x < input.shape.w; ++x) row += static_cast<double>(*pixel++);
          sum += row;
        }
        output.data[p] = static_cast<T>(sum / static_cast<double>(input.shape.plane()));
      }
    });
  }
};

}  // namespace ochre::inline v0::layers
