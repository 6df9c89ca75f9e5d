// Which samples of a resized side one of its output samples mixes, and by which weights.
// The place of output sample o on the input side, a ratio of whole numbers, so that no rounding decides which sample is
// the nearest (s = p/q the scale, in and out the lengths):
//   half_pixel             (o + 1/2)/s - 1/2
//   pytorch_half_pixel     the same; 0 where out is 1
//   half_pixel_symmetric   the same, shifted so that the centres of both sides fall together
//   align_corners          o (in - 1)/(out - 1); 0 where out is 1
//   asymmetric             o/s
//   tf_half_pixel_for_nn   (o + 1/2)/s
// and there, the last samples repeated past the borders, of t the part of the way from sample i to the next one:
//   nearest      one sample, the place rounded as Rounding says
//   bilinear     (1-t) x[i] + t x[i+1]
//   bicubic      a t (1-t)^2 x[i-1] + (1-t) (1 + t - (a+2) t^2) x[i] + the same two from the other side, by 1-t;
//                a = -3/4, and -1/2 for catmull_rom
// Sources: ONNX, Resize; Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, equation 4.
// Proven in layers_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/base/ratio.hpp>

namespace ochre::inline v0::layers {

enum class ResizeMode { nearest, bilinear, bicubic, catmull_rom };

enum class Coordinates {
  half_pixel,
  pytorch_half_pixel,
  half_pixel_symmetric,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn
};

enum class Rounding { round_prefer_floor, round_prefer_ceil, floor, ceil };

struct Resampling {
  ResizeMode mode = ResizeMode::nearest;
  Coordinates coordinates = Coordinates::half_pixel;
  Rounding rounding = Rounding::round_prefer_floor;  // of nearest
};

struct ResizedSide {
  Index in = 1;
  Index out = 1;
  Ratio scale;
};

template <class T>
struct ResizeTaps {
  Index index[4] = {};
  T weight[4] = {};
  Index count = 0;

  void add(Index at, const ResizedSide& side, double share) noexcept {
    index[count] = std::clamp<Index>(at, 0, side.in - 1);
    weight[count++] = static_cast<T>(share);
  }
};

namespace detail {

struct Place {
  Index numerator = 0;
  Index denominator = 1;  // above 0
};

inline Index floor_of(Index numerator, Index denominator) noexcept {
  return numerator / denominator - (numerator % denominator < 0 ? 1 : 0);
}

inline Place place_of(Coordinates coordinates, const ResizedSide& side, Index o) noexcept {
  const auto& [p, q] = side.scale;
  switch (coordinates) {
    case Coordinates::align_corners:
      return side.out == 1 ? Place{} : Place{o * (side.in - 1), side.out - 1};
    case Coordinates::asymmetric:
      return {o * q, p};
    case Coordinates::tf_half_pixel_for_nn:
      return {(2 * o + 1) * q, 2 * p};
    case Coordinates::pytorch_half_pixel:
      if (side.out == 1) return {};
      break;
    case Coordinates::half_pixel_symmetric:
      return {(2 * o + 1) * q - p + side.in * p - side.out * q, 2 * p};
    case Coordinates::half_pixel:
      break;
  }
  return {(2 * o + 1) * q - p, 2 * p};
}

inline Index rounded(Rounding rounding, const Place& place) noexcept {
  const auto& [n, d] = place;
  switch (rounding) {
    case Rounding::floor:
      return floor_of(n, d);
    case Rounding::ceil:
      return -floor_of(-n, d);
    case Rounding::round_prefer_ceil:
      return floor_of(2 * n + d, 2 * d);
    case Rounding::round_prefer_floor:
      break;
  }
  return -floor_of(d - 2 * n, 2 * d);
}

// Of the sample at a distance of t and of the one beyond it.
struct CubicWeights {
  double inner = 0;
  double outer = 0;
};

// rest: 1-t, rounded by itself, so that small weights are as good as large ones.
inline CubicWeights cubic_weights(double a, double t, double rest) noexcept {
  return {rest * (1 + t - (a + 2) * t * t), a * t * rest * rest};
}

}  // namespace detail

// Where all places of a side are within what Index holds.
inline bool is_placeable(const ResizedSide& side) noexcept {
  return checked_product({side.in, side.scale.numerator, 8}) &&
         checked_product({side.out, side.scale.denominator, 8}) && checked_mul(side.in, side.out);
}

// Without samples of weight 0: 0 times Inf would be NaN.
template <class T>
ResizeTaps<T> resize_taps(const Resampling& by, const ResizedSide& side, Index o) noexcept {
  const detail::Place place = detail::place_of(by.coordinates, side, o);
  ResizeTaps<T> taps;
  if (by.mode == ResizeMode::nearest) {
    taps.add(detail::rounded(by.rounding, place), side, 1);
    return taps;
  }
  const Index i = detail::floor_of(place.numerator, place.denominator);
  const Index over = place.numerator - i * place.denominator;
  const auto share = [&](Index part) { return static_cast<double>(part) / static_cast<double>(place.denominator); };
  const double t = share(over);
  const double rest = share(place.denominator - over);
  // On a sample; or beyond the border, where both neighbours of a mixture are the same.
  const bool is_beyond = i < 0 || i >= side.in - 1;
  if (over == 0 || (is_beyond && by.mode == ResizeMode::bilinear)) {
    taps.add(i, side, 1);
    return taps;
  }
  if (by.mode == ResizeMode::bilinear) {
    taps.add(i, side, rest);
    taps.add(i + 1, side, t);
    return taps;
  }
  const double a = by.mode == ResizeMode::bicubic ? -0.75 : -0.5;
  const auto before = detail::cubic_weights(a, t, rest);
  const auto after = detail::cubic_weights(a, rest, t);
  taps.add(i - 1, side, before.outer);
  taps.add(i, side, before.inner);
  taps.add(i + 1, side, after.inner);
  taps.add(i + 2, side, after.outer);
  return taps;
}

}  // namespace ochre::inline v0::layers
