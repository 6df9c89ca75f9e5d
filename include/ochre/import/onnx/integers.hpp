// Small arrays of whole numbers that nodes of an ONNX graph compute from constants and from the sizes of pictures.
// PyTorch's older exporter brings the padding of a ZeroPad2d into ONNX's order with a dozen such nodes. Values are
// computed in double and held within ±2^53, beyond which there is only "to the end". Tested by read_onnx_test.cpp.
#pragma once

#include <cmath>

#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

// A padding has 8 numbers, a shape 4.
inline constexpr Index most_onnx_integers = 64;

struct OnnxIntegers {
  std::vector<Index> shape;    // at most two dimensions
  std::vector<double> values;  // row-major

  Index size() const noexcept { return static_cast<Index>(values.size()); }
  static OnnxIntegers list(std::vector<double> values) {
    return {{static_cast<Index>(values.size())}, std::move(values)};
  }
};

inline Error too_intricate(const OnnxNode& node) {
  return node_error(node, "found more than a computation of a few whole numbers, expected constants");
}

// An input that is a constant of whole numbers.
inline Result<OnnxIntegers> read_onnx_integers(OnnxValues& values, const OnnxNode& node, std::size_t at) {
  const OnnxTensor* tensor = values.constant(node, at);
  // A side of 0 lets another one be anything.
  const auto is_small = [](Index side) { return side >= 0 && side <= most_onnx_integers; };
  if (tensor == nullptr || (tensor->type != OnnxType::int32 && tensor->type != OnnxType::int64) ||
      tensor->shape.size() > 2 || !std::all_of(tensor->shape.begin(), tensor->shape.end(), is_small)) {
    return too_intricate(node);
  }
  auto numbers = values.numbers(*tensor);
  if (!numbers) return std::move(numbers).error();
  if (static_cast<Index>(numbers->size()) > most_onnx_integers) return too_intricate(node);
  return OnnxIntegers{tensor->shape, *std::move(numbers)};
}

inline Result<OnnxIntegers> onnx_shape(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  if (const OnnxTensor* tensor = values.constant(node, 0)) {
    if (tensor->shape.size() > most_dimensions) return too_intricate(node);
    return OnnxIntegers::list({tensor->shape.begin(), tensor->shape.end()});
  }
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const OnnxFeature& picture = **from;
  if (values.batch == 0 || picture.size.h == 0 || picture.size.w == 0) {
    return node_error(node,
                      "found a computation with the size of a picture that is not fixed, expected scales, or a "
                      "model exported with an input of fixed size");
  }
  std::vector<double> sides;
  for (const Index side : {values.batch, picture.channels, picture.size.h, picture.size.w}) {
    sides.push_back(static_cast<double>(side));
  }
  return OnnxIntegers::list(std::move(sides));
}

inline Result<OnnxIntegers> onnx_constant_of_shape(OnnxValues& values, const OnnxNode& node,
                                                   OnnxAttributes& attributes) {
  const auto shape = read_onnx_integers(values, node, 0);
  if (!shape) return shape.error();
  const OnnxAttribute* value = attributes.take("value", OnnxAttributeType::tensor);
  if (value == nullptr || !value->tensor || value->tensor->type != OnnxType::int64) return too_intricate(node);
  const auto number = values.numbers(*value->tensor);
  if (!number) return number.error();
  const bool fits = shape->size() == 1 && shape->values[0] >= 0 && shape->values[0] <= most_onnx_integers;
  if (!fits || number->size() != 1) return too_intricate(node);
  return OnnxIntegers::list(std::vector<double>(static_cast<std::size_t>(shape->values[0]), (*number)[0]));
}

inline Result<OnnxIntegers> onnx_join(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const Index axis = attributes.integer("axis", 0);
  std::vector<double> all;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto part = read_onnx_integers(values, node, i);
    if (!part) return part.error();
    all.insert(all.end(), part->values.begin(), part->values.end());
    if (part->shape.size() != 1 || (axis != 0 && axis != -1) || all.size() > most_onnx_integers) {
      return too_intricate(node);
    }
  }
  return OnnxIntegers::list(std::move(all));
}

