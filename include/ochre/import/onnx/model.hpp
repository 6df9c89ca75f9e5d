// The messages of an ONNX file, as far as a network of ochre's layers needs them; names and data are views of the
// file's bytes. Unknown fields are passed over. Source: onnx.ai/onnx/repo-docs/IR.html and onnx.proto3, whose field
// numbers stand here. Tested by read_onnx_test.cpp and a fuzz target.
#pragma once

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/import/protobuf.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

namespace detail {

// Limits on what may come from anywhere, so that a file of small messages does not grow a hundredfold in memory. The
// exported public colorizers have a hundred nodes.
inline constexpr std::size_t most_onnx_nodes = 1 << 14;
inline constexpr std::size_t most_onnx_names = 1 << 16;  // inputs and outputs of all nodes, attributes, dimensions

// The newest version of the standard operators that was read here.
inline constexpr Index newest_onnx_opset = 28;

// onnx.TensorProto.DataType
enum class OnnxType : std::uint64_t { float32 = 1, int32 = 6, int64 = 7, float16 = 10, float64 = 11, bfloat16 = 16 };

struct OnnxTensor {
  std::string_view name;
  std::vector<Index> shape;
  OnnxType type = OnnxType::float32;  // as which its numbers are stored …
  std::optional<OnnxType> cast;  // … and as which nodes take them, if that is another one that holds each of them
  std::optional<std::span<const std::byte>> raw;
  const OnnxTensor* original = nullptr;  // whose numbers these are, if it is another one
  std::vector<ProtobufField> numbers;    // of float_data, int32_data, int64_data and double_data, packed or not
  bool external = false;
  std::string_view location;  // of external data: the file, where in it, how much
  std::string_view offset;
  std::string_view length;
};

// Bytes of a foreign name in a message that may hold two of them: escaped, each takes four letters.
inline constexpr std::size_t longest_shown = 60;

// A shape for a message, with no more sides than a tensor may have: a file may claim 60,000 of them.
inline std::string sides_text(std::span<const Index> sides) {
  if (sides.size() <= most_dimensions) return to_string(sides);
  return to_string(sides.first(most_dimensions)) + " and " + std::to_string(sides.size() - most_dimensions) + " more";
}

// onnx.AttributeProto.AttributeType; the first models had none.
enum class OnnxAttributeType : std::uint64_t {
  unknown = 0,
  real = 1,
  integer = 2,
  text = 3,
  tensor = 4,
  reals = 6,
  integers = 7,
};

// One value; which, says `type`.
struct OnnxAttribute {
  std::string_view name;
  OnnxAttributeType type = OnnxAttributeType::unknown;
  float real = 0;
  std::int64_t integer = 0;
  std::string_view text;
  std::vector<std::int64_t> integers;
  std::vector<float> reals;
  std::optional<OnnxTensor> tensor;
};

struct OnnxNode {
  std::string_view kind;
  std::string_view name;
  std::string_view domain;
  std::vector<std::string_view> inputs;  // "" is an optional one left out
  std::vector<std::string_view> outputs;
  std::vector<OnnxAttribute> attributes;
};

struct OnnxValue {
  std::string_view name;
  OnnxType type = OnnxType::float32;
  std::vector<Index> shape;  // -1: not fixed
};

struct OnnxModel {
  std::string_view producer;
  Index opset = 0;  // of the domain ai.onnx
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initialisers;
  std::vector<OnnxValue> inputs;
  std::vector<OnnxValue> outputs;
};

class OnnxParser {
 public:
  Result<OnnxModel> parse(std::span<const std::byte> bytes) {
    bool has_graph = false;
    Status status = each(ProtobufReader(bytes), [&](const ProtobufField& field) -> Status {
      if (field.number == 2) model_.producer = field.text();
      if (field.number == 8) return read_opset(field);
      if (field.number != 7 || field.wire != ProtobufWire::bytes) return {};
      if (has_graph) return Error{ErrorCode::malformed, "found a second graph, expected one"};
      has_graph = true;
      return read_graph(field);
    });
    if (!status) return std::move(status).error();
    if (!has_graph) return Error{ErrorCode::malformed, "found no graph, expected one (not an ONNX model?)"};
    if (model_.opset == 0) return Error{ErrorCode::malformed, "found no opset_import of the standard operators"};
    if (model_.opset > newest_onnx_opset) {
      return Error{ErrorCode::unsupported, "found opset " + std::to_string(model_.opset) +
                                               ", whose operators may mean something else, expected at most " +
                                               std::to_string(newest_onnx_opset)};
    }
    return std::move(model_);
  }

 private:
  template <class Read>
  static Status each(ProtobufReader reader, const Read& read) {
    while (!reader.at_end()) {
      const auto field = reader.next();
      if (!field) return field.error();
      if (Status status = read(*field); !status) return status;
    }
    return {};
  }

  Status count_name() {
    if (++names_ <= most_onnx_names) return {};
    return Error{ErrorCode::too_large, "found more than " + std::to_string(most_onnx_names) +
                                           " names, attributes and numbers in the graph's nodes"};
  }

