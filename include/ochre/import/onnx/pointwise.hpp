// ONNX nodes that look at each pixel by itself: activations, arithmetic, concatenation, and those that do nothing.
// Tested by read_onnx_test.cpp.
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
  if (Status status = values.layers.add_numbers(feature.layer + ".weight", *numbers); !status) {
    return std::move(status).error();
  }
  return feature;
}

// The layers of pictures that are brought to one shape: those of one channel, or of one pixel, are repeated.
inline Result<std::vector<std::string>> onnx_alike(OnnxValues& values, const OnnxNode& node,
                                                   std::vector<OnnxFeature>& pictures, OnnxFeature& shape) {
  const auto is_pixel = [](const OnnxFeature& picture) { return picture.size == Extent{1, 1}; };
  const auto more = [&](const OnnxFeature& a, const OnnxFeature& b) {
    return std::pair(a.channels, !is_pixel(a)) < std::pair(b.channels, !is_pixel(b));
  };
  const OnnxFeature& largest = *std::max_element(pictures.begin(), pictures.end(), more);
  shape.channels = largest.channels;
  shape.size = largest.size;
  const std::string like = largest.layer;
  std::vector<std::string> layers;
  for (const OnnxFeature& picture : pictures) {
    const bool fits = picture.size == largest.size || is_pixel(picture) || picture.size.h == 0 || largest.size.h == 0;
    if ((picture.channels != largest.channels && picture.channels != 1) || !fits) {
      const auto words = [](const OnnxFeature& one) {
        return std::to_string(one.channels) + " channels of " + std::to_string(one.size.h) + "x" +
               std::to_string(one.size.w);
      };
      return node_error(node, "found pictures of " + words(largest) + " and " + words(picture) +
                                  ", expected as many, or one channel, and as large, or one pixel");
    }
    const bool differs = picture.channels != largest.channels || is_pixel(picture) != is_pixel(largest);
    layers.push_back(differs
                         ? values.layers.add("expand", "", "", {picture.layer, like}, shape.channels, shape.size).layer
                         : picture.layer);
  }
  return layers;
}

inline Status check_input_count(const OnnxNode& node) {
  if (node.inputs.size() <= network::most_inputs) return {};
  return node_error(node, "found " + std::to_string(node.inputs.size()) + " inputs, expected at most " +
                              std::to_string(network::most_inputs));
}

// Several pictures, number by number.
inline Result<OnnxFeature> read_onnx_combined(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  static constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"Add", "add"},    {"Sub", "add"},     {"Sum", "add"},    {"Mul", "multiply"},
      {"Div", "divide"}, {"Max", "maximum"}, {"Min", "minimum"}};
  if (Status status = check_input_count(node); !status) return std::move(status).error();
  std::vector<OnnxFeature> pictures;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto input = values.picture(node, i);
    if (!input) return input.error();
    const bool negative = node.kind == "Sub" && i == 1;
    if (!negative || (*input)->is_padded()) values.layers.plain(**input);
    pictures.push_back(**input);
    if (!negative) continue;
    pictures.back().factor *= -1;
    pictures.back().offset = 0 - pictures.back().offset;  // no -0
    values.layers.plain(pictures.back());
  }
  if (pictures.empty()) return node_error(node, "found no inputs", ErrorCode::malformed);
  if (pictures.size() == 1) return pictures[0];
  OnnxFeature shape;
  auto layers = onnx_alike(values, node, pictures, shape);
  if (!layers) return std::move(layers).error();
  const auto kind =
      *std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& k) { return k.first == node.kind; });
  return values.layers.add(kind.second, layer_name(node), "", *layers, shape.channels, shape.size);
}

// y = weight·x + bias.
struct OnnxAffine {
  double weight = 1;
  double bias = 0;
};

// What a node does to its picture with a constant. first: the constant is its first operand.
inline OnnxAffine onnx_affine(std::string_view kind, double constant, bool first) noexcept {
  if (kind == "Mul") return {constant, 0};
  if (kind == "Div") return {1 / constant, 0};
  if (kind == "Add") return {1, constant};
  return first ? OnnxAffine{-1, constant} : OnnxAffine{1, -constant};
}

// Two pictures, or a picture and a constant: one number, or one a channel.
inline Result<OnnxFeature> read_onnx_arithmetic(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const std::size_t at = values.constant(node, 0) != nullptr ? 0 : 1;
  const OnnxTensor* constant = values.constant(node, at);
  if (constant == nullptr) return read_onnx_combined(values, node, attributes);
  const auto from = values.picture(node, 1 - at);
  if (!from) return from.error();
  if (node.kind == "Div" && at == 0) return node_error(node, "found a division by a picture, expected by a constant");
  const auto numbers = values.numbers(*constant);
  if (!numbers) return numbers.error();
  const auto& shape = constant->shape;
  const Index channels = (*from)->channels;
  if ((numbers->size() != 1 && !is_by_channel(*constant, channels)) || shape.size() > 4) {
    return node_error(node, "found a constant of shape " + sides_text(shape) + ", expected one number, or [" +
                                std::to_string(channels) + ",1,1]");
  }
  std::vector<double> weights;
  std::vector<double> biases;
  for (const double value : *numbers) {
    const auto [weight, bias] = onnx_affine(node.kind, value, at == 0);
    if (!is_finite(weight)) return node_error(node, "found a division by zero", ErrorCode::malformed);
    weights.push_back(weight);
    biases.push_back(bias);
  }
  if (weights.size() > 1) return values.layers.add_affine(layer_name(node), **from, weights, biases);
  if ((*from)->is_padded()) values.layers.plain(**from);
  OnnxFeature feature = **from;
  feature.factor *= weights[0];
  feature.offset = feature.offset * weights[0] + biases[0];
  if (is_finite(feature.factor) && is_finite(feature.offset)) return feature;
  return node_error(node, "found constants that multiply to more than a double can hold", ErrorCode::malformed);
}

inline Result<OnnxFeature> read_onnx_concat(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const Index axis = attributes.integer("axis", 0);
  if (axis != 1 && axis != -3) return node_error(node, "found axis " + std::to_string(axis) + ", expected 1");
  if (Status status = check_input_count(node); !status) return std::move(status).error();
  std::vector<std::string> from;
  Index channels = 0;
  Extent size{0, 0};
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto input = values.picture(node, i);
    if (!input) return input.error();
    from.push_back(values.layers.plain(**input));
    channels += (*input)->channels;
    const Extent other = (*input)->size;
    const bool fits = size.h == 0 || other.h == 0 || size == other;
    if (!fits) return node_error(node, "found pictures of unlike sizes");
    if (other.h != 0 && other.w != 0) size = other;
  }
  if (channels < 1 || channels > layers::Attributes::largest) {
    return node_error(node, "found " + std::to_string(channels) + " channels in all");
  }
  return values.layers.add("concat", layer_name(node), "", from, channels, size);
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
  if (node.inputs.size() > 2 && !node.inputs[2].empty()) return node_error(node, "found an input training_mode");
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
