// Walks an ONNX graph and says, node by node, which of ochre's layers compute it. A graph that holds anything else is
// refused with the node's name and what of it is not understood. Tested by read_onnx_test.cpp.
#pragma once

#include <queue>
#include <set>

#include <ochre/import/onnx/combine.hpp>
#include <ochre/import/onnx/constants.hpp>
#include <ochre/import/onnx/convolution.hpp>
#include <ochre/import/onnx/crop.hpp>
#include <ochre/import/onnx/pools.hpp>
#include <ochre/import/onnx/resize.hpp>

namespace ochre::inline v0::detail {

class OnnxGraph {
 public:
  OnnxGraph(const OnnxModel& model, OnnxTensorReader& tensors, SourceFile& file)
      : model_(model), file_(file), values_(model, tensors, file) {}

  // The network's text. Its tensors are in the file by then.
  Result<std::string> convert() {
    for (const OnnxTensor& tensor : model_.initialisers) {
      if (!values_.add(tensor.name, tensor)) return tensor_error(tensor.name, "found a second one of that name");
    }
    if (Status status = find_needed(); !status) return std::move(status).error();
    if (Status status = read_input(); !status) return std::move(status).error();
    for (const std::size_t i : order_) {
      if (Status status = read_node(model_.nodes[i]); !status && !is_obstacle(model_.nodes[i], status.error())) {
        return std::move(status).error();
      }
      if (values_.layers.too_many()) {
        return Error{ErrorCode::too_large, "found more than " + std::to_string(network::most_layers) +
                                               " layers, or a network's text of more than a megabyte"};
      }
    }
    if (obstacle_) return obstacles();
    const std::string_view output = model_.outputs[0].name;
    OnnxFeature* feature = values_.find(output);
    if (feature == nullptr || feature->channels_last) {
      return Error{ErrorCode::unsupported, "output " + weights::printable(output) + ": expected a picture"};
    }
    std::string layer = values_.layers.plain(*feature);
    if (values_.layers.is_input(*feature)) layer = values_.layers.add("scale", "", " factor=1", *feature).layer;
    return values_.layers.finish(layer);
  }

 private:
  // From the first output back to all that it needs.
  Status find_needed() {
    if (model_.outputs.empty()) return Error{ErrorCode::malformed, "found a graph without an output"};
    if (model_.outputs.size() > 1) {
      values_.warn("of " + std::to_string(model_.outputs.size()) + " outputs the first, " +
                   weights::printable(model_.outputs[0].name) + ", is taken");
    }
    std::set<std::string_view> inputs;
    for (const OnnxValue& input : model_.inputs) inputs.insert(input.name);
    std::map<std::string_view, std::size_t> makers;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      for (const auto output : model_.nodes[i].outputs) {
        if (output.empty()) continue;
        if (makers.emplace(output, i).second && !values_.has_constant(output) && !inputs.contains(output)) continue;
        return node_error(model_.nodes[i], "found a second value of the name " + weights::printable(output),
                          ErrorCode::malformed);
      }
    }
    std::vector<bool> needed(model_.nodes.size(), false);
    std::vector<std::string_view> open{model_.outputs[0].name};
    while (!open.empty()) {
      const auto maker = makers.find(open.back());
      open.pop_back();
      if (maker == makers.end() || needed[maker->second]) continue;
      needed[maker->second] = true;
      const auto& read = model_.nodes[maker->second].inputs;
      open.insert(open.end(), read.begin(), read.end());
    }
    return sort(makers, needed);
  }

