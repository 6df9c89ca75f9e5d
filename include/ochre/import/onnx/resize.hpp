// ONNX's Resize and Upsample. Which sample is the nearest to a place exactly on the border between two depends, for
// scales that no float holds, on how a runtime computes; there nearest neighbours are refused, and
// layers/resize_taps.hpp has the exact places. Tested by resize_test.cpp.
#pragma once

#include <ochre/import/onnx/resize_ratios.hpp>
#include <ochre/layers/resize.hpp>

namespace ochre::inline v0::detail {

template <class Enumeration, std::size_t count>
std::string word_of(Enumeration value, const std::string_view (&words)[count]) {
  return std::string(words[static_cast<std::size_t>(value)]);
}

inline Result<layers::ResizeMode> read_onnx_resize_mode(const OnnxNode& node, OnnxAttributes& attributes) {
  using layers::ResizeMode;
  const auto mode = attributes.text("mode", "nearest");
  const float cubic = attributes.real("cubic_coeff_a", -0.75f);
  if (mode == "nearest") return ResizeMode::nearest;
  if (mode == "linear" || mode == "bilinear") return ResizeMode::bilinear;
  if (mode != "cubic") {
    return node_error(node,
                      "found mode=" + weights::printable(mode, longest_shown) + ", expected nearest, linear or cubic");
  }
  if (cubic == -0.75f) return ResizeMode::bicubic;
  if (cubic == -0.5f) return ResizeMode::catmull_rom;
  return node_error(node, "found cubic_coeff_a=" + OnnxLayers::number(cubic) + ", expected -0.75 or -0.5");
}

inline Result<layers::Resampling> read_onnx_resampling(const OnnxValues& values, const OnnxNode& node,
                                                       OnnxAttributes& attributes) {
  using layers::ResizeSpec;
  const bool early = is_early_resize(values, node);
  attributes.take("extrapolation_value");  // of a way to place samples that is refused
  for (const char* flag : {"antialias", "exclude_outside"}) {
    if (Status status = attributes.expect(flag, 0); !status) return std::move(status).error();
  }
  const auto mode = read_onnx_resize_mode(node, attributes);
  if (!mode) return mode.error();
  const auto where = attributes.text("coordinate_transformation_mode", early ? "asymmetric" : "half_pixel");
  const auto place = layers::enumerator_of<layers::Coordinates>(where, ResizeSpec::places);
  if (!place) {
    return node_error(node, "found coordinate_transformation_mode=" + weights::printable(where, longest_shown) +
                                ", expected one without a region of interest");
  }
  const auto word = attributes.text("nearest_mode", early ? "floor" : "round_prefer_floor");
  layers::Resampling by{*mode, *place};
  if (*mode != layers::ResizeMode::nearest) return by;
  const auto rounding = layers::enumerator_of<layers::Rounding>(word, ResizeSpec::roundings);
  if (!rounding) {
    return node_error(node, "found nearest_mode=" + weights::printable(word, longest_shown) +
                                ", expected round_prefer_floor, round_prefer_ceil, floor or ceil");
  }
  by.rounding = *rounding;
  return by;
}

inline bool rounds_to_nearest(layers::Rounding rounding) noexcept {
  return rounding == layers::Rounding::round_prefer_floor || rounding == layers::Rounding::round_prefer_ceil;
}

// They differ where a side becomes one pixel, or by a scale that its sizes are not.
inline bool is_centred(layers::Coordinates coordinates) noexcept {
  using layers::Coordinates;
  return coordinates == Coordinates::half_pixel || coordinates == Coordinates::pytorch_half_pixel ||
         coordinates == Coordinates::half_pixel_symmetric;
}

// Whether a side becomes a whole number of pixels, before it is rounded down. length: 0 where it is not fixed.
inline bool is_whole(Index length, const Ratio& scale) noexcept {
  return scale.denominator == 1 || (length > 0 && length * scale.numerator % scale.denominator == 0);
}

// Whether every runtime takes the same sample for each pixel of a side, be the scale the ratio or a float beside it.
// length: of the side, 0 where it is not fixed.
inline bool is_decided(const layers::Resampling& by, const Ratio& scale, Index length) {
  using layers::Coordinates;
  const auto held = static_cast<double>(static_cast<float>(value_of(scale)));
  const bool is_held = held * static_cast<double>(scale.denominator) == static_cast<double>(scale.numerator);
  if (by.coordinates == Coordinates::align_corners) return true;  // which has nothing to do with the scale
  if (by.coordinates == Coordinates::half_pixel_symmetric && !is_whole(length, scale)) return false;
  if (is_held) return true;
  // Places repeat, some samples further, after as many pixels as the numerator says.
  const Index out = length > 0 ? length * scale.numerator / scale.denominator : scale.numerator + 1;
  const layers::ResizedSide side{std::max<Index>(length, 1), out, scale};
  for (Index o = 0; o < std::min(out, scale.numerator + 1); ++o) {
    const auto place = layers::detail::place_of(by.coordinates, side, o);
    const Index half = rounds_to_nearest(by.rounding) ? place.denominator : 0;
    const bool is_on_border = (2 * place.numerator + half) % (2 * place.denominator) == 0;
    if (is_on_border && place.numerator != 0) return false;  // 0 is 0 whatever the scale
  }
  return true;
}

// Why what these ratios mean is not surely right; nothing: it is.
inline std::optional<std::string> onnx_doubt(const layers::Resampling& by, const OnnxRatios& found, Extent size,
                                             bool is_early) {
  const auto& [h, w] = found.ratios;
  const bool whole = is_whole(size.h, h) && is_whole(size.w, w);
  if (by.coordinates == layers::Coordinates::align_corners && !found.by_sizes && !whole) {
    return "found align_corners and a scale that leaves a part of a pixel, where specification and runtimes disagree";
  }
  if (by.mode != layers::ResizeMode::nearest) return std::nullopt;
  if (is_early && (h.numerator < h.denominator || w.numerator < w.denominator)) {
    return "found nearest neighbours of a smaller picture before opset 11, where specification and runtimes disagree";
  }
  if (is_decided(by, h, size.h) && is_decided(by, w, size.w)) return std::nullopt;
  return "found nearest neighbours by " + word_of(by.coordinates, layers::ResizeSpec::places) + " and " +
         word_of(by.rounding, layers::ResizeSpec::roundings) +
         " that the scale's rounding decides, where runtimes disagree";
}

// What stands behind `upsample`, if that does the same. By whole factors no place is half way between two samples'
// centres, so all roundings but floor and ceil agree.
inline std::optional<std::string> onnx_upsample_words(const layers::Resampling& by, const Ratios& scale) {
  using layers::Coordinates;
  if (scale.h.denominator != 1 || scale.w.denominator != 1) return std::nullopt;
  const std::string factor = " factor=" + OnnxLayers::to_text({scale.h.numerator, scale.w.numerator});
  const bool centred = is_centred(by.coordinates);
  if (by.mode == layers::ResizeMode::nearest) {
    const bool is_same = (by.coordinates == Coordinates::asymmetric && by.rounding == layers::Rounding::floor) ||
                         (centred && rounds_to_nearest(by.rounding));
    return is_same ? std::optional(factor + " mode=nearest") : std::nullopt;
  }
  if (by.mode != layers::ResizeMode::bilinear) return std::nullopt;
  if (by.coordinates == Coordinates::align_corners) return factor + " mode=bilinear align_corners=true";
  return centred ? std::optional(factor + " mode=bilinear") : std::nullopt;
}

inline std::string onnx_resize_words(const layers::Resampling& by, const Ratios& scale) {
  using layers::ResizeSpec;
  std::string words = " scale=" + ratios_text(scale) + " mode=" + word_of(by.mode, ResizeSpec::modes) +
                      " coordinates=" + word_of(by.coordinates, ResizeSpec::places);
  if (by.mode == layers::ResizeMode::nearest) words += " rounding=" + word_of(by.rounding, ResizeSpec::roundings);
  return words;
}

inline Result<OnnxFeature> read_onnx_resize(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto found = read_onnx_ratios(values, node, attributes, **from);
  if (!found) return found.error();
  const Ratios& scale = found->ratios;
  const auto by = read_onnx_resampling(values, node, attributes);
  if (!by) return by.error();
  const bool early = is_early_resize(values, node);
  const Extent size = (*from)->size;
  const auto h = onnx_resized_length(node, size.h, scale.h, found->by_sizes);
  const auto w = onnx_resized_length(node, size.w, scale.w, found->by_sizes);
  if (!h) return h.error();
  if (!w) return w.error();
  const auto as_upsample = onnx_upsample_words(*by, scale);
  if (const auto doubt = as_upsample ? std::nullopt : onnx_doubt(*by, *found, size, early)) {
    return node_error(node, *doubt);
  }
  if (early && by->mode == layers::ResizeMode::bilinear && values.model.producer == "pytorch") {
    values.warn("node " + weights::printable(node.name) + ": opset " + std::to_string(values.model.opset) +
                " samples between the corners of pixels, PyTorch itself between their centres; export with opset 11");
  }
  OnnxFeature feature = as_upsample
                            ? values.layers.add("upsample", layer_name(node), *as_upsample, **from)
                            : values.layers.add("resize", layer_name(node), onnx_resize_words(*by, scale), **from);
  feature.size = {*h, *w};
  return feature;
}

}  // namespace ochre::inline v0::detail
