// Each pixel's factor² channels of a group become a square of pixels, f = factor:
//   y[c][oy·f + i][ox·f + j] = x[(c·f + i)·f + j][oy][ox]    order=crd, PyTorch's PixelShuffle
//                            = x[(i·f + j)·C' + c][oy][ox]   order=dcr, of C' output channels
// Both are modes of ONNX's DepthToSpace. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

enum class DepthOrder { crd, dcr };

struct DepthToSpaceSpec : PointwiseSpec {
  static constexpr std::string_view kind = "depth_to_space";

  Index factor = 1;
  DepthOrder order = DepthOrder::crd;

  static DepthToSpaceSpec parse(Attributes& from) {
    DepthToSpaceSpec spec;
    spec.factor = from.index("factor", 1);
    static constexpr std::string_view orders[] = {"crd", "dcr"};
    spec.order = from.choice<DepthOrder>("order", orders);
    return spec;
  }

  Result<Index> output_channels(Channels channels) const {
    const auto in = one_input(channels);
    if (!in) return in;
    const Index square = factor * factor;
    if (*in % square == 0) return *in / square;
    return Error{ErrorCode::malformed, std::to_string(*in) + " channels, expected a multiple of " +
                                           std::to_string(square) + ", the factor's square"};
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = checked_mul(extents[0].h, factor);
    const auto w = checked_mul(extents[0].w, factor);
    if (h && w) return Extent{*h, *w};
    return Error{ErrorCode::too_large, "the enlarged size overflows"};
  }
};

template <class T, class Arch = simd::DefaultArch>
class DepthToSpace : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "copy";

  static Result<DepthToSpace> create(const DepthToSpaceSpec& spec, Channels, Parameters<T>) {
    DepthToSpace layer;
    layer.spec_ = spec;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    const Index f = spec_.factor;
    const Shape& shape = output.shape;
    parallel::parallel_for(threads, shape.n * shape.c * shape.h, [&](Index begin, Index end, int) noexcept {
      for (Index row = begin; row < end; ++row) {
        const Index plane = row / shape.h;
        const Index oy = row % shape.h;
        for (Index j = 0; j < f; ++j) {
          const Index channel = source(plane % shape.c, oy % f, j, shape.c);
          const T* from = input.plane(plane / shape.c, channel) + oy / f * input.shape.w;
          T* to = output.data + row * shape.w + j;
          for (Index x = 0; x < input.shape.w; ++x) to[x * f] = from[x];
        }
      }
    });
  }

 private:
  Index source(Index c, Index i, Index j, Index channels) const noexcept {
    const Index f = spec_.factor;
    return spec_.order == DepthOrder::crd ? (c * f + i) * f + j : (i * f + j) * channels + c;
  }

  DepthToSpaceSpec spec_;
};

}  // namespace ochre::inline v0::layers