  // Each needed node after those that it reads, else in the file's order.
  Status sort(const std::map<std::string_view, std::size_t>& makers, const std::vector<bool>& needed) {
    std::vector<std::size_t> missing(model_.nodes.size(), 0);  // inputs that are not there yet
    std::vector<std::vector<std::size_t>> followers(model_.nodes.size());
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (!needed[i]) continue;
      for (const auto input : model_.nodes[i].inputs) {
        const auto maker = makers.find(input);
        if (maker == makers.end()) continue;
        followers[maker->second].push_back(i);
        ++missing[i];
      }
      if (missing[i] == 0) ready.push(i);
    }
    while (!ready.empty()) {
      const std::size_t next = ready.top();
      ready.pop();
      order_.push_back(next);
      for (const std::size_t follower : followers[next]) {
        if (--missing[follower] == 0) ready.push(follower);
      }
    }
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (missing[i] == 0) continue;
      return node_error(model_.nodes[i], "found a circle: it needs, directly or through others, what it gives itself",
                        ErrorCode::malformed);
    }
    return {};
  }

  // Remembers what cannot be read, and goes on without what depends on it, so that a user learns of all at once.
  // False for a file that asks for too much, or is damaged: there is no point in going on.
  bool is_obstacle(const OnnxNode& node, const Error& error) {
    if (error.code != ErrorCode::unsupported) return false;
    if (!obstacle_) {
      obstacle_ = error;
    } else {
      ++others_[node.kind];
    }
    lost_.insert(node.outputs.begin(), node.outputs.end());
    return true;
  }

  // The first in full, of what else there is the kinds.
  Error obstacles() const {
    constexpr std::size_t most_kinds = 8;
    std::string text;
    std::size_t count = 0;
    for (const auto& [kind, nodes] : others_) {
      if (++count > most_kinds) continue;
      text += (count == 1 ? "; not understood either: " : ", ") + std::to_string(nodes) + " " +
              weights::printable(kind, longest_shown / 4);
    }
    if (count > most_kinds) text += " and " + std::to_string(count - most_kinds) + " more kinds";
    return Error{obstacle_->code, obstacle_->message() + text};
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
    if (!dtype_of(input->type)) {
      return Error{ErrorCode::unsupported, "input " + weights::printable(input->name) + ": found ONNX's data type " +
                                               std::to_string(static_cast<std::uint64_t>(input->type)) +
                                               ", expected float, half, bfloat16, double or an integer of 32 or 64 "
                                               "bits"};
    }
    values_.batch = std::max<Index>(shape[0], 0);
    const Extent size{std::max<Index>(shape[2], 0), std::max<Index>(shape[3], 0)};
    file_.size = size;
    OnnxFeature feature = values_.layers.begin(input->name, shape[1], size);
    feature.whole = is_whole(input->type);
    values_.add(input->name, std::move(feature));
    return {};
  }

  using Reader = Result<OnnxFeature> (*)(OnnxValues&, const OnnxNode&, OnnxAttributes&);
  static constexpr std::pair<std::string_view, Reader> readers[] = {
      {"Conv", read_onnx_conv},
      {"ConvTranspose", read_onnx_conv_transpose},
      {"BatchNormalization", read_onnx_batch_norm},
      {"InstanceNormalization", read_onnx_instance_norm},
      {"Relu", read_onnx_activation},
      {"Tanh", read_onnx_activation},
      {"Sigmoid", read_onnx_activation},
      {"LeakyRelu", read_onnx_leaky_relu},
      {"Clip", read_onnx_clip},
      {"Softmax", read_onnx_softmax},
      {"MaxPool", read_onnx_max_pool},
      {"AveragePool", read_onnx_average_pool},
      {"GlobalAveragePool", read_onnx_global_average},
      {"ReduceMean", read_onnx_reduce_mean},
      {"DepthToSpace", read_onnx_depth_to_space},
      {"Split", read_onnx_split},
      {"Transpose", read_onnx_transpose},
      {"Add", read_onnx_arithmetic},
      {"Sub", read_onnx_arithmetic},
      {"Mul", read_onnx_arithmetic},
      {"Div", read_onnx_arithmetic},
      {"Sum", read_onnx_combined},
      {"Max", read_onnx_combined},
      {"Min", read_onnx_combined},
      {"PRelu", read_onnx_prelu},
      {"Concat", read_onnx_concat},
      {"Resize", read_onnx_resize},
      {"Upsample", read_onnx_resize},
      {"Pad", read_onnx_pad},
      {"Slice", read_onnx_slice},
      {"Identity", read_onnx_identity},
      {"Dropout", read_onnx_dropout},
      {"Cast", read_onnx_cast},
  };

  Status read_node(const OnnxNode& node) {
    const auto is_lost = [&](std::string_view input) { return lost_.contains(input); };
    if (std::any_of(node.inputs.begin(), node.inputs.end(), is_lost)) {
      lost_.insert(node.outputs.begin(), node.outputs.end());
      // What follows an obstacle cannot be read, but whether its kind could be is known.
      const bool known = std::any_of(std::begin(readers), std::end(readers),
                                     [&](const auto& reader) { return reader.first == node.kind; });
      if (!known && !is_onnx_array_kind(node.kind)) ++others_[node.kind];
      return {};
    }
    if (!node.domain.empty() && node.domain != "ai.onnx") {
      return node_error(node, "found an operator of the domain " + weights::printable(node.domain));
    }
    if (node.outputs.empty()) return node_error(node, "found no output", ErrorCode::malformed);
    OnnxAttributes attributes(node);
    if (node.kind == "Constant") return read_constant(node, attributes);
    if (const OnnxTensor* tensor = values_.constant(node, 0); tensor != nullptr) {
      if (const auto type = passed_as(node, attributes, *tensor)) {
        values_.pass(node.outputs[0], *tensor, *type);
        return attributes.finish();
      }
    }
    if (const OnnxArrayReader compute = onnx_array_reader(values_, node)) {
      if (Status status = add_onnx_array(values_, node, compute(values_, node, attributes)); !status) return status;
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

  // Of an Identity or Cast that leaves each number of a constant as it is: the type that it has then. So weights stay
  // views of the file's bytes.
  static std::optional<OnnxType> passed_as(const OnnxNode& node, OnnxAttributes& attributes, const OnnxTensor& tensor) {
    const OnnxType from = tensor.cast.value_or(tensor.type);
    if (node.kind == "Identity") return from;
    if (node.kind != "Cast") return std::nullopt;
    const auto to = static_cast<OnnxType>(attributes.integer("to", 0));
    const bool is_half = from == OnnxType::float16 || from == OnnxType::bfloat16;
    const bool widens =
        (to == OnnxType::float32 && is_half) || (to == OnnxType::float64 && (is_half || from == OnnxType::float32));
    if (to != from && !widens) return std::nullopt;
    for (const char* unused : {"saturate", "round_mode"}) attributes.take(unused);  // of 8-bit floats
    return to;
  }

  const OnnxModel& model_;
  SourceFile& file_;
  OnnxValues values_;
  std::vector<std::size_t> order_;                  // of the nodes that the output needs
  std::optional<Error> obstacle_;                   // the first
  std::map<std::string_view, std::size_t> others_;  // kinds of further nodes that cannot be read, and how many
  std::set<std::string_view> lost_;                 // values that depend on one of them
};

}  // namespace ochre::inline v0::detail
