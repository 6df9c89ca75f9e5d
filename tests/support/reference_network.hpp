// Runs a network text on the reference layers, in double precision: every layer's output and, for an arithmetic, how
// far that arithmetic may take it from the exact result, all errors carried along from the input. It shares nothing
// with network/, not even the parser, and trusts its text: an unknown layer throws. The bounds of deep networks are
// sound but worthless, as every layer multiplies them; they are meant for cases of a few layers.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ochre/reference/attention_bound.hpp>
#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/pool_bound.hpp>
#include <ochre/reference/resample_bound.hpp>

#include "golden.hpp"

namespace ochre::test {

struct ReferenceLayer {
  std::string kind;
  std::string name;
  std::vector<std::string> inputs;
  Tensor<double> output;
  Tensor<double> bound;  // empty without an arithmetic
};

struct ReferenceRun {
  std::map<std::string, ReferenceLayer, std::less<>> layers;  // and the input
  std::string output_name;

  const ReferenceLayer& output() const { return layers.at(output_name); }
};

class ReferenceNetwork {
 public:
  ReferenceNetwork(const std::string& text, const GoldenTensors& tensors) : text_(text), tensors_(tensors) {}

  ReferenceRun run(const reference::Operand& input, std::optional<reference::Arithmetic> arithmetic = {}) const {
    ReferenceRun run;
    std::string previous;
    std::istringstream lines(text_);
    for (std::string line; std::getline(lines, line);) {
      const auto [kind, name, options] = parse(line);
      if (kind.empty() || kind == "network" || kind == "head") continue;
      if (kind == "output") {
        run.output_name = name;
        continue;
      }
      ReferenceLayer layer{kind, name, {}, {}, {}};
      if (kind == "input") {
        const Shape& shape = input.value.shape;
        layer.output = copy(input.value);
        if (arithmetic) layer.bound = Tensor<double>::create(shape).value();
        if (arithmetic && input.error) layer.bound = copy({input.error, shape});
      } else {
        layer.inputs = options.list("from", previous);
        compute(layer, options, run, arithmetic);
      }
      run.layers.emplace(name, std::move(layer));
      previous = name;
    }
    return run;
  }

 private:
  struct Options : std::map<std::string, std::string, std::less<>> {
    std::string text(const std::string& key, const std::string& fallback) const {
      const auto at = find(key);
      return at == end() ? fallback : at->second;
    }
    double number(const std::string& key, double fallback) const {
      return contains(key) ? std::stod(at(key)) : fallback;
    }
    Extent extent(const std::string& key, Extent fallback) const {
      if (!contains(key)) return fallback;
      const std::string& value = at(key);
      const auto cross = value.find('x');
      const Index h = std::stol(value.substr(0, cross));
      return {h, cross == std::string::npos ? h : std::stol(value.substr(cross + 1))};
    }
    Ratios ratios(const std::string& key) const {
      const auto ratio = [](const std::string& value) -> Ratio {
        const auto stroke = value.find('/');
        return {std::stol(value), stroke == std::string::npos ? 1 : std::stol(value.substr(stroke + 1))};
      };
      const std::string& value = at(key);
      const auto cross = value.find('x');
      const Ratio h = ratio(value.substr(0, cross));
      return {h, cross == std::string::npos ? h : ratio(value.substr(cross + 1))};
    }
    std::vector<std::string> list(const std::string& key, const std::string& fallback) const {
      std::vector<std::string> items;
      std::istringstream all(text(key, fallback));
      for (std::string item; std::getline(all, item, ',');) items.push_back(item);
      return items;
    }
  };

  struct Line {
    std::string kind;
    std::string name;
    Options options;
  };

