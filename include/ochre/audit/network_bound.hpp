// How far the output of a whole network in float may lie from the same in double. Rounding errors of a sum of K
// products are, for operands of random signs, a few u·sqrt(K) of the sum's own size (Higham & Mary, A New Approach to
// Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41, 2019), u = 2^-24, and a layer hands on the relative
// error it was given. Winograd's algorithms multiply that by what their matrices add (kernels/winograd_points.hpp), and
// products of bf16 add p = 2^-8 each, or 2^-15 where they are split, also of random sign from layer to layer. For an
// output of root mean square r:
//   |error| <= 8 u r · (sum over layers of growth · sqrt(K)  +  sqrt(sum over such layers of (growth · p/u)²))
// 8 standard deviations: 6 are met once in 5e8 outputs, a third is kept for layers that grow an error.
// The one such bound, for audit, bench and tests. Tested by network_bound_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <ochre/base/finite.hpp>
#include <ochre/engine/engine_plan.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::audit {

// The terms of the sum that makes one output; a softmax sums over its channels.
inline double terms_of_output(const LayerDescription& layer, const Shape& output, double macs) noexcept {
  const bool softmax = std::holds_alternative<layers::SoftmaxSpec>(layer.spec);
  const double terms = softmax ? static_cast<double>(output.c) : macs / static_cast<double>(output.size());
  return std::max(terms, 1.0);
}

// The sum in brackets, of the readable engine. needed: the layers that count, those that the output depends on; shapes,
// macs: of all layers, for one picture.
inline double error_growth(const NetworkDescription& network, const std::vector<bool>& needed,
                           std::span<const Shape> shapes, std::span<const double> macs) noexcept {
  double growth = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (needed[i]) growth += std::sqrt(terms_of_output(network.layers[i], shapes[i], macs[i]));
  }
  return growth;
}

// The same of the fast engine.
inline double error_growth(const EnginePlan& plan, const std::vector<bool>& needed, std::span<const Shape> shapes,
                           std::span<const double> macs) noexcept {
  double growth = 0;
  double product_squares = 0;
  for (const engine::Step& step : plan.steps) {
    const auto* conv = step.as<engine::ConvolutionStep>();
    for (const Index i : step.layers) {
      const auto at = static_cast<std::size_t>(i);
      if (!needed[at]) continue;
      const bool leads = conv != nullptr && i == step.layers.front();
      const double own = leads ? conv->kernel->error_growth() : 1.0;
      growth += own * std::sqrt(terms_of_output(plan.description.layers[at], shapes[at], macs[at]));
      const double products = leads ? own * kernels::product_error(conv->kernel->precision()) / 0x1p-24 : 0.0;
      product_squares += products * products;
    }
  }
  return growth + std::sqrt(product_squares);
}

// The bound for each number of `expected`; r is taken over those that are finite. Errors: no memory.
inline Result<Tensor<double>> normwise_bound(double growth, TensorView<const double> expected) {
  auto bound = Tensor<double>::create(expected.shape);
  if (!bound) return bound;
  const Index count = expected.shape.size();
  double squares = 0;
  for (Index k = 0; k < count; ++k) squares += is_finite(expected.data[k]) ? expected.data[k] * expected.data[k] : 0;
  std::fill_n(bound->data(), count, 8 * 0x1p-24 * std::sqrt(squares / static_cast<double>(count)) * growth);
  return bound;
}

}  // namespace ochre::inline v0::audit
