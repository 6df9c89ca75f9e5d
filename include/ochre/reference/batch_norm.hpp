// Batch norm with stored statistics:
//   output[n,c,y,x] = (input[n,c,y,x] - mean[c]) / sqrt(variance[c] + eps) * weight[c] + bias[c]
// Tested by reference_test.cpp against PyTorch.
#pragma once

#include <cassert>
#include <cmath>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct BatchNormParameters {
  const double* mean = nullptr;      // [channels]
  const double* variance = nullptr;  // [channels]
  const double* weight = nullptr;    // [channels], or none: 1
  const double* bias = nullptr;      // [channels], or none: 0
  double eps = 1e-5;
};

inline void batch_norm(TensorView<const double> input, const BatchNormParameters& p,
                       TensorView<double> output) noexcept {
  assert(output.shape == input.shape);
  for (Index n = 0; n < input.shape.n; ++n) {
    for (Index c = 0; c < input.shape.c; ++c) {
      const double deviation = std::sqrt(p.variance[c] + p.eps);
      for (Index k = 0; k < input.shape.plane(); ++k) {
        const double normal = (input.plane(n, c)[k] - p.mean[c]) / deviation;
        output.plane(n, c)[k] = normal * (p.weight ? p.weight[c] : 1.0) + (p.bias ? p.bias[c] : 0.0);
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
