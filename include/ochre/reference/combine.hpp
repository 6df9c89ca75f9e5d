// Layers with several inputs. add: the sum of inputs of one shape. concat: the inputs' channels one after another.
// Tested by reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

inline void add(std::span<const TensorView<const double>> inputs, TensorView<double> output) noexcept {
  for (Index k = 0; k < output.shape.size(); ++k) {
    double sum = 0.0;
    for (const auto& input : inputs) {
      assert(input.shape == output.shape);
      sum += input.data[k];
    }
    output.data[k] = sum;
  }
}

inline Shape concat_shape(std::span<const TensorView<const double>> inputs) noexcept {
  Shape shape = inputs.front().shape;
  for (const auto& input : inputs.subspan(1)) shape.c += input.shape.c;
  return shape;
}

inline void concat(std::span<const TensorView<const double>> inputs, TensorView<double> output) noexcept {
  assert(output.shape == concat_shape(inputs));
  for (Index n = 0; n < output.shape.n; ++n) {
    Index first = 0;
    for (const auto& input : inputs) {
      for (Index c = 0; c < input.shape.c; ++c) {
        std::copy_n(input.plane(n, c), input.shape.plane(), output.plane(n, first + c));
      }
      first += input.shape.c;
    }
  }
}

}  // namespace ochre::inline v0::reference
