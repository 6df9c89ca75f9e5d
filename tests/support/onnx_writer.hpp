// ONNX models in memory, also such as no exporter would write. Field numbers: onnx.proto3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protobuf_writer.hpp"

namespace ochre::test::onnx {

using Shape = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Names = std::vector<std::string_view>;

// name, dimensions, data type.
inline ProtobufWriter tensor_head(std::string_view name, const Shape& shape, std::uint64_t type) {
  ProtobufWriter writer;
  for (const std::int64_t side : shape) writer.varint(1, static_cast<std::uint64_t>(side));
  return writer.varint(2, type).bytes(8, name);
}

inline ProtobufWriter floats(std::string_view name, const Shape& shape, const Floats& values) {
  ProtobufWriter raw;
  for (const float value : values) raw.little_endian(value);
  return tensor_head(name, shape, 1).bytes(9, raw.text());
}

// All the same.
inline ProtobufWriter filled(std::string_view name, const Shape& shape, float value = 1) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  return floats(name, shape, Floats(static_cast<std::size_t>(count), value));
}

inline ProtobufWriter integers(std::string_view name, const std::vector<std::int64_t>& values) {
  return tensor_head(name, {static_cast<std::int64_t>(values.size())}, 7).packed_varints(7, values);
}

inline ProtobufWriter attribute(std::string_view name, std::uint64_t type) {
  return ProtobufWriter().bytes(1, name).varint(20, type);
}
inline ProtobufWriter real(std::string_view name, float value) { return attribute(name, 1).fixed32(2, value); }
inline ProtobufWriter integer(std::string_view name, std::int64_t value) {
  return attribute(name, 2).varint(3, static_cast<std::uint64_t>(value));
}
inline ProtobufWriter text(std::string_view name, std::string_view value) { return attribute(name, 3).bytes(4, value); }
inline ProtobufWriter tensor(std::string_view name, const ProtobufWriter& value) {
  return attribute(name, 4).message(5, value);
}
inline ProtobufWriter reals(std::string_view name, const Floats& values) {
  return attribute(name, 6).packed(7, values);
}
inline ProtobufWriter list(std::string_view name, const std::vector<std::int64_t>& values) {
  return attribute(name, 7).packed_varints(8, values);
}

using Attributes = std::vector<ProtobufWriter>;

inline ProtobufWriter node(std::string_view kind, std::string_view name, const Names& inputs, std::string_view output,
                           const Attributes& attributes = {}) {
  ProtobufWriter writer;
  for (const auto input : inputs) writer.bytes(1, input);
  writer.bytes(2, output).bytes(3, name).bytes(4, kind);
  for (const ProtobufWriter& message : attributes) writer.message(5, message);
  return writer;
}

// A picture; a side of 0 is left open.
inline ProtobufWriter value(std::string_view name, const Shape& shape) {
  ProtobufWriter sides;
  for (const std::int64_t side : shape) {
    ProtobufWriter dimension;
    if (side == 0) dimension.bytes(2, "any");
    if (side != 0) dimension.varint(1, static_cast<std::uint64_t>(side));
    sides.message(1, dimension);
  }
  const auto type = ProtobufWriter().message(1, ProtobufWriter().varint(1, 1).message(2, sides));
  return ProtobufWriter().bytes(1, name).message(2, type);
}

// What a test changes of a model that is right.
struct Graph {
  std::vector<ProtobufWriter> nodes;
  std::vector<ProtobufWriter> tensors = {};
  std::vector<ProtobufWriter> inputs = {value("x", {0, 2, 0, 0})};
  std::vector<ProtobufWriter> outputs = {ProtobufWriter().bytes(1, "y")};
  std::uint64_t opset = 17;
  std::string_view producer = "pytorch";
};

inline ProtobufWriter model(const Graph& graph) {
  ProtobufWriter writer;
  for (const auto& message : graph.nodes) writer.message(1, message);
  for (const auto& message : graph.tensors) writer.message(5, message);
  for (const auto& message : graph.inputs) writer.message(11, message);
  for (const auto& message : graph.outputs) writer.message(12, message);
  return ProtobufWriter()
      .varint(1, 8)
      .bytes(2, graph.producer)
      .message(7, writer)
      .message(8, ProtobufWriter().bytes(1, "").varint(2, graph.opset));
}

}  // namespace ochre::test::onnx
