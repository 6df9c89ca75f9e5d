// Walks an ONNX graph and says, node by node, which of ochre's layers compute it. A graph that holds anything else is
// refused with the node's name and what of it is not understood. Tested by read_onnx_test.cpp.
#pragma once

#include <ochre/import/onnx/convolution.hpp>
#include <ochre/import/onnx/integers.hpp>
#include <ochre/import/onnx/pointwise.hpp>
#include <ochre/import/onnx/resample.hpp>

namespace ochre::inline v0::detail {

class OnnxGraph {
 public:
  OnnxGraph(const OnnxModel& model, OnnxTensorReader& tensors, SourceFile& file)
      : model_(model), values_(model, tensors, file) {}

  // The network's text. Its tensors are in the file by then.
  Result<std::string> convert() {
    for (const OnnxTensor& tensor : model_.initialisers) {
      if (!values_.add(tensor.name, tensor)) return tensor_error(tensor.name, "found a second one of that name");
    }
    if (Status status = find_needed(); !status) return std::move(status).error();
    if (Status status = read_input(); !status) return std::move(status).error();
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (!needed_[i]) continue;
      if (Status status = read_node(model_.nodes[i]); !status) return std::move(status).error();
      if (values_.layers.too_many()) {
        return Error{ErrorCode::too_large, "found more than " + std::to_string(network::most_layers) +
                                               " layers, or a network's text of more than a megabyte"};
      }
    }
    const std::string_view output = model_.outputs[0].name;
    OnnxFeature* feature = values_.find(output);
    if (feature != nullptr && !feature->channels_last) {
      const std::string layer = values_.layers.plain(*feature);
      if (!values_.layers.is_input(*feature)) return values_.layers.finish(layer);
    }
    return Error{ErrorCode::unsupported,
                 "output " + weights::printable(output) + ": expected a picture that a layer computes"};
  }

