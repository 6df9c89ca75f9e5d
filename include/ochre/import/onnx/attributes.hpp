// A node's attributes, taken one after the other; finish() refuses what is left, so that nothing a node demands is
// silently passed over.
#pragma once

#include <cmath>

#include <ochre/import/onnx/model.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

// "node conv1 (Conv): …"
inline Error node_error(const OnnxNode& node, const std::string& reason, ErrorCode code = ErrorCode::unsupported) {
  const std::string_view name = !node.name.empty() ? node.name : node.outputs.empty() ? "" : node.outputs[0];
  return {code, "node " + weights::printable(name, longest_shown) + " (" +
                    weights::printable(node.kind, longest_shown / 2) + "): " + reason};
}

// An axis below 0 counts from the end. Errors: there is none of that number.
inline Result<std::size_t> axis_of(const OnnxNode& node, double axis, std::size_t rank) {
  const double whole = axis < 0 ? axis + static_cast<double>(rank) : axis;
  if (axis == std::floor(axis) && whole >= 0 && whole < static_cast<double>(rank)) {
    return static_cast<std::size_t>(whole);
  }
  return node_error(node,
                    "found axis " + std::to_string(static_cast<long long>(std::clamp(axis, -1e15, 1e15))) + " of " +
                        std::to_string(rank),
                    ErrorCode::malformed);
}

class OnnxAttributes {
 public:
  explicit OnnxAttributes(const OnnxNode& node) : node_(node), taken_(node.attributes.size(), false) {}

  const OnnxAttribute* take(std::string_view name, OnnxAttributeType type = OnnxAttributeType::unknown) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      const OnnxAttribute& attribute = node_.attributes[i];
      if (attribute.name != name) continue;
      taken_[i] = true;
      const bool mistyped = type != OnnxAttributeType::unknown && attribute.type != OnnxAttributeType::unknown;
      if (mistyped && attribute.type != type) mistyped_ = name;
      return &attribute;
    }
    return nullptr;
  }

  Index integer(std::string_view name, Index fallback) {
    const OnnxAttribute* attribute = take(name, OnnxAttributeType::integer);
    return attribute != nullptr ? static_cast<Index>(attribute->integer) : fallback;
  }
  float real(std::string_view name, float fallback) {
    const OnnxAttribute* attribute = take(name, OnnxAttributeType::real);
    return attribute != nullptr ? attribute->real : fallback;
  }
  std::string_view text(std::string_view name, std::string_view fallback) {
    const OnnxAttribute* attribute = take(name, OnnxAttributeType::text);
    return attribute != nullptr ? attribute->text : fallback;
  }
  std::vector<Index> integers(std::string_view name, std::vector<Index> fallback) {
    const OnnxAttribute* attribute = take(name, OnnxAttributeType::integers);
    if (attribute == nullptr) return fallback;
    return {attribute->integers.begin(), attribute->integers.end()};
  }

  // An attribute that may only have the one value, which it has by default.
  Status expect(std::string_view name, Index only) {
    const Index found = integer(name, only);
    if (found == only) return {};
    return node_error(
        node_, "found " + std::string(name) + "=" + std::to_string(found) + ", expected " + std::to_string(only));
  }

  Status finish() const {
    if (!mistyped_.empty()) {
      return node_error(node_,
                        "found the attribute `" + weights::printable(mistyped_) + "` of another type than it must have",
                        ErrorCode::malformed);
    }
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i]) {
        return node_error(
            node_, "found the attribute `" + weights::printable(node_.attributes[i].name) + "`, expected none such");
      }
    }
    return {};
  }

 private:
  const OnnxNode& node_;
  std::vector<bool> taken_;
  std::string_view mistyped_;
};

}  // namespace ochre::inline v0::detail
