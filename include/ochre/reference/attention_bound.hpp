// How far attention in floating point may be from the exact one (reference/attention.hpp), by the rules of
// error_bound.hpp: u, tiny, gamma(n), Operand. With M = side² places a square, D the depth, J the number of keys:
//   mean     M-1 additions, the quotient and its divisor: |k| below is the mean of the sizes |k|+e, e_k that of the
//   errors score    √D and 1/√D are rounded, then a product for each q, and D products and sums: for each j
//            d[j] = (gamma(M+D+6) sum (|q|+e)(|k|+e) + sum (|q| e_k + |k| e_q + e_q e_k)) / √D + what underflows
//   share    m cancels, whatever it is off by, but for the rounding of s - m: r[j] = d[j] + u (|s[j] - m| + d[j] + max
//   d).
//            That multiplies exp by exp(+-r[j]); the sum is off by no more than its terms, weighted by p.
//   output   products with the values, J of them, and the quotient by the sum:
//            |error| <= sum p[j] (R[j] (|v|+e) + e_v),   R[j] = (1 + expm1(r[j])) (1 + sum p expm1(r)) (1 + roundings)
//            - 1
// where the roundings are those of two exps and gamma(M+2J+8). Tested by error_bound_test.cpp.
#pragma once

#include <ochre/reference/attention.hpp>
#include <ochre/reference/error_bound.hpp>

namespace ochre::inline v0::reference {

// What the bound of one picture's attention needs at hand.
struct AttentionSizes {
  Tensor<double> means;    // of the input
  Tensor<double> largest;  // of |x| + e
  Tensor<double> errors;   // of e; zeros where the input is exact
  Index square = 0;        // places
};

inline Result<AttentionSizes> attention_sizes(const Operand& x, Index side) {
  auto largest = Tensor<double>::create(x.value.shape);
  auto errors = Tensor<double>::create(x.value.shape);
  if (!largest) return largest.error();
  if (!errors) return errors.error();
  for (Index k = 0; k < x.value.shape.size(); ++k) {
    largest->data()[k] = x.largest_at(k);
    errors->data()[k] = x.error_at(k);
  }
  auto means = means_of_squares(x.value, side);
  auto mean_sizes = means_of_squares(std::as_const(*largest).view(), side);
  auto mean_errors = means_of_squares(std::as_const(*errors).view(), side);
  for (auto* each : {&means, &mean_sizes, &mean_errors}) {
    if (!*each) return each->error();
  }
  return AttentionSizes{*std::move(means), *std::move(mean_sizes), *std::move(mean_errors), side * side};
}

// d[j]
inline void score_errors(const Operand& x, const AttentionSizes& sizes, Index n, Index first, Index depth, Index i,
                         Arithmetic arithmetic, std::vector<double>& errors) noexcept {
  const Shape& shape = x.value.shape;
  const Index channels = shape.c / 3;
  const double relative = gamma(sizes.square + depth + 6, arithmetic.unit);
  for (std::size_t j = 0; j < errors.size(); ++j) {
    double sum = 0.0;
    for (Index c = first; c < first + depth; ++c) {
      const Index at = (n * shape.c + c) * shape.plane() + i;
      const double q = x.largest_at(at);
      const double k = sizes.largest.view().plane(n, channels + c)[j];
      const double q_error = x.error_at(at);
      const double k_error = sizes.errors.view().plane(n, channels + c)[j];
      sum += relative * q * k + q * k_error + k * q_error + 3.0 * arithmetic.tiny * (1.0 + q + k);
    }
    errors[j] = sum / std::sqrt(static_cast<double>(depth)) + arithmetic.tiny;
  }
}

// R[j] in place of d[j].
inline void share_errors(const std::vector<double>& shares, double roundings, double unit,
                         std::vector<double>& errors) noexcept {
  const double largest = *std::max_element(shares.begin(), shares.end());
  const double worst = *std::max_element(errors.begin(), errors.end());
  double below = 0.0;
  for (std::size_t j = 0; j < shares.size(); ++j) {
    // ln of a share of 0 is that of the least number that is none: what lies below it moves nothing.
    const double distance = std::log(largest) - std::log(std::max(shares[j], std::numeric_limits<double>::min()));
    errors[j] = std::expm1(errors[j] + unit * (distance + errors[j] + worst));
    below += shares[j] * errors[j];
  }
  for (double& error : errors) error = together(together(error, below), roundings);
}

inline Result<Tensor<double>> attention_bound(const Operand& x, const AttentionParameters& p, Arithmetic arithmetic) {
  const Shape& shape = x.value.shape;
  const Index channels = shape.c / 3;
  const Index depth = channels / p.heads;
  auto bound = Tensor<double>::create({shape.n, channels, shape.h, shape.w});
  const auto sizes = attention_sizes(x, attention_side(shape, p));
  if (!sizes) return sizes.error();
  if (!bound) return bound;
  const auto keys = static_cast<std::size_t>(sizes->means.shape().plane());
  const double u = arithmetic.unit;
  const double roundings =
      std::expm1(4.0 * function_ulps * u) + gamma(sizes->square + 2 * static_cast<Index>(keys) + 8, u);
  std::vector<double> shares(keys);
  std::vector<double> errors(keys);
  for (Index n = 0; n < shape.n; ++n) {
    for (Index first = 0; first < channels; first += depth) {
      for (Index i = 0; i < shape.plane(); ++i) {
        attention_shares(x.value, sizes->means.view(), n, first, depth, i, shares);
        score_errors(x, *sizes, n, first, depth, i, arithmetic, errors);
        share_errors(shares, roundings, u, errors);
        for (Index c = first; c < first + depth; ++c) {
          const double* values = sizes->largest.view().plane(n, 2 * channels + c);
          const double* value_errors = sizes->errors.view().plane(n, 2 * channels + c);
          double sum = 0.0;
          for (std::size_t j = 0; j < keys; ++j) {
            sum += shares[j] * (errors[j] * values[j] + value_errors[j]) + 3.0 * arithmetic.tiny * (1.0 + values[j]);
          }
          bound->view().plane(n, c)[i] = sum;
        }
      }
    }
  }
  return bound;
}

}  // namespace ochre::inline v0::reference