 private:
  // From the first output back to all that it needs.
  Status find_needed() {
    if (model_.outputs.empty()) return Error{ErrorCode::malformed, "found a graph without an output"};
    if (model_.outputs.size() > 1) {
      values_.warn("of " + std::to_string(model_.outputs.size()) + " outputs the first, " +
                   weights::printable(model_.outputs[0].name) + ", is taken");
    }
    std::map<std::string_view, std::size_t> makers;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      for (const auto output : model_.nodes[i].outputs) {
        if (output.empty()) continue;
        if (makers.emplace(output, i).second && !values_.has_constant(output)) continue;
        return node_error(model_.nodes[i], "found a second value of the name " + weights::printable(output),
                          ErrorCode::malformed);
      }
    }
    needed_.assign(model_.nodes.size(), false);
    std::vector<std::string_view> open{model_.outputs[0].name};
    while (!open.empty()) {
      const auto maker = makers.find(open.back());
      open.pop_back();
      if (maker == makers.end() || needed_[maker->second]) continue;
      needed_[maker->second] = true;
      const auto& inputs = model_.nodes[maker->second].inputs;
      open.insert(open.end(), inputs.begin(), inputs.end());
    }
    return {};
  }

  // The one input that is not a weight.
  Status read_input() {
    const OnnxValue* input = nullptr;
    for (const OnnxValue& value : model_.inputs) {
      if (values_.has_constant(value.name)) continue;
      if (input != nullptr) {
        return Error{ErrorCode::unsupported, "found the inputs " + weights::printable(input->name, longest_shown) +
                                                 " and " + weights::printable(value.name, longest_shown) +
                                                 ", expected one"};
      }
      input = &value;
    }
    if (input == nullptr) return Error{ErrorCode::malformed, "found no input"};
    const auto& shape = input->shape;
    if (shape.size() != 4 || shape[1] < 1 || shape[1] > layers::Attributes::largest) {
      return Error{ErrorCode::unsupported, "input " + weights::printable(input->name) + ": found shape " +
                                               sides_text(shape) + ", expected [N,C,H,W] with a fixed C"};
    }
    values_.batch = std::max<Index>(shape[0], 0);
    const Extent size{std::max<Index>(shape[2], 0), std::max<Index>(shape[3], 0)};
    values_.add(input->name, values_.layers.begin(input->name, shape[1], size));
    return {};
  }

  using Reader = Result<OnnxFeature> (*)(OnnxValues&, const OnnxNode&, OnnxAttributes&);
  static constexpr std::pair<std::string_view, Reader> readers[] = {
      {"Conv", read_onnx_conv},
      {"ConvTranspose", read_onnx_conv_transpose},
      {"BatchNormalization", read_onnx_batch_norm},
      {"Relu", read_onnx_activation},
      {"Tanh", read_onnx_activation},
      {"Sigmoid", read_onnx_activation},
      {"LeakyRelu", read_onnx_leaky_relu},
      {"Softmax", read_onnx_softmax},
      {"Transpose", read_onnx_transpose},
      {"Add", read_onnx_arithmetic},
      {"Sub", read_onnx_arithmetic},
      {"Mul", read_onnx_arithmetic},
      {"Div", read_onnx_arithmetic},
      {"Concat", read_onnx_concat},
      {"Resize", read_onnx_resize},
      {"Upsample", read_onnx_resize},
      {"Pad", read_onnx_pad},
      {"Slice", read_onnx_slice},
      {"Identity", read_onnx_identity},
      {"Cast", read_onnx_cast},
  };

  Status read_node(const OnnxNode& node) {
    if (!node.domain.empty() && node.domain != "ai.onnx") {
      return node_error(node, "found an operator of the domain " + weights::printable(node.domain));
    }
    if (node.outputs.empty()) return node_error(node, "found no output", ErrorCode::malformed);
    OnnxAttributes attributes(node);
    if (node.kind == "Constant") return read_constant(node, attributes);
    const OnnxTensor* passed = values_.constant(node, 0);
    if (passed != nullptr && (node.kind == "Identity" || node.kind == "Cast")) {
      return pass_constant(node, attributes, *passed);
    }
    if (const OnnxIntegerReader compute = onnx_integer_reader(values_, node)) {
      if (Status status = add_onnx_integers(values_, node, compute(values_, node, attributes)); !status) return status;
      return attributes.finish();
    }
    for (const auto& [kind, reader] : readers) {
      if (kind != node.kind) continue;
      auto feature = reader(values_, node, attributes);
      if (!feature) return std::move(feature).error();
      if (Status status = attributes.finish(); !status) return status;
      if (values_.add(node.outputs[0], *std::move(feature))) return {};
      return node_error(node, "found a second value of the name " + weights::printable(node.outputs[0]),
                        ErrorCode::malformed);
    }
    return node_error(node, "found an operator that none of ochre's layers computes");
  }

  // A constant is any of: a tensor, a number or several.
  Status read_constant(const OnnxNode& node, OnnxAttributes& attributes) {
    const std::string_view name = node.outputs[0];
    Status status = node_error(node, "found no `value` that is a tensor, a number or numbers");
    const auto count = [](const auto& list) { return std::vector<Index>{static_cast<Index>(list.size())}; };
    if (const OnnxAttribute* value = attributes.take("value"); value != nullptr && value->tensor) {
      values_.add(name, *value->tensor);
      status = {};
    } else if (const OnnxAttribute* real = attributes.take("value_float")) {
      status = values_.add(name, OnnxType::float32, std::span(&real->real, 1), {});
    } else if (const OnnxAttribute* reals = attributes.take("value_floats")) {
      status = values_.add(name, OnnxType::float32, std::span(reals->reals), count(reals->reals));
    } else if (const OnnxAttribute* integer = attributes.take("value_int")) {
      status = values_.add(name, OnnxType::int64, std::span(&integer->integer, 1), {});
    } else if (const OnnxAttribute* integers = attributes.take("value_ints")) {
      status = values_.add(name, OnnxType::int64, std::span(integers->integers), count(integers->integers));
    }
    return status ? attributes.finish() : std::move(status);
  }

  // Identity and Cast of a constant. Casts between floats are left out: what is stored is at least as exact.
  Status pass_constant(const OnnxNode& node, OnnxAttributes& attributes, const OnnxTensor& tensor) {
    if (node.kind == "Cast") {
      const auto whole = [](OnnxType type) { return type == OnnxType::int32 || type == OnnxType::int64; };
      const auto to = static_cast<OnnxType>(attributes.integer("to", 0));
      attributes.take("saturate");
      if (!dtype_of(to) || (whole(to) && !whole(tensor.type))) {
        return node_error(node, "found a constant cast to another type than float, half, bfloat16 or double");
      }
    }
    values_.add(node.outputs[0], tensor);
    return attributes.finish();
  }

  const OnnxModel& model_;
  OnnxValues values_;
  std::vector<bool> needed_;
};

}  // namespace ochre::inline v0::detail
