// A network as text that people can read; it travels in the weight file's metadata under "network".
//
//   network street                              # a comment
//   input lightness channels=1                  # lightness=raw (L, 0…100) or normalised ((L − 50)/100)
//   conv2d conv1_1 out=16 kernel=3 padding=1    # kind, name, attributes; the input is the line before …
//   add sum from=conv1_1,other                  # … unless `from` names others, all of them above
//   output classifier                           # what run() gives
//   head distribution layer=classifier temperature=1
//
// head: what makes colours. `distribution`: logits over the 313 ab bins, already divided by `temperature`.
// `ab`: two channels in ab units. A network without a head runs, but colours nothing.
// description_parser.hpp reads and checks it; what it returns is a graph whose channels fit together.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/base/shape.hpp>
#include <ochre/network/layer_variants.hpp>

namespace ochre::inline v0 {

// Index of the network's input where the index of a layer is expected.
inline constexpr Index network_input = -1;

// In place of a wanted layer's index: all of them are wanted.
inline constexpr Index every_layer = -2;

// A layer as a line of the text describes it, and which channels come and go.
struct LayerDescription {
  std::string name;
  LayerSpec spec;
  std::vector<Index> inputs;    // indices of earlier layers, or network_input
  std::vector<Index> channels;  // of those inputs
  Index out_channels = 0;

  std::string_view kind() const {
    return std::visit([](const auto& spec_) { return spec_.kind; }, spec);
  }
  // With full names: "conv1_1.weight".
  std::vector<RequiredTensor> tensors() const {
    auto list = std::visit([&](const auto& spec_) { return spec_.tensors(channels); }, spec);
    for (auto& tensor : list) tensor.name = name + "." + tensor.name;
    return list;
  }
  // Number of weights, biases and statistics.
  Index parameters() const { return static_cast<Index>(detail::value_count(tensors())); }
};

// What makes colours of the head layer's output.
enum class HeadKind { none, distribution, ab };

// The line `head`: which layer's output becomes colours, and how.
struct Head {
  HeadKind kind = HeadKind::none;
  Index layer = 0;
  double temperature = 1;  // by which the logits are divided already
};

namespace network {

// Of what a layer reads: its index, or network_input. shapes: of all layers.
inline const Shape& shape_of(Index value, const Shape& input, std::span<const Shape> shapes) {
  return value == network_input ? input : shapes[static_cast<std::size_t>(value)];
}

}  // namespace network

// A whole network without its weights: what parse_network() gives.
struct NetworkDescription {
  std::string text;
  std::string name;
  std::string input_name;
  Index input_channels = 0;
  bool normalised_lightness = false;
  std::vector<LayerDescription> layers;
  Index output = 0;
  Head head;

  // Index of the layer of that name; nothing if there is none.
  std::optional<Index> find(std::string_view layer_name) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].name == layer_name) return static_cast<Index>(i);
    }
    return std::nullopt;
  }

  // That layer; the network's output for an empty name. Errors: there is none of that name.
  Result<Index> layer_or_output(const std::string& layer_name) const {
    const auto index = layer_name.empty() ? output : find(layer_name);
    if (index) return *index;
    return Error{ErrorCode::not_found, "no layer `" + layer_name + "` in network " + name};
  }

  // All tensors, in the layers' order.
  std::vector<RequiredTensor> tensors() const {
    std::vector<RequiredTensor> all;
    for (const auto& layer : layers) {
      for (auto& tensor : layer.tensors()) all.push_back(std::move(tensor));
    }
    return all;
  }

  // Number of weights, biases and statistics.
  Index parameters() const { return static_cast<Index>(detail::value_count(tensors())); }

  // Shape of every layer's output for that input.
  Result<std::vector<Shape>> shapes(const Shape& input) const {
    if (input.c != input_channels) {
      return Error{ErrorCode::invalid_argument, "the input has shape " + to_string(input) + ", expected " +
                                                    std::to_string(input_channels) + " channels"};
    }
    std::vector<Shape> all;
    for (const auto& layer : layers) {
      std::vector<Extent> extents;
      for (const Index from : layer.inputs) {
        const Shape& shape = network::shape_of(from, input, all);
        extents.push_back({shape.h, shape.w});
      }
      auto extent = std::visit([&](const auto& spec) { return spec.output_extent(extents); }, layer.spec);
      if (!extent) return std::move(extent).error().in("layer " + layer.name);
      const Shape shape{input.n, layer.out_channels, extent->h, extent->w};
      if (!shape.checked_size()) return Error{ErrorCode::too_large, "layer " + layer.name + ": " + to_string(shape)};
      all.push_back(shape);
    }
    return all;
  }

  // Multiply-adds for one input of that shape, layer by layer.
  Result<std::vector<double>> macs(const Shape& input) const {
    auto all = shapes(input);
    if (!all) return std::move(all).error();
    std::vector<double> list;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Shape& shape = (*all)[i];
      list.push_back(static_cast<double>(shape.n) * std::visit(
                                                        [&](const auto& spec) {
                                                          return spec.macs(layers[i].channels, {shape.h, shape.w});
                                                        },
                                                        layers[i].spec));
    }
    return list;
  }
};

}  // namespace ochre::inline v0
