// ONNX nodes that add rows and columns or take some: Pad and Slice. Tested by read_onnx_test.cpp.
#pragma once

#include <cmath>
#include <limits>

#include <ochre/import/onnx/channels.hpp>
#include <ochre/import/onnx/slices.hpp>

namespace ochre::inline v0::detail {

// What stands before and after each axis: top, left, bottom, right. Errors: of channels or pictures.
inline Result<std::array<Index, 4>> read_onnx_pads(OnnxValues& values, const OnnxNode& node,
                                                   OnnxAttributes& attributes) {
  const auto pads = values.list(node, attributes, "pads", 1);
  if (!pads) return pads.error();
  const auto named = values.list(node, attributes, "axes", 3);
  if (!named) return named.error();
  const bool all = !values.has_input(node, 3);
  const std::vector<double> axes = all ? std::vector<double>{0, 1, 2, 3} : *named;
  if (pads->size() != 2 * axes.size()) {
    return node_error(node, "found " + std::to_string(pads->size()) + " pads for " + std::to_string(axes.size()) +
                                " axes, expected two for each");
  }
  std::array<Index, 4> sides{};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = axis_of(node, axes[i], 4);
    if (!axis) return axis.error();
    for (const std::size_t end : {0u, 1u}) {
      const double pad = (*pads)[i + end * axes.size()];
      if (pad != std::floor(pad) || std::abs(pad) > 4096) {
        return node_error(node, "found a pad of " + OnnxLayers::number(pad) + ", expected whole numbers up to 4096");
      }
      if (*axis < 2 && pad != 0)
        return node_error(node, "found pads of channels or pictures, expected of rows and columns");
      if (*axis >= 2) sides[*axis - 2 + 2 * end] += static_cast<Index>(pad);
    }
  }
  return sides;
}

inline Result<OnnxFeature> read_onnx_pad(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto mode = attributes.text("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect") {
    return node_error(
        node, "found mode=" + weights::printable(mode, longest_shown) + ", expected constant zeros, edge or reflect");
  }
  const auto sides = read_onnx_pads(values, node, attributes);
  if (!sides) return sides.error();
  const float early = attributes.real("value", 0);  // before opset 11 an attribute
  const auto value = values.list(node, attributes, "value", 2);
  if (!value) return value.error();
  if (mode == "constant" && (early != 0 || (!value->empty() && (*value)[0] != 0))) {
    return node_error(node, "found padding by another number than 0");
  }
  OnnxFeature feature = **from;
  for (std::size_t i = 0; i < 4; ++i) {
    Index& along = i % 2 == 0 ? feature.size.h : feature.size.w;
    if (along == 0) continue;
    along = checked_add(along, (*sides)[i]).value_or(0);
    if (along < 1) return node_error(node, "found pads that leave no pixel");
  }
  const bool zeros = mode == "constant" && *std::min_element(sides->begin(), sides->end()) >= 0;
  if (!zeros) {
    const std::string words =
        OnnxLayers::sides_words(*sides) + (mode == "constant" ? "" : " mode=" + std::string(mode));
    const std::string source = values.layers.plain(**from);
    return values.layers.add("pad", "", words, {source}, feature.channels, feature.size);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    feature.zeros[i] += (*sides)[i];
    if (feature.zeros[i] > layers::Attributes::largest) return node_error(node, "found zeros beyond any picture");
  }
  return feature;
}

// What a slice of rows or columns takes away before and after, and what is left. length: 0 where it is not fixed.
inline Result<OnnxRange> onnx_kept(const OnnxNode& node, const OnnxSlice& slice, Index length) {
  constexpr double largest = layers::Attributes::largest;
  if (slice.step < 1 || slice.step > largest) {
    return node_error(node, "found a step of " + std::to_string(static_cast<long long>(slice.step)) +
                                ", expected one from 1 to " + std::to_string(layers::Attributes::largest));
  }
  if (length > 0) {
    const OnnxRange range = slice.of(length);
    if (range.count > 0) return range;
    return node_error(node, "found a slice that leaves nothing");
  }
  // Whoever means "to the end" writes the largest number there is.
  const bool to_the_end = slice.end >= std::numeric_limits<std::int32_t>::max();
  if (slice.start != 0 || !to_the_end) {
    return node_error(node, "found a part of a picture whose size is not fixed, expected every n-th row or column");
  }
  return OnnxRange{0, static_cast<Index>(slice.step), 0};
}

// A part of the picture, and of that each n-th row or column.
inline Result<OnnxFeature> read_onnx_slice(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto slices = read_onnx_slices(values, node, attributes);
  if (!slices) return slices.error();
  std::array<Index, 4> sides{};  // top, left, bottom, right: taken away, or 0
  Extent step{1, 1};
  Extent size = (*from)->size;
  OnnxRange channels;  // or none: all of them
  for (const OnnxSlice& slice : *slices) {
    const auto axis = axis_of(node, slice.axis, 4);
    if (!axis) return axis.error();
    Index unused = *axis == 1 ? (*from)->channels : values.batch;
    Index& along = *axis == 3 ? size.w : *axis == 2 ? size.h : unused;
    const auto kept = onnx_kept(node, slice, along);
    if (!kept) return kept.error();
    const Index past = std::min(along, kept->begin + kept->count * kept->step);
    const bool some = kept->begin != 0 || kept->step != 1 || past != along;
    if (some && (*axis == 0 || (*axis == 1 && kept->step != 1))) {
      return node_error(node, "found some of the pictures, or every n-th channel, expected all");
    }
    if (some && *axis == 1) channels = *kept;
    if (*axis < 2) continue;
    sides[*axis - 2] = -kept->begin;
    sides[*axis] = past - along;
    along = kept->count;
    (*axis == 2 ? step.h : step.w) = kept->step;
  }
  const Extent whole_step{(*from)->step.h * step.h, (*from)->step.w * step.w};
  if (std::max(whole_step.h, whole_step.w) > layers::Attributes::largest) {
    return node_error(node, "found a step beyond any picture");
  }
  if (channels.count == 0) return values.layers.cut(**from, sides, step, size);
  OnnxFeature part = add_onnx_channels(values, layer_name(node), **from, channels.begin, channels.count);
  return values.layers.cut(part, sides, step, size);
}

}  // namespace ochre::inline v0::detail
