// Constants that nodes of an ONNX graph compute from others and from the sizes of pictures: scales from ratios of
// shapes, the padding of a ZeroPad2d that PyTorch's older exporter brings into ONNX's order with a dozen nodes, weights
// that are multiplied by a number. Tested by read_onnx_test.cpp.
#pragma once

#include <ochre/import/onnx/slices.hpp>

namespace ochre::inline v0::detail {

inline Error unknown_computation(const OnnxNode& node, const std::string& found) {
  return node_error(node, "found " + found + " in a computation of constants");
}

// Of a picture or of a constant; `start` and `end` choose some of the sides.
inline Result<OnnxArray> onnx_shape(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  std::vector<double> sides;
  const OnnxTensor* tensor = values.constant(node, 0);
  if (tensor != nullptr) {
    if (tensor->shape.size() > most_dimensions) return unknown_computation(node, "more than 8 dimensions");
    sides.assign(tensor->shape.begin(), tensor->shape.end());
  } else {
    const auto from = values.picture(node, 0);
    if (!from) return from.error();
    const OnnxFeature& picture = **from;
    for (const Index side : {values.batch, picture.channels, picture.size.h, picture.size.w}) {
      sides.push_back(static_cast<double>(side));
    }
  }
  const auto rank = static_cast<Index>(sides.size());
  const auto place = [&](Index at) { return std::clamp<Index>(at < 0 ? at + rank : at, 0, rank); };
  const Index begin = place(attributes.integer("start", 0));
  const Index end = std::max(begin, place(attributes.integer("end", rank)));
  sides = std::vector<double>(sides.begin() + begin, sides.begin() + end);
  if (tensor == nullptr && std::count(sides.begin(), sides.end(), 0.0) > 0) {
    return node_error(node,
                      "found a computation with the size of a picture that is not fixed, expected scales, or a "
                      "model exported with an input of fixed size");
  }
  return OnnxArray::list(std::move(sides));
}

inline Result<OnnxArray> onnx_constant_of_shape(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto shape = values.array(node, 0);
  if (!shape) return shape.error();
  OnnxArray filled{OnnxType::float32, {shape->values.begin(), shape->values.end()}, {}};
  const auto count = count_of(filled.shape);
  if (!is_whole(shape->type) || filled.shape.size() > most_dimensions || !count) {
    return unknown_computation(node, "no shape");
  }
  if (Status status = values.claim(node, *count); !status) return std::move(status).error();
  double number = 0;
  if (const OnnxAttribute* value = attributes.take("value", OnnxAttributeType::tensor)) {
    const auto numbers = value->tensor ? values.numbers(*value->tensor) : Result<std::vector<double>>(Error{});
    if (!value->tensor || !numbers || numbers->size() != 1) return unknown_computation(node, "no value of one number");
    filled.type = value->tensor->type;
    number = (*numbers)[0];
  }
  filled.values.assign(static_cast<std::size_t>(*count), number);
  return filled;
}

// All of them joined along one axis.
inline Result<OnnxArray> onnx_join(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const Index wanted = attributes.integer("axis", 0);
  std::vector<OnnxArray> parts;
  OnnxArray all;
  std::size_t axis = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    auto part = values.array(node, i);
    if (!part) return part;
    if (i == 0) {
      const auto found = axis_of(node, static_cast<double>(wanted), part->shape.size());
      if (!found) return found.error();
      axis = *found;
      all.type = part->type;
      all.shape = part->shape;
      all.shape[axis] = 0;
    }
    auto other = part->shape;
    const Index length = axis < other.size() ? std::exchange(other[axis], all.shape[axis]) : 0;
    if (other != all.shape || part->type != all.type) return unknown_computation(node, "parts that do not fit");
    all.shape[axis] += length;
    parts.push_back(*std::move(part));
  }
  if (parts.empty()) return unknown_computation(node, "nothing");
  Index outer = count_of(all.shape).value_or(0) == 0 ? 0 : 1;  // nothing to join is nothing to walk over
  for (std::size_t i = 0; i < axis; ++i) outer *= all.shape[i];
  for (Index row = 0; row < outer; ++row) {
    for (const OnnxArray& part : parts) {
      const Index length = part.size() / outer;
      all.values.insert(all.values.end(), part.values.begin() + row * length, part.values.begin() + (row + 1) * length);
    }
  }
  return all;
}

