// A convolution on the tile unit's model, run on the values that its input's parts hold.
#pragma once

#include <ochre/kernels/tile_conv.hpp>
#include <ochre/reference/split_bound.hpp>

#include "fast_conv.hpp"

namespace ochre::test {

// The case with every value of its input as so many bf16 parts have it.
inline ConvCase in_parts(ConvCase conv_case, int parts) {
  for (double& value : std::span(conv_case.x.data(), static_cast<std::size_t>(conv_case.x.shape().size()))) {
    float rest = static_cast<float>(value);
    const float number = rest;
    for (int part = 0; part < parts; ++part) simd::next_part(rest);
    value = static_cast<double>(number - rest);
  }
  return conv_case;
}

template <class Arch, class Unit = simd::TileModel>
std::unique_ptr<kernels::ConvKernel> tile_kernel(const ConvCase& conv_case, int parts, int out_parts,
                                                 const parallel::Team& team = {}) {
  std::unique_ptr<kernels::ConvKernel> kernel;
  if (parts == 1) kernel = std::make_unique<kernels::TileConv<Arch, Unit, 1>>(conv_case.conv, out_parts);
  if (parts == 2) kernel = std::make_unique<kernels::TileConv<Arch, Unit, 2>>(conv_case.conv, out_parts);
  return conv_case.packed(std::move(kernel), team);
}

// reference/split_bound.hpp, by the reference's loops on absolute values.
inline Tensor<double> parts_bound(const ConvCase& conv_case, int parts, int out_parts) {
  const auto arithmetic = reference::arithmetic_of<float>();
  const Tensor<double> expected = conv_case.expected();
  const Index products =
      conv_case.conv.transposed ? products_per_output(conv_case.transposed()) : products_per_output(conv_case.plain());
  const auto growth = reference::parts_growth(products, conv_case.conv.in, parts, 0, arithmetic);
  const auto grow = [&](double value) { return std::abs(value) + growth.floor; };
  ConvCase sizes(conv_case.conv, conv_case.in, 0);
  std::transform(conv_case.x.data(), conv_case.x.data() + conv_case.x.shape().size(), sizes.x.data(), grow);
  std::transform(conv_case.weight.data(), conv_case.weight.data() + conv_case.weight.shape().size(),
                 sizes.weight.data(), grow);
  std::transform(conv_case.bias.begin(), conv_case.bias.end(), sizes.bias.begin(),
                 [&](double bias) { return std::abs(bias) * growth.sums / growth.products; });
  Tensor<double> bound = sizes.expected();
  for (Index i = 0; i < bound.shape().size(); ++i) {
    double& number = bound.data()[i];
    number = growth.products * number + growth.lost;
    if (out_parts != 0) number = reference::parts_rounding(expected.data()[i], number, out_parts, arithmetic);
  }
  return bound;
}

}  // namespace ochre::test
