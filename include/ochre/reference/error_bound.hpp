// How far a layer computed in floating point may be from the exact one: an elementwise bound from the operands, derived
// beside each formula, that holds for every order of summation, with and without fused multiply-add.
// Arithmetic of unit roundoff u: each operation gives (a op b)(1+d), |d| <= u, or loses at most `tiny` below the normal
// numbers. A product of n factors (1+d) lies within 1 +- gamma(n), gamma(n) = n u / (1 - n u) (Higham, Accuracy and
// Stability of Numerical Algorithms, 2nd ed., lemma 3.1). Weights and options may have been rounded to that arithmetic
// (to normal numbers). An input's own error is carried through: an Operand with `error` is a value known to within it,
// so that the bounds of fused layers follow one from the other. The bounds are computed in double, by the reference's
// loops on absolute values; only the least significant digits of a bound can be wrong. Tested by error_bound_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include <ochre/base/finite.hpp>
#include <ochre/reference/batch_norm.hpp>
#include <ochre/reference/combine.hpp>
#include <ochre/reference/conv2d.hpp>
#include <ochre/reference/conv_transpose2d.hpp>
#include <ochre/reference/instance_norm.hpp>
#include <ochre/reference/pointwise.hpp>
#include <ochre/reference/reorder.hpp>
#include <ochre/reference/softmax.hpp>

namespace ochre::inline v0::reference {

struct Arithmetic {
  double unit = 0.0;  // u
  double tiny = 0.0;  // the smallest normal number: what a result below it loses at most, flushed to zero or not
};

template <class T>
constexpr Arithmetic arithmetic_of() noexcept {
  return {static_cast<double>(std::numeric_limits<T>::epsilon()) / 2.0,
          static_cast<double>(std::numeric_limits<T>::min())};
}

// Infinite where nothing can be said.
inline double gamma(Index n, double unit) noexcept {
  const double product = static_cast<double>(n) * unit;
  return product < 1.0 ? product / (1.0 - product) : std::numeric_limits<double>::infinity();
}

// (1+a)(1+b) - 1 without cancellation.
inline double together(double a, double b) noexcept { return a + b + a * b; }

struct Operand {
  TensorView<const double> value;
  const double* error = nullptr;  // for each element of value, |true - value| <= error; none: value is exact

