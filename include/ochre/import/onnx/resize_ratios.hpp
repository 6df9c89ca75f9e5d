// By which ratio ONNX's Resize and Upsample make a picture larger or smaller: of scales, or of sizes. A scale is a
// float, and no float is 3/5: as a ratio it is the one of small numbers that rounds to it, which is what its author
// meant. Where the picture's new length depends on the float's rounding, the node is refused. Tested by
// resize_test.cpp.
#pragma once

#include <cmath>
#include <numeric>
#include <utility>

#include <ochre/base/ratio.hpp>
#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

// By continued fractions; nothing if its numbers are larger than a network's text may hold.
inline std::optional<Ratio> ratio_of(float value) {
  constexpr double largest = layers::Attributes::largest;
  if (!(value > 0) || !is_finite(value)) return std::nullopt;
  double numerators[] = {0, 1};
  double denominators[] = {1, 0};
  double rest = static_cast<double>(value);
  while (true) {
    const double whole = std::floor(rest);
    const double numerator = whole * numerators[1] + numerators[0];
    const double denominator = whole * denominators[1] + denominators[0];
    if (!(numerator <= largest && denominator <= largest)) return std::nullopt;
    if (static_cast<float>(numerator / denominator) == value) {
      return Ratio{static_cast<Index>(numerator), static_cast<Index>(denominator)};
    }
    if (rest == whole) return std::nullopt;
    rest = 1 / (rest - whole);
    numerators[0] = std::exchange(numerators[1], numerator);
    denominators[0] = std::exchange(denominators[1], denominator);
  }
}

inline std::optional<Ratio> ratio_of(Index numerator, Index denominator) {
  const Index common = std::gcd(numerator, denominator);
  if (common == 0) return std::nullopt;
  const Ratio ratio{numerator / common, denominator / common};
  const Index most = std::max(ratio.numerator, ratio.denominator);
  if (most > layers::Attributes::largest) return std::nullopt;
  return ratio;
}

// Before the coordinates were an attribute, and a region of interest stood before the scales.
inline bool is_early_resize(const OnnxValues& values, const OnnxNode& node) {
  return node.kind == "Upsample" || values.model.opset < 11;
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

inline std::string onnx_scales_text(const std::vector<double>& scales) {
  std::string text = "[";
  for (const double scale : scales) {
    if (text.size() > 1) text += ',';
    text += OnnxLayers::number(scale);
  }
  return text + "]";
}

// What sizes mean as ratios to the picture's own, 0 where that is not fixed; by the policy, one ratio for all axes.
inline Result<std::vector<Ratio>> onnx_ratios_of(const OnnxNode& node, const std::vector<double>& sizes,
                                                 const std::vector<Index>& own, std::string_view policy) {
  std::vector<Ratio> ratios;
  const auto larger = [](const Ratio& a, const Ratio& b) {
    return a.numerator * b.denominator < b.numerator * a.denominator;
  };
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (own[i] == 0) return node_error(node, "found sizes for a picture whose own is not fixed, expected scales");
    const bool whole = sizes[i] >= 1 && sizes[i] <= most_onnx_integer && sizes[i] == std::floor(sizes[i]);
    const auto ratio = whole ? ratio_of(static_cast<Index>(sizes[i]), own[i]) : std::nullopt;
    if (!ratio) {
      return node_error(node, "found a size of " + OnnxLayers::number(sizes[i]) + " for one of " +
                                  std::to_string(own[i]) + ", expected a ratio of numbers from 1 to " +
                                  std::to_string(layers::Attributes::largest));
    }
    ratios.push_back(*ratio);
  }
  if (policy == "stretch" || ratios.empty()) return ratios;
  if (policy != "not_larger" && policy != "not_smaller") {
    return node_error(node, "found keep_aspect_ratio_policy=" + weights::printable(policy, longest_shown) +
                                ", expected stretch, not_larger or not_smaller");
  }
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end(), larger);
  const Ratio one = policy == "not_larger" ? *least : *most;
  for (const Index side : own) {
    const Index rest = side % one.denominator * one.numerator % one.denominator;  // a side may be any number
    if (2 * rest >= one.denominator) {
      return node_error(node, "found keep_aspect_ratio_policy=" + std::string(policy) + " that rounds a side up");
    }
  }
  return std::vector<Ratio>(ratios.size(), one);
}