  Status read_opset(const ProtobufField& message) {
    std::string_view domain;
    Index version = 0;
    Status status = each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      if (field.number == 1) domain = field.text();
      if (field.number == 2) version = static_cast<Index>(std::min<std::uint64_t>(field.value, 1 << 20));
      return {};
    });
    if (domain.empty() || domain == "ai.onnx") model_.opset = version;
    return status;
  }

  Status read_graph(const ProtobufField& message) {
    return each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      if (field.wire != ProtobufWire::bytes) return {};
      switch (field.number) {
        case 1:
          return read_node(field);
        case 5:
          return read_tensor(field, model_.initialisers.emplace_back());
        case 11:
          return read_value(field, model_.inputs.emplace_back());
        case 12:
          return read_value(field, model_.outputs.emplace_back());
        case 15:
          return Error{ErrorCode::unsupported, "found sparse tensors, expected dense ones"};
        default:
          return {};
      }
    });
  }

  Status read_node(const ProtobufField& message) {
    if (model_.nodes.size() == most_onnx_nodes) {
      return Error{ErrorCode::too_large, "found more than " + std::to_string(most_onnx_nodes) + " nodes"};
    }
    OnnxNode& node = model_.nodes.emplace_back();
    return each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      if (field.wire != ProtobufWire::bytes) return {};
      if (field.number == 3) node.name = field.text();
      if (field.number == 4) node.kind = field.text();
      if (field.number == 7) node.domain = field.text();
      if (field.number != 1 && field.number != 2 && field.number != 5) return {};
      if (Status status = count_name(); !status) return status;
      if (field.number == 1) node.inputs.push_back(field.text());
      if (field.number == 2) node.outputs.push_back(field.text());
      return field.number == 5 ? read_attribute(field, node.attributes.emplace_back()) : Status();
    });
  }

  Status read_attribute(const ProtobufField& message, OnnxAttribute& attribute) {
    return each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      switch (field.number) {
        case 1:
          attribute.name = field.text();
          return {};
        case 2:
          attribute.real = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
          return {};
        case 3:
          attribute.integer = static_cast<std::int64_t>(field.value);
          return {};
        case 4:
          attribute.text = field.text();
          return {};
        case 5:
          return read_tensor(field, attribute.tensor.emplace());
        case 7:
          return read_reals(field, attribute.reals);
        case 8:
          return read_integers(field, attribute.integers);
        case 20:
          attribute.type = static_cast<OnnxAttributeType>(field.value);
          return {};
        default:
          return {};
      }
    });
  }

  Status read_reals(const ProtobufField& field, std::vector<float>& reals) {
    if (field.wire == ProtobufWire::fixed32) {
      reals.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(field.value)));
      return count_name();
    }
    for (std::size_t at = 0; at + 4 <= field.bytes.size(); at += 4) {
      if (Status status = count_name(); !status) return status;
      reals.push_back(from_f32(load_little_endian<std::uint32_t>(field.bytes.data() + at)));
    }
    return {};
  }

  template <class Integer>
  Status read_integers(const ProtobufField& field, std::vector<Integer>& integers) {
    if (field.wire == ProtobufWire::varint) {
      integers.push_back(static_cast<Integer>(field.value));
      return count_name();
    }
    for (ProtobufReader packed(field); !packed.at_end();) {
      const auto value = packed.varint();
      if (!value) return Error{ErrorCode::malformed, "found packed integers that are cut short"};
      if (Status status = count_name(); !status) return status;
      integers.push_back(static_cast<Integer>(*value));
    }
    return {};
  }

  Status read_tensor(const ProtobufField& message, OnnxTensor& tensor) {
    if (Status status = count_name(); !status) return status;
    return each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      switch (field.number) {
        case 1:
          return read_integers(field, tensor.shape);
        case 2:
          tensor.type = static_cast<OnnxType>(field.value);
          return {};
        case 4:
        case 5:
        case 7:
        case 10:
          tensor.numbers.push_back(field);
          return count_name();
        case 8:
          tensor.name = field.text();
          return {};
        case 9:
          tensor.raw = field.bytes;
          return {};
        case 13:
          return read_external(field, tensor);
        case 14:
          tensor.external = field.value == 1;
          return {};
        default:
          return {};
      }
    });
  }

  static Status read_external(const ProtobufField& message, OnnxTensor& tensor) {
    std::string_view key;
    std::string_view value;
    Status status = each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      if (field.number == 1) key = field.text();
      if (field.number == 2) value = field.text();
      return {};
    });
    if (key == "location") tensor.location = value;
    if (key == "offset") tensor.offset = value;
    if (key == "length") tensor.length = value;
    return status;
  }

  // name, then in type (2) the tensor's type (1), its shape (2), its dimensions (1).
  Status read_value(const ProtobufField& message, OnnxValue& value) {
    if (Status status = count_name(); !status) return status;
    return each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      if (field.number == 1) value.name = field.text();
      if (field.number != 2 || field.wire != ProtobufWire::bytes) return {};
      return each(ProtobufReader(field), [&](const ProtobufField& type) -> Status {
        if (type.number != 1 || type.wire != ProtobufWire::bytes) return {};
        return each(ProtobufReader(type), [&](const ProtobufField& shape) -> Status {
          if (shape.number == 1) value.type = static_cast<OnnxType>(shape.value);
          if (shape.number != 2 || shape.wire != ProtobufWire::bytes) return {};
          return each(ProtobufReader(shape),
                      [&](const ProtobufField& dimension) { return read_dimension(dimension, value); });
        });
      });
    });
  }

  Status read_dimension(const ProtobufField& message, OnnxValue& value) {
    if (message.number != 1 || message.wire != ProtobufWire::bytes) return {};
    if (Status status = count_name(); !status) return status;
    value.shape.push_back(-1);
    return each(ProtobufReader(message), [&](const ProtobufField& field) -> Status {
      if (field.number == 1 && field.wire == ProtobufWire::varint && field.value <= std::uint64_t{1} << 32) {
        value.shape.back() = static_cast<Index>(field.value);
      }
      return {};
    });
  }

  OnnxModel model_;
  std::size_t names_ = 0;
};

}  // namespace detail

}  // namespace ochre::inline v0
