// More around the picture, as many rows and columns as each side says; a side below 0 takes as many away:
//   y[oy][ox] = x[oy − top][ox − left], and outside of x
//   zero: 0   edge: the nearest pixel   reflect: the picture mirrored at the centre of its last pixel
// What a convolution pads evenly is its own `padding`. Proven in layers_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

enum class PadMode { zero, edge, reflect };

struct PadSpec : PointwiseSpec {
  static constexpr std::string_view kind = "pad";

  PadMode mode = PadMode::zero;

  Index top = 0;
  Index left = 0;
  Index bottom = 0;
  Index right = 0;

  static PadSpec parse(Attributes& from) {
    PadSpec spec;
    constexpr Index least = -Attributes::largest;
    spec.top = from.index("top", least, 0);
    spec.left = from.index("left", least, 0);
    spec.bottom = from.index("bottom", least, 0);
    spec.right = from.index("right", least, 0);
    static constexpr std::string_view modes[] = {"zero", "edge", "reflect"};
    spec.mode = from.choice<PadMode>("mode", modes);
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = checked_add(extents[0].h, top + bottom);
    const auto w = checked_add(extents[0].w, left + right);
    const Extent most{std::max(top, bottom), std::max(left, right)};
    if (mode == PadMode::reflect && (most.h >= extents[0].h || most.w >= extents[0].w)) {
      return Error{ErrorCode::invalid_argument, "an input of " + std::to_string(extents[0].h) + "x" +
                                                    std::to_string(extents[0].w) +
                                                    " to be mirrored further than its last pixel but one"};
    }
    if (!h || !w) return Error{ErrorCode::too_large, "the padded size overflows"};
    if (*h > 0 && *w > 0) return Extent{*h, *w};
    return Error{ErrorCode::invalid_argument, "an input of " + std::to_string(extents[0].h) + "x" +
                                                  std::to_string(extents[0].w) + " leaves no output pixel"};
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
    if (spec_.mode == PadMode::zero) {
      copy(inputs[0], output, threads);
    } else {
      repeat(inputs[0], output, threads);
    }
  }

 private:
  void copy(const TensorView<const T>& input, TensorView<T> output, int threads) const noexcept {
    // Rows and columns of the input that are left.
    const Index top = std::max<Index>(-spec_.top, 0);
    const Index bottom = std::min(input.shape.h, output.shape.h - spec_.top);
    const Index left = std::max<Index>(-spec_.left, 0);
    const Index right = std::min(input.shape.w, output.shape.w - spec_.left);
    parallel::parallel_for(threads, output.shape.n * output.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        T* to = output.data + p * output.shape.plane();
        std::fill_n(to, output.shape.plane(), T{0});
        if (left >= right) continue;  // taken away whole
        for (Index y = top; y < bottom; ++y) {
          std::copy_n(input.data + p * input.shape.plane() + y * input.shape.w + left, right - left,
                      to + (y + spec_.top) * output.shape.w + spec_.left + left);
        }
      }
    });
  }

  void repeat(const TensorView<const T>& input, TensorView<T> output, int threads) const noexcept {
    parallel::parallel_for(threads, output.shape.n * output.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        const T* from = input.data + p * input.shape.plane();
        T* to = output.data + p * output.shape.plane();
        for (Index y = 0; y < output.shape.h; ++y) {
          const T* row = from + source(y - spec_.top, input.shape.h) * input.shape.w;
          for (Index x = 0; x < output.shape.w; ++x) *to++ = row[source(x - spec_.left, input.shape.w)];
        }
      }
    });
  }

  // Which of a side's pixels stands at a place that may lie outside of it.
  Index source(Index at, Index side) const noexcept {
    if (spec_.mode == PadMode::edge) return std::clamp<Index>(at, 0, side - 1);
    return at < 0 ? -at : at >= side ? 2 * (side - 1) - at : at;
  }

  PadSpec spec_;
};

}  // namespace ochre::inline v0::layers
