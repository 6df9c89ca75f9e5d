// What the fast engine asks of a layer that may be a convolution.
#pragma once

#include <optional>

#include <ochre/kernels/conv_shape.hpp>
#include <ochre/network/description.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::engine {

// Nothing for other layers than convolutions.
inline std::optional<kernels::ConvShape> conv_shape(const LayerDescription& layer) {
  if (const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec)) {
    return kernels::ConvShape{layer.channels[0], conv->out, conv->window, false};
  }
  if (const auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&layer.spec)) {
    return kernels::ConvShape{layer.channels[0], conv->out, conv->window, true};
  }
  return std::nullopt;
}

// Of a convolution; of several the fast engine runs the readable layer. 0: another kind of layer.
inline Index groups_of(const LayerDescription& layer) noexcept {
  if (const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec)) return conv->groups;
  if (const auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&layer.spec)) return conv->groups;
  return 0;
}

// Is it a 1x1 convolution of one group, with stride 1 and no padding?
inline bool is_pointwise_conv(const LayerDescription& layer) noexcept {
  const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec);
  return conv != nullptr && conv->groups == 1 && conv->window.kernel == Extent{1, 1} &&
         conv->window.stride == Extent{1, 1} && conv->window.padding == Extent{0, 0};
}

// The input of a convolution is read pixel by pixel (block 1) if it is the network's own and has few channels.
inline Index input_block(const NetworkDescription& network, Index conv) {
  const auto layer = [&](Index i) -> const LayerDescription& { return network.layers[static_cast<std::size_t>(i)]; };
  const Index value = layer(conv).inputs[0];
  const bool scaled = value != network_input && layer(value).inputs[0] == network_input &&
                      std::holds_alternative<layers::ScaleSpec>(layer(value).spec);
  constexpr Index few = 4;  // from 5 on, filling up to 16 costs less than four times and Winograd gains as much
  return (value == network_input || scaled) && layer(conv).channels[0] <= few ? 1 : channel_block;
}

}  // namespace ochre::inline v0::engine
