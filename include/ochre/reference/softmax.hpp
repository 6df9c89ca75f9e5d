// Softmax over the channels of every pixel:
//   output[c] = exp(input[c] - m) / sum over k of exp(input[k] - m),   m = the largest input[k]
// m cancels; it keeps exp from overflowing. A NaN spreads to all channels of its pixel. Tested by reference_test.cpp
// against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

inline void softmax(TensorView<const double> input, TensorView<double> output) noexcept {
  assert(output.shape == input.shape);
  for (Index n = 0; n < input.shape.n; ++n) {
    for (Index k = 0; k < input.shape.plane(); ++k) {
      double largest = input.plane(n, 0)[k];
      for (Index c = 1; c < input.shape.c; ++c) largest = std::max(largest, input.plane(n, c)[k]);
      double sum = 0.0;
      for (Index c = 0; c < input.shape.c; ++c) sum += std::exp(input.plane(n, c)[k] - largest);
      for (Index c = 0; c < input.shape.c; ++c) {
        output.plane(n, c)[k] = std::exp(input.plane(n, c)[k] - largest) / sum;
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
