// What the nodes of an ONNX graph read: constants, and pictures that earlier nodes compute. Tested by
// read_onnx_test.cpp.
#pragma once

#include <deque>

#include <ochre/base/finite.hpp>
#include <ochre/import/onnx/arrays.hpp>
#include <ochre/import/onnx/layers.hpp>

namespace ochre::inline v0::detail {

// Numbers of all constants that nodes are configured by; a file of 16384 nodes may name one large constant in each.
inline constexpr Index most_onnx_numbers = 1 << 22;

class OnnxValues {
 public:
  OnnxValues(const OnnxModel& model_, OnnxTensorReader& tensors, SourceFile& file)
      : model(model_), layers(tensors, file), tensors_(tensors), file_(file) {}

  const OnnxModel& model;
  OnnxLayers layers;
  Index batch = 0;  // pictures at once, 0 where the graph leaves it open

  void warn(std::string text) { detail::warn(file_.warnings, std::move(text)); }

  bool has_constant(std::string_view name) const { return constants_.contains(name); }
  bool add(std::string_view name, const OnnxTensor& tensor) { return constants_.emplace(name, &tensor).second; }
  bool add(std::string_view name, OnnxFeature feature) {
    return !constants_.contains(name) && features_.emplace(name, std::move(feature)).second;
  }

  // A constant that is no tensor of the file's.
  template <class Number>
  Status add(std::string_view name, OnnxType type, std::span<const Number> values, std::vector<Index> shape) {
    auto bytes = layers.keep(values);
    if (!bytes) return std::move(bytes).error();
    OnnxTensor& tensor = made_.emplace_back();
    tensor.name = name;
    tensor.type = type;
    tensor.raw = *bytes;
    tensor.shape = std::move(shape);
    add(name, tensor);
    return {};
  }

  // A constant that a node computed.
  Status add(std::string_view name, const OnnxArray& array) {
    if (array.type == OnnxType::float64) return add(name, array.type, std::span(array.values), array.shape);
    Status status;
    if (is_whole(array.type)) {
      const std::vector<std::int64_t> numbers(array.values.begin(), array.values.end());
      status = add(name, OnnxType::int64, std::span(numbers), array.shape);
    } else {
      std::vector<float> numbers;
      for (const double value : array.values) numbers.push_back(static_cast<float>(value));
      status = add(name, OnnxType::float32, std::span<const float>(numbers), array.shape);
    }
    if (status) made_.back().cast = array.type;
    return status;
  }

  // The same constant under another name, and as another type that holds its numbers.
  void pass(std::string_view name, const OnnxTensor& tensor, OnnxType type) {
    OnnxTensor& passed = made_.emplace_back(tensor);
    passed.cast = type;
    if (passed.original == nullptr) passed.original = &tensor;
    add(name, passed);
  }

  // Null if no node has computed it.
  OnnxFeature* find(std::string_view name) {
    const auto entry = features_.find(name);
    return entry == features_.end() ? nullptr : &entry->second;
  }

  Result<OnnxFeature*> feature(const OnnxNode& node, std::size_t at) {
    const std::string_view name = at < node.inputs.size() ? node.inputs[at] : "";
    OnnxFeature* input = find(name);
    if (input != nullptr && input->whole && node.kind != "Cast") {
      return node_error(node, "found a picture of whole numbers, expected a Cast to float before it is computed with");
    }
    if (input != nullptr) return input;
    if (has_constant(name)) {
      return node_error(node, "found a constant as input " + std::to_string(at) + ", expected a picture");
    }
    return node_error(node, "input " + std::to_string(at) + ", " + weights::printable(name) +
                                ": expected a picture that an earlier node gives");
  }

  // [N,C,H,W], and no transposed view of such.
  Result<OnnxFeature*> picture(const OnnxNode& node, std::size_t at) {
    auto input = feature(node, at);
    if (!input || !(*input)->channels_last) return input;
    return node_error(node, "found a transposed input, expected channels before height and width");
  }

  static bool has_input(const OnnxNode& node, std::size_t at) {
    return at < node.inputs.size() && !node.inputs[at].empty();
  }

