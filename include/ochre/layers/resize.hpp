// A picture at another size, by a scale that need not be whole: H' = floor(H·scale.h), W' = floor(W·scale.w), each
// number mixed of samples around its place (resize_taps.hpp). Nothing is smoothed beforehand: a picture made much
// smaller has aliases. What `upsample` can say is faster there. Source: ONNX, Resize. Proven in layers_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/layers/layer.hpp>
#include <ochre/layers/resize_taps.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct ResizeSpec : PointwiseSpec {
  static constexpr std::string_view kind = "resize";

  // Words for the enumerators, in their order; the latter two are ONNX's.
  static constexpr std::string_view modes[] = {"nearest", "bilinear", "bicubic", "catmull_rom"};
  static constexpr std::string_view places[] = {"half_pixel",    "pytorch_half_pixel", "half_pixel_symmetric",
                                                "align_corners", "asymmetric",         "tf_half_pixel_for_nn"};
  static constexpr std::string_view roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

  Ratios scale;
  Resampling by;

  static ResizeSpec parse(Attributes& from) {
    ResizeSpec spec;
    spec.scale = from.ratios("scale");
    spec.by.mode = from.choice<ResizeMode>("mode", modes);
    spec.by.coordinates = from.choice<Coordinates>("coordinates", places);
    spec.by.rounding = from.choice<Rounding>("rounding", roundings);
    if (spec.by.mode != ResizeMode::nearest && spec.by.rounding != Rounding::round_prefer_floor) {
      from.fail("`mode=" + std::string(modes[static_cast<std::size_t>(spec.by.mode)]) +
                "`, expected nearest (nothing else is rounded)");
    }
    return spec;
  }

  Result<Extent> output_extent(Extents extents) const {
    const auto h = length(extents[0].h, scale.h);
    const auto w = length(extents[0].w, scale.w);
    if (!h || !w) return Error{ErrorCode::too_large, "the resized size overflows"};
    if (*h > 0 && *w > 0) return Extent{*h, *w};
    return Error{ErrorCode::invalid_argument, "an input of " + std::to_string(extents[0].h) + "x" +
                                                  std::to_string(extents[0].w) + " leaves no output pixel"};
  }

 private:
  // Nothing: too large.
  static std::optional<Index> length(Index in, const Ratio& scale) {
    const auto product = checked_mul(in, scale.numerator);
    if (!product) return std::nullopt;
    const ResizedSide side{in, *product / scale.denominator, scale};
    if (!is_placeable(side)) return std::nullopt;
    return side.out;
  }
};

template <class T, class Arch = simd::DefaultArch>
class Resize : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "interpolate";

  static Result<Resize> create(const ResizeSpec& spec, Channels, Parameters<T>) {
    Resize layer;
    layer.spec_ = spec;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    const ResizedSide height{input.shape.h, output.shape.h, spec_.scale.h};
    const ResizedSide width{input.shape.w, output.shape.w, spec_.scale.w};
    parallel::parallel_for(threads, output.shape.n * output.shape.c * output.shape.h,
                           [&](Index begin, Index end, int) noexcept {
                             for (Index left = 0; left < output.shape.w; left += strip) {
                               // Where a column lies is worked out once for all rows: the divisions cost more than the
                               // mixing.
                               ResizeTaps<T> columns[strip];
                               const Index count = std::min(strip, output.shape.w - left);
                               for (Index i = 0; i < count; ++i) columns[i] = resize_taps<T>(spec_.by, width, left + i);
                               for (Index row = begin; row < end; ++row) {
                                 const T* plane = input.data + row / output.shape.h * input.shape.plane();
                                 const auto rows = resize_taps<T>(spec_.by, height, row % output.shape.h);
                                 T* to = output.data + row * output.shape.w + left;
                                 for (Index i = 0; i < count; ++i)
                                   to[i] = mixed(plane, input.shape.w, rows, columns[i]);
                               }
                             }
                           });
  }

 private:
  static constexpr Index strip = 64;  // columns

  // Begun with a product, not with 0: 0 + -0 is 0.
  template <class Value>
  static T weighed(const ResizeTaps<T>& taps, const Value& value) noexcept {
    T sum = taps.weight[0] * value(taps.index[0]);
    for (Index i = 1; i < taps.count; ++i) sum += taps.weight[i] * value(taps.index[i]);
    return sum;
  }

  static T mixed(const T* plane, Index row_length, const ResizeTaps<T>& rows, const ResizeTaps<T>& columns) noexcept {
    return weighed(rows, [&](Index y) noexcept {
      return weighed(columns, [&](Index x) noexcept { return plane[y * row_length + x]; });
    });
  }

  ResizeSpec spec_;
};

}  // namespace ochre::inline v0::layers
