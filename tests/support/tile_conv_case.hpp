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

// The input's memory ends with its border, so that a sanitizer sees one pixel too many; around the output's interior
// lies a border that must stay as it is, and channels that fill up a block come out zero.
template <class Arch>
Tensor<float> run_on_tiles(const ConvCase& conv_case, const kernels::ConvKernel& kernel, int parts, int out_parts,
                           const parallel::Team& team = {}) {
  constexpr float untouched = -777.0f;
  const Shape shape = conv_case.out();
  const Extent extent{shape.h, shape.w};
  const BlockedLayout floats{conv_case.conv.in, conv_case.in};
  std::vector<float> values(static_cast<std::size_t>(floats.size()), 0.0f);
  const BlockedView<float> blocked{values.data(), floats};
  for (Index c = 0; c < conv_case.conv.in; ++c) {
    for (Index y = 0; y < conv_case.in.h; ++y) {
      for (Index x = 0; x < conv_case.in.w; ++x) {
        blocked.at(c, y, x) = static_cast<float>(conv_case.x.view().at(0, c, y, x));
      }
    }
  }
  const BlockedLayout from{kernels::places_of(conv_case.conv.in, parts), conv_case.in,
                           kernel.border(conv_case.in, extent)};
  std::vector<float> inputs(static_cast<std::size_t>(from.size()), 0.0f);
  kernels::to_parts<Arch>(blocked, BlockedView<float>{inputs.data(), from}, parts, team);

  const Index places = out_parts == 0 ? conv_case.conv.out : kernels::places_of(conv_case.conv.out, out_parts);
  const BlockedLayout to{places, extent, {1, 2, 0, 3}};
  std::vector<float> outputs(static_cast<std::size_t>(to.size()), untouched);
  const BlockedView<float> out{outputs.data(), to};
  kernel.run(BlockedView<const float>{inputs.data(), from}, out, kernel.schedule(from, to, team.threads), {}, team);

  auto result = Tensor<float>::create(shape).value();
  Index spoilt = 0;
  const bool finite = std::all_of(conv_case.x.data(), conv_case.x.data() + conv_case.x.shape().size(),
                                  [](double v) { return std::isfinite(v); });
  const Index filled = out_parts == 0 ? to.blocks() * channel_block : to.blocks() / out_parts * kernels::parts_block;
  for (Index y = -to.border.top; y < extent.h + to.border.bottom; ++y) {
    for (Index x = -to.border.left; x < extent.w + to.border.right; ++x) {
      const bool inside = y >= 0 && y < extent.h && x >= 0 && x < extent.w;
      if (!inside) {
        for (Index b = 0; b < to.blocks(); ++b) {
          spoilt += std::count_if(out.pixel(b, y, x), out.pixel(b, y, x) + channel_block,
                                  [](float value) { return value != untouched; });
        }
        continue;
      }
      for (Index c = 0; c < filled; ++c) {
        const float value = out_parts == 0 ? out.at(c, y, x) : kernels::from_parts(out, out_parts, c, y, x);
        if (c < conv_case.conv.out) result.view().at(0, c, y, x) = value;
        if (c >= conv_case.conv.out && finite) spoilt += value != 0.0f;
      }
    }
  }
  CHECK(spoilt == 0);
  return result;
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
