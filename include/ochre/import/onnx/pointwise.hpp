// ONNX nodes that look at each pixel by itself: activations, arithmetic, concatenation, and those that do nothing.
// Tested by read_onnx_test.cpp.
#pragma once

#include <array>
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

// Sides that the graph leaves open may be any.
inline bool may_be_alike(Extent a, Extent b) noexcept {
  return (a.h == b.h || a.h == 0 || b.h == 0) && (a.w == b.w || a.w == 0 || b.w == 0);
}

// What is known of the sides of two pictures that are alike.
inline Extent known_sides(Extent a, Extent b) noexcept { return {a.h == 0 ? b.h : a.h, a.w == 0 ? b.w : a.w}; }

inline bool is_pixel(const OnnxFeature& picture) noexcept { return picture.size == Extent{1, 1}; }

// The layers of pictures that are brought to one shape: those of one channel, or of one pixel, are repeated.
inline Result<std::vector<std::string>> onnx_alike(OnnxValues& values, const OnnxNode& node,
                                                   std::vector<OnnxFeature>& pictures, OnnxFeature& shape) {
  const auto more = [&](const OnnxFeature& a, const OnnxFeature& b) {
    return std::pair(a.channels, !is_pixel(a)) < std::pair(b.channels, !is_pixel(b));
  };
  const OnnxFeature& largest = *std::max_element(pictures.begin(), pictures.end(), more);
  shape.channels = largest.channels;
  shape.size = largest.size;
  const std::string like = largest.layer;
  for (const OnnxFeature& picture : pictures) {
    const bool fits = is_pixel(picture) || may_be_alike(picture.size, shape.size);
    if ((picture.channels != largest.channels && picture.channels != 1) || !fits) {
      const auto words = [](const OnnxFeature& one) {
        return std::to_string(one.channels) + " channels of " + std::to_string(one.size.h) + "x" +
               std::to_string(one.size.w);
      };
      return node_error(node, "found pictures of " + words(largest) + " and " + words(picture) +
                                  ", expected as many, or one channel, and as large, or one pixel");
    }
    if (!is_pixel(picture)) shape.size = known_sides(shape.size, picture.size);
  }
  std::vector<std::string> layers;
  for (const OnnxFeature& picture : pictures) {
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

// [N,3,H,W]
inline std::string shape_words(const OnnxFeature& picture) {
  const auto side = [](Index known, const char* open) { return known == 0 ? open : std::to_string(known); };
  return "[N," + std::to_string(picture.channels) + "," + side(picture.size.h, "H") + "," + side(picture.size.w, "W") +
         "]";
}

// Channels, height and width of a constant that a picture is combined with, read from the right, missing ones 1.
// Errors: it does not fit the picture. A side that the graph leaves open is what the constant demands.
inline Result<std::array<Index, 3>> onnx_table_shape(const OnnxNode& node, const OnnxTensor& constant,
                                                     const OnnxFeature& picture) {
  const auto& shape = constant.shape;
  std::array<Index, 4> sides{1, 1, 1, 1};
  bool fits = shape.size() <= sides.size();
  if (fits) std::copy(shape.rbegin(), shape.rend(), sides.rbegin());
  const auto& [pictures, channels, height, width] = sides;
  const auto is_side = [](Index side, Index of_picture, Index any) {
    const bool meets = side == 1 || side == of_picture || of_picture == any;
    return meets && side >= 1 && side <= layers::Attributes::largest;
  };
  fits = fits && pictures == 1 && is_side(channels, picture.channels, 1);  // one channel is repeated
  fits = fits && is_side(height, picture.size.h, 0) && is_side(width, picture.size.w, 0);
  if (fits) return std::array<Index, 3>{channels, height, width};
  return node_error(node, "found a constant of shape " + sides_text(shape) + ", expected one that fits a picture of " +
                              shape_words(picture));
}

// A constant as a picture of the height and width of another one.
inline Result<OnnxFeature> read_onnx_table(OnnxValues& values, const OnnxNode& node, std::size_t at,
                                           const OnnxFeature& picture) {
  const OnnxTensor& constant = *values.constant(node, at);
  const auto shape = onnx_table_shape(node, constant, picture);
  if (!shape) return shape.error();
  auto numbers = values.numbers(constant);
  if (!numbers) return std::move(numbers).error();
  for (double& number : *numbers) {
    if (node.kind == "Sub" && at == 1) number = 0 - number;  // no -0
    if (node.kind == "Div" && at == 1 && number == 0) {
      return node_error(node, "found a division by zero", ErrorCode::malformed);
    }
  }
  auto [channels, height, width] = *shape;
  if (numbers->size() == 1) {  // for all channels, so that nothing has to repeat it
    channels = picture.channels;
    numbers->resize(static_cast<std::size_t>(channels), numbers->front());
  }
  const std::string words =
      " channels=" + std::to_string(channels) + " height=" + std::to_string(height) + " width=" + std::to_string(width);
  const Extent size = known_sides(picture.size, {height > 1 ? height : 0, width > 1 ? width : 0});
  OnnxFeature table = values.layers.add("constant", node.inputs[at], words, {picture.layer}, channels, size);
  Status status = values.layers.add_numbers(table.layer + ".weight", *numbers, {channels, height, width});
  if (!status) return std::move(status).error();
  return table;
}

// A picture that is combined with others; what a Sub takes away is negative.
inline Result<OnnxFeature> read_onnx_operand(OnnxValues& values, const OnnxNode& node, std::size_t at) {
  const auto input = values.picture(node, at);
  if (!input) return input.error();
  const bool negative = node.kind == "Sub" && at == 1;
  if (!negative || (*input)->is_padded()) values.layers.plain(**input);
  OnnxFeature operand = **input;
  if (!negative) return operand;
  operand.factor *= -1;
  operand.offset = 0 - operand.offset;  // no -0
  values.layers.plain(operand);
  return operand;
}

// All operands as pictures: the constants as tables over the largest picture there is.
inline Result<std::vector<OnnxFeature>> read_onnx_operands(OnnxValues& values, const OnnxNode& node) {
  std::vector<OnnxFeature> operands(node.inputs.size());
  std::vector<std::size_t> constants;
  OnnxFeature largest;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (values.constant(node, i) != nullptr) {
      constants.push_back(i);
      continue;
    }
    auto operand = read_onnx_operand(values, node, i);
    if (!operand) return std::move(operand).error();
    operands[i] = *std::move(operand);
    if (largest.layer.empty() || (is_pixel(largest) && !is_pixel(operands[i]))) {
      largest.layer = operands[i].layer;
      largest.size = operands[i].size;
    }
    largest.channels = std::max(largest.channels, operands[i].channels);
  }
  if (!operands.empty() && constants.size() == operands.size()) {
    return node_error(node, "found constants alone, expected a picture among them");
  }
  for (const std::size_t i : constants) {
    auto table = read_onnx_table(values, node, i, largest);
    if (!table) return std::move(table).error();
    operands[i] = *std::move(table);
  }
  return operands;
}

// Several pictures, or some and constants, number by number.
inline Result<OnnxFeature> read_onnx_combined(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  static constexpr std::pair<std::string_view, std::string_view> kinds[] = {
      {"Add", "add"},    {"Sub", "add"},     {"Sum", "add"},    {"Mul", "multiply"},
      {"Div", "divide"}, {"Max", "maximum"}, {"Min", "minimum"}};
  if (Status status = check_input_count(node); !status) return std::move(status).error();
  auto operands = read_onnx_operands(values, node);
  if (!operands) return std::move(operands).error();
  if (operands->empty()) return node_error(node, "found no inputs", ErrorCode::malformed);
  if (operands->size() == 1) return (*operands)[0];
  OnnxFeature shape;
  auto layers = onnx_alike(values, node, *operands, shape);
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

// Two pictures, or a picture and a constant. One number is held back, one a channel is a batch norm; all else is
// combined as pictures are.
inline Result<OnnxFeature> read_onnx_arithmetic(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const std::size_t at = values.constant(node, 0) != nullptr ? 0 : 1;
  const OnnxTensor* constant = values.constant(node, at);
  const bool is_divided = node.kind == "Div" && at == 0;
  if (constant == nullptr || is_divided) return read_onnx_combined(values, node, attributes);
  const auto from = values.picture(node, 1 - at);
  if (!from) return from.error();
  const bool is_number = constant->shape.size() <= 4 && count_of(constant->shape) == Index{1};
  if (!is_number && !is_by_channel(*constant, (*from)->channels)) return read_onnx_combined(values, node, attributes);
  const auto numbers = values.numbers(*constant);
  if (!numbers) return numbers.error();
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
    if (!may_be_alike(size, other)) return node_error(node, "found pictures of unlike sizes");
    size = known_sides(size, other);
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
