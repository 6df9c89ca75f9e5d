// The largest pixel of each window, channel by channel (pooling_spec.hpp: where windows lie):
//   y[oy][ox] = max over ky, kx of x[oy·stride − padding + ky·dilation][…]
// What lies outside of the picture is no pixel; a window with a NaN gives NaN. Semantics of PyTorch's MaxPool2d and of
// ONNX's MaxPool. Proven in layers_test.cpp.
#pragma once

#include <limits>

#include <ochre/layers/pooled_rows.hpp>

namespace ochre::inline v0::layers {

struct MaxPoolSpec : PoolingSpec {
  static constexpr std::string_view kind = "max_pool";

  static MaxPoolSpec parse(Attributes& from) {
    MaxPoolSpec spec;
    spec.read(from);
    spec.window.dilation = from.extent("dilation", 1, Extent{1, 1});
    spec.check_padding(from);
    return spec;
  }
};

template <class T, class Arch = simd::DefaultArch>
class MaxPool : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "window";

  static Result<MaxPool> create(const MaxPoolSpec& spec, Channels, Parameters<T>) {
    MaxPool layer;
    layer.window_ = spec.window;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_pooled_row(inputs[0], output, threads, [&](const PooledRow<T>& row) noexcept {
      std::fill_n(row.to, row.out_width, -std::numeric_limits<T>::infinity());
      fold_taps(row, window_, [](T best, T value) {
        return value > best || value != value ? value : best;  // once a NaN, no number is larger
      });
    });
  }

 private:
  Window window_;
};

}  // namespace ochre::inline v0::layers