inline Result<OnnxIntegers> onnx_reshape(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  auto from = read_onnx_integers(values, node, 0);
  if (!from) return from;
  const auto wanted = values.list(node, attributes, "shape", 1);
  if (!wanted) return wanted.error();
  attributes.take("allowzero");  // of shapes that are refused below
  Index known = 1;
  for (const double side : *wanted) {
    if (wanted->size() > 2 || (side != -1 && !(side >= 1 && side <= most_onnx_integers))) return too_intricate(node);
    if (side != -1) known *= static_cast<Index>(side);
  }
  std::vector<Index> shape;
  for (const double side : *wanted) shape.push_back(side == -1 ? from->size() / known : static_cast<Index>(side));
  Index count = 1;
  for (const Index side : shape) count *= side;
  if (count != from->size()) return too_intricate(node);
  from->shape = std::move(shape);
  return from;
}

inline Result<OnnxIntegers> onnx_transpose(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = read_onnx_integers(values, node, 0);
  if (!from) return from;
  if (from->shape.size() != 2 || attributes.integers("perm", {1, 0}) != std::vector<Index>{1, 0}) {
    return too_intricate(node);
  }
  const auto rows = static_cast<std::size_t>(from->shape[0]);
  const auto columns = static_cast<std::size_t>(from->shape[1]);
  OnnxIntegers transposed{{from->shape[1], from->shape[0]}, {}};
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t row = 0; row < rows; ++row) transposed.values.push_back(from->values[row * columns + column]);
  }
  return transposed;
}

// Of the first axis: rows of `width` numbers.
inline Result<OnnxIntegers> onnx_part(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = read_onnx_integers(values, node, 0);
  if (!from) return from;
  double numbers[4] = {0, 0, 0, 1};
  const std::string_view names[] = {"starts", "ends", "axes", "steps"};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto list = values.list(node, attributes, names[i], i + 1);
    if (!list) return list.error();
    if (list->size() > 1 || (list->empty() && i < 2)) return too_intricate(node);
    if (!list->empty()) numbers[i] = (*list)[0];
  }
  const double step = numbers[3];
  if (from->shape.empty() || numbers[2] != 0 || !(std::abs(step) >= 1 && std::abs(step) <= most_onnx_integers)) {
    return too_intricate(node);
  }
  const Index length = from->shape[0];
  const bool back = step < 0;
  const auto place = [&](double at) {
    const double whole = at < 0 ? at + static_cast<double>(length) : at;
    return static_cast<Index>(std::clamp(whole, back ? -1.0 : 0.0, static_cast<double>(back ? length - 1 : length)));
  };
  const Index end = place(numbers[1]);
  OnnxIntegers slice{from->shape, {}};
  slice.shape[0] = 0;
  const Index width = length == 0 ? 0 : from->size() / length;
  const auto stride = static_cast<Index>(step);
  for (Index row = place(numbers[0]); back ? row > end : row < end; row += stride, ++slice.shape[0]) {
    slice.values.insert(slice.values.end(), from->values.begin() + row * width,
                        from->values.begin() + (row + 1) * width);
  }
  return slice;
}

inline Result<OnnxIntegers> onnx_gather(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = read_onnx_integers(values, node, 0);
  if (!from) return from;
  auto indices = read_onnx_integers(values, node, 1);
  if (!indices) return indices;
  if (attributes.integer("axis", 0) != 0 || from->shape.size() != 1) return too_intricate(node);
  for (double& value : indices->values) {
    const double at = value < 0 ? value + static_cast<double>(from->size()) : value;
    if (!(at >= 0 && at < static_cast<double>(from->size()))) {
      return node_error(node, "found an index outside of what it looks into", ErrorCode::malformed);
    }
    value = from->values[static_cast<std::size_t>(at)];
  }
  return indices;
}

