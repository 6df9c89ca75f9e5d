// Windows over each channel, and what is made of the pixels in one. A window of kernel rows, `dilation` apart, begins
// at row oy*stride - padding; columns alike:
//   max_pool: the largest pixel; what lies outside of the picture is none; a NaN wins
//   average_pool: the sum of the pixels, by how many there are; with count_padding the padding's places count, too
//   global_average_pool: the sum of all pixels of a channel, by how many there are; one window, the picture
// With `ceil` a last window may reach beyond the padding, if it begins before the padding behind the picture; what lies
// beyond the padding never counts. Semantics of PyTorch's MaxPool2d, AvgPool2d and AdaptiveAvgPool2d(1), which those of
// ONNX (opset 19 and later) are. Tested by reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>
#include <limits>

#include <ochre/base/extent.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct PoolParameters {
  Window window;  // padding: at most half of what the kernel spans
  bool ceil = false;
  bool count_padding = true;  // of average_pool
};

// How many windows there are along one side, one after the other.
inline Index pooled_length(Index in, const WindowSide& side, bool ceil) noexcept {
  const Index span = side.dilation * (side.kernel - 1) + 1;
  const Index beyond = ceil ? side.stride - 1 : 0;
  Index count = 0;
  for (Index begin = 0; begin + span <= in + 2 * side.padding + beyond; begin += side.stride) {
    if (ceil && begin >= in + side.padding) break;
    ++count;
  }
  return count;
}

inline Shape pool_shape(const Shape& input, const PoolParameters& p) noexcept {
  return {input.n, input.c, pooled_length(input.h, p.window.rows(), p.ceil),
          pooled_length(input.w, p.window.columns(), p.ceil)};
}

// The first of begin, begin + step, ... that lies in the picture, or behind it.
inline Index first_inside(Index begin, Index step) noexcept {
  return begin < 0 ? begin + ceil_div(-begin, step) * step : begin;
}

// Calls see(index in the channel's plane) for each pixel of the window of output (oy, ox).
template <class See>
void for_each_pixel(const Shape& input, const Window& window, Index oy, Index ox, const See& see) noexcept {
  const Index top = oy * window.stride.h - window.padding.h;
  const Index left = ox * window.stride.w - window.padding.w;
  const Index bottom = std::min(top + window.dilation.h * (window.kernel.h - 1), input.h - 1);
  const Index right = std::min(left + window.dilation.w * (window.kernel.w - 1), input.w - 1);
  for (Index y = first_inside(top, window.dilation.h); y <= bottom; y += window.dilation.h) {
    for (Index x = first_inside(left, window.dilation.w); x <= right; x += window.dilation.w) see(y * input.w + x);
  }
}

// output[n, c, oy, ox] = of_window(the channel's number, oy, ox)
template <class OfWindow>
void for_each_window(TensorView<double> output, const OfWindow& of_window) noexcept {
  const Shape& shape = output.shape;
  for (Index plane = 0; plane < shape.n * shape.c; ++plane) {
    for (Index oy = 0; oy < shape.h; ++oy) {
      for (Index ox = 0; ox < shape.w; ++ox) {
        output.data[(plane * shape.h + oy) * shape.w + ox] = of_window(plane, oy, ox);
      }
    }
  }
}

inline void max_pool(TensorView<const double> input, const PoolParameters& p, TensorView<double> output) noexcept {
  assert(output.shape == pool_shape(input.shape, p));
  for_each_window(output, [&](Index plane, Index oy, Index ox) {
    double largest = -std::numeric_limits<double>::infinity();
    for_each_pixel(input.shape, p.window, oy, ox, [&](Index at) {
      const double value = input.data[plane * input.shape.plane() + at];
      if (is_nan(value) || value > largest) largest = value;  // nothing is larger than a NaN
    });
    return largest;
  });
}

// The places along one side of the window with that output number: those in the picture, with the padding around it.
inline Index counted_places(Index o, Index in, const WindowSide& side, bool count_padding) noexcept {
  const Index padding = count_padding ? side.padding : 0;
  const Index begin = o * side.stride - side.padding;
  return std::min(begin + side.kernel, in + padding) - std::max(begin, -padding);
}

inline void average_pool(TensorView<const double> input, const PoolParameters& p, TensorView<double> output) noexcept {
  assert(output.shape == pool_shape(input.shape, p));
  assert((p.window.dilation == Extent{1, 1}));
  for_each_window(output, [&](Index plane, Index oy, Index ox) {
    double sum = 0.0;
    for_each_pixel(input.shape, p.window, oy, ox,
                   [&](Index at) { sum += input.data[plane * input.shape.plane() + at]; });
    const Index count = counted_places(oy, input.shape.h, p.window.rows(), p.count_padding) *
                        counted_places(ox, input.shape.w, p.window.columns(), p.count_padding);
    return sum / static_cast<double>(count);
  });
}

inline void global_average_pool(TensorView<const double> input, TensorView<double> output) noexcept {
  assert((output.shape == Shape{input.shape.n, input.shape.c, 1, 1}));
  for_each_window(output, [&](Index plane, Index, Index) {
    double sum = 0.0;
    for (Index y = 0; y < input.shape.h; ++y) {  // row by row, so that a large plane's sum has few roundings
      double row = 0.0;
      for (Index x = 0; x < input.shape.w; ++x) row += input.data[(plane * input.shape.h + y) * input.shape.w + x];
      sum += row;
    }
    return sum / static_cast<double>(input.shape.plane());
  });
}

}  // namespace ochre::inline v0::reference
