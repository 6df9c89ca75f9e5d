// How numbers compare with what is expected of them, each under its own bound. Only a result that could have failed
// passes: where zeros would have held their bounds just as well, nothing is proven. Tested by engine_audit_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <ochre/audit/step_expectation.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/engine/engine.hpp>
#include <ochre/reference/compare.hpp>

namespace ochre::inline v0 {

// How a tensor compares with what it must be, and its numbers. error and bound are those of the number that comes
// closest to its bound, or exceeds it most; statistics are of the finite numbers.
struct Judgement {
  double max_error = 0;
  double bound = 0;
  double ratio = 0;           // error / bound; infinite where nothing was allowed
  double relative_bound = 0;  // root mean square of all bounds over that of the expected numbers: how sharp they are
  double min = 0;
  double max = 0;
  double mean = 0;
  Index nan = 0;
  Index inf = 0;
  bool pass = false;
  std::string failure;  // "fail (a number is not finite), …"; empty if it passes
};

namespace audit {

// Compares numbers with what is expected of them. Where both are NaN, or the same infinity, they agree. The tensors are
// changed: what agrees in not being finite is 0 afterwards.
inline Judgement judge(TensorView<double> actual, Expectation& expected) {
  Judgement judgement;
  const Shape& shape = expected.value.shape();
  judgement.min = std::numeric_limits<double>::infinity();
  judgement.max = -judgement.min;
  double squares = 0;
  double bound_squares = 0;
  Index finite = 0;
  bool is_zero = true;
  for (Index k = 0; actual.shape == shape && k < shape.size(); ++k) {
    double& number = actual.data[k];
    double& wanted = expected.value.data()[k];
    if (is_finite(number)) {
      judgement.min = std::min(judgement.min, number);
      judgement.max = std::max(judgement.max, number);
      judgement.mean += number;
      ++finite;
    } else {
      ++(is_nan(number) ? judgement.nan : judgement.inf);
      const bool agree = is_nan(number) ? is_nan(wanted) : number == wanted;
      if (agree) number = wanted = expected.bound.data()[k] = 0;
    }
    is_zero = is_zero && wanted == 0.0;
    squares += wanted * wanted;
    bound_squares += expected.bound.data()[k] * expected.bound.data()[k];
  }
  if (finite == 0) judgement.min = judgement.max = 0;
  judgement.mean /= static_cast<double>(std::max<Index>(finite, 1));
  judgement.relative_bound = squares > 0 ? std::sqrt(bound_squares / squares) : 0;
  const auto comparison =
      reference::compare(actual, std::as_const(expected.value).view(), std::as_const(expected.bound).view());
  judgement.max_error = comparison.worst_error;
  judgement.bound = comparison.bound;
  judgement.ratio = comparison.worst_ratio;
  judgement.pass = comparison.holds() && (comparison.decisive || is_zero);
  if (judgement.pass) return judgement;
  judgement.failure = comparison.holds() ? "every expected number is smaller than its bound: nothing is proven"
                                         : reference::to_string(comparison);
  if (!is_finite(comparison.actual)) {
    judgement.ratio = judgement.max_error = std::numeric_limits<double>::infinity();
  }
  return judgement;
}

inline Result<Tensor<double>> in_double(TensorView<const float> from) {
  auto to = Tensor<double>::create(from.shape);
  if (!to) return to;
  std::transform(from.data, from.data + from.shape.size(), to->data(),
                 [](float value) { return static_cast<double>(value); });
  return to;
}

inline Result<Tensor<double>> in_double(const EngineTensorView& from) {
  if (from.blocked.data == nullptr) return in_double(from.planar);
  auto to = Tensor<double>::create(from.shape);
  if (!to) return to;
  double* number = to->data();
  for (Index c = 0; c < from.shape.c; ++c) {
    for (Index y = 0; y < from.shape.h; ++y) {
      for (Index x = 0; x < from.shape.w; ++x) *number++ = static_cast<double>(from.at(c, y, x));
    }
  }
  return to;
}

}  // namespace audit

}  // namespace ochre::inline v0
