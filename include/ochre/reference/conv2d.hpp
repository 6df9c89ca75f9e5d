// Convolution (cross-correlation, as in PyTorch), by its definition:
//   output[n,o,y,x] = bias[o] + sum over i,ky,kx of weight[o,i,ky,kx] * input[n, g*I+i, y*sh-ph+ky*dh, x*sw-pw+kx*dw]
// where I = input channels / groups and g = the group of o. weight is [out, I, kh, kw]. Products with the zero padding
// are absent, so that an infinite weight at the border makes no NaN. Tested by reference_test.cpp against PyTorch.
#pragma once

#include <cassert>

#include <ochre/base/extent.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct Conv2dParameters {
  TensorView<const double> weight;
  const double* bias = nullptr;  // [out], or none
  Extent stride{1, 1};
  Extent padding{0, 0};
  Extent dilation{1, 1};
  Index groups = 1;
};

// A side below 1 if the dilated kernel does not fit into the padded input.
inline Shape conv2d_shape(const Shape& input, const Conv2dParameters& p) noexcept {
  const auto side = [](Index size, Index kernel, Index stride, Index padding, Index dilation) {
    const Index room = size + 2 * padding - dilation * (kernel - 1) - 1;
    return room < 0 ? Index{0} : room / stride + 1;
  };
  return {input.n, p.weight.shape.n, side(input.h, p.weight.shape.h, p.stride.h, p.padding.h, p.dilation.h),
          side(input.w, p.weight.shape.w, p.stride.w, p.padding.w, p.dilation.w)};
}

inline void conv2d(TensorView<const double> input, const Conv2dParameters& p, TensorView<double> output) noexcept {
  const auto [outputs, inputs, kernel_h, kernel_w] = p.weight.shape;
  assert(input.shape.c == inputs * p.groups && outputs % p.groups == 0);
  assert(output.shape == conv2d_shape(input.shape, p));
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index o = 0; o < outputs; ++o) {
      const Index first = o / (outputs / p.groups) * inputs;
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          double sum = p.bias ? p.bias[o] : 0.0;
          for (Index i = 0; i < inputs; ++i) {
            for (Index ky = 0; ky < kernel_h; ++ky) {
              const Index row = y * p.stride.h - p.padding.h + ky * p.dilation.h;
              if (row < 0 || row >= input.shape.h) continue;
              for (Index kx = 0; kx < kernel_w; ++kx) {
                const Index column = x * p.stride.w - p.padding.w + kx * p.dilation.w;
                if (column < 0 || column >= input.shape.w) continue;
                sum += p.weight.at(o, i, ky, kx) * input.at(n, first + i, row, column);
              }
            }
          }
          output.at(n, o, y, x) = sum;
        }
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
