// ONNX nodes that gather pixels: MaxPool, AveragePool, GlobalAveragePool, ReduceMean over the picture. Tested by
// read_onnx_test.cpp.
#pragma once

#include <ochre/import/onnx/convolution.hpp>

namespace ochre::inline v0::detail {

inline Result<OnnxWindow> read_onnx_pool_window(const OnnxNode& node, OnnxAttributes& attributes, Extent size) {
  const auto kernel = attributes.integers("kernel_shape", {});
  const auto strides = attributes.integers("strides", {1, 1});
  const auto dilations = attributes.integers("dilations", {1, 1});
  OnnxWindow geometry{{}, attributes.integers("pads", {0, 0, 0, 0}), 1};
  if (!all_from(kernel, 2, 1) || !all_from(strides, 2, 1) || !all_from(dilations, 2, 1) ||
      !all_from(geometry.pads, 4, 0)) {
    return node_error(node, "found a kernel_shape, strides, dilations or pads of other than two dimensions");
  }
  geometry.window = {{kernel[0], kernel[1]}, {strides[0], strides[1]}, {0, 0}, {dilations[0], dilations[1]}};
  const Window& window = geometry.window;
  const bool skips = window.kernel.h < window.stride.h || window.kernel.w < window.stride.w;
  if ((skips || window.dilation != Extent{1, 1}) && attributes.text("auto_pad", "NOTSET").starts_with("SAME")) {
    return node_error(node,
                      "found auto_pad with dilations or strides beyond the kernel, of which specification and runtimes "
                      "disagree");
  }
  if (Status status = read_onnx_auto_pad(node, attributes, size, geometry); !status) return std::move(status).error();
  return geometry;
}

// The layer of a pool whose pads are its own, and its picture's size after it.
inline Result<OnnxFeature> add_onnx_pool(OnnxValues& values, const OnnxNode& node, std::string_view kind,
                                         OnnxFeature& from, const OnnxWindow& geometry, bool ceil,
                                         const std::string& more) {
  Window window = geometry.window;
  window.padding = {geometry.pads[0], geometry.pads[1]};
  const auto length = [&](Index in, const WindowSide& side) {
    return in == 0 ? 0 : layers::pooled_length(in, side, ceil).value_or(-1);
  };
  const Extent size{length(from.size.h, window.rows()), length(from.size.w, window.columns())};
  if (size.h < 0 || size.w < 0) return too_large_kernel(node, from.size);
  const std::string source = values.layers.plain(from);
  return values.layers.add(kind, layer_name(node), geometry.text() + (ceil ? " ceil=true" : "") + more, {source},
                           from.channels, size);
}

// At most half of what the kernel spans, so that each window sees the picture, and as much on both sides.
inline bool pads_itself(const OnnxWindow& geometry) noexcept {
  return geometry.is_even() && 2 * geometry.pads[0] <= reach_of(geometry.window.rows()) &&
         2 * geometry.pads[1] <= reach_of(geometry.window.columns());
}

// What a pool cannot pad itself becomes a layer before it.
inline OnnxFeature padded_before(OnnxValues& values, OnnxFeature& from, OnnxWindow& geometry, const std::string& mode) {
  const std::string source = values.layers.plain(from);
  const std::array<Index, 4> sides{geometry.pads[0], geometry.pads[1], geometry.pads[2], geometry.pads[3]};
  const Extent size{from.size.h == 0 ? 0 : from.size.h + sides[0] + sides[2],
                    from.size.w == 0 ? 0 : from.size.w + sides[1] + sides[3]};
  geometry.pads = {0, 0, 0, 0};
  return values.layers.add("pad", "", OnnxLayers::sides_words(sides) + mode, {source}, from.channels, size);
}

inline Result<OnnxFeature> read_onnx_max_pool(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  auto geometry = read_onnx_pool_window(node, attributes, (*from)->size);
  if (!geometry) return std::move(geometry).error();
  const bool ceil = attributes.integer("ceil_mode", 0) != 0;
  attributes.take("storage_order");  // of the indices, a second output
  if (pads_itself(*geometry)) return add_onnx_pool(values, node, "max_pool", **from, *geometry, ceil, "");
  // A window that reaches beyond the border meets the border's pixel as well, if its taps lie side by side: then that
  // pixel repeated changes no maximum.
  const Window& window = geometry->window;
  const auto& pads = geometry->pads;
  if (ceil || window.dilation != Extent{1, 1} || std::max(pads[0], pads[2]) >= window.kernel.h ||
      std::max(pads[1], pads[3]) >= window.kernel.w) {
    return node_error(node, "found pads " + sides_text(pads) +
                                ", expected as many on both sides, up to half of the "
                                "kernel");
  }
  OnnxFeature padded = padded_before(values, **from, *geometry, " mode=edge");
  return add_onnx_pool(values, node, "max_pool", padded, *geometry, false, "");
}

inline Result<OnnxFeature> read_onnx_average_pool(OnnxValues& values, const OnnxNode& node,
                                                  OnnxAttributes& attributes) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  auto geometry = read_onnx_pool_window(node, attributes, (*from)->size);
  if (!geometry) return std::move(geometry).error();
  const bool ceil = attributes.integer("ceil_mode", 0) != 0;
  const bool counts = attributes.integer("count_include_pad", 0) != 0;
  if (geometry->window.dilation != Extent{1, 1}) return node_error(node, "found dilations, expected taps side by side");
  const std::string more = counts ? "" : " count_padding=false";
  if (pads_itself(*geometry)) return add_onnx_pool(values, node, "average_pool", **from, *geometry, ceil, more);
  if (ceil || !counts) {
    return node_error(node, "found pads " + sides_text(geometry->pads) +
                                ", expected as many on both sides, up to half of the kernel, or such as count");
  }
  OnnxFeature padded = padded_before(values, **from, *geometry, "");
  return add_onnx_pool(values, node, "average_pool", padded, *geometry, false, "");
}

inline Result<OnnxFeature> read_onnx_global_average(OnnxValues& values, const OnnxNode& node, OnnxAttributes&) {
  const auto from = values.picture(node, 0);
  if (!from) return from.error();
  const std::string source = values.layers.plain(**from);
  return values.layers.add("global_average_pool", layer_name(node), "", {source}, (*from)->channels, {1, 1});
}

// Over height and width alone, which stay as one pixel.
inline Result<OnnxFeature> read_onnx_reduce_mean(OnnxValues& values, const OnnxNode& node, OnnxAttributes& attributes) {
  const auto axes = values.list(node, attributes, "axes", 1);
  if (!axes) return axes.error();
  attributes.take("noop_with_empty_axes");  // of lists that are refused below
  std::vector<std::size_t> places;
  for (const double axis : *axes) {
    const auto place = axis_of(node, axis, 4);
    if (!place) return place.error();
    places.push_back(*place);
  }
  std::sort(places.begin(), places.end());
  if (places != std::vector<std::size_t>{2, 3} || attributes.integer("keepdims", 1) != 1) {
    return node_error(node, "found other axes than height and width, or axes that are not kept");
  }
  return read_onnx_global_average(values, node, attributes);
}

}  // namespace ochre::inline v0::detail