  static Line parse(const std::string& text) {
    std::istringstream words(text.substr(0, text.find('#')));
    Line line;
    words >> line.kind >> line.name;
    for (std::string word; words >> word;) {
      const auto equals = word.find('=');
      line.options[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return line;
  }

  static Tensor<double> copy(TensorView<const double> from) {
    auto tensor = Tensor<double>::create(from.shape).value();
    std::copy_n(from.data, from.shape.size(), tensor.data());
    return tensor;
  }

  const double* find(const std::string& name) const {
    const auto at = tensors_.find(name);
    return at == tensors_.end() ? nullptr : at->second.values.data();
  }

  void compute_convolution(ReferenceLayer& layer, const Options& options, const reference::Operand& x,
                           std::optional<reference::Arithmetic> arithmetic) const {
    const TensorView<const double> weight = tensors_.at(layer.name + ".weight").view();
    const double* bias = find(layer.name + ".bias");
    const Extent stride = options.extent("stride", {1, 1});
    const Extent padding = options.extent("padding", {0, 0});
    const Extent dilation = options.extent("dilation", {1, 1});
    const auto groups = static_cast<Index>(options.number("groups", 1));
    if (layer.kind == "conv2d") {
      const reference::Conv2dParameters p{weight, bias, stride, padding, dilation, groups};
      layer.output = Tensor<double>::create(conv2d_shape(x.value.shape, p)).value();
      conv2d(x.value, p, layer.output.view());
      if (arithmetic) layer.bound = conv2d_bound(x, p, *arithmetic).value();
    } else {
      const Extent output_padding = options.extent("output_padding", {0, 0});
      const reference::ConvTranspose2dParameters p{weight, bias, stride, padding, output_padding, dilation, groups};
      layer.output = Tensor<double>::create(conv_transpose2d_shape(x.value.shape, p)).value();
      conv_transpose2d(x.value, p, layer.output.view());
      if (arithmetic) layer.bound = conv_transpose2d_bound(x, p, *arithmetic).value();
    }
  }

  static reference::PoolParameters pool_of(const Options& options) {
    const Window window{options.extent("kernel", {1, 1}), options.extent("stride", {1, 1}),
                        options.extent("padding", {0, 0}), options.extent("dilation", {1, 1})};
    return {window, options.text("ceil", "") == "true", options.text("count_padding", "true") == "true"};
  }

  static reference::ResizeParameters resize_of(const Options& options) {
    using namespace reference;
    static const std::map<std::string, ResizeMode> modes{{"nearest", ResizeMode::nearest},
                                                         {"bilinear", ResizeMode::bilinear},
                                                         {"bicubic", ResizeMode::bicubic},
                                                         {"catmull_rom", ResizeMode::bicubic}};
    static const std::map<std::string, ResizePlaces> places{
        {"half_pixel", ResizePlaces::half_pixel},
        {"pytorch_half_pixel", ResizePlaces::pytorch_half_pixel},
        {"half_pixel_symmetric", ResizePlaces::half_pixel_symmetric},
        {"align_corners", ResizePlaces::align_corners},
        {"asymmetric", ResizePlaces::asymmetric},
        {"tf_half_pixel_for_nn", ResizePlaces::tf_half_pixel_for_nn}};
    static const std::map<std::string, ResizeRounding> roundings{
        {"round_prefer_floor", ResizeRounding::round_prefer_floor},
        {"round_prefer_ceil", ResizeRounding::round_prefer_ceil},
        {"floor", ResizeRounding::floor},
        {"ceil", ResizeRounding::ceil}};
    const std::string mode = options.text("mode", "nearest");
    return {options.ratios("scale"), modes.at(mode), places.at(options.text("coordinates", "half_pixel")),
            roundings.at(options.text("rounding", "round_prefer_floor")), mode == "catmull_rom" ? -0.5 : -0.75};
  }

  void compute(ReferenceLayer& layer, const Options& options, const ReferenceRun& run,
               std::optional<reference::Arithmetic> arithmetic) const {
    using namespace reference;
    std::vector<TensorView<const double>> inputs;
    std::vector<Operand> operands;
    for (const std::string& name : layer.inputs) {
      const ReferenceLayer& from = run.layers.at(name);
      inputs.push_back(from.output.view());
      operands.push_back({from.output.view(), from.bound.data()});
    }
    const TensorView<const double> x = inputs.front();
    const Operand& operand = operands.front();
    const std::string& kind = layer.kind;
    const auto make = [&](const Shape& shape) {
      layer.output = Tensor<double>::create(shape).value();
      return layer.output.view();
    };
    const auto bound = [&](auto&& compute_bound) {
      if (arithmetic) layer.bound = compute_bound().value();
    };

    if (kind == "conv2d" || kind == "conv_transpose2d") {
      compute_convolution(layer, options, operand, arithmetic);
    } else if (kind == "batch_norm") {
      const BatchNormParameters p{find(layer.name + ".running_mean"), find(layer.name + ".running_var"),
                                  find(layer.name + ".weight"), find(layer.name + ".bias"),
                                  options.number("eps", 1e-5)};
      batch_norm(x, p, make(x.shape));
      bound([&] { return batch_norm_bound(operand, p, *arithmetic); });
    } else if (kind == "relu") {
      relu(x, make(x.shape));
      bound([&] { return relu_bound(operand); });
    } else if (kind == "leaky_relu") {
      const LeakyReluParameters p{options.number("slope", 0.01)};
      leaky_relu(x, p, make(x.shape));
      bound([&] { return leaky_relu_bound(operand, p, *arithmetic); });
    } else if (kind == "tanh") {
      reference::tanh(x, make(x.shape));
      bound([&] { return tanh_bound(operand, *arithmetic); });
    } else if (kind == "sigmoid") {
      sigmoid(x, make(x.shape));
      bound([&] { return sigmoid_bound(operand, *arithmetic); });
    } else if (kind == "pad") {
      const auto side = [&](const char* name) { return static_cast<Index>(options.number(name, 0)); };
      const std::string mode = options.text("mode", "zero");
      const PadParameters p{side("top"), side("left"), side("bottom"), side("right"),
                            mode == "edge"      ? PadMode::edge
                            : mode == "reflect" ? PadMode::reflect
                                                : PadMode::zero};
      pad(x, p, make(pad_shape(x.shape, p)));
      bound([&] { return pad_bound(operand, p); });
    } else if (kind == "scale") {
      const ScaleParameters p{options.number("factor", 1.0), options.number("offset", 0.0)};
      scale(x, p, make(x.shape));
      bound([&] { return scale_bound(operand, p, *arithmetic); });
    } else if (kind == "softmax") {
      softmax(x, make(x.shape));
      bound([&] { return softmax_bound(operand, *arithmetic); });
    } else if (kind == "attention") {
      const AttentionParameters p{static_cast<Index>(options.number("heads", 1)),
                                  static_cast<Index>(options.number("most_keys", 512))};
      if (!attention(x, p, make({x.shape.n, x.shape.c / 3, x.shape.h, x.shape.w}))) {
        throw std::runtime_error("attention: no memory");
      }
      bound([&] { return attention_bound(operand, p, *arithmetic); });
    } else if (kind == "downsample") {
      const DownsampleParameters p{options.extent("stride", {1, 1})};
      downsample(x, p, make(downsample_shape(x.shape, p)));
      bound([&] { return downsample_bound(operand, p); });
    } else if (kind == "upsample") {
      const UpsampleMode mode =
          options.text("mode", "nearest") == "bilinear" ? UpsampleMode::bilinear : UpsampleMode::nearest;
      const UpsampleParameters p{options.extent("factor", {1, 1}), mode, options.text("align_corners", "") == "true"};
      upsample(x, p, make(upsample_shape(x.shape, p)));
      bound([&] { return upsample_bound(operand, p, *arithmetic); });
    } else if (kind == "resize") {
      const ResizeParameters p = resize_of(options);
      resize(x, p, make(resize_shape(x.shape, p)));
      bound([&] { return resize_bound(operand, p, *arithmetic); });
    } else if (kind == "clip") {
      const ClipParameters p{options.number("least", -HUGE_VAL), options.number("most", HUGE_VAL)};
      clip(x, p, make(x.shape));
      bound([&] { return clip_bound(operand, p, *arithmetic); });
    } else if (kind == "max_pool") {
      const PoolParameters p = pool_of(options);
      max_pool(x, p, make(pool_shape(x.shape, p)));
      bound([&] { return max_pool_bound(operand, p); });
    } else if (kind == "average_pool") {
      const PoolParameters p = pool_of(options);
      average_pool(x, p, make(pool_shape(x.shape, p)));
      bound([&] { return average_pool_bound(operand, p, *arithmetic); });
    } else if (kind == "global_average_pool") {
      global_average_pool(x, make({x.shape.n, x.shape.c, 1, 1}));
      bound([&] { return global_average_pool_bound(operand, *arithmetic); });
    } else if (kind == "depth_to_space") {
      const DepthOrder order = options.text("order", "crd") == "dcr" ? DepthOrder::dcr : DepthOrder::crd;
      const DepthToSpaceParameters p{static_cast<Index>(options.number("factor", 1)), order};
      depth_to_space(x, p, make(depth_to_space_shape(x.shape, p)));
      bound([&] { return depth_to_space_bound(operand, p); });
    } else if (kind == "channels") {
      const ChannelSliceParameters p{static_cast<Index>(options.number("first", 0)),
                                     static_cast<Index>(options.number("count", 1))};
      channel_slice(x, p, make(channel_slice_shape(x.shape, p)));
      bound([&] { return channel_slice_bound(operand, p); });
    } else if (kind == "add") {
      add(inputs, make(x.shape));
      bound([&] { return add_bound(operands, *arithmetic); });
    } else if (kind == "instance_norm") {
      const InstanceNormParameters p{find(layer.name + ".weight"), find(layer.name + ".bias"),
                                     options.number("eps", 1e-5)};
      instance_norm(x, p, make(x.shape));
      bound([&] { return instance_norm_bound(operand, p, *arithmetic); });
    } else if (kind == "multiply") {
      multiply(inputs, make(x.shape));
      bound([&] { return multiply_bound(operands, *arithmetic); });
    } else if (kind == "divide") {
      divide(inputs, make(x.shape));
      bound([&] { return divide_bound(operands, *arithmetic); });
    } else if (kind == "maximum" || kind == "minimum") {
      (kind == "maximum" ? maximum : minimum)(inputs, make(x.shape));
      bound([&] { return extreme_bound(operands); });
    } else if (kind == "expand") {
      expand(x, make(inputs[1].shape));
      bound([&] { return expand_bound(operand, inputs[1].shape); });
    } else if (kind == "constant") {
      const auto side = [&](const char* name) { return static_cast<Index>(options.number(name, 1)); };
      const Shape table{1, side("channels"), side("height"), side("width")};
      const TensorView<const double> numbers{find(layer.name + ".weight"), table};
      constant(numbers, make({x.shape.n, table.c, x.shape.h, x.shape.w}));
      bound([&] { return constant_bound(numbers, layer.output.shape(), *arithmetic); });
    } else if (kind == "prelu") {
      prelu(x, find(layer.name + ".weight"), make(x.shape));
      bound([&] { return prelu_bound(operand, find(layer.name + ".weight"), *arithmetic); });
    } else if (kind == "concat") {
      concat(inputs, make(concat_shape(inputs)));
      bound([&] { return concat_bound(operands); });
    } else {
      throw std::runtime_error("no reference layer " + kind);
    }
  }

  std::string text_;
  const GoldenTensors& tensors_;
};

}  // namespace ochre::test
