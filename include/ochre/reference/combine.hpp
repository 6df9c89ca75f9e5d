// Layers with several inputs. add: the sum of inputs of one shape; multiply, divide, maximum, minimum alike. concat:
// the inputs' channels one after another. expand: the first one repeated to the shape of another. constant: a table of
// the layer's own, repeated to a picture's size. Tested by reference_test.cpp against PyTorch.
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

// Where the number of a place stands along a side that is repeated if it is 1.
inline Index repeated_place(Index side, Index at) noexcept { return side == 1 ? 0 : at; }

// output: of the wanted shape.
inline void expand(TensorView<const double> input, TensorView<double> output) noexcept {
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          const Shape& from = input.shape;
          output.at(n, c, y, x) =
              input.at(n, repeated_place(from.c, c), repeated_place(from.h, y), repeated_place(from.w, x));
        }
      }
    }
  }
}

// table: [1, channels, height, width], the same for all pictures; a height or width of one is repeated.
inline void constant(TensorView<const double> table, TensorView<double> output) noexcept {
  assert(table.shape.n == 1 && table.shape.c == output.shape.c);
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          output.at(n, c, y, x) = table.at(0, c, repeated_place(table.shape.h, y), repeated_place(table.shape.w, x));
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