inline Result<OnnxArray> onnx_reshape(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  auto from = values.array(node, 0);
  if (!from) return from;
  const auto wanted = values.list(node, attributes, "shape", 1);
  if (!wanted) return wanted.error();
  const bool keeps_zero = attributes.integer("allowzero", 0) != 0;
  std::vector<Index> shape;
  std::optional<std::size_t> open;
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    const double side = (*wanted)[i];
    const bool copies = side == 0 && !keeps_zero;
    if (copies && i >= from->shape.size()) return unknown_computation(node, "a shape that does not fit");
    if (side == -1) open = i;
    shape.push_back(side == -1 ? 1 : copies ? from->shape[i] : static_cast<Index>(side));
  }
  const auto known = count_of(shape);
  if (open && known && *known > 0) shape[*open] = from->size() / *known;
  if (shape.size() > most_dimensions || count_of(shape) != from->size()) {
    return unknown_computation(node, "a shape that does not fit");
  }
  from->shape = std::move(shape);
  return from;
}

inline Result<OnnxArray> onnx_transpose(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.array(node, 0);
  if (!from) return from;
  const std::size_t rank = from->shape.size();
  std::vector<Index> order;
  for (std::size_t axis = rank; axis-- > 0;) order.push_back(static_cast<Index>(axis));
  order = attributes.integers("perm", order);
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < std::max(rank, sorted.size()); ++i) {
    if (sorted.size() != rank || sorted[i] != static_cast<Index>(i)) {
      return unknown_computation(node, "perm " + sides_text(order));
    }
  }
  const auto strides = strides_of(from->shape);
  std::vector<Index> shape;
  std::vector<Index> steps;
  for (const Index axis : order) {
    shape.push_back(from->shape[static_cast<std::size_t>(axis)]);
    steps.push_back(strides[static_cast<std::size_t>(axis)]);
  }
  auto transposed = read_view(from->values, shape, 0, steps);
  return OnnxArray{from->type, std::move(shape), std::move(transposed)};
}

inline Result<OnnxArray> onnx_part(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.array(node, 0);
  if (!from) return from;
  const auto lists = read_onnx_slices(values, node, attributes);
  if (!lists) return lists.error();
  auto shape = from->shape;
  auto steps = strides_of(shape);
  Index begin = 0;
  for (const OnnxSlice& slice : *lists) {
    const auto axis = axis_of(node, slice.axis, shape.size());
    if (!axis) return axis.error();
    const Index stride = steps[*axis];
    const OnnxRange range = slice.of(from->shape[*axis]);
    begin += range.begin * stride;
    shape[*axis] = range.count;
    steps[*axis] = stride * range.step;
  }
  auto part = read_view(from->values, shape, begin, steps);
  return OnnxArray{from->type, std::move(shape), std::move(part)};
}

inline Result<OnnxArray> onnx_gather(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.array(node, 0);
  if (!from) return from;
  const auto indices = values.array(node, 1);
  if (!indices) return indices;
  const auto wanted = static_cast<double>(attributes.integer("axis", 0));
  const auto axis = axis_of(node, wanted, from->shape.size());
  if (!axis) return axis.error();
  const auto split = from->shape.begin() + static_cast<Index>(*axis);
  OnnxArray gathered{from->type, {from->shape.begin(), split}, {}};
  gathered.shape.insert(gathered.shape.end(), indices->shape.begin(), indices->shape.end());
  gathered.shape.insert(gathered.shape.end(), split + 1, from->shape.end());
  const auto count = count_of(gathered.shape);
  if (!count || gathered.shape.size() > most_dimensions) return unknown_computation(node, "a shape beyond all bounds");
  if (Status status = values.claim(node, *count); !status) return std::move(status).error();
  const Index length = *split;
  const Index inner = strides_of(from->shape)[*axis];
  const Index outer = length == 0 ? 0 : from->size() / (length * std::max<Index>(inner, 1));
  for (Index row = 0; row < outer; ++row) {
    for (const double index : indices->values) {
      const double at = index < 0 ? index + static_cast<double>(length) : index;
      if (!(at >= 0 && at < static_cast<double>(length))) {
        return node_error(node, "found an index outside of what it looks into", ErrorCode::malformed);
      }
      const auto first = from->values.begin() + (row * length + static_cast<Index>(at)) * inner;
      gathered.values.insert(gathered.values.end(), first, first + inner);
    }
  }
  if (gathered.size() == *count) return gathered;
  return node_error(node, "found an index into nothing", ErrorCode::malformed);
}

// Sides of 1 come or go.
inline Result<OnnxArray> onnx_unsqueeze(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  auto from = values.array(node, 0);
  if (!from) return from;
  const auto axes = values.list(node, attributes, "axes", 1);
  if (!axes) return axes.error();
  const bool more = node.kind == "Unsqueeze";
  const std::size_t rank = from->shape.size() + (more ? axes->size() : 0);
  if (rank > most_dimensions) return unknown_computation(node, "more than 8 dimensions");
  std::vector<bool> named(rank, axes->empty() && !more);
  for (const double axis : *axes) {
    const auto at = axis_of(node, axis, rank);
    if (!at) return at.error();
    if (named[*at]) return unknown_computation(node, "an axis twice");
    named[*at] = true;
  }
  std::vector<Index> shape;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    const Index side = more && named[i] ? 1 : from->shape[next++];
    const bool leaves = !more && named[i];
    if (leaves && !axes->empty() && side != 1) return unknown_computation(node, "a side that is not 1");
    if (!leaves || side != 1) shape.push_back(side);
  }
  from->shape = std::move(shape);
  return from;
}

