// ONNX nodes that look at each pixel by itself: activations, arithmetic, concatenation, and those that do nothing.
// Tested by read_onnx_test.cpp.
#pragma once

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

inline Result<OnnxFeature> read_onnx_sum(OnnxValues& values, const OnnxNode& node) {
  if (node.kind != "Add") return node_error(node, "found two computed operands, expected a constant");
  const auto left = values.picture(node, 0);
  if (!left) return left.error();
  const auto right = values.picture(node, 1);
  if (!right) return right.error();
  const Index channels = (*left)->channels;
  if (channels != (*right)->channels) {
    return node_error(node, "found pictures of " + std::to_string(channels) + " and " +
                                std::to_string((*right)->channels) + " channels, expected as many");
  }
  const std::string first = values.layers.plain(**left);
  const std::string second = values.layers.plain(**right);
  return values.layers.add("add", layer_name(node), "", {first, second}, channels, (*left)->size);
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
inline Result<OnnxFeature> read_onnx_arithmetic(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  const std::size_t at = values.constant(node, 0) != nullptr ? 0 : 1;
  const OnnxTensor* constant = values.constant(node, at);
  if (constant == nullptr) return read_onnx_sum(values, node);
  const auto from = values.picture(node, 1 - at);
  if (!from) return from.error();
  if (node.kind == "Div" && at == 0) return node_error(node, "found a division by a picture, expected by a constant");
  const auto numbers = values.numbers(*constant);
  if (!numbers) return numbers.error();
  const auto& shape = constant->shape;
  const Index channels = (*from)->channels;
  const bool by_channel = (shape.size() == 3 || shape.size() == 4) && shape[shape.size() - 3] == channels &&
                          static_cast<Index>(numbers->size()) == channels;
  if ((numbers->size() != 1 && !by_channel) || shape.size() > 4) {
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
  if (node.inputs.size() > network::most_inputs) {
    return node_error(node, "found " + std::to_string(node.inputs.size()) + " inputs, expected at most " +
                                std::to_string(network::most_inputs));
  }
  std::vector<std::string> from;
  Index channels = 0;
  Extent size{0, 0};
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto input = values.picture(node, i);
    if (!input) return input.error();
    from.push_back(values.layers.plain(**input));
    channels += (*input)->channels;
    size = (*input)->size;
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

inline Result<OnnxFeature> read_onnx_cast(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  attributes.take("saturate");  // of 8-bit floats
  const auto to = static_cast<OnnxType>(attributes.integer("to", 0));
  if (to == OnnxType::float16 || to == OnnxType::bfloat16) {
    values.warn("node " + weights::printable(node.name) +
                ": what follows is computed in 16 bits there, and not so here");
  } else if (to != OnnxType::float32 && to != OnnxType::float64) {
    return node_error(node, "found a picture cast to another type than float, half, bfloat16 or double");
  }
  return read_onnx_identity(values, node, attributes);
}

}  // namespace ochre::inline v0::detail
