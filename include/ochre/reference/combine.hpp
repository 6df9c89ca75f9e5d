// Layers with several inputs. add: the sum of inputs of one shape; multiply, divide, maximum, minimum alike. concat:
// the inputs' channels one after another. expand: the first one repeated to the shape of another. Tested by
// reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cassert>
#include <span>

#include <ochre/base/finite.hpp>
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

// function(of the inputs before, this input), number by number.
template <class Function>
void combine(std::span<const TensorView<const double>> inputs, TensorView<double> output, Function function) noexcept {
  for (Index k = 0; k < output.shape.size(); ++k) {
    double result = inputs[0].data[k];
    for (const auto& input : inputs.subspan(1)) {
      assert(input.shape == output.shape);
      result = function(result, input.data[k]);
    }
    output.data[k] = result;
  }
}

inline void multiply(std::span<const TensorView<const double>> inputs, TensorView<double> output) noexcept {
  combine(inputs, output, [](double a, double b) { return a * b; });
}
inline void divide(std::span<const TensorView<const double>> inputs, TensorView<double> output) noexcept {
  combine(inputs, output, [](double a, double b) { return a / b; });
}
inline void maximum(std::span<const TensorView<const double>> inputs, TensorView<double> output) noexcept {
  combine(inputs, output, [](double a, double b) { return is_nan(a) || is_nan(b) ? a + b : std::max(a, b); });
}
inline void minimum(std::span<const TensorView<const double>> inputs, TensorView<double> output) noexcept {
  combine(inputs, output, [](double a, double b) { return is_nan(a) || is_nan(b) ? a + b : std::min(a, b); });
}

// output: of the wanted shape.
inline void expand(TensorView<const double> input, TensorView<double> output) noexcept {
  const auto place = [](Index side, Index at) { return side == 1 ? 0 : at; };
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          const Shape& from = input.shape;
          output.at(n, c, y, x) = input.at(n, place(from.c, c), place(from.h, y), place(from.w, x));
        }
      }
    }
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
