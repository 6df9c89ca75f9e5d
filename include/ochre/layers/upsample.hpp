// Upsampling by whole factors, one for each axis (kernels/sample_position.hpp). Proven in layers_test.cpp.
#pragma once

#include <algorithm>
#include <span>

#include <ochre/kernels/sample_position.hpp>
#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

using UpsampleMode = kernels::Interpolation;

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
      from.fail("`mode=" + weights::printable(mode) +
                "`, expected nearest or bilinear (align_corners only with bilinear)");
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
    parallel::parallel_for(
        threads, output.shape.n * output.shape.c * output.shape.h, [&](Index begin, Index end, int) noexcept {
          for (Index left = 0; left < output.shape.w; left += strip) {
            // Where a column lies is worked out once for all rows: the division costs more than the mixing.
            Position x[strip];
            const Index columns = std::min(strip, output.shape.w - left);
            for (Index i = 0; i < columns; ++i) x[i] = position({input.shape.w, spec_.factor.w}, left + i);
            for (Index row = begin; row < end; ++row) {
              const T* plane = input.data + row / output.shape.h * input.shape.plane();
              const Position y = position({input.shape.h, spec_.factor.h}, row % output.shape.h);
              mix_row(plane + y.index * input.shape.w, plane + y.next * input.shape.w,
                      {x, static_cast<std::size_t>(columns)}, y.fraction, output.data + row * output.shape.w + left);
            }
          }
        });
  }

 private:
  struct Position {  // kernels::SamplePosition, rounded to T
    Index index;
    Index next;
    T fraction;
  };

  static constexpr Index strip = 64;  // columns

  static void mix_row(const T* upper, const T* lower, std::span<const Position> x, T fraction, T* to) noexcept {
    using kernels::mix;
    for (std::size_t i = 0; i < x.size(); ++i) {
      to[i] = mix(mix(upper[x[i].index], upper[x[i].next], x[i].fraction),
                  mix(lower[x[i].index], lower[x[i].next], x[i].fraction), fraction);
    }
  }

  Position position(const kernels::UpsampledSide& side, Index o) const noexcept {
    const auto at = kernels::sample_position(spec_.mode, side, o);
    return {at.index, at.next, static_cast<T>(at.fraction)};
  }

  UpsampleSpec spec_;
};

}  // namespace ochre::inline v0::layers
