// The mean of each window's pixels, channel by channel (pooling_spec.hpp: where windows lie):
//   y[oy][ox] = Σ_{ky,kx} x[oy·stride − padding + ky][…] / count
// over the pixels in the picture; count is their number or, with count_padding, that of the window's places in the
// padded picture: what `ceil` lets a last window reach beyond the padding never counts. Semantics of PyTorch's
// AvgPool2d and of ONNX's AveragePool (opset 19 and later). Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/pooled_rows.hpp>

namespace ochre::inline v0::layers {

struct AveragePoolSpec : PoolingSpec {
  static constexpr std::string_view kind = "average_pool";

  bool count_padding = true;

  static AveragePoolSpec parse(Attributes& from) {
    AveragePoolSpec spec;
    spec.read(from);
    spec.count_padding = from.flag("count_padding", true);
    spec.check_padding(from);
    return spec;
  }

  // Additions.
  double macs(Channels channels, Extent output) const {
    return static_cast<double>(channels[0]) * static_cast<double>(window.kernel.h * window.kernel.w) *
           static_cast<double>(output.h) * static_cast<double>(output.w);
  }
};

template <class T, class Arch = simd::DefaultArch>
class AveragePool : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "window";

  static Result<AveragePool> create(const AveragePoolSpec& spec, Channels, Parameters<T>) {
    AveragePool layer;
    layer.spec_ = spec;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_pooled_row(inputs[0], output, threads, [&](const PooledRow<T>& row) noexcept {
      std::fill_n(row.to, row.out_width, T{0});
      fold_taps(row, spec_.window, [](T sum, T value) { return sum + value; });
      const Index rows = places(spec_.window.rows(), row.in.h, row.oy);
      for (Index ox = 0; ox < row.out_width; ++ox) {
        row.to[ox] /= static_cast<T>(rows * places(spec_.window.columns(), row.in.w, ox));
      }
    });
  }

 private:
  // Of window o along one side, those that count.
  Index places(const WindowSide& side, Index in, Index o) const noexcept {
    const Index padding = spec_.count_padding ? side.padding : 0;
    const Index begin = o * side.stride - side.padding;
    return std::min(begin + side.kernel, in + padding) - std::max(begin, -padding);
  }

  AveragePoolSpec spec_;
};

}  // namespace ochre::inline v0::layers
