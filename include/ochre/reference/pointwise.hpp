// Layers that treat every number alone:
//   relu: max(x, 0)   leaky_relu: x, or slope*x where x <= 0   tanh   sigmoid: 1/(1 + exp(-x))
//   scale: factor*x + offset   clip: min(max(x, least), most)
//   prelu: leaky_relu with a slope for each channel
// A NaN goes through all of them, as in PyTorch. Tested by reference_test.cpp against PyTorch.
#pragma once

#include <cassert>
#include <cmath>
#include <limits>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

template <class Function>
void for_each_element(TensorView<const double> input, TensorView<double> output, Function function) noexcept {
  assert(output.shape == input.shape);
  for (Index k = 0; k < input.shape.size(); ++k) output.data[k] = function(input.data[k]);
}

inline void relu(TensorView<const double> input, TensorView<double> output) noexcept {
  for_each_element(input, output, [](double x) { return x < 0.0 ? 0.0 : x; });  // false for a NaN, which stays
}

struct LeakyReluParameters {
  double slope = 0.01;
};

inline void leaky_relu(TensorView<const double> input, const LeakyReluParameters& p,
                       TensorView<double> output) noexcept {
  for_each_element(input, output, [&](double x) { return x > 0.0 ? x : p.slope * x; });
}

// slopes: [channels].
inline void prelu(TensorView<const double> input, const double* slopes, TensorView<double> output) noexcept {
  for (Index k = 0; k < input.shape.size(); ++k) {
    const double x = input.data[k];
    output.data[k] = x > 0.0 ? x : slopes[k / input.shape.plane() % input.shape.c] * x;
  }
}

inline void tanh(TensorView<const double> input, TensorView<double> output) noexcept {
  for_each_element(input, output, [](double x) { return std::tanh(x); });
}

inline void sigmoid(TensorView<const double> input, TensorView<double> output) noexcept {
  for_each_element(input, output, [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
}

struct ScaleParameters {
  double factor = 1.0;
  double offset = 0.0;
};

inline void scale(TensorView<const double> input, const ScaleParameters& p, TensorView<double> output) noexcept {
  for_each_element(input, output, [&](double x) { return p.factor * x + p.offset; });
}

// An infinite limit is none.
struct ClipParameters {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};

inline void clip(TensorView<const double> input, const ClipParameters& p, TensorView<double> output) noexcept {
  for_each_element(input, output, [&](double x) {
    if (x < p.least) return p.least;  // false for a NaN, which stays
    return x > p.most ? p.most : x;
  });
}

}  // namespace ochre::inline v0::reference
