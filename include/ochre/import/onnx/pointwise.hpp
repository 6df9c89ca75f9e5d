// ONNX nodes that look at each pixel of one picture by itself: activations, and those that do nothing. Tested by
// read_onnx_test.cpp.
#pragma once

#include <cmath>
#include <limits>

#include <ochre/base/finite.hpp>
#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

inline Result<OnnxFeature> read_onnx_activation(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const std::string_view kind = node.kind == "Relu" ? "relu" : node.kind == "Tanh" ? "tanh" : "sigmoid";
  return values.layers.add(kind, layer_name(node), "", **from);
}

inline Result<OnnxFeature> read_onnx_leaky_relu(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const float slope = attributes.real("alpha", 0.01f);
  if (!is_finite(slope)) return node_error(node, "found an alpha that is no number", ErrorCode::malformed);
  return values.layers.add("leaky_relu", layer_name(node), " slope=" + OnnxLayers::number(slope), **from);
}

// Limits that early opsets hold in attributes, later ones in inputs; either may be left out.
inline Result<OnnxFeature> read_onnx_clip(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  std::string words;
  double limits[] = {-HUGE_VAL, HUGE_VAL};
  const std::pair<const char*, const char*> names[] = {{"min", " least="}, {"max", " most="}};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& [theirs, ours] = names[i];
    std::vector<double> found;
    if (const OnnxAttribute* attribute = attributes.take(theirs, OnnxAttributeType::real)) {
      found.push_back(static_cast<double>(attribute->real));
    } else {
      const auto list = values.list(node, attributes, theirs, i + 1);
      if (!list) return list.error();
      found = *list;
    }
    if (found.empty()) continue;
    if (found.size() != 1 || !is_finite(found[0])) return node_error(node, "found a limit that is not one number");
    // The largest float is how early opsets say that there is no limit.
    if (std::abs(found[0]) >= static_cast<double>(std::numeric_limits<float>::max())) continue;
    limits[i] = found[0];
    words += ours + OnnxLayers::number(found[0]);
  }
  if (words.empty()) return OnnxFeature(**from);
  if (limits[0] > limits[1]) return node_error(node, "found a least that is above the most");
  return values.layers.add("clip", layer_name(node), words, **from);
}

// Over the channels. Exporters before opset 13 move them to the end for it.
inline Result<OnnxFeature> read_onnx_softmax(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.feature(node, 0);
  if (!from) return from.error();
  const bool last = (*from)->channels_last;
  const bool old = values.model.opset < 13;  // then it went over all that follows the axis
  Index axis = attributes.integer("axis", old ? 1 : -1);
  if (axis < 0 && axis >= -4) axis += 4;
  if (axis != (last ? 3 : 1) || (old && !last)) {
    return node_error(node, "found axis " + std::to_string(axis) + ", expected a softmax over the channels alone");
  }
  OnnxFeature feature = values.layers.add("softmax", layer_name(node), "", **from);
  feature.channels_last = last;
  return feature;
}

// [N,C,H,W] to [N,W,H,C] and back the same way: only what is done between them looks at one axis.
inline Result<OnnxFeature> read_onnx_transpose(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.feature(node, 0);
  if (!from) return from.error();
  const auto order = attributes.integers("perm", {3, 2, 1, 0});
  if (order != std::vector<Index>{0, 3, 2, 1}) {
    return node_error(node,
                      "found perm " + sides_text(order) + ", expected [0,3,2,1], which exchanges channels and width");
  }
  OnnxFeature feature = **from;
  feature.channels_last = !feature.channels_last;
  return feature;
}

// One number for each of the channels, and each at its channel: [C,1,1] or [1,C,1,1].
inline bool is_by_channel(const OnnxTensor& tensor, Index channels) {
  const auto& shape = tensor.shape;
  return (shape.size() == 3 || shape.size() == 4) && shape[shape.size() - 3] == channels && count_of(shape) == channels;
}

// A slope for each channel, or one for all.
inline Result<OnnxFeature> read_onnx_prelu(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto slopes = values.weights(node, 1);
  if (!slopes) return slopes.error();
  const auto numbers = values.numbers(**slopes);
  if (!numbers) return numbers.error();
  if (numbers->size() == 1 && (*slopes)->shape.size() <= 4) {
    return values.layers.add("leaky_relu", layer_name(node), " slope=" + OnnxLayers::number((*numbers)[0]), **from);
  }
  if (!is_by_channel(**slopes, (*from)->channels)) {
    return node_error(node, "found slopes of shape " + sides_text((*slopes)->shape) + ", expected one number, or [" +
                                std::to_string((*from)->channels) + ",1,1]");
  }
  OnnxFeature feature = values.layers.add("prelu", layer_name(node, **slopes), "", **from);
  if (Status status = values.layers.add_numbers(feature.layer + ".weight", *numbers, {(*from)->channels}); !status) {
    return std::move(status).error();
  }
  return feature;
}

inline Result<OnnxFeature> read_onnx_identity(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  const auto from = values.feature(node, 0);
  if (!from) return from.error();
  return OnnxFeature(**from);
}

// Leaves its picture as it is, but in training.
inline Result<OnnxFeature> read_onnx_dropout(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  for (const char* unused : {"ratio", "seed"}) attributes.take(unused);
  if (values.model.opset < 7 && attributes.integer("is_test", 0) == 0) {
    return node_error(node, "found is_test=0, expected a network that is not in training");
  }
  if (values.has_input(node, 2)) return node_error(node, "found an input training_mode");
  return read_onnx_identity(values, node, attributes);
}

inline Result<OnnxFeature> read_onnx_cast(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  for (const char* unused : {"saturate", "round_mode"}) attributes.take(unused);  // of 8-bit floats
  const auto to = static_cast<OnnxType>(attributes.integer("to", 0));
  if (to == OnnxType::float16 || to == OnnxType::bfloat16) {
    values.warn("node " + weights::printable(node.name) +
                ": what follows is computed in 16 bits there, and not so here");
  } else if (to != OnnxType::float32 && to != OnnxType::float64) {
    return node_error(node, "found a picture cast to another type than float, half, bfloat16 or double");
  }
  auto feature = read_onnx_identity(values, node, attributes);
  if (feature) feature->whole = false;
  return feature;
}

}  // namespace ochre::inline v0::detail
