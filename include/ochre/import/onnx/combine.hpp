// ONNX nodes of several operands: arithmetic of pictures and constants, which are brought to one shape, and
// concatenation. Tested by read_onnx_test.cpp.
#pragma once

#include <algorithm>
#include <array>

#include <ochre/base/finite.hpp>
#include <ochre/import/onnx/pointwise.hpp>

namespace ochre::inline v0::detail {

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

}  // namespace ochre::inline v0::detail