  double error_at(Index k) const noexcept { return error ? error[k] : 0.0; }
  double largest_at(Index k) const noexcept { return std::abs(value.data[k]) + error_at(k); }
};

// The errors that the rounding of x to the arithmetic makes: for an Operand whose numbers were rounded on the way in.
inline Result<Tensor<double>> rounding_errors(TensorView<const double> x, Arithmetic arithmetic) {
  auto error = Tensor<double>::create(x.shape);
  if (!error) return error;
  for_each_element(x, error->view(), [&](double v) { return arithmetic.unit * std::abs(v) + arithmetic.tiny; });
  return error;
}

// Most products that one output sums: inputs of a group times the taps that can meet.
inline Index products_per_output(const Conv2dParameters& p) noexcept {
  return p.weight.shape.c * p.weight.shape.h * p.weight.shape.w;
}

// Of a transposed convolution's taps only every s/gcd(s,d)-th meets a given output row.
inline Index products_per_output(const ConvTranspose2dParameters& p) noexcept {
  const auto taps = [](Index kernel, Index stride, Index dilation) {
    return ceil_div(kernel, stride / std::gcd(stride, dilation));
  };
  return p.weight.shape.n / p.groups * taps(p.weight.shape.h, p.stride.h, p.dilation.h) *
         taps(p.weight.shape.w, p.stride.w, p.dilation.w);
}

// A sum of K products and a bias. Each product meets at most the rounding of its weight, its own and K additions,
// the bias its own rounding and K additions:
//   |error| <= gamma(K+2) (sum |w| (|x|+e) + |b|) + sum |w| e + 2(K+1) tiny
// layer is conv2d or conv_transpose2d, p its parameters.
template <class Parameters>
Result<Tensor<double>> sum_of_products_bound(void (*layer)(TensorView<const double>, const Parameters&,
                                                           TensorView<double>) noexcept,
                                             const Operand& x, Parameters p, const Shape& shape,
                                             Arithmetic arithmetic) {
  auto bound = Tensor<double>::create(shape);
  auto carried = Tensor<double>::create(shape);
  auto sizes = Tensor<double>::create(x.value.shape);
  auto weights = Tensor<double>::create(p.weight.shape);
  auto biases = Tensor<double>::create({1, shape.c, 1, 1});
  for (const auto* tensor : {&carried, &sizes, &weights, &biases}) {
    if (!*tensor) return tensor->error();
  }
  if (!bound) return bound;
  for (Index k = 0; k < x.value.shape.size(); ++k) sizes->data()[k] = x.largest_at(k);
  for_each_element(p.weight, weights->view(), [](double w) { return std::abs(w); });
  for (Index c = 0; p.bias && c < shape.c; ++c) biases->data()[c] = std::abs(p.bias[c]);

  const double relative = gamma(products_per_output(p) + 2, arithmetic.unit);
  const double underflow = 2.0 * static_cast<double>(products_per_output(p) + 1) * arithmetic.tiny;
  p.weight = weights->view();
  p.bias = biases->data();
  layer(sizes->view(), p, bound->view());
  p.bias = nullptr;
  if (x.error) layer({x.error, x.value.shape}, p, carried->view());
  for (Index k = 0; k < shape.size(); ++k) {
    bound->data()[k] = relative * bound->data()[k] + carried->data()[k] + underflow;
  }
  return bound;
}

inline Result<Tensor<double>> conv2d_bound(const Operand& x, const Conv2dParameters& p, Arithmetic arithmetic) {
  return sum_of_products_bound(conv2d, x, p, conv2d_shape(x.value.shape, p), arithmetic);
}

inline Result<Tensor<double>> conv_transpose2d_bound(const Operand& x, const ConvTranspose2dParameters& p,
                                                     Arithmetic arithmetic) {
  return sum_of_products_bound(conv_transpose2d, x, p, conv_transpose2d_shape(x.value.shape, p), arithmetic);
}

// One number of a bound from each number of an operand: function(index, value, its error).
template <class Function>
Result<Tensor<double>> elementwise_bound(const Operand& x, Function function) {
  auto bound = Tensor<double>::create(x.value.shape);
  if (!bound) return bound;
  for (Index k = 0; k < x.value.shape.size(); ++k) {
    bound->data()[k] = function(k, x.value.data[k], x.error_at(k));
  }
  return bound;
}

// With s = weight / sqrt(variance + eps), either (x - mean) s + bias, or x s + (bias - mean s) with both constants
// stored: s has the roundings of eps and of the sum, halved by the root, of the root and of the quotient: 3. The
// longest way, that of mean in the second form, has 3 and those of a product, two sums and a store: 7. Stored
// parameters that were rounded first add 3 (weight, mean, half of the variance's):
//   |error| <= gamma(10) ((|x|+e+|mean|) |s| + |bias|) + |s| e + 8 tiny (1+|s|+|x|+e)
inline Result<Tensor<double>> batch_norm_bound(const Operand& x, const BatchNormParameters& p, Arithmetic arithmetic) {
  const Shape& shape = x.value.shape;
  return elementwise_bound(x, [&](Index k, double value, double error) {
    const Index c = k / shape.plane() % shape.c;
    const double s = std::abs(p.weight ? p.weight[c] : 1.0) / std::sqrt(p.variance[c] + p.eps);
    const double sizes = (std::abs(value) + error + std::abs(p.mean[c])) * s + std::abs(p.bias ? p.bias[c] : 0.0);
    return gamma(10, arithmetic.unit) * sizes + s * error + 8.0 * arithmetic.tiny * (1.0 + s + std::abs(value) + error);
  });
}

// d = x - m moves by f = e + mean e, and by what summing n pixels in double rounds: gamma(n+2) (mean |x| + |x|), in
// double's unit. r = √(v + eps) is the norm of (d/√n, √eps), so it moves by no more than g = √(mean f²), and never
// below √eps. Then d/r moves by
//   (f + |d|/r g) / max(r - g, √eps)
// times |weight|. The rest are roundings: those of weight, bias and eps, of the quotient, two products, a sum, a store:
//   gamma(8) (|weight| (|d|/r + that) + |bias|) + 4 tiny
inline Result<Tensor<double>> instance_norm_bound(const Operand& x, const InstanceNormParameters& p,
                                                  Arithmetic arithmetic) {
  const Shape& shape = x.value.shape;
  const Index count = shape.plane();
  const auto pixels = static_cast<double>(count);
  const double summing = gamma(count + 2, arithmetic_of<double>().unit);
  auto bound = Tensor<double>::create(shape);
  if (!bound) return bound;
  for (Index plane = 0; plane < shape.n * shape.c; ++plane) {
    const Index c = plane % shape.c;
    const Index first = plane * count;
    const PlaneStatistics of = plane_statistics(x.value.data + first, count, p.eps);
    double mean_error = 0.0;
    double mean_size = 0.0;
    for (Index k = first; k < first + count; ++k) {
      mean_error += x.error_at(k) / pixels;
      mean_size += x.largest_at(k) / pixels;
    }
    const auto moved = [&](Index k) { return x.error_at(k) + mean_error + summing * (mean_size + x.largest_at(k)); };
    double squares = 0.0;
    for (Index k = first; k < first + count; ++k) squares += moved(k) * moved(k) / pixels;
    const double least = std::max(of.deviation - std::sqrt(squares), std::sqrt(p.eps));
    for (Index k = first; k < first + count; ++k) {
      const double normal = std::abs(x.value.data[k] - of.mean) / of.deviation;
      const double carried = (moved(k) + normal * std::sqrt(squares)) / least;
      const double weight = std::abs(p.weight[c]);
      bound->data()[k] = weight * carried +
                         gamma(8, arithmetic.unit) * (weight * (normal + carried) + std::abs(p.bias[c])) +
                         4.0 * arithmetic.tiny;
    }
  }
  return bound;
}

// No rounding, and never further apart than the inputs were.
inline Result<Tensor<double>> relu_bound(const Operand& x) {
  return elementwise_bound(x, [](Index, double, double error) { return error; });
}

// The rounding of slope and that of the product: gamma(2) |slope| (|x|+e) + max(1, |slope|) e + tiny.
inline double bent_bound(double value, double error, double slope, Arithmetic arithmetic) noexcept {
  const double size = std::abs(slope);
  const double rounding = value - error > 0.0 ? 0.0 : gamma(2, arithmetic.unit) * size * (std::abs(value) + error);
  return rounding + std::max(1.0, size) * error + arithmetic.tiny;
}

inline Result<Tensor<double>> leaky_relu_bound(const Operand& x, const LeakyReluParameters& p, Arithmetic arithmetic) {
  return elementwise_bound(
      x, [&](Index, double value, double error) { return bent_bound(value, error, p.slope, arithmetic); });
}

// slopes: one a channel.
inline Result<Tensor<double>> prelu_bound(const Operand& x, const double* slopes, Arithmetic arithmetic) {
  const Shape& shape = x.value.shape;
  return elementwise_bound(x, [&](Index k, double value, double error) {
    return bent_bound(value, error, slopes[k / shape.plane() % shape.c], arithmetic);
  });
}

// Factor and offset rounded, a product, a sum: gamma(3) (|factor| (|x|+e) + |offset|) + |factor| e + 2 tiny.
inline Result<Tensor<double>> scale_bound(const Operand& x, const ScaleParameters& p, Arithmetic arithmetic) {
  return elementwise_bound(x, [&](Index, double value, double error) {
    const double sizes = std::abs(p.factor) * (std::abs(value) + error) + std::abs(p.offset);
    return gamma(3, arithmetic.unit) * sizes + std::abs(p.factor) * error + 2.0 * arithmetic.tiny;
  });
}

// Never further apart than the inputs or, where one of them may lie beyond a limit, than that limit's rounding:
// max(e, u |limit| + tiny).
inline Result<Tensor<double>> clip_bound(const Operand& x, const ClipParameters& p, Arithmetic arithmetic) {
  const auto rounding = [&](double limit) {
    return limit == 0.0 || is_infinite(limit) ? 0.0 : arithmetic.unit * std::abs(limit) + arithmetic.tiny;
  };
  const double below = rounding(p.least);
  const double above = rounding(p.most);
  return elementwise_bound(x, [&](Index, double value, double error) {
    double bound = error;
    if (value - error < p.least + below) bound = std::max(bound, below);
    if (value + error > p.most - above) bound = std::max(bound, above);
    return bound;
  });
}

// What tanh and exp may be off by, in units of the last place (at most 2u relative each): an allowance, not a theorem.
// Mathematical libraries stay below 1; SIMD polynomials are commonly stated with 2; 4 leaves room for either.
inline constexpr double function_ulps = 4.0;

// |tanh'| <= 1: e passes at most unchanged.
inline Result<Tensor<double>> tanh_bound(const Operand& x, Arithmetic arithmetic) {
  return elementwise_bound(x, [&](Index, double value, double error) {
    return 2.0 * function_ulps * arithmetic.unit * (std::abs(std::tanh(value)) + error) + error + arithmetic.tiny;
  });
}

// 1/(1+t) or t/(1+t): exp's error, the sum's rounding and the quotient's, each relative; |sigmoid'| <= 1/4.
inline Result<Tensor<double>> sigmoid_bound(const Operand& x, Arithmetic arithmetic) {
  return elementwise_bound(x, [&](Index, double value, double error) {
    const double carried = 0.25 * error;
    const double relative = (2.0 * function_ulps + 3.0) * arithmetic.unit;
    return relative * (1.0 / (1.0 + std::exp(-value)) + carried) + carried + 2.0 * arithmetic.tiny;
  });
}

// p_i = exp(x_i - m) / sum. The exponent of term i is off by d_i = u |x_i - m| + 2 e, e the pixel's largest error,
// which multiplies it by exp(+-d_i); exp itself is off by 2 ulps u, the sum by gamma(C-1), the quotient by u. All terms
// are positive, so the denominator is off by no more than its terms, weighted by p:
//   |error| <= p_i (exp(d_i) sum_k p_k exp(d_k) (1+2 ulps u)^2 (1+gamma(C)) - 1) + (C+1) tiny
// to first order in the terms that are divided by; (1+x) for 1/(1-x) costs x^2, covered by 1 + gamma(C+4).
inline Result<Tensor<double>> softmax_bound(const Operand& x, Arithmetic arithmetic) {
  auto bound = Tensor<double>::create(x.value.shape);
  if (!bound) return bound;
  softmax(x.value, bound->view());
  const Shape& shape = x.value.shape;
  const double u = arithmetic.unit;
  const double roundings = std::expm1(4.0 * function_ulps * u) + gamma(shape.c + 4, u);
  for (Index n = 0; n < shape.n; ++n) {
    for (Index k = 0; k < shape.plane(); ++k) {
      const auto index = [&](Index c) { return (n * shape.c + c) * shape.plane() + k; };
      double largest = x.value.data[index(0)];
      double error = 0.0;
      for (Index c = 0; c < shape.c; ++c) {
        largest = std::max(largest, x.value.data[index(c)]);
        error = std::max(error, x.error_at(index(c)));
      }
      const auto exponent = [&](Index c) { return u * (largest - x.value.data[index(c)] + 2.0 * error) + 2.0 * error; };
      double below = 0.0;
      for (Index c = 0; c < shape.c; ++c) below += bound->data()[index(c)] * std::expm1(exponent(c));
      for (Index c = 0; c < shape.c; ++c) {
        const double relative = together(together(std::expm1(exponent(c)), below), roundings);
        bound->data()[index(c)] =
            bound->data()[index(c)] * relative + static_cast<double>(shape.c + 1) * arithmetic.tiny;
      }
    }
  }
  return bound;
}

// Copies carry their errors along.
inline Result<Tensor<double>> depth_to_space_bound(const Operand& x, const DepthToSpaceParameters& p) {
  auto bound = Tensor<double>::create(depth_to_space_shape(x.value.shape, p));
  if (bound && x.error) depth_to_space({x.error, x.value.shape}, p, bound->view());
  return bound;
}

inline Result<Tensor<double>> channel_slice_bound(const Operand& x, const ChannelSliceParameters& p) {
  auto bound = Tensor<double>::create(channel_slice_shape(x.value.shape, p));
  if (bound && x.error) channel_slice({x.error, x.value.shape}, p, bound->view());
  return bound;
}

// k inputs meet k-1 additions: gamma(k-1) sum (|x|+e) + sum e.
inline Result<Tensor<double>> add_bound(std::span<const Operand> inputs, Arithmetic arithmetic) {
  auto bound = Tensor<double>::create(inputs.front().value.shape);
  if (!bound) return bound;
  const double relative = gamma(static_cast<Index>(inputs.size()) - 1, arithmetic.unit);
  for (Index k = 0; k < bound->shape().size(); ++k) {
    for (const Operand& x : inputs) bound->data()[k] += relative * x.largest_at(k) + x.error_at(k) + arithmetic.tiny;
  }
  return bound;
}

// Each product of what is there so far, p within f, and an input, x within e:
//   p x within |p| e + |x| f + e f + u (|p|+f) (|x|+e) + tiny
inline Result<Tensor<double>> multiply_bound(std::span<const Operand> inputs, Arithmetic arithmetic) {
  auto bound = Tensor<double>::create(inputs.front().value.shape);
  if (!bound) return bound;
  for (Index k = 0; k < bound->shape().size(); ++k) {
    double product = inputs[0].value.data[k];
    double error = inputs[0].error_at(k);
    for (const Operand& x : inputs.subspan(1)) {
      const double value = x.value.data[k];
      const double e = x.error_at(k);
      const double carried = std::abs(product) * e + std::abs(value) * error + e * error;
      error = carried + arithmetic.unit * (std::abs(product) + error) * (std::abs(value) + e) + arithmetic.tiny;
      product *= value;
    }
    bound->data()[k] = error;
  }
  return bound;
}

// x within e over y within f < |y|:
//   (e + |x/y| f) / (|y|-f) + u (|x|+e) / (|y|-f) + tiny, infinite where y may be 0
inline Result<Tensor<double>> divide_bound(std::span<const Operand> inputs, Arithmetic arithmetic) {
  auto bound = Tensor<double>::create(inputs.front().value.shape);
  if (!bound) return bound;
  for (Index k = 0; k < bound->shape().size(); ++k) {
    const double x = std::abs(inputs[0].value.data[k]);
    const double y = std::abs(inputs[1].value.data[k]);
    const double least = y - inputs[1].error_at(k);
    const double carried = inputs[0].error_at(k) + x / y * inputs[1].error_at(k);
    bound->data()[k] = least > 0.0 ? (carried + arithmetic.unit * inputs[0].largest_at(k)) / least + arithmetic.tiny
                                   : std::numeric_limits<double>::infinity();
  }
  return bound;
}

// The largest of several moves by no more than that of them which moves most; the smallest, too. No rounding.
inline Result<Tensor<double>> extreme_bound(std::span<const Operand> inputs) {
  auto bound = Tensor<double>::create(inputs.front().value.shape);
  if (!bound) return bound;
  for (Index k = 0; k < bound->shape().size(); ++k) {
    for (const Operand& x : inputs) bound->data()[k] = std::max(bound->data()[k], x.error_at(k));
  }
  return bound;
}

// shape: of the result. Copies carry their errors along.
inline Result<Tensor<double>> expand_bound(const Operand& x, const Shape& shape) {
  auto bound = Tensor<double>::create(shape);
  if (bound && x.error) expand({x.error, x.value.shape}, bound->view());
  return bound;
}

// shape: of the result. Numbers that may have been rounded once, u |w| + tiny, whatever the input's error.
inline Result<Tensor<double>> constant_bound(TensorView<const double> table, const Shape& shape,
                                             Arithmetic arithmetic) {
  auto bound = Tensor<double>::create(shape);
  if (!bound) return bound;
  constant(table, bound->view());
  for (Index k = 0; k < shape.size(); ++k) {
    bound->data()[k] = arithmetic.unit * std::abs(bound->data()[k]) + arithmetic.tiny;
  }
  return bound;
}

inline Result<Tensor<double>> concat_bound(std::span<const Operand> inputs) {
  Shape shape = inputs.front().value.shape;
  for (const Operand& x : inputs.subspan(1)) shape.c += x.value.shape.c;
  auto bound = Tensor<double>::create(shape);
  if (!bound) return bound;
  Index first = 0;
  for (const Operand& x : inputs) {
    const Index block = x.value.shape.c * shape.plane();
    for (Index n = 0; n < shape.n; ++n) {
      for (Index k = 0; k < block; ++k) bound->view().plane(n, first)[k] = x.error_at(n * block + k);
    }
    first += x.value.shape.c;
  }
  return bound;
}

}  // namespace ochre::inline v0::reference
