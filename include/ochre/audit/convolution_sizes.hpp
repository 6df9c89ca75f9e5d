// What the bounds of step_expectation.hpp take from a convolution: the sizes of its weights and biases, with the batch
// norm that the fast engine folds into them. A batch norm between convolution and rectifier is folded: factor s =
// weight / √(variance + eps), the engine stores float(w s) and float(b s + shift), so |w s| stands for |w| and |b s| +
// |mean s| + |its bias| for |bias|. If the parameters were rounded to float, s has 2 roundings more and shift one on
// top of them: K+5 for K+2. Tested by engine_audit_test.cpp.
#pragma once

#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include <ochre/network/parameters.hpp>
#include <ochre/reference/error_bound.hpp>

namespace ochre::inline v0::audit {

// What a bound needs of a convolution: |w|, |bias|, and how often a term of the sum is rounded beside K.
struct ConvolutionSizes {
  std::vector<AlignedBuffer<double>> parameters;  // |w s|, |b s| + |shift|
  Index products = 0;                             // K
  Index roundings = 2;

  const double* bias() const noexcept { return parameters[1].data(); }
};

inline Shape weight_shape(const LayerDescription& layer) {
  const auto shape = layer.tensors()[0].shape;
  return {shape[0], shape[1], shape[2], shape[3]};
}

inline reference::BatchNormParameters batch_norm_parameters(const LayerDescription& layer,
                                                            layers::Parameters<double> parameters) {
  const auto& spec = std::get<layers::BatchNormSpec>(layer.spec);
  return {parameters[0].data(), parameters[1].data(), spec.affine ? parameters[2].data() : nullptr,
          spec.affine ? parameters[3].data() : nullptr, spec.eps};
}

inline Result<ConvolutionSizes> convolution_sizes(const LayerDescription& layer,
                                                  layers::Parameters<double> parameters) {
  ConvolutionSizes sizes;
  auto weights = AlignedBuffer<double>::create(parameters[0].size());
  auto bias = AlignedBuffer<double>::create(layer.out_channels);
  if (!weights) return std::move(weights).error();
  if (!bias) return std::move(bias).error();
  for (Index i = 0; i < weights->size(); ++i) weights->data()[i] = std::abs(parameters[0].data()[i]);
  for (Index o = 0; parameters.size() > 1 && o < bias->size(); ++o) {
    bias->data()[o] = std::abs(parameters[1].data()[o]);
  }
  sizes.parameters.push_back(*std::move(weights));
  sizes.parameters.push_back(*std::move(bias));
  if (const auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&layer.spec)) {
    reference::ConvTranspose2dParameters p{{nullptr, weight_shape(layer)}, nullptr, conv->window.stride};
    p.dilation = conv->window.dilation;
    p.groups = conv->groups;
    sizes.products = products_per_output(p);
  } else {
    sizes.products = products_per_output(reference::Conv2dParameters{{nullptr, weight_shape(layer)}});
  }
  return sizes;
}

// The factor of each output channel by which a batch norm goes into the weights before it.
inline std::vector<double> folded_factors(const reference::BatchNormParameters& norm, Index channels) {
  std::vector<double> factors;
  for (Index o = 0; o < channels; ++o) {
    factors.push_back((norm.weight ? norm.weight[o] : 1.0) / std::sqrt(norm.variance[o] + norm.eps));
  }
  return factors;
}

inline void multiply_weights(double* weight, const LayerDescription& layer, const std::vector<double>& factors) {
  const Shape shape = weight_shape(layer);
  const bool transposed = std::holds_alternative<layers::ConvTranspose2dSpec>(layer.spec);
  for (Index plane = 0; plane < shape.n * shape.c; ++plane, weight += shape.plane()) {
    const Index o = transposed ? plane % shape.c : plane / shape.c;
    for (Index k = 0; k < shape.plane(); ++k) weight[k] *= factors[static_cast<std::size_t>(o)];
  }
}

// The batch norm after a convolution of one group goes into its weights. factors: folded_factors().
inline void fold(ConvolutionSizes& sizes, const LayerDescription& layer, const reference::BatchNormParameters& norm,
                 std::vector<double> factors) {
  for (Index o = 0; o < layer.out_channels; ++o) {
    double& factor = factors[static_cast<std::size_t>(o)];
    factor = std::abs(factor);
    double& bias = sizes.parameters[1].data()[o];
    bias = (bias + std::abs(norm.mean[o])) * factor + std::abs(norm.bias ? norm.bias[o] : 0.0);
  }
  multiply_weights(sizes.parameters[0].data(), layer, factors);
  sizes.roundings += 3;
}

}  // namespace ochre::inline v0::audit