inline Result<OnnxArray> onnx_arithmetic(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  auto left = values.array(node, 0);
  if (!left) return left;
  const auto right = values.array(node, 1);
  if (!right) return right;
  if (left->type != right->type) return unknown_computation(node, "operands of two types");
  auto shape = broadcast_shape(left->shape, right->shape);
  const auto count = shape ? count_of(*shape) : std::nullopt;
  if (!count) return unknown_computation(node, "operands of shapes that do not fit");
  if (Status status = values.claim(node, *count); !status) return std::move(status).error();
  const auto others = broadcast(*right, *shape);
  OnnxArray result{left->type, *shape, broadcast(*left, *shape)};
  for (std::size_t i = 0; i < others.size(); ++i) {
    double& value = result.values[i];
    if (node.kind == "Div" && others[i] == 0) return node_error(node, "found a division by zero", ErrorCode::malformed);
    value = node.kind == "Add"   ? value + others[i]
            : node.kind == "Sub" ? value - others[i]
            : node.kind == "Mul" ? value * others[i]
                                 : value / others[i];  // rounded towards 0 where they are whole numbers
  }
  return result;
}

// Of each number by itself.
inline Result<OnnxArray> onnx_function(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  auto from = values.array(node, 0);
  if (!from) return from;
  for (double& value : from->values) {
    value = node.kind == "Neg"     ? -value
            : node.kind == "Floor" ? std::floor(value)
            : node.kind == "Ceil"  ? std::ceil(value)
                                   : std::sqrt(value);
  }
  return from;
}

inline Result<OnnxArray> onnx_cast(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto to = static_cast<OnnxType>(attributes.integer("to", 0));
  for (const char* unused : {"saturate", "round_mode"}) attributes.take(unused);  // of 8-bit floats
  if (!dtype_of(to)) {
    return node_error(node,
                      "found a constant cast to another type than float, half, bfloat16, double or an integer of 32 or "
                      "64 bits");
  }
  auto from = values.array(node, 0);
  if (from) from->type = to;
  return from;
}

// Rounds a node's numbers to their type and makes a constant of them.
inline Status add_onnx_array(OnnxValues& values, const OnnxNode& node, Result<OnnxArray> array) {
  if (!array) return std::move(array).error();
  for (double& value : array->values) {
    const auto rounded = rounded_to(array->type, value);
    if (!rounded) {
      return node_error(node, "found a constant of " + OnnxLayers::number(value) + ", which its type cannot hold",
                        ErrorCode::malformed);
    }
    value = *rounded;
  }
  return values.add(node.outputs[0], *std::move(array));
}

using OnnxArrayReader = Result<OnnxArray> (*)(OnnxValues&, const OnnxNode&, OnnxAttributes&);

inline constexpr std::pair<std::string_view, OnnxArrayReader> onnx_array_readers[] = {
    {"Shape", onnx_shape},         {"ConstantOfShape", onnx_constant_of_shape},
    {"Concat", onnx_join},         {"Reshape", onnx_reshape},
    {"Transpose", onnx_transpose}, {"Slice", onnx_part},
    {"Gather", onnx_gather},       {"Unsqueeze", onnx_unsqueeze},
    {"Squeeze", onnx_unsqueeze},   {"Add", onnx_arithmetic},
    {"Sub", onnx_arithmetic},      {"Mul", onnx_arithmetic},
    {"Div", onnx_arithmetic},      {"Neg", onnx_function},
    {"Floor", onnx_function},      {"Ceil", onnx_function},
    {"Sqrt", onnx_function},       {"Cast", onnx_cast},
};

inline bool is_onnx_array_kind(std::string_view kind) noexcept {
  return std::any_of(std::begin(onnx_array_readers), std::end(onnx_array_readers),
                     [&](const auto& reader) { return reader.first == kind; });
}

// Null if the node computes no constant: Shape always does, others if all their inputs are such.
inline OnnxArrayReader onnx_array_reader(const OnnxValues& values, const OnnxNode& node) {
  bool constant = !node.inputs.empty();
  for (const auto input : node.inputs) constant = constant && (input.empty() || values.has_constant(input));
  if (!constant && node.kind != "Shape") return nullptr;
  for (const auto& [kind, reader] : onnx_array_readers) {
    if (kind == node.kind) return reader;
  }
  return nullptr;
}

}  // namespace ochre::inline v0::detail
