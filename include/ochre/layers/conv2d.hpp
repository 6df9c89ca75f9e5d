// Convolution (cross-correlation, as in PyTorch and Caffe) over a zero-padded picture:
//   y[o][oy][ox] = bias[o] + Σ_{c,ky,kx} weight[o][c][ky][kx] · x[c][oy·stride − padding + ky·dilation][…]
// weight: [out, in/groups, kernel.h, kernel.w]; bias: [out] or none. Any kernel, stride, padding, dilation, groups.
// Runs as GEMM (M = out/groups, K = in/groups·taps, N = output pixels) on im2col panels: kernels/gemm.hpp.
// Proven in layers_test.cpp against reference/conv2d.hpp and PyTorch.
#pragma once

#include <ochre/kernels/gemm.hpp>
#include <ochre/kernels/im2col.hpp>
#include <ochre/layers/convolution_spec.hpp>

namespace ochre::inline v0::layers {

struct Conv2dSpec : ConvolutionSpec {
  static constexpr std::string_view kind = "conv2d";

  static Conv2dSpec parse(Attributes& from) {
    Conv2dSpec spec;
    spec.read(from);
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = convolved_length(extents[0].h, window.rows());
    const auto w = convolved_length(extents[0].w, window.columns());
    if (h && w) return Extent{*h, *w};
    return Error{ErrorCode::invalid_argument, "the padded input " + std::to_string(extents[0].h) + "x" +
                                                  std::to_string(extents[0].w) + " is smaller than the kernel"};
  }

  std::vector<RequiredTensor> tensors(Channels channels) const {
    std::vector<RequiredTensor> list{{"weight", {out, channels[0] / groups, window.kernel.h, window.kernel.w}}};
    if (bias) list.push_back({"bias", {out}});
    return list;
  }

  double macs(Channels channels, Extent output) const {
    return static_cast<double>(out) * static_cast<double>(channels[0] / groups) *
           static_cast<double>(window.kernel.h * window.kernel.w) * static_cast<double>(output.h) *
           static_cast<double>(output.w);
  }
};

template <class T, class Arch = simd::DefaultArch>
class Conv2d {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "im2col+gemm";

  static Result<Conv2d> create(const Conv2dSpec& spec, Channels channels, Parameters<T> parameters) {
    Conv2d layer;
    layer.spec_ = spec;
    const Index rows = spec.out / spec.groups;
    const Index depth = channels[0] / spec.groups * spec.window.kernel.h * spec.window.kernel.w;
    const T* weight = parameters[0].data();
    for (Index group = 0; group < spec.groups; ++group) {
      const auto element = [&](Index row, Index k) { return weight[(group * rows + row) * depth + k]; };
      const auto bias = spec.bias ? parameters[1].span().subspan(static_cast<std::size_t>(group * rows),
                                                                 static_cast<std::size_t>(rows))
                                  : std::span<const T>();
      auto packed = kernels::PackedRows<T, Arch>::create(rows, depth, element, bias);
      if (!packed) return std::move(packed).error();
      layer.weights_.push_back(*std::move(packed));
    }
    return layer;
  }

  std::optional<Index> scratch_size(std::span<const Shape>, int threads) const noexcept {
    return kernels::gemm_scratch_size<T, Arch>(threads);
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T> scratch, int threads) const noexcept {
    const auto& input = inputs[0];
    const Index in_per_group = input.shape.c / spec_.groups;
    const Index out_per_group = spec_.out / spec_.groups;
    for (Index n = 0; n < input.shape.n; ++n) {
      for (Index group = 0; group < spec_.groups; ++group) {
        const kernels::Im2colPacker<T, Arch> pack(input.plane(n, group * in_per_group), {input.shape.h, input.shape.w},
                                                  {output.shape.h, output.shape.w}, spec_.window);
        kernels::gemm<T, Arch>(weights_[static_cast<std::size_t>(group)], output.shape.plane(), pack,
                               output.plane(n, group * out_per_group), scratch, threads);
      }
    }
  }

 private:
  Conv2dSpec spec_;
  std::vector<kernels::PackedRows<T, Arch>> weights_;  // one a group
};

}  // namespace ochre::inline v0::layers
