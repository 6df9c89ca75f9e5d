// ONNX nodes with weights: Conv, ConvTranspose, BatchNormalization. Tested by read_onnx_test.cpp.
#pragma once

#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

// What Conv and ConvTranspose have in common.
struct OnnxWindow {
  Window window;            // its padding is not used
  std::vector<Index> pads;  // top, left, bottom, right
  Index groups = 1;

  bool is_even() const noexcept { return pads[0] == pads[2] && pads[1] == pads[3]; }

  // With the padding of even pads.
  std::string text() const {
    std::string line = " kernel=" + OnnxLayers::to_text(window.kernel);
    if (window.stride != Extent{1, 1}) line += " stride=" + OnnxLayers::to_text(window.stride);
    if (window.dilation != Extent{1, 1}) line += " dilation=" + OnnxLayers::to_text(window.dilation);
    if (groups != 1) line += " groups=" + std::to_string(groups);
    if (pads[0] != 0 || pads[1] != 0) line += " padding=" + OnnxLayers::to_text({pads[0], pads[1]});
    return line;
  }
};

// weight: [.., .., h, w].
inline Result<OnnxWindow> read_onnx_window(const OnnxNode& node, OnnxAttributes& attributes, const OnnxTensor& weight) {
  if (weight.shape.size() != 4) {
    return node_error(node, "found weights of shape " + sides_text(weight.shape) + ", expected 4 dimensions");
  }
  const std::vector<Index> kernel{weight.shape[2], weight.shape[3]};
  const auto strides = attributes.integers("strides", {1, 1});
  const auto dilations = attributes.integers("dilations", {1, 1});
  OnnxWindow geometry{{}, attributes.integers("pads", {0, 0, 0, 0}), attributes.integer("group", 1)};
  const auto automatic = attributes.text("auto_pad", "NOTSET");
  if (automatic == "VALID") geometry.pads = {0, 0, 0, 0};
  if (automatic != "NOTSET" && automatic != "VALID") {
    return node_error(node, "found auto_pad=" + weights::printable(automatic) + ", expected pads as numbers");
  }
  const auto all_from = [](const std::vector<Index>& values, std::size_t count, Index least) {
    return values.size() == count && std::all_of(values.begin(), values.end(), [&](Index value) {
             return value >= least && value <= layers::Attributes::largest;
           });
  };
  if (attributes.integers("kernel_shape", kernel) != kernel || !all_from(kernel, 2, 1) || !all_from(strides, 2, 1) ||
      !all_from(dilations, 2, 1) || !all_from(geometry.pads, 4, 0) || geometry.groups < 1 ||
      !all_from({weight.shape[0], weight.shape[1], geometry.groups}, 3, 1)) {
    return node_error(node, "found weights of shape " + sides_text(weight.shape) +
                                ", kernel_shape, strides, dilations, "
                                "pads or a group that do not fit, "
                                "expected those of two dimensions");
  }
  geometry.window = {{kernel[0], kernel[1]}, {strides[0], strides[1]}, {0, 0}, {dilations[0], dilations[1]}};
  return geometry;
}

// The layer and its tensors. from: its picture, `out` and `size` its result's.
inline Result<OnnxFeature> add_onnx_convolution(OnnxValues& values, const OnnxNode& node, std::string_view kind,
                                                const OnnxTensor& weight, const std::string& attributes,
                                                OnnxFeature& from, Index out, Extent size) {
  const OnnxTensor* bias = values.constant(node, 2);
  if (bias == nullptr && node.inputs.size() > 2 && !node.inputs[2].empty()) {
    return node_error(node, "found a computed bias, expected a constant");
  }
  const std::string source = values.layers.plain(from);
  const OnnxFeature feature =
      values.layers.add(kind, layer_name(node, weight),
                        " out=" + std::to_string(out) + attributes + (bias ? "" : " bias=false"), {source}, out, size);
  if (Status status = values.layers.add_tensor(feature.layer + ".weight", weight, weight.shape); !status) {
    return std::move(status).error();
  }
  if (bias == nullptr) return feature;
  if (Status status = values.layers.add_tensor(feature.layer + ".bias", *bias, {out}); !status) {
    return std::move(status).error();
  }
  return feature;
}

inline Error wrong_channels(const OnnxNode& node, const OnnxTensor& weight, Index groups, Index channels) {
  return node_error(node,
                    "found weights of shape " + sides_text(weight.shape) + " and group " + std::to_string(groups) +
                        " for a picture of " + std::to_string(channels) + " channels",
                    ErrorCode::malformed);
}

