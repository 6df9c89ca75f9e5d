// How far pooling in floating point may be from the exact one (reference/pool.hpp), by the rules of error_bound.hpp: u,
// tiny, gamma(n), Operand; k: the pixels of a window.
//   max_pool             takes one of its pixels as it is, and the largest of numbers that are off by e is off by the
//                        largest e of them at most
//   average_pool         k-1 additions, the quotient and its divisor's rounding. No fewer places count than there are
//                        pixels, so that what k additions lose below the normal numbers is one tiny after the quotient:
//                        |error| <= gamma(k+1) mean (|x|+e) + mean e + 2 tiny
//   global_average_pool  in double, whatever the arithmetic, a row's pixels, then the rows' sums: H+W-2 additions, the
//                        quotient and its divisor; then one rounding to the arithmetic, r = gamma(H+W) of double:
//                        |error| <= ((1+r)(1+u) - 1) mean (|x|+e) + mean e + 2 tiny
// Tested by error_bound_test.cpp.
#pragma once

#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/pool.hpp>

namespace ochre::inline v0::reference {

inline Result<Tensor<double>> max_pool_bound(const Operand& x, const PoolParameters& p) {
  auto bound = Tensor<double>::create(pool_shape(x.value.shape, p));
  if (!bound) return bound;
  for_each_window(bound->view(), [&](Index plane, Index oy, Index ox) {
    double largest = 0.0;
    for_each_pixel(x.value.shape, p.window, oy, ox,
                   [&](Index at) { largest = std::max(largest, x.error_at(plane * x.value.shape.plane() + at)); });
    return largest;
  });
  return bound;
}

// relative * mean (|x|+e) + mean e + 2 tiny, the means by the layer itself: average(input, output).
template <class Average>
Result<Tensor<double>> mean_bound(const Operand& x, const Shape& shape, double relative, double tiny,
                                  const Average& average) {
  auto bound = Tensor<double>::create(shape);
  auto carried = Tensor<double>::create(shape);
  auto sizes = Tensor<double>::create(x.value.shape);
  if (!carried) return carried;
  if (!sizes) return sizes;
  if (!bound) return bound;
  for (Index k = 0; k < x.value.shape.size(); ++k) sizes->data()[k] = x.largest_at(k);
  average(std::as_const(*sizes).view(), bound->view());
  if (x.error) average(TensorView<const double>{x.error, x.value.shape}, carried->view());
  for (Index k = 0; k < shape.size(); ++k) {
    bound->data()[k] = relative * bound->data()[k] + carried->data()[k] + 2.0 * tiny;
  }
  return bound;
}

inline Result<Tensor<double>> average_pool_bound(const Operand& x, const PoolParameters& p, Arithmetic arithmetic) {
  const Index most = std::min(p.window.kernel.h, x.value.shape.h) * std::min(p.window.kernel.w, x.value.shape.w);
  return mean_bound(x, pool_shape(x.value.shape, p), gamma(most + 1, arithmetic.unit), arithmetic.tiny,
                    [&](TensorView<const double> input, TensorView<double> output) { average_pool(input, p, output); });
}

inline Result<Tensor<double>> global_average_pool_bound(const Operand& x, Arithmetic arithmetic) {
  const Shape& shape = x.value.shape;
  const double sums = gamma(shape.h + shape.w, arithmetic_of<double>().unit);
  return mean_bound(x, {shape.n, shape.c, 1, 1}, together(sums, arithmetic.unit), arithmetic.tiny, global_average_pool);
}

}  // namespace ochre::inline v0::reference
