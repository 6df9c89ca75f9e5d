// Instance norm:
//   output[n,c,y,x] = (input[n,c,y,x] - mean) / sqrt(variance + eps) * weight[c] + bias[c]
// mean and variance (divided by the number of pixels) of input[n,c]. Tested by reference_test.cpp against PyTorch.
#pragma once

#include <cassert>
#include <cmath>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct InstanceNormParameters {
  const double* weight = nullptr;  // [channels]
  const double* bias = nullptr;    // [channels]
  double eps = 1e-5;
};

struct PlaneStatistics {
  double mean = 0.0;
  double deviation = 0.0;  // sqrt(variance + eps)
};

inline PlaneStatistics plane_statistics(const double* pixels, Index count, double eps) noexcept {
  PlaneStatistics found;
  for (Index k = 0; k < count; ++k) found.mean += pixels[k] / static_cast<double>(count);
  double variance = 0.0;
  for (Index k = 0; k < count; ++k) {
    const double distance = pixels[k] - found.mean;
    variance += distance * distance / static_cast<double>(count);
  }
  found.deviation = std::sqrt(variance + eps);
  return found;
}

inline void instance_norm(TensorView<const double> input, const InstanceNormParameters& p,
                          TensorView<double> output) noexcept {
  assert(output.shape == input.shape);
  for (Index n = 0; n < input.shape.n; ++n) {
    for (Index c = 0; c < input.shape.c; ++c) {
      const PlaneStatistics of = plane_statistics(input.plane(n, c), input.shape.plane(), p.eps);
      for (Index k = 0; k < input.shape.plane(); ++k) {
        output.plane(n, c)[k] = (input.plane(n, c)[k] - of.mean) / of.deviation * p.weight[c] + p.bias[c];
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
