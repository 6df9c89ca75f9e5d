// Transposed convolution, by its definition: every input pixel adds its kernel, times its value, to the output,
//   output[n, g*O+o, y*sh-ph+ky*dh, x*sw-pw+kx*dw] += weight[i,o,ky,kx] * input[n,i,y,x]
// where O = output channels / groups and g = the group of i. weight is [in, O, kh, kw]. What falls into the padding is
// dropped; output_padding adds rows and columns at the bottom and right, or takes them away where it is below 0. Tested
// by reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>

#include <ochre/base/extent.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct ConvTranspose2dParameters {
  TensorView<const double> weight;
  const double* bias = nullptr;  // [out], or none
  Extent stride{1, 1};
  Extent padding{0, 0};
  Extent output_padding{0, 0};
  Extent dilation{1, 1};
  Index groups = 1;
};

// A side below 1 if the padding leaves nothing.
inline Shape conv_transpose2d_shape(const Shape& input, const ConvTranspose2dParameters& p) noexcept {
  const Shape& kernel = p.weight.shape;
  return {input.n, kernel.c * p.groups,
          (input.h - 1) * p.stride.h - 2 * p.padding.h + p.dilation.h * (kernel.h - 1) + p.output_padding.h + 1,
          (input.w - 1) * p.stride.w - 2 * p.padding.w + p.dilation.w * (kernel.w - 1) + p.output_padding.w + 1};
}

inline void conv_transpose2d(TensorView<const double> input, const ConvTranspose2dParameters& p,
                             TensorView<double> output) noexcept {
  const auto [inputs, outputs, kernel_h, kernel_w] = p.weight.shape;
  assert(input.shape.c == inputs && inputs % p.groups == 0);
  assert(output.shape == conv_transpose2d_shape(input.shape, p));
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      std::fill_n(output.plane(n, c), output.shape.plane(), p.bias ? p.bias[c] : 0.0);
    }
    for (Index i = 0; i < inputs; ++i) {
      const Index first = i / (inputs / p.groups) * outputs;
      for (Index o = 0; o < outputs; ++o) {
        for (Index y = 0; y < input.shape.h; ++y) {
          for (Index x = 0; x < input.shape.w; ++x) {
            for (Index ky = 0; ky < kernel_h; ++ky) {
              const Index row = y * p.stride.h - p.padding.h + ky * p.dilation.h;
              if (row < 0 || row >= output.shape.h) continue;
              for (Index kx = 0; kx < kernel_w; ++kx) {
                const Index column = x * p.stride.w - p.padding.w + kx * p.dilation.w;
                if (column < 0 || column >= output.shape.w) continue;
                output.at(n, first + o, row, column) += p.weight.at(i, o, ky, kx) * input.at(n, i, y, x);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
