// All kinds of layer a network may hold: one list for the descriptions, one for the layers with their weights.
// A new layer is added here, in both lists at the same place. It then runs in both engines; what fuses layers
// (layer_groups.hpp) and what bounds a step's error (step_expectation.hpp) know some kinds by name.
#pragma once

#include <utility>
#include <variant>

#include <ochre/layers/add.hpp>
#include <ochre/layers/attention.hpp>
#include <ochre/layers/average_pool.hpp>
#include <ochre/layers/batch_norm.hpp>
#include <ochre/layers/channel_slice.hpp>
#include <ochre/layers/clip.hpp>
#include <ochre/layers/concat.hpp>
#include <ochre/layers/constant.hpp>
#include <ochre/layers/conv2d.hpp>
#include <ochre/layers/conv_transpose2d.hpp>
#include <ochre/layers/depth_to_space.hpp>
#include <ochre/layers/downsample.hpp>
#include <ochre/layers/elementwise.hpp>
#include <ochre/layers/expand.hpp>
#include <ochre/layers/global_average_pool.hpp>
#include <ochre/layers/instance_norm.hpp>
#include <ochre/layers/leaky_relu.hpp>
#include <ochre/layers/max_pool.hpp>
#include <ochre/layers/pad.hpp>
#include <ochre/layers/prelu.hpp>
#include <ochre/layers/relu.hpp>
#include <ochre/layers/resize.hpp>
#include <ochre/layers/scale.hpp>
#include <ochre/layers/sigmoid.hpp>
#include <ochre/layers/softmax.hpp>
#include <ochre/layers/tanh.hpp>
#include <ochre/layers/upsample.hpp>

namespace ochre::inline v0 {

// What a line of the text says of its layer: one of these kinds, with its attributes.
using LayerSpec =
    std::variant<layers::Conv2dSpec, layers::ConvTranspose2dSpec, layers::BatchNormSpec, layers::ReluSpec,
                 layers::LeakyReluSpec, layers::TanhSpec, layers::DownsampleSpec, layers::UpsampleSpec,
                 layers::SoftmaxSpec, layers::AddSpec, layers::ConcatSpec, layers::ScaleSpec, layers::SigmoidSpec,
                 layers::PadSpec, layers::AttentionSpec, layers::ClipSpec, layers::MaxPoolSpec, layers::AveragePoolSpec,
                 layers::GlobalAveragePoolSpec, layers::DepthToSpaceSpec, layers::ChannelSliceSpec,
                 layers::MultiplySpec, layers::DivideSpec, layers::MaximumSpec, layers::MinimumSpec, layers::ExpandSpec,
                 layers::PreluSpec, layers::InstanceNormSpec, layers::ResizeSpec, layers::ConstantSpec>;

namespace network {

template <class T, class Arch>
using Layer =
    std::variant<layers::Conv2d<T, Arch>, layers::ConvTranspose2d<T, Arch>, layers::BatchNorm<T, Arch>,
                 layers::Relu<T, Arch>, layers::LeakyRelu<T, Arch>, layers::Tanh<T, Arch>, layers::Downsample<T, Arch>,
                 layers::Upsample<T, Arch>, layers::Softmax<T, Arch>, layers::Add<T, Arch>, layers::Concat<T, Arch>,
                 layers::Scale<T, Arch>, layers::Sigmoid<T, Arch>, layers::Pad<T, Arch>, layers::Attention<T, Arch>,
                 layers::Clip<T, Arch>, layers::MaxPool<T, Arch>, layers::AveragePool<T, Arch>,
                 layers::GlobalAveragePool<T, Arch>, layers::DepthToSpace<T, Arch>, layers::ChannelSlice<T, Arch>,
                 layers::Multiply<T, Arch>, layers::Divide<T, Arch>, layers::Maximum<T, Arch>, layers::Minimum<T, Arch>,
                 layers::Expand<T, Arch>, layers::Prelu<T, Arch>, layers::InstanceNorm<T, Arch>,
                 layers::Resize<T, Arch>, layers::Constant<T, Arch>>;

// May the layer's output be its input's own memory? The same in every precision.
template <std::size_t I = 0>
bool works_in_place(const LayerSpec& spec) noexcept {
  if constexpr (I < std::variant_size_v<LayerSpec>) {
    return spec.index() == I ? std::variant_alternative_t<I, Layer<float, simd::DefaultArch>>::in_place
                             : works_in_place<I + 1>(spec);
  } else {
    return false;
  }
}

// A layer with its weights, the values of its tensors in the order of its description, as `wrap(layer)` makes a Made of
// it. The place of a spec in LayerSpec is the place of its layer in Layer.
template <class Made, class T, class Arch, std::size_t I = 0, class Wrap>
Result<Made> create_layer_as(const LayerSpec& spec, layers::Channels channels, layers::Parameters<T> parameters,
                             const Wrap& wrap) {
  if constexpr (I < std::variant_size_v<LayerSpec>) {
    if (spec.index() != I) return create_layer_as<Made, T, Arch, I + 1>(spec, channels, parameters, wrap);
    auto layer = std::variant_alternative_t<I, Layer<T, Arch>>::create(*std::get_if<I>(&spec), channels, parameters);
    if (!layer) return std::move(layer).error();
    return Made(wrap(*std::move(layer)));
  } else {
    return Error{ErrorCode::unsupported, "an unknown kind of layer"};
  }
}

template <class T, class Arch>
Result<Layer<T, Arch>> create_layer(const LayerSpec& spec, layers::Channels channels,
                                    layers::Parameters<T> parameters) {
  return create_layer_as<Layer<T, Arch>, T, Arch>(spec, channels, parameters,
                                                  [](auto layer) { return Layer<T, Arch>(std::move(layer)); });
}

}  // namespace network

}  // namespace ochre::inline v0