// One number as a list of one, or back.
inline Result<OnnxIntegers> onnx_unsqueeze(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  auto from = read_onnx_integers(values, node, 0);
  if (!from) return from;
  const auto axes = values.list(node, attributes, "axes", 1);
  if (!axes) return axes.error();
  const bool more = node.kind == "Unsqueeze";
  if (from->size() != 1 || from->shape.size() != (more ? 0 : 1) || axes->size() > 1 ||
      (!axes->empty() && (*axes)[0] != 0 && (*axes)[0] != -1)) {
    return too_intricate(node);
  }
  from->shape = more ? std::vector<Index>{1} : std::vector<Index>{};
  return from;
}

inline Result<OnnxIntegers> onnx_integer_arithmetic(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  const auto left = read_onnx_integers(values, node, 0);
  if (!left) return left;
  const auto right = read_onnx_integers(values, node, 1);
  if (!right) return right;
  const bool whole_left =
      left->shape == right->shape || (right->size() == 1 && right->shape.size() <= left->shape.size());
  if (!whole_left && (left->size() != 1 || left->shape.size() > right->shape.size())) return too_intricate(node);
  OnnxIntegers result{whole_left ? left->shape : right->shape, {}};
  const std::size_t count = whole_left ? left->values.size() : right->values.size();
  for (std::size_t i = 0; i < count; ++i) {
    const double a = left->values[left->size() == 1 ? 0 : i];
    const double b = right->values[right->size() == 1 ? 0 : i];
    if (node.kind == "Div" && b == 0) return node_error(node, "found a division by zero", ErrorCode::malformed);
    result.values.push_back(node.kind == "Add"   ? a + b
                            : node.kind == "Sub" ? a - b
                            : node.kind == "Mul" ? a * b
                                                 : std::trunc(a / b));
  }
  return result;
}

// Computes a node's numbers and makes a constant of them.
inline Status add_onnx_integers(OnnxValues& values, const OnnxNode& node, const Result<OnnxIntegers>& numbers) {
  if (!numbers) return numbers.error();
  constexpr double most = 0x1p53;
  std::vector<std::int64_t> whole;
  for (const double value : numbers->values) whole.push_back(static_cast<std::int64_t>(std::clamp(value, -most, most)));
  return values.add(node.outputs[0], OnnxType::int64, std::span<const std::int64_t>(whole), numbers->shape);
}

using OnnxIntegerReader = Result<OnnxIntegers> (*)(OnnxValues&, const OnnxNode&, OnnxAttributes&);

// Null if the node computes no such numbers: Shape always does, others if all their inputs are constants.
inline OnnxIntegerReader onnx_integer_reader(const OnnxValues& values, const OnnxNode& node) {
  static constexpr std::pair<std::string_view, OnnxIntegerReader> readers[] = {
      {"Shape", onnx_shape},
      {"ConstantOfShape", onnx_constant_of_shape},
      {"Concat", onnx_join},
      {"Reshape", onnx_reshape},
      {"Transpose", onnx_transpose},
      {"Slice", onnx_part},
      {"Gather", onnx_gather},
      {"Unsqueeze", onnx_unsqueeze},
      {"Squeeze", onnx_unsqueeze},
      {"Add", onnx_integer_arithmetic},
      {"Sub", onnx_integer_arithmetic},
      {"Mul", onnx_integer_arithmetic},
      {"Div", onnx_integer_arithmetic},
  };
  bool constant = !node.inputs.empty();
  for (const auto input : node.inputs) constant = constant && (input.empty() || values.has_constant(input));
  if (!constant && node.kind != "Shape") return nullptr;
  for (const auto& [kind, reader] : readers) {
    if (kind == node.kind) return reader;
  }
  return nullptr;
}

}  // namespace ochre::inline v0::detail