inline Result<OnnxFeature> read_onnx_conv(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto weight = values.weights(node, 1);
  if (!weight) return weight.error();
  auto read = read_onnx_window(node, attributes, **weight);
  if (!read) return std::move(read).error();
  const Index out = (*weight)->shape[0];
  if ((*weight)->shape[1] * read->groups != (*from)->channels || out % read->groups != 0) {
    return wrong_channels(node, **weight, read->groups, (*from)->channels);
  }
  // What is held back before the zeros is made once, for all who read it; the zeros become the convolution's own where
  // both sides have as many.
  const auto zeros = std::exchange((*from)->zeros, {});
  values.layers.plain(**from);
  OnnxFeature source = **from;
  (*from)->zeros = zeros;
  for (std::size_t i = 0; i < 4; ++i) read->pads[i] += zeros[i];
  const auto& pads = read->pads;
  if (*std::max_element(pads.begin(), pads.end()) > layers::Attributes::largest) {
    return node_error(node, "found zeros beyond any picture", ErrorCode::too_large);
  }
  // The source's size has the zeros that were held back in it already. axis: of rows 0, of columns 1.
  const auto length = [&](Index unpadded, std::size_t axis, const WindowSide& window) {
    const Index more = pads[axis] - zeros[axis] + pads[axis + 2] - zeros[axis + 2];
    const auto whole = checked_add(unpadded, more);
    return unpadded == 0 || !whole ? 0 : convolved_length(*whole, window).value_or(0);
  };
  const Extent size{length((*from)->size.h, 0, read->window.rows()),
                    length((*from)->size.w, 1, read->window.columns())};
  if (!read->is_even()) {
    std::copy_n(pads.begin(), 4, source.zeros.begin());
    read->pads = {0, 0, 0, 0};
  }
  return add_onnx_convolution(values, node, "conv2d", **weight, read->text(), source, out, size);
}

inline Result<OnnxFeature> read_onnx_conv_transpose(OnnxValues& values, const OnnxNode& node,
                                                    OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto weight = values.weights(node, 1);
  if (!weight) return weight.error();
  auto read = read_onnx_window(node, attributes, **weight);
  if (!read) return std::move(read).error();
  const Index out = (*weight)->shape[1] * read->groups;
  if ((*weight)->shape[0] != (*from)->channels || (*from)->channels % read->groups != 0 ||
      out > layers::Attributes::largest) {
    return wrong_channels(node, **weight, read->groups, (*from)->channels);
  }
  const auto more = attributes.integers("output_padding", {0, 0});
  if (!read->is_even() || more.size() != 2 || std::min(more[0], more[1]) < 0 ||
      std::max(more[0], more[1]) > layers::Attributes::largest) {
    return node_error(node,
                      "found uneven pads or an output_padding of other than two dimensions, expected as much on "
                      "both sides");
  }
  const auto length = [](Index in, const WindowSide& window, Index longer) {
    return in == 0 ? 0 : transposed_length(in, window, longer).value_or(0);
  };
  Window window = read->window;
  window.padding = {read->pads[0], read->pads[1]};
  const Extent size{length((*from)->size.h, window.rows(), more[0]),
                    length((*from)->size.w, window.columns(), more[1])};
  std::string text = read->text();
  if (more != std::vector<Index>{0, 0}) text += " output_padding=" + OnnxLayers::to_text({more[0], more[1]});
  return add_onnx_convolution(values, node, "conv_transpose2d", **weight, text, **from, out, size);
}

inline Result<OnnxFeature> read_onnx_batch_norm(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const float eps = attributes.real("epsilon", 1e-5f);
  if (!is_finite(eps) || eps < 0) return node_error(node, "found an epsilon below 0", ErrorCode::malformed);
  attributes.take("momentum");  // of training
  if (Status status = attributes.expect("training_mode", 0); !status) return std::move(status).error();
  if (Status status = attributes.expect("spatial", 1); !status) return std::move(status).error();
  if (Status status = attributes.expect("is_test", 1); !status) return std::move(status).error();
  const auto weight = values.weights(node, 1);
  if (!weight) return weight.error();
  const OnnxFeature feature =
      values.layers.add("batch_norm", layer_name(node, **weight), " eps=" + OnnxLayers::number(eps), **from);
  constexpr std::string_view names[] = {"weight", "bias", "running_mean", "running_var"};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto tensor = values.weights(node, i + 1);
    if (!tensor) return tensor.error();
    const std::string name = feature.layer + "." + std::string(names[i]);
    if (Status status = values.layers.add_tensor(name, **tensor, {feature.channels}); !status) {
      return std::move(status).error();
    }
  }
  return feature;
}

}  // namespace ochre::inline v0::detail