  // Null if there is no such input.
  const OnnxTensor* constant(const OnnxNode& node, std::size_t at) const {
    const auto entry = at < node.inputs.size() ? constants_.find(node.inputs[at]) : constants_.end();
    return entry == constants_.end() ? nullptr : entry->second;
  }

  Result<const OnnxTensor*> weights(const OnnxNode& node, std::size_t at) const {
    const OnnxTensor* tensor = constant(node, at);
    if (tensor != nullptr) return tensor;
    return node_error(node, "found no constant as input " + std::to_string(at) + ", expected the layer's weights");
  }

  // Few numbers of a constant, as they are compared and counted with here.
  Result<std::vector<double>> numbers(const OnnxTensor& tensor) {
    auto entry = tensors_.read(tensor);
    if (!entry) return std::move(entry).error();
    const auto width = static_cast<std::size_t>(dtype_bits(entry->dtype) / 8);
    const std::size_t count = entry->bytes.size() / width;
    if (!claim(static_cast<Index>(count))) {
      return tensor_error(tensor.name.substr(0, longest_shown),
                          "found " + std::to_string(count) +
                              " elements, expected few numbers for nodes that have none "
                              "of the weights",
                          ErrorCode::too_large);
    }
    std::vector<double> values(count);
    if (weights::is_convertible(entry->dtype)) {
      if (Status status = convert_to(*entry, values); !status) return std::move(status).error();
      return values;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* from = entry->bytes.data() + i * width;
      values[i] = width == 8
                      ? static_cast<double>(std::bit_cast<std::int64_t>(load_little_endian<std::uint64_t>(from)))
                      : static_cast<double>(std::bit_cast<std::int32_t>(load_little_endian<std::uint32_t>(from)));
    }
    return values;
  }

  // An input that is a constant, with its type and shape.
  Result<OnnxArray> array(const OnnxNode& node, std::size_t at) {
    const OnnxTensor* tensor = constant(node, at);
    if (tensor == nullptr) return node_error(node, "found no constant as input " + std::to_string(at));
    if (tensor->shape.size() > most_dimensions || !count_of(tensor->shape)) {
      return node_error(node, "found a constant of shape " + sides_text(tensor->shape) + ", expected a smaller one",
                        ErrorCode::too_large);
    }
    auto read = numbers(*tensor);
    if (!read) return std::move(read).error();
    return OnnxArray{tensor->cast.value_or(tensor->type), tensor->shape, *std::move(read)};
  }

  // Room for a node's numbers.
  Status claim(const OnnxNode& node, Index count) {
    if (claim(count)) return {};
    return node_error(
        node, "found computations of constants with more than " + std::to_string(most_onnx_numbers) + " numbers in all",
        ErrorCode::too_large);
  }

  // Numbers that early opsets hold in an attribute, later ones in an input. Empty if there are none.
  Result<std::vector<double>> list(const OnnxNode& node, OnnxAttributes& attributes, std::string_view name,
                                   std::size_t input) {
    if (const OnnxAttribute* attribute = attributes.take(name)) {
      std::vector<double> values(attribute->reals.begin(), attribute->reals.end());
      for (const auto value : attribute->integers) values.push_back(static_cast<double>(value));
      for (const double value : values) {
        if (!is_finite(value)) return node_error(node, "found " + std::string(name) + " that are no numbers");
      }
      return values;
    }
    if (!has_input(node, input)) return std::vector<double>{};
    const OnnxTensor* tensor = constant(node, input);
    if (tensor != nullptr) return numbers(*tensor);
    return node_error(node, "found computed " + std::string(name) +
                                ", expected constants (exported with an input of fixed size, and folded)");
  }

 private:
  bool claim(Index count) noexcept {
    numbers_ += count;
    return numbers_ <= most_onnx_numbers;
  }

  OnnxTensorReader& tensors_;
  SourceFile& file_;
  Index numbers_ = 0;  // read so far
  std::deque<OnnxTensor> made_;
  std::map<std::string_view, const OnnxTensor*> constants_;
  std::map<std::string_view, OnnxFeature> features_;
};

}  // namespace ochre::inline v0::detail
