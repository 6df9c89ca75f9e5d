// Copies to other places.
//   depth_to_space: each pixel's factor*factor channels become a square of pixels: output[c, y*f + i, x*f + j] is
//     crd: input[(c*f + i)*f + j, y, x]      (PyTorch's PixelShuffle)
//     dcr: input[(i*f + j)*C + c, y, x]      of C output channels; both are modes of ONNX's DepthToSpace
//   channel_slice: output[c] = input[first + c], `count` of them; x[:, first:first+count] in PyTorch
// Tested by reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

enum class DepthOrder { crd, dcr };

struct DepthToSpaceParameters {
  Index factor = 1;
  DepthOrder order = DepthOrder::crd;
};

inline Shape depth_to_space_shape(const Shape& input, const DepthToSpaceParameters& p) noexcept {
  return {input.n, input.c / (p.factor * p.factor), input.h * p.factor, input.w * p.factor};
}

inline void depth_to_space(TensorView<const double> input, const DepthToSpaceParameters& p,
                           TensorView<double> output) noexcept {
  assert(output.shape == depth_to_space_shape(input.shape, p));
  const Index f = p.factor;
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          const Index i = y % f;
          const Index j = x % f;
          const Index from = p.order == DepthOrder::crd ? (c * f + i) * f + j : (i * f + j) * output.shape.c + c;
          output.at(n, c, y, x) = input.at(n, from, y / f, x / f);
        }
      }
    }
  }
}

struct ChannelSliceParameters {
  Index first = 0;
  Index count = 1;
};

inline Shape channel_slice_shape(const Shape& input, const ChannelSliceParameters& p) noexcept {
  return {input.n, p.count, input.h, input.w};
}

inline void channel_slice(TensorView<const double> input, const ChannelSliceParameters& p,
                          TensorView<double> output) noexcept {
  assert(output.shape == channel_slice_shape(input.shape, p));
  assert(p.first + p.count <= input.shape.c);
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < p.count; ++c) {
      std::copy_n(input.plane(n, p.first + c), input.shape.plane(), output.plane(n, c));
    }
  }
}

}  // namespace ochre::inline v0::reference
