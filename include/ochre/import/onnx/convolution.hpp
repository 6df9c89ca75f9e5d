// ONNX nodes with weights: Conv, ConvTranspose, BatchNormalization, InstanceNormalization. Tested by
// read_onnx_test.cpp.
#pragma once

#include <ochre/base/finite.hpp>
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

// So many numbers that a layer's attributes can hold, none below the least.
inline bool all_from(const std::vector<Index>& values, std::size_t count, Index least) {
  return values.size() == count && std::all_of(values.begin(), values.end(), [&](Index value) {
           return value >= least && value <= layers::Attributes::largest;
         });
}

// weight: [.., .., h, w]. auto_pad is left to the caller, as it depends on what comes in.
inline Result<OnnxWindow> read_onnx_window(const OnnxNode& node, OnnxAttributes& attributes, const OnnxTensor& weight) {
  if (weight.shape.size() != 4) {
    return node_error(node, "found weights of shape " + sides_text(weight.shape) + ", expected 4 dimensions");
  }
  const std::vector<Index> kernel{weight.shape[2], weight.shape[3]};
  const auto strides = attributes.integers("strides", {1, 1});
  const auto dilations = attributes.integers("dilations", {1, 1});
  OnnxWindow geometry{{}, attributes.integers("pads", {0, 0, 0, 0}), attributes.integer("group", 1)};
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

// Zeros that auto_pad adds: of rows 0, of columns 1; `total` is what both sides have together.
inline void share_out(OnnxWindow& window, std::size_t axis, Index total, bool more_at_the_end) noexcept {
  window.pads[axis] = more_at_the_end ? total / 2 : total - total / 2;
  window.pads[axis + 2] = total - window.pads[axis];
}

// Pixels from a kernel's first tap to its last.
inline Index reach_of(const WindowSide& side) noexcept { return side.dilation * (side.kernel - 1) + 1; }

// A convolution's zeros by auto_pad: the output has a pixel for each stride of the input. size: of the input, 0 where
// it is not fixed.
inline Status read_onnx_auto_pad(const OnnxNode& node, OnnxAttributes& attributes, Extent size, OnnxWindow& geometry) {
  const auto automatic = attributes.text("auto_pad", "NOTSET");
  if (automatic == "NOTSET") return {};
  geometry.pads = {0, 0, 0, 0};
  if (automatic == "VALID") return {};
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    return node_error(node, "found auto_pad=" + weights::printable(automatic, longest_shown) +
                                ", expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  }
  const std::pair<WindowSide, Index> axes[] = {{geometry.window.rows(), size.h}, {geometry.window.columns(), size.w}};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto& [side, in] = axes[axis];
    if (in == 0 && side.stride != 1) {
      return node_error(node, "found auto_pad=" + std::string(automatic) +
                                  " with a stride for a picture whose size is not fixed, expected pads as numbers");
    }
    const Index rest = in == 0 ? side.stride : in - (ceil_div(in, side.stride) - 1) * side.stride;
    share_out(geometry, axis, std::max<Index>(reach_of(side) - rest, 0), automatic == "SAME_UPPER");
  }
  return {};
}

// A transposed convolution's pads by auto_pad or output_shape. size: of the input, 0 where it is not fixed.
inline Status read_onnx_output_shape(const OnnxNode& node, OnnxAttributes& attributes, Extent size,
                                     const std::vector<Index>& output_padding, OnnxWindow& geometry) {
  const auto automatic = attributes.text("auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  const auto wanted = attributes.integers("output_shape", {});
  if (!same && automatic != "NOTSET" && automatic != "VALID") {
    return node_error(node, "found auto_pad=" + weights::printable(automatic, longest_shown) +
                                ", expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  }
  if (automatic != "NOTSET") geometry.pads = {0, 0, 0, 0};
  if (wanted.empty() && !same) return {};
  if (!wanted.empty() && wanted.size() != 2) {
    return node_error(node, "found output_shape " + sides_text(wanted) + ", expected height and width");
  }
  const std::pair<WindowSide, Index> axes[] = {{geometry.window.rows(), size.h}, {geometry.window.columns(), size.w}};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto& [side, in] = axes[axis];
    if (in == 0 && !wanted.empty()) {
      return node_error(node, "found an output_shape for a picture whose size is not fixed, expected pads");
    }
    const Index unpadded = (in - 1) * side.stride + reach_of(side) + output_padding[axis];
    const Index total = unpadded - (wanted.empty() ? in * side.stride : wanted[axis]);
    if (total < 0 || total > layers::Attributes::largest) {
      return node_error(node, "found an output larger than what the kernel reaches, expected pads of 0 or more");
    }
    // The specification gives the odd one to the front there, runtimes to the end.
    if (total % 2 != 0 && !same) {
      return node_error(node, "found an output_shape that leaves an odd number of pads, expected pads as numbers");
    }
    share_out(geometry, axis, total, automatic == "SAME_UPPER");
  }
  return {};
}

// The layer and its tensors. from: its picture, `out` and `size` its result's.
inline Result<OnnxFeature> add_onnx_convolution(OnnxValues& values, const OnnxNode& node, std::string_view kind,
                                                const OnnxTensor& weight, const std::string& attributes,
                                                OnnxFeature& from, Index out, Extent size) {
  const OnnxTensor* bias = values.constant(node, 2);
  if (bias == nullptr && values.has_input(node, 2)) {
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

inline Error too_large_kernel(const OnnxNode& node, Extent size) {
  return node_error(node, "found a picture of " + std::to_string(size.h) + "x" + std::to_string(size.w) +
                              ", of which kernel and pads leave nothing, or more than can be");
}

inline Result<OnnxFeature> read_onnx_conv(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const auto weight = values.weights(node, 1);
  if (!weight) return weight.error();
  auto read = read_onnx_window(node, attributes, **weight);
  if (!read) return std::move(read).error();
  if (Status status = read_onnx_auto_pad(node, attributes, (*from)->size, *read); !status) {
    return std::move(status).error();
  }
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
  if (((*from)->size.h != 0 && size.h == 0) || ((*from)->size.w != 0 && size.w == 0)) {
    return too_large_kernel(node, (*from)->size);
  }
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
  auto more = attributes.integers("output_padding", {0, 0});
  if (more.size() != 2 || std::min(more[0], more[1]) < 0 || std::max(more[0], more[1]) > layers::Attributes::largest) {
    return node_error(node, "found output_padding " + sides_text(more) + ", expected two numbers of 0 or more");
  }
  if (Status status = read_onnx_output_shape(node, attributes, (*from)->size, more, *read); !status) {
    return std::move(status).error();
  }
  // What the end is cut by more than the front is a shorter output.
  for (std::size_t axis = 0; axis < 2; ++axis) more[axis] += read->pads[axis] - read->pads[axis + 2];
  const auto length = [](Index in, const WindowSide& window, Index longer) {
    return in == 0 ? 0 : transposed_length(in, window, longer).value_or(0);
  };
  Window window = read->window;
  window.padding = {read->pads[0], read->pads[1]};
  const Extent size{length((*from)->size.h, window.rows(), more[0]),
                    length((*from)->size.w, window.columns(), more[1])};
  if (((*from)->size.h != 0 && size.h == 0) || ((*from)->size.w != 0 && size.w == 0)) {
    return too_large_kernel(node, (*from)->size);
  }
  std::string text = read->text();
  if (more != std::vector<Index>{0, 0}) text += " output_padding=" + OnnxLayers::to_text({more[0], more[1]});
  return add_onnx_convolution(values, node, "conv_transpose2d", **weight, text, **from, out, size);
}

// A norm's layer and its tensors of one number a channel, from the node's second input on.
template <std::size_t Count>
Result<OnnxFeature> add_onnx_norm(OnnxValues& values, const OnnxNode& node, std::string_view kind, float eps,
                                  OnnxFeature& from, const std::string_view (&names)[Count]) {
  const auto weight = values.weights(node, 1);
  if (!weight) return weight.error();
  const OnnxFeature feature =
      values.layers.add(kind, layer_name(node, **weight), " eps=" + OnnxLayers::number(eps), from);
  for (std::size_t i = 0; i < Count; ++i) {
    const auto tensor = values.weights(node, i + 1);
    if (!tensor) return tensor.error();
    const std::string name = feature.layer + "." + std::string(names[i]);
    if (Status status = values.layers.add_tensor(name, **tensor, {feature.channels}); !status) {
      return std::move(status).error();
    }
  }
  return feature;
}

inline Result<OnnxFeature> read_onnx_instance_norm(OnnxValues& values, const OnnxNode& node,
                                                   OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const float eps = attributes.real("epsilon", 1e-5f);
  if (!is_finite(eps) || !(eps > 0)) return node_error(node, "found an epsilon that is not above 0");
  return add_onnx_norm(values, node, "instance_norm", eps, **from, {"weight", "bias"});
}

inline Result<OnnxFeature> read_onnx_batch_norm(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const float eps = attributes.real("epsilon", 1e-5f);
  if (!is_finite(eps) || eps < 0) return node_error(node, "found an epsilon below 0", ErrorCode::malformed);
  attributes.take("momentum");  // of training
  if (Status status = attributes.expect("training_mode", 0); !status) return std::move(status).error();
  if (Status status = attributes.expect("spatial", 1); !status) return std::move(status).error();
  // Before there was a training_mode, further outputs asked for the statistics of training, at first is_test=0.
  const bool tests = values.model.opset >= 7 || attributes.integer("is_test", 0) != 0;
  if (!tests || (node.outputs.size() > 1 && values.model.opset < 14)) {
    return node_error(node, "found a batch norm in training, expected one that uses the statistics it has");
  }
  return add_onnx_norm(values, node, "batch_norm", eps, **from, {"weight", "bias", "running_mean", "running_var"});
}

}  // namespace ochre::inline v0::detail
