// Upsampling by whole factors f, one for each axis, PyTorch's semantics:
//   nearest:                  y[o] = x[floor(o / f)]
//   bilinear:                 y[o] = x at (o + ½)/f − ½, below 0 taken as 0            (align_corners=false)
//   bilinear, align_corners:  y[o] = x at o·(in − 1)/(out − 1), 0 if out is 1
// between two samples: (1 − t)·x[i] + t·x[i+1], the last sample repeated past the border. Proven in layers_test.cpp.
#pragma once

#include <algorithm>
#include <span>

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

enum class UpsampleMode { nearest, bilinear, bilinear_align_corners };

struct UpsampleSpec : PointwiseSpec {
  static constexpr std::string_view kind = "upsample";

  Extent factor{2, 2};
  UpsampleMode mode = UpsampleMode::nearest;

  static UpsampleSpec parse(Attributes& from) {
    UpsampleSpec spec;
    spec.factor = from.extent("factor", 1);
    const auto mode = from.word("mode", "nearest");
    const bool align_corners = from.flag("align_corners", false);
    if (mode == "bilinear") {
      spec.mode = align_corners ? UpsampleMode::bilinear_align_corners : UpsampleMode::bilinear;
    } else if (mode != "nearest" || align_corners) {
      from.fail("`mode=" + printable(mode) + "`, expected nearest or bilinear (align_corners only with bilinear)");
    }
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = checked_mul(extents[0].h, factor.h);
    const auto w = checked_mul(extents[0].w, factor.w);
    if (h && w) return Extent{*h, *w};
    return Error{ErrorCode::too_large, "the upsampled size overflows"};
  }
};

template <class T, class Arch = simd::DefaultArch>
class Upsample : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "interpolate";

  static Result<Upsample> create(const UpsampleSpec& spec, Channels, Parameters<T>) {
    Upsample layer;
    layer.spec_ = spec;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    parallel_for(threads, output.shape.n * output.shape.c * output.shape.h, [&](Index begin, Index end, int) noexcept {
      for (Index left = 0; left < output.shape.w; left += strip) {
        // Where a column lies is worked out once for all rows: the division costs more than the mixing.
        Position x[strip];
        const Index columns = std::min(strip, output.shape.w - left);
        for (Index i = 0; i < columns; ++i) x[i] = position(left + i, input.shape.w, spec_.factor.w);
        for (Index row = begin; row < end; ++row) {
          const T* plane = input.data + row / output.shape.h * input.shape.plane();
          const Position y = position(row % output.shape.h, input.shape.h, spec_.factor.h);
          mix_row(plane + y.index * input.shape.w, plane + y.next * input.shape.w,
                  {x, static_cast<std::size_t>(columns)}, y.fraction, output.data + row * output.shape.w + left);
        }
      }
    });
  }

 private:
  struct Position {
    Index index;  // the sample at or before
    Index next;   // the one after it, or the same at the border
    T fraction;   // of the way from one to the other
  };

  static constexpr Index strip = 64;  // columns

  static void mix_row(const T* upper, const T* lower, std::span<const Position> x, T fraction, T* to) noexcept {
    for (std::size_t i = 0; i < x.size(); ++i) {
      to[i] = mix(mix(upper[x[i].index], upper[x[i].next], x[i].fraction),
                  mix(lower[x[i].index], lower[x[i].next], x[i].fraction), fraction);
    }
  }

  // A value that is not mixed is taken as it is: 0·Inf would make NaN of it.
  static T mix(T left, T right, T fraction) noexcept {
    return fraction == T{0} ? left : (T{1} - fraction) * left + fraction * right;
  }

  Position position(Index o, Index in, Index factor) const noexcept {
    if (spec_.mode == UpsampleMode::nearest) return {o / factor, o / factor, T{0}};
    const auto number = [](Index value) { return static_cast<double>(value); };
    double at = std::max((number(o) + 0.5) / number(factor) - 0.5, 0.0);
    if (spec_.mode == UpsampleMode::bilinear_align_corners) {
      const Index last = in * factor - 1;
      at = last > 0 ? number(o) * number(in - 1) / number(last) : 0.0;
    }
    const Index index = std::min(static_cast<Index>(at), in - 1);
    return {index, std::min(index + 1, in - 1), static_cast<T>(at - number(index))};
  }

  UpsampleSpec spec_;
};

}  // namespace ochre::inline v0::layers
