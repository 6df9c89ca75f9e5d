// ONNX nodes that change a picture's size: Pad, Slice, Resize and Upsample. Tested by read_onnx_test.cpp.
#pragma once

#include <cmath>
#include <limits>

#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

inline Result<OnnxFeature> read_onnx_pad(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto mode = attributes.text("mode", "constant");
  if (mode != "constant")
    return node_error(node, "found mode=" + weights::printable(mode) + ", expected constant zeros");
  const auto pads = values.list(node, attributes, "pads", 1);
  if (!pads) return pads.error();
  const float early = attributes.real("value", 0);  // before opset 11 an attribute
  const auto value = values.list(node, attributes, "value", 2);
  if (!value) return value.error();
  if (early != 0 || (!value->empty() && (*value)[0] != 0)) {
    return node_error(node, "found padding by another number than 0");
  }
  if (node.inputs.size() > 3 && !node.inputs[3].empty()) return node_error(node, "found axes, expected all four");
  const auto is_length = [](double pad) { return pad >= 0 && pad <= 4096 && pad == std::floor(pad); };
  if (pads->size() != 8 || !std::all_of(pads->begin(), pads->end(), is_length) || (*pads)[0] + (*pads)[1] != 0 ||
      (*pads)[4] + (*pads)[5] != 0) {
    return node_error(node, "found pads of other axes than height and width, below 0 or above 4096");
  }
  OnnxFeature feature = **from;
  const std::size_t places[] = {2, 3, 6, 7};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto pad = static_cast<Index>((*pads)[places[i]]);
    feature.zeros[i] += pad;
    Index& along = i % 2 == 0 ? feature.size.h : feature.size.w;
    if (along != 0) along = checked_add(along, pad).value_or(0);
    if (feature.zeros[i] > layers::Attributes::largest) return node_error(node, "found zeros beyond any picture");
  }
  return feature;
}

// Every step-th row or column, from the first to the last.
inline Result<OnnxFeature> read_onnx_slice(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const std::string_view names[] = {"starts", "ends", "axes", "steps"};
  std::vector<double> lists[4];
  for (std::size_t i = 0; i < 4; ++i) {
    auto list = values.list(node, attributes, names[i], i + 1);
    if (!list) return std::move(list).error();
    lists[i] = *std::move(list);
  }
  const auto& [starts, ends, axes, steps] = lists;
  const std::size_t count = starts.size();
  if (ends.size() != count || (!axes.empty() && axes.size() != count) || (!steps.empty() && steps.size() != count) ||
      count > 4) {
    return node_error(node, "found starts, ends, axes and steps of unlike lengths", ErrorCode::malformed);
  }
  if ((*from)->is_padded()) values.layers.plain(**from);
  OnnxFeature feature = **from;
  for (std::size_t i = 0; i < count; ++i) {
    const double axis = axes.empty() ? static_cast<double>(i) : axes[i] < 0 ? axes[i] + 4 : axes[i];
    const double step = steps.empty() ? 1.0 : steps[i];
    Index& along = axis == 2 ? feature.size.h : feature.size.w;
    const bool picture = axis == 2 || axis == 3;
    // Whoever means "to the end" writes the largest number there is, or the size where it is fixed.
    const Index length = picture ? along : axis == 1 ? feature.channels : 0;
    const double past_the_last = length > 0 ? static_cast<double>(length) : std::numeric_limits<std::int32_t>::max();
    if (starts[i] != 0 || ends[i] < past_the_last || !(step >= 1) || step > 4096 || step != std::floor(step) ||
        (step != 1 && !picture) || !(axis >= 0 && axis <= 3)) {
      return node_error(node, "found a part of the picture or of the channels, expected every n-th row or column");
    }
    if (!picture) continue;
    Index& stride = axis == 2 ? feature.step.h : feature.step.w;
    stride *= static_cast<Index>(step);
    along = ceil_div(along, static_cast<Index>(step));
    if (stride > layers::Attributes::largest) return node_error(node, "found a step beyond any picture");
  }
  return feature;
}

// How many times as high and wide: scales, or sizes where the picture's is known.
inline Result<Extent> read_onnx_factors(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes,
                                        const OnnxFeature& from, bool old) {
  const bool early = node.kind == "Upsample" || values.model.opset < 11;  // no region of interest before the scales
  const auto scales = values.list(node, attributes, "scales", early ? 1 : 2);
  if (!scales) return scales.error();
  const auto sizes =
      early ? Result<std::vector<double>>(std::vector<double>{}) : values.list(node, attributes, "sizes", 3);
  if (!sizes) return sizes.error();
  std::vector<double> factors = *scales;
  if (factors.empty() && sizes->size() == 4) {
    if (from.size.h == 0 || from.size.w == 0) {
      return node_error(node, "found sizes for a picture whose own is not fixed, expected scales");
    }
    factors = {1, 1, (*sizes)[2] / static_cast<double>(from.size.h), (*sizes)[3] / static_cast<double>(from.size.w)};
  }
  const auto whole = [](double scale) { return scale >= 1 && scale <= 4096 && scale == std::floor(scale); };
  if (factors.size() == 4 && factors[0] == 1 && factors[1] == 1 && whole(factors[2]) && whole(factors[3])) {
    return Extent{static_cast<Index>(factors[2]), static_cast<Index>(factors[3])};
  }
  std::string found;
  for (const double factor : factors) {
    if (!found.empty()) found += ',';
    found += OnnxLayers::number(factor);
  }
  return node_error(node, "found scales [" + found.substr(0, 100) + "], expected [1,1,h,w] of whole numbers" +
                              (old ? "" : ", or sizes that mean such"));
}

inline Result<OnnxFeature> read_onnx_resize(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const bool old = node.kind == "Upsample" || values.model.opset < 11;  // before the coordinates were an attribute
  const auto factor = read_onnx_factors(values, node, attributes, **from, old);
  if (!factor) return factor.error();
  const auto mode = attributes.text("mode", "nearest");
  const auto where = attributes.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const auto rounding = attributes.text("nearest_mode", old ? "floor" : "round_prefer_floor");
  for (const char* unused : {"cubic_coeff_a", "extrapolation_value", "keep_aspect_ratio_policy"}) {
    attributes.take(unused);  // of modes that are refused below, or of sizes that are no multiples
  }
  for (const char* flag : {"antialias", "exclude_outside"}) {
    if (Status status = attributes.expect(flag, 0); !status) return std::move(status).error();
  }
  const bool centred = where == "half_pixel" || where == "pytorch_half_pixel";
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
