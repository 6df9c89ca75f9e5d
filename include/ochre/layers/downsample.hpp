// Strided downsampling: every stride-th row and column, y[oy][ox] = x[oy·stride.h][ox·stride.w]; x[:, :, ::s, ::s] in
// NumPy's words. Output size: ceil(in / stride). Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct DownsampleSpec : PointwiseSpec {
  static constexpr std::string_view kind = "downsample";

  Extent stride;

  static DownsampleSpec parse(Attributes& from) {
    DownsampleSpec spec;
    spec.stride = from.extent("stride", 1);
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    return Extent{ceil_div(extents[0].h, stride.h), ceil_div(extents[0].w, stride.w)};
  }
};

template <class T, class Arch = simd::DefaultArch>
class Downsample : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "copy";

  static Result<Downsample> create(const DownsampleSpec& spec, Channels, Parameters<T>) {
    Downsample layer;
    layer.stride_ = spec.stride;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    parallel::parallel_for(threads, output.shape.n * output.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        T* to = output.data + p * output.shape.plane();
        for (Index y = 0; y < output.shape.h; ++y) {
          const T* row = input.data + p * input.shape.plane() + y * stride_.h * input.shape.w;
          for (Index x = 0; x < output.shape.w; ++x) *to++ = row[x * stride_.w];
        }
      }
    });
  }

 private:
  Extent stride_;
};

}  // namespace ochre::inline v0::layers
