// A picture at another size, by any ratio p/q: output[y,x] is the sum, over the samples k around its place on both
// axes, of kernel(place - k) times input[k], with k beyond the border read at the border. Output length: floor(in p/q).
//   place     half_pixel (o+1/2) q/p - 1/2; pytorch_half_pixel alike, 0 if there is one output sample;
//             half_pixel_symmetric alike + in/2 - out q/(2p); align_corners o (in-1)/(out-1), 0 if there is one;
//             asymmetric o q/p; tf_half_pixel_for_nn (o+1/2) q/p
//   nearest   the one sample at the place rounded down, up, or to the nearer one, of two as near to the lower
//             (round_prefer_floor) or the higher (round_prefer_ceil)
//   bilinear  kernel(d) = 1 - |d| up to 1
//   bicubic   kernel(d) = (a+2)|d|^3 - (a+3)|d|^2 + 1 up to 1, a (|d|-1) (|d|-2)^2 up to 2
// Semantics of ONNX's Resize. Tested by reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include <ochre/base/ratio.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

enum class ResizeMode { nearest, bilinear, bicubic };

enum class ResizePlaces {
  half_pixel,
  pytorch_half_pixel,
  half_pixel_symmetric,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn
};

enum class ResizeRounding { round_prefer_floor, round_prefer_ceil, floor, ceil };

struct ResizeParameters {
  Ratios scale;
  ResizeMode mode = ResizeMode::nearest;
  ResizePlaces places = ResizePlaces::half_pixel;
  ResizeRounding rounding = ResizeRounding::round_prefer_floor;
  double cubic = -0.75;  // a
};

inline Shape resize_shape(const Shape& input, const ResizeParameters& p) noexcept {
  return {input.n, input.c, input.h * p.scale.h.numerator / p.scale.h.denominator,
          input.w * p.scale.w.numerator / p.scale.w.denominator};
}

// count / (2 divisor): exact, and so are its distances from samples up to the one division.
struct ResizePlace {
  Index count = 0;
  Index divisor = 1;

  Index floor() const noexcept {
    Index below = count / (2 * divisor);
    while (2 * divisor * below > count) --below;
    return below;
  }
  double distance(Index sample) const noexcept {
    return static_cast<double>(std::abs(count - 2 * divisor * sample)) / static_cast<double>(2 * divisor);
  }
};

inline ResizePlace resize_place(Index o, Index in, Index out, const Ratio& scale, ResizePlaces places) noexcept {
  const Index p = scale.numerator;
  const Index q = scale.denominator;
  const Index corner = (2 * o + 1) * q;
  if (places == ResizePlaces::align_corners) return out == 1 ? ResizePlace{} : ResizePlace{2 * o * (in - 1), out - 1};
  if (places == ResizePlaces::asymmetric) return {2 * o * q, p};
  if (places == ResizePlaces::tf_half_pixel_for_nn) return {corner, p};
  if (places == ResizePlaces::pytorch_half_pixel && out == 1) return {};
  if (places == ResizePlaces::half_pixel_symmetric) return {corner - p + in * p - out * q, p};
  return {corner - p, p};
}

inline Index rounded_place(const ResizePlace& place, ResizeRounding rounding) noexcept {
  const Index whole = 2 * place.divisor;
  const Index below = place.floor();
  const Index over = place.count - below * whole;  // of a whole, from 0 on
  if (rounding == ResizeRounding::floor || over == 0) return below;
  if (rounding == ResizeRounding::ceil) return below + 1;
  if (2 * over == whole) return rounding == ResizeRounding::round_prefer_floor ? below : below + 1;
  return 2 * over < whole ? below : below + 1;
}

inline double resize_kernel(double d, const ResizeParameters& p) noexcept {
  if (p.mode == ResizeMode::bilinear) return d < 1.0 ? 1.0 - d : 0.0;
  const double a = p.cubic;
  if (d < 1.0) return (a + 2.0) * d * d * d - (a + 3.0) * d * d + 1.0;
  return d < 2.0 ? a * (d - 1.0) * (d - 2.0) * (d - 2.0) : 0.0;
}

// function(sample, weight) for each that counts.
template <class Function>
void for_each_resize_tap(Index o, Index in, Index out, const Ratio& scale, const ResizeParameters& p,
                         Function function) noexcept {
  const ResizePlace place = resize_place(o, in, out, scale, p.places);
  if (p.mode == ResizeMode::nearest) {
    function(std::clamp<Index>(rounded_place(place, p.rounding), 0, in - 1), 1.0);
    return;
  }
  const Index first = place.floor() - 1;
  for (Index k = first; k < first + 4; ++k) {
    const double weight = resize_kernel(place.distance(k), p);
    if (weight != 0.0) function(std::clamp<Index>(k, 0, in - 1), weight);
  }
}

inline void resize(TensorView<const double> input, const ResizeParameters& p, TensorView<double> output) noexcept {
  assert(output.shape == resize_shape(input.shape, p));
  const Shape& out = output.shape;
  for (Index n = 0; n < out.n; ++n) {
    for (Index c = 0; c < out.c; ++c) {
      for (Index y = 0; y < out.h; ++y) {
        for (Index x = 0; x < out.w; ++x) {
          double sum = 0.0;
          for_each_resize_tap(y, input.shape.h, out.h, p.scale.h, p, [&](Index row, double weight) {
            for_each_resize_tap(x, input.shape.w, out.w, p.scale.w, p, [&](Index column, double share) {
              sum += weight * share * input.at(n, c, row, column);
            });
          });
          output.at(n, c, y, x) = sum;
        }
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
