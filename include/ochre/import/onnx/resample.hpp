// ONNX nodes that change a picture's size: Pad, Slice, Resize and Upsample. Tested by read_onnx_test.cpp.
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
  const bool all = node.inputs.size() < 4 || node.inputs[3].empty();
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

// Those of the four axes that a Resize names, or all.
inline Result<std::vector<std::size_t>> read_onnx_axes(const OnnxValues& values, const OnnxNode& node,
                                                       OnnxAttributes& attributes) {
  std::vector<Index> names{0, 1, 2, 3};
  if (values.model.opset >= 18) names = attributes.integers("axes", names);
  std::vector<std::size_t> axes;
  for (const Index name : names) {
    const auto axis = axis_of(node, static_cast<double>(name), 4);
    if (!axis) return axis.error();
    if (std::count(axes.begin(), axes.end(), *axis) != 0) return node_error(node, "found an axis twice");
    axes.push_back(*axis);
  }
  return axes;
}

// What sizes mean as scales; by the policy, one scale for all axes. own: the picture's, 0 where it is not fixed.
inline Result<std::vector<double>> onnx_scales_of(const OnnxNode& node, const std::vector<double>& sizes,
                                                  const std::vector<double>& own, std::string_view policy) {
  std::vector<double> scales;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (own[i] == 0) return node_error(node, "found sizes for a picture whose own is not fixed, expected scales");
    scales.push_back(sizes[i] / own[i]);
  }
  if (policy == "stretch" || scales.empty()) return scales;
  if (policy != "not_larger" && policy != "not_smaller") {
    return node_error(node, "found keep_aspect_ratio_policy=" + weights::printable(policy, longest_shown) +
                                ", expected stretch, not_larger or not_smaller");
  }
  const auto [least, most] = std::minmax_element(scales.begin(), scales.end());
  return std::vector<double>(scales.size(), policy == "not_larger" ? *least : *most);
}

// How many times as high and wide: scales, or sizes where the picture's is known.
inline Result<Extent> read_onnx_factors(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes,
                                        const OnnxFeature& from) {
  const bool early = node.kind == "Upsample" || values.model.opset < 11;  // no region of interest before the scales
  auto scales = values.list(node, attributes, "scales", early ? 1 : 2);
  if (!scales) return scales.error();
  const auto sizes =
      early ? Result<std::vector<double>>(std::vector<double>{}) : values.list(node, attributes, "sizes", 3);
  if (!sizes) return sizes.error();
  const auto axes = read_onnx_axes(values, node, attributes);
  if (!axes) return axes.error();
  const auto policy = attributes.text("keep_aspect_ratio_policy", "stretch");
  if (scales->empty() == sizes->empty() || scales->size() + sizes->size() != axes->size()) {
    return node_error(node, "found " + std::to_string(scales->size()) + " scales and " + std::to_string(sizes->size()) +
                                " sizes, expected the one or the other for " + std::to_string(axes->size()) + " axes");
  }
  if (!sizes->empty()) {
    // As many pictures as come stay as many, where the graph leaves that open.
    const double batch = values.batch > 0 ? static_cast<double>(values.batch) : policy == "stretch" ? (*sizes)[0] : 0;
    const double all[] = {batch, static_cast<double>(from.channels), static_cast<double>(from.size.h),
                          static_cast<double>(from.size.w)};
    std::vector<double> own;
    for (const std::size_t axis : *axes) own.push_back(all[axis]);
    scales = onnx_scales_of(node, *sizes, own, policy);
    if (!scales) return scales.error();
  }
  double factors[] = {1, 1, 1, 1};
  for (std::size_t i = 0; i < axes->size(); ++i) factors[(*axes)[i]] = (*scales)[i];
  const auto whole = [](double scale) { return scale >= 1 && scale <= 4096 && scale == std::floor(scale); };
  if (factors[0] == 1 && factors[1] == 1 && whole(factors[2]) && whole(factors[3])) {
    return Extent{static_cast<Index>(factors[2]), static_cast<Index>(factors[3])};
  }
  std::string found;
  for (const double factor : factors) {
    if (!found.empty()) found += ',';
    found += OnnxLayers::number(factor);
  }
  return node_error(node, "found scales [" + found + "], expected [1,1,h,w] of whole numbers" +
                              (early ? "" : ", or sizes that mean such"));
}

inline Result<OnnxFeature> read_onnx_resize(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const bool old = node.kind == "Upsample" || values.model.opset < 11;  // before the coordinates were an attribute
  const auto factor = read_onnx_factors(values, node, attributes, **from);
  if (!factor) return factor.error();
  const auto mode = attributes.text("mode", "nearest");
  const auto where = attributes.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const auto rounding = attributes.text("nearest_mode", old ? "floor" : "round_prefer_floor");
  for (const char* unused : {"cubic_coeff_a", "extrapolation_value"})
    attributes.take(unused);  // of modes refused below
  for (const char* flag : {"antialias", "exclude_outside"}) {
    if (Status status = attributes.expect(flag, 0); !status) return std::move(status).error();
  }
  // They differ where a side becomes one pixel, or by a scale that its sizes are not.
  const bool centred = where == "half_pixel" || where == "pytorch_half_pixel" || where == "half_pixel_symmetric";
  std::string text = " factor=" + OnnxLayers::to_text(*factor);
  if (mode == "nearest") {
    // (o + 1/2)/f − 1/2 is never half way between two whole numbers, so all roundings but floor and ceil agree.
    const bool same = (where == "asymmetric" && rounding == "floor") || (centred && rounding.starts_with("round_"));
    if (!same) {
      return node_error(node, "found nearest neighbours by " + weights::printable(where, longest_shown) + " and " +
                                  weights::printable(rounding, longest_shown) +
                                  ", expected asymmetric and floor or alike");
    }
    text += " mode=nearest";
  } else if (mode == "linear" || mode == "bilinear") {
    if (old && values.model.producer == "pytorch") {
      values.warn("node " + weights::printable(node.name) + ": opset " + std::to_string(values.model.opset) +
                  " cannot say where PyTorch's bilinear upsampling samples; half pixels are taken");
    } else if (!centred && where != "align_corners") {
      return node_error(node, "found coordinate_transformation_mode=" + weights::printable(where) +
                                  ", expected half_pixel or align_corners");
    }
    text += where == "align_corners" ? " mode=bilinear align_corners=true" : " mode=bilinear";
  } else {
    return node_error(node, "found mode=" + weights::printable(mode) + ", expected nearest or linear");
  }
  OnnxFeature feature = values.layers.add("upsample", layer_name(node), text, **from);
  feature.size = {checked_mul(feature.size.h, factor->h).value_or(0),
                  checked_mul(feature.size.w, factor->w).value_or(0)};
  return feature;
}

}  // namespace ochre::inline v0::detail
