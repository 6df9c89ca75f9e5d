// ONNX nodes that give channels another place: DepthToSpace, Split, and a Slice of channels. Tested by
// read_onnx_test.cpp.
#pragma once

#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

inline Result<OnnxFeature> read_onnx_depth_to_space(OnnxValues& values, const OnnxNode& node,
                                                    OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const Index block = attributes.integer("blocksize", 0);
  const auto mode = attributes.text("mode", "DCR");
  const Index channels = (*from)->channels;
  if (block < 1 || block > 256 || channels % (block * block) != 0) {
    return node_error(node, "found a blocksize of " + std::to_string(block) + " for " + std::to_string(channels) +
                                " channels, expected its square to divide them");
  }
  if (mode != "DCR" && mode != "CRD") {
    return node_error(node, "found mode=" + weights::printable(mode, longest_shown) + ", expected DCR or CRD");
  }
  const std::string source = values.layers.plain(**from);
  const Extent size{checked_mul((*from)->size.h, block).value_or(0), checked_mul((*from)->size.w, block).value_or(0)};
  return values.layers.add("depth_to_space", layer_name(node),
                           " factor=" + std::to_string(block) + (mode == "DCR" ? " order=dcr" : " order=crd"), {source},
                           channels / (block * block), size);
}

inline OnnxFeature add_onnx_channels(OnnxValues& values, std::string_view wanted, OnnxFeature& from, Index first,
                                     Index count) {
  const std::string source = values.layers.plain(from);
  return values.layers.add("channels", wanted, " first=" + std::to_string(first) + " count=" + std::to_string(count),
                           {source}, count, from.size);
}

// How many channels each part has.
inline Result<std::vector<Index>> read_onnx_parts(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes,
                                                  Index channels) {
  const auto lengths = values.list(node, attributes, "split", 1);
  if (!lengths) return lengths.error();
  const auto count = static_cast<Index>(node.outputs.size());
  if (attributes.integer("num_outputs", count) != count) {
    return node_error(node, "found another num_outputs than outputs", ErrorCode::malformed);
  }
  std::vector<Index> parts;
  if (lengths->empty()) {
    if (channels % count != 0) {
      return node_error(node, "found " + std::to_string(channels) + " channels for " + std::to_string(count) +
                                  " parts, expected as many for each");
    }
    parts.assign(node.outputs.size(), channels / count);
    return parts;
  }
  double sum = 0;
  for (const double length : *lengths) {
    if (!(length >= 1 && length <= static_cast<double>(channels)) || length != std::floor(length)) break;
    parts.push_back(static_cast<Index>(length));
    sum += length;
  }
  if (parts.size() == node.outputs.size() && lengths->size() == parts.size() && sum == static_cast<double>(channels)) {
    return parts;
  }
  return node_error(node, "found parts that are not all of the " + std::to_string(channels) + " channels");
}

// Its first output is returned, the others are added here.
inline Result<OnnxFeature> read_onnx_split(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const Index axis = attributes.integer("axis", 0);
  if (axis != 1 && axis != -3) return node_error(node, "found axis " + std::to_string(axis) + ", expected 1");
  const auto parts = read_onnx_parts(values, node, attributes, (*from)->channels);
  if (!parts) return parts.error();
  OnnxFeature picture = **from;
  std::optional<OnnxFeature> result;
  Index first = 0;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    OnnxFeature part = add_onnx_channels(values, layer_name(node), picture, first, (*parts)[i]);
    first += (*parts)[i];
    if (i == 0) {
      result = std::move(part);
    } else if (!node.outputs[i].empty()) {
      values.add(node.outputs[i], std::move(part));
    }
  }
  return *std::move(result);
}

}  // namespace ochre::inline v0::detail
