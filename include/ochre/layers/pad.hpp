// Zeros around the picture, as many rows and columns as each side says:
//   y[oy][ox] = x[oy − top][ox − left], 0 outside of x
// What a convolution pads evenly is its own `padding`. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct PadSpec : PointwiseSpec {
  static constexpr std::string_view kind = "pad";

  Index top = 0;
  Index left = 0;
  Index bottom = 0;
  Index right = 0;

  static PadSpec parse(Attributes& from) {
    PadSpec spec;
    spec.top = from.index("top", 0, 0);
    spec.left = from.index("left", 0, 0);
    spec.bottom = from.index("bottom", 0, 0);
    spec.right = from.index("right", 0, 0);
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = checked_add(extents[0].h, top + bottom);
    const auto w = checked_add(extents[0].w, left + right);
    if (h && w) return Extent{*h, *w};
    return Error{ErrorCode::too_large, "the padded size overflows"};
  }
};

template <class T, class Arch = simd::DefaultArch>
class Pad : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "copy";

  static Result<Pad> create(const PadSpec& spec, Channels, Parameters<T>) {
    Pad layer;
    layer.spec_ = spec;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    parallel::parallel_for(threads, output.shape.n * output.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        T* to = output.data + p * output.shape.plane();
        std::fill_n(to, output.shape.plane(), T{0});
        for (Index y = 0; y < input.shape.h; ++y) {
          std::copy_n(input.data + p * input.shape.plane() + y * input.shape.w, input.shape.w,
                      to + (y + spec_.top) * output.shape.w + spec_.left);
        }
      }
    });
  }

 private:
  PadSpec spec_;
};

}  // namespace ochre::inline v0::layers