inline Result<std::vector<Ratio>> onnx_ratios_of(const OnnxNode& node, const std::vector<double>& scales) {
  std::vector<Ratio> ratios;
  for (const double scale : scales) {
    const auto ratio = ratio_of(static_cast<float>(scale));
    if (!ratio) {
      return node_error(node, "found scales " + onnx_scales_text(scales) + ", expected ratios of numbers from 1 to " +
                                  std::to_string(layers::Attributes::largest));
    }
    ratios.push_back(*ratio);
  }
  return ratios;
}

// How many times as high and wide.
struct OnnxRatios {
  Ratios ratios;
  bool by_sizes = false;  // said by sizes where the picture's is known, not by scales
};

inline Result<OnnxRatios> read_onnx_ratios(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes,
                                           const OnnxFeature& from) {
  const bool early = is_early_resize(values, node);
  const auto scales = values.list(node, attributes, "scales", early ? 1 : 2);
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
  auto found = onnx_ratios_of(node, *scales);
  if (!sizes->empty()) {
    // As many pictures as come stay as many, where the graph leaves that open.
    const bool one_or_more = policy == "stretch" && (*sizes)[0] >= 1 && (*sizes)[0] <= layers::Attributes::largest;
    const Index batch = values.batch > 0 ? values.batch : one_or_more ? static_cast<Index>((*sizes)[0]) : 0;
    const Index all[] = {batch, from.channels, from.size.h, from.size.w};
    std::vector<Index> own;
    for (const std::size_t axis : *axes) own.push_back(all[axis]);
    found = onnx_ratios_of(node, *sizes, own, policy);
  }
  if (!found) return std::move(found).error();
  Ratio ratios[4];
  for (std::size_t i = 0; i < axes->size(); ++i) ratios[(*axes)[i]] = (*found)[i];
  if (ratios[0] == Ratio{} && ratios[1] == Ratio{}) {
    return OnnxRatios{{ratios[2], ratios[3]}, !sizes->empty()};
  }
  std::vector<double> shown;
  for (const Ratio& ratio : ratios) shown.push_back(value_of(ratio));
  return node_error(node,
                    "found scales " + onnx_scales_text(shown) + ", expected those of channels and pictures to be 1");
}

// The side's new length; 0 where it is not fixed. Errors: of none, or one that depends on the scale's rounding.
inline Result<Index> onnx_resized_length(const OnnxNode& node, Index length, const Ratio& scale, bool by_sizes) {
  if (length == 0) return Index{0};
  const auto product = checked_mul(length, scale.numerator);
  if (!product) return node_error(node, "found a size beyond any picture");
  const Index out = *product / scale.denominator;
  const auto rounded = static_cast<float>(value_of(scale));
  const float computed = static_cast<float>(length) * rounded;
  if (!by_sizes && std::floor(static_cast<double>(computed)) != static_cast<double>(out)) {
    return node_error(node, "found a scale of " + OnnxLayers::number(rounded) + " for a side of " +
                                std::to_string(length) + ", whose length would be its rounding's");
  }
  if (out > 0) return out;
  return node_error(
      node, "found a scale of " + OnnxLayers::number(rounded) + " that leaves nothing of " + std::to_string(length));
}

inline std::string ratios_text(const Ratios& ratios) {
  const auto one = [](const Ratio& ratio) {
    return std::to_string(ratio.numerator) + (ratio.denominator == 1 ? "" : "/" + std::to_string(ratio.denominator));
  };
  return ratios.h == ratios.w ? one(ratios.h) : one(ratios.h) + "x" + one(ratios.w);
}

}  // namespace ochre::inline v0::detail
