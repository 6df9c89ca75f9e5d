// What a layer is. Each file of this folder holds two types.
//
// XSpec: what the network's text says of the layer, without weights.
//   static constexpr std::string_view kind;            its word in the text
//   static XSpec parse(Attributes&);                   takes its attributes
//   Result<Index> output_channels(channels);           from the channels of its inputs
//   Result<Extent> output_extent(extents);             from their heights and widths
//   std::vector<RequiredTensor> tensors(channels);     names (without the layer's own), shapes
//   double macs(channels, output);                     multiply-adds for one picture
// X<T>: the layer with its weights, in precision T.
//   static Result<X> create(spec, channels, parameters);
//   std::optional<Index> scratch_size(inputs, threads);  elements of T that run() may use; nothing: too large
//   void run(inputs, output, scratch, threads) noexcept;  output: planar, of the right shape, not overlapping inputs
//                                                         unless in_place
//   static constexpr bool in_place;                    may the output be the (only) input's own memory?
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/layers/attributes.hpp>
#include <ochre/simd/simd.hpp>
#include <ochre/tensor/tensor.hpp>
#include <ochre/weights/catalogue.hpp>

namespace ochre::inline v0::layers {

using Channels = std::span<const Index>;
using Extents = std::span<const Extent>;

template <class T>
using Inputs = std::span<const TensorView<const T>>;

// The values of a layer's tensors, in the order of its spec's tensors().
template <class T>
using Parameters = std::span<const AlignedBuffer<T>>;

inline Result<Index> one_input(Channels channels) {
  if (channels.size() == 1) return channels[0];
  return Error{ErrorCode::malformed, std::to_string(channels.size()) + " inputs, expected one"};
}

// The defaults of a layer that takes one input, keeps its shape and has no tensors: relu, tanh, scale …
struct PointwiseSpec {
  Result<Index> output_channels(Channels channels) const { return one_input(channels); }
  Result<Extent> output_extent(Extents extents) const { return extents[0]; }
  std::vector<RequiredTensor> tensors(Channels) const { return {}; }
  double macs(Channels, Extent) const { return 0; }
};

struct NoScratch {
  template <class... Anything>
  static std::optional<Index> scratch_size(const Anything&...) noexcept {
    return 0;
  }
};

}  // namespace ochre::inline v0::layers
