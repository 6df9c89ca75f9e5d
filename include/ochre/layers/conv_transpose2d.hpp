// Transposed convolution (the gradient of a convolution, "deconvolution" in Caffe):
//   y[o][iy·stride − padding + ky·dilation][…] += x[c][iy][ix] · weight[c][o][ky][kx], on top of bias[o]
// weight: [in, out/groups, kernel.h, kernel.w]; output_padding lengthens the output's lower and right side, or,
// below 0, shortens it.
// GEMM gives every product of a pixel with the taps (rows (o, ky, kx), columns input pixels); each output plane then
// gathers its own, tap by tap, on one thread: same bits for any number of threads.
// Proven in layers_test.cpp against reference/conv_transpose2d.hpp and PyTorch.
#pragma once

#include <ochre/kernels/gemm.hpp>
#include <ochre/layers/convolution_spec.hpp>

namespace ochre::inline v0::layers {

struct ConvTranspose2dSpec : ConvolutionSpec {
  static constexpr std::string_view kind = "conv_transpose2d";

  Extent output_padding{0, 0};

  // Output pixels of one phase each have taps of their own, which are listed phase by phase. The largest stride of
  // public networks is 32 by 32 (FCN-32s).
  static constexpr Index most_phases = 4096;

  static ConvTranspose2dSpec parse(Attributes& from) {
    ConvTranspose2dSpec spec;
    spec.read(from);
    spec.output_padding = from.extent("output_padding", -Attributes::largest, Extent{0, 0});
    const Extent stride = spec.window.stride;
    if (stride.h * stride.w > most_phases) {
      from.fail("`stride=" + std::to_string(stride.h) + "x" + std::to_string(stride.w) +
                "`, expected a product up to " + std::to_string(most_phases));
    }
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = transposed_length(extents[0].h, window.rows(), output_padding.h);
    const auto w = transposed_length(extents[0].w, window.columns(), output_padding.w);
    if (h && w) return Extent{*h, *w};
    return Error{ErrorCode::invalid_argument, "an input of " + std::to_string(extents[0].h) + "x" +
                                                  std::to_string(extents[0].w) + " leaves no output pixel"};
  }

  std::vector<RequiredTensor> tensors(Channels channels) const {
    std::vector<RequiredTensor> list{{"weight", {channels[0], out / groups, window.kernel.h, window.kernel.w}}};
    if (bias) list.push_back({"bias", {out}});
    return list;
  }

  // Every input pixel meets every tap: counted as if none fell outside, i.e. with the output's size over the stride.
  double macs(Channels channels, Extent output) const {
    return static_cast<double>(out) * static_cast<double>(channels[0] / groups) *
           static_cast<double>(window.kernel.h * window.kernel.w) * static_cast<double>(output.h) *
           static_cast<double>(output.w) / static_cast<double>(window.stride.h * window.stride.w);
  }
};

template <class T, class Arch = simd::DefaultArch>
class ConvTranspose2d {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "gemm+col2im";

  static Result<ConvTranspose2d> create(const ConvTranspose2dSpec& spec, Channels channels, Parameters<T> parameters) {
    ConvTranspose2d layer;
    layer.spec_ = spec;
    const Index depth = channels[0] / spec.groups;
    const Index rows = layer.rows_per_group();
    const T* weight = parameters[0].data();
    for (Index group = 0; group < spec.groups; ++group) {
      const auto element = [&](Index row, Index k) { return weight[(group * depth + k) * rows + row]; };
      auto packed = kernels::PackedRows<T, Arch>::create(rows, depth, element, {});
      if (!packed) return std::move(packed).error();
      layer.weights_.push_back(*std::move(packed));
    }
    if (spec.bias) {
      const auto bias = parameters[1].span();
      layer.bias_.assign(bias.begin(), bias.end());
    } else {
      layer.bias_.assign(static_cast<std::size_t>(spec.out), T{0});
    }
    return layer;
  }

  std::optional<Index> scratch_size(std::span<const Shape> inputs, int threads) const noexcept {
    const auto products = checked_product({rows_per_group(), inputs[0].plane(), Index{sizeof(T)}});
    if (!products) return std::nullopt;
    return checked_add(*products / static_cast<Index>(sizeof(T)), kernels::gemm_scratch_size<T, Arch>(threads));
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T> scratch, int threads) const noexcept {
    const auto& input = inputs[0];
    const auto products = static_cast<std::size_t>(rows_per_group() * input.shape.plane());
    const Index in_per_group = input.shape.c / spec_.groups;
    const Index out_per_group = spec_.out / spec_.groups;
    for (Index n = 0; n < input.shape.n; ++n) {
      for (Index group = 0; group < spec_.groups; ++group) {
        const kernels::MatrixPacker<T, Arch> pack{input.plane(n, group * in_per_group), input.shape.plane()};
        kernels::gemm<T, Arch>(weights_[static_cast<std::size_t>(group)], input.shape.plane(), pack, scratch.data(),
                               scratch.subspan(products), threads);
        parallel::parallel_for(threads, out_per_group, [&](Index begin, Index end, int) noexcept {
          for (Index o = begin; o < end; ++o) {
            gather(scratch.data() + o * taps() * input.shape.plane(), {input.shape.h, input.shape.w},
                   group * out_per_group + o, output.plane(n, group * out_per_group + o),
                   {output.shape.h, output.shape.w});
          }
        });
      }
    }
  }

 private:
  Index taps() const noexcept { return spec_.window.kernel.h * spec_.window.kernel.w; }
  Index rows_per_group() const noexcept { return spec_.out / spec_.groups * taps(); }

  // Adds the products of one output channel ([taps][input pixels]) to its plane, in the order of the taps.
  void gather(const T* products, Extent in, Index channel, T* plane, Extent out) const noexcept {
    const Window& window = spec_.window;
    std::fill_n(plane, out.h * out.w, bias_[static_cast<std::size_t>(channel)]);
    for (Index ky = 0; ky < window.kernel.h; ++ky) {
      for (Index kx = 0; kx < window.kernel.w; ++kx, products += in.h * in.w) {
        for (Index iy = 0; iy < in.h; ++iy) {
          const Index oy = iy * window.stride.h - window.padding.h + ky * window.dilation.h;
          if (oy < 0 || oy >= out.h) continue;
          const Index shift = kx * window.dilation.w - window.padding.w;
          // Columns begin … end-1 land inside the row: 0 <= ix·stride + shift < out.w.
          const Index begin = shift < 0 ? ceil_div(-shift, window.stride.w) : 0;
          const Index end = std::min(in.w, out.w > shift ? ceil_div(out.w - shift, window.stride.w) : Index{0});
          T* row = plane + oy * out.w + shift;
          for (Index ix = begin; ix < end; ++ix) row[ix * window.stride.w] += products[iy * in.w + ix];
        }
      }
    }
  }

  ConvTranspose2dSpec spec_;
  std::vector<kernels::PackedRows<T, Arch>> weights_;  // one a group
  std::vector<T> bias_;
};

}  // namespace ochre::inline v0::layers
