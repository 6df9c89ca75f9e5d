// What a colorizer with ColorizerOptions::features keeps for those who look behind its colours: the input of the
// classifier, the 1x1 convolution that the network's head names, at each predict, and the classifier's weights, of
// which distribution.hpp makes the shares of the colours. Tested by stages_test.cpp.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <ochre/color/cell_keys.hpp>
#include <ochre/color/distribution.hpp>
#include <ochre/colorizer/options.hpp>
#include <ochre/engine/engine.hpp>
#include <ochre/network/model.hpp>
#include <ochre/weights/convert.hpp>

namespace ochre::inline v0::detail {

struct FeatureSource {
  std::string network;           // its name
  Index layer = 0;               // the classifier
  Index channels = 0;            // that it reads
  color::Classifier classifier;  // no colours if the network gives ab directly
};

// Errors: a head that no 1x1 convolution makes, no memory.
inline Result<std::shared_ptr<const FeatureSource>> feature_source(const Model& model,
                                                                   const ColorizerSettings& settings) {
  const Head& head = model.network.head;
  const LayerDescription& layer = model.network.layers[static_cast<std::size_t>(head.layer)];
  if (!engine::is_pointwise_conv(layer)) {
    return Error{ErrorCode::unsupported, "features of network " + model.network.name + ": its colours come from the " +
                                             std::string(layer.kind()) + " " + layer.name +
                                             ", expected a 1x1 convolution"};
  }
  auto source = std::make_shared<FeatureSource>();
  source->network = model.network.name;
  source->layer = head.layer;
  source->channels = layer.channels[0];
  if (head.kind == HeadKind::ab) return std::shared_ptr<const FeatureSource>(std::move(source));
  color::Classifier& classifier = source->classifier;
  classifier.colors = layer.out_channels;
  classifier.channels = layer.channels[0];
  classifier.exponent = settings.exponent();
  auto weights = AlignedBuffer<float>::create(classifier.colors * classifier.channels);
  auto bias = AlignedBuffer<float>::create(classifier.colors);
  if (!weights) return std::move(weights).error();
  if (!bias) return std::move(bias).error();
  classifier.weights = *std::move(weights);
  classifier.bias = *std::move(bias);
  const auto tensors = layer.tensors();  // the weights, and a bias if there is one
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto values = i == 0 ? classifier.weights.span() : classifier.bias.span();
    if (auto status = convert_to(*model.file.find(tensors[i].name), values); !status) return std::move(status).error();
  }
  return std::shared_ptr<const FeatureSource>(std::move(source));
}

// Is it the event of the step that computes the classifier, whose first input the features are?
inline bool reads_features(const EngineEvent& event, Index classifier) noexcept {
  return std::find(event.layers.begin(), event.layers.end(), classifier) != event.layers.end();
}

inline void read_features(const EngineTensorView& from, const parallel::Team& team, color::CellKeys& keys) noexcept {
  if (from.blocked.data == nullptr) return keys.read_features(from.planar, team);
  keys.read_features(from.blocked, team);
}

// The 1x1 convolution that makes a network's colours, with layers behind it that treat each number by itself (a tanh, a
// factor), which keep its place; nothing if something else does.
inline std::optional<Index> classifier_of(const NetworkDescription& network) {
  Index at = network.head.layer;
  while (at != network_input) {
    const LayerDescription& layer = network.layers[static_cast<std::size_t>(at)];
    if (engine::is_pointwise_conv(layer)) return at;
    const std::string_view kind = layer.kind();
    const bool by_itself = kind == "tanh" || kind == "scale" || kind == "sigmoid" || kind == "relu";
    if (!by_itself || layer.inputs.size() != 1) break;
    at = layer.inputs[0];
  }
  return std::nullopt;
}

// Planar, whatever their layout.
inline void keep_features(const EngineTensorView& from, const parallel::Team& team,
                          TensorView<float> features) noexcept {
  if (from.blocked.data == nullptr) {
    std::copy_n(from.planar.data, features.shape.size(), features.data);
    return;
  }
  const Index block = from.blocked.layout.block;
  parallel::for_ranges(team, ceil_div(features.shape.c, block), 1, [&](Index first, Index last, int) noexcept {
    to_planar(from.blocked, features, first * block, std::min(last * block, features.shape.c));
  });
}

}  // namespace ochre::inline v0::detail
