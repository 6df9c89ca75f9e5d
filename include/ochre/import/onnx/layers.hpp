// The network text that an ONNX graph becomes, line by line, with the tensors of its layers.
// What costs a layer in ochre, but may melt into its neighbour, is held back until somebody reads it: constants that
// scale and shift, steps of a slice, zeros around the picture. Tested by read_onnx_test.cpp.
#pragma once

#include <array>

#include <ochre/import/onnx/attributes.hpp>
#include <ochre/import/onnx/names.hpp>
#include <ochre/import/onnx/tensor.hpp>

namespace ochre::inline v0::detail {

// What layers may hold in all when each gets weights of its own, as times the file's bytes, and bytes beyond. Networks
// that apply one convolution again and again share it one or two dozen times beside others; 4096 layers that share one
// are a trap: a proof computes with all of them in double.
inline constexpr Index most_shared_times = 8;
inline constexpr Index most_shared_bytes = Index{1} << 22;

// Bytes of constants that are no tensors of the file's: up to 32 a channel where a batch norm stands for a constant. As
// floats they are as many numbers as most_onnx_numbers (values.hpp) lets nodes read.
inline constexpr Index most_constant_bytes = Index{1} << 24;

// A value of the graph that is a picture of `channels`.
struct OnnxFeature {
  std::string layer;  // that computes it, before what is held back
  Index channels = 0;
  Extent size{0, 0};  // of the picture, 0 where the graph leaves it open
  Extent step{1, 1};  // held back, first …
  double factor = 1;  // … then …
  double offset = 0;
  std::array<Index, 4> zeros{};  // … and last: top, left, bottom, right
  bool channels_last = false;    // a transposed view: [N, W, H, C]
  bool whole = false;            // of whole numbers, which only a Cast may read

  bool is_scaled() const noexcept { return factor != 1 || offset != 0; }
  bool is_padded() const noexcept { return zeros != std::array<Index, 4>{}; }
};

class OnnxLayers {
 public:
  OnnxLayers(OnnxTensorReader& tensors, SourceFile& file)
      : tensors_(tensors), file_(file), constants_(file, most_constant_bytes) {}

  OnnxFeature begin(std::string_view input, Index channels, Extent size) {
    text_ = "network imported\n";
    input_ = names_.unused(input, "input");
    text_ += "input " + input_ + " channels=" + std::to_string(channels) + "\n\n";
    return {input_, channels, size};
  }

  // A line of the text; `wanted` becomes the layer's name if it can. attributes: " out=3", or nothing.
  OnnxFeature add(std::string_view kind, std::string_view wanted, const std::string& attributes,
                  const std::vector<std::string>& from, Index channels, Extent size) {
    OnnxFeature feature{names_.unused(wanted, kind), channels, size};
    text_ += std::string(kind) + ' ' + feature.layer + " from=";
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (i > 0) text_ += ',';
      text_ += from[i];
    }
    text_ += attributes + '\n';
    ++count_;
    return feature;
  }

  // One that changes neither channels nor size.
  OnnxFeature add(std::string_view kind, std::string_view wanted, const std::string& attributes, OnnxFeature& from) {
    const std::string source = plain(from);
    return add(kind, wanted, attributes, {source}, from.channels, from.size);
  }

  // The layer that gives the feature as it is, made if need be.
  std::string plain(OnnxFeature& feature) {
    const auto append = [&](std::string_view kind, const std::string& attributes) {
      feature.layer = add(kind, "", attributes, {feature.layer}, feature.channels, {}).layer;
    };
    if (feature.step != Extent{1, 1}) append("downsample", " stride=" + to_text(feature.step));
    if (feature.is_scaled()) {
      append("scale", " factor=" + number(feature.factor) + " offset=" + number(feature.offset));
    }
    if (feature.is_padded()) append("pad", sides_words(feature.zeros));
    feature.step = {1, 1};
    feature.factor = 1;
    feature.offset = 0;
    feature.zeros = {};
    return feature.layer;
  }

  // A picture without some of its sides' rows and columns (as many as `sides` are below 0: top, left, bottom, right),
  // and of what is left each step-th: size is what that leaves. The steps are held back.
  OnnxFeature cut(OnnxFeature& from, const std::array<Index, 4>& sides, Extent step, Extent size) {
    const bool is_whole = sides == std::array<Index, 4>{};
    if (from.is_padded() || !is_whole) plain(from);
    OnnxFeature feature = from;
    if (!is_whole) feature.layer = add("pad", "", sides_words(sides), {from.layer}, from.channels, {}).layer;
    feature.step = {feature.step.h * step.h, feature.step.w * step.w};
    feature.size = size;
    return feature;
  }

  // A layer's tensor. One that several layers share is written for each of them.
  Status add_tensor(const std::string& name, const OnnxTensor& tensor, const std::vector<Index>& shape) {
    auto entry = tensors_.read(tensor);
    if (!entry) return std::move(entry).error();
    if (entry->shape != shape) {
      return tensor_error(tensor.name.substr(0, longest_shown),
                          "found shape " + to_string(entry->shape) + ", expected " + to_string(shape));
    }
    if (!weights::is_convertible(entry->dtype)) {
      return tensor_error(tensor.name.substr(0, longest_shown),
                          "found whole numbers, expected float, half, bfloat16 or double", ErrorCode::unsupported);
    }
    bytes_ += static_cast<Index>(entry->bytes.size());
    if (bytes_ > most_shared_times * tensors_.file_bytes() + most_shared_bytes) {
      return Error{ErrorCode::too_large, "found layers that share weights, expected no more than " +
                                             std::to_string(most_shared_times) + " times the file's size and " +
                                             std::to_string(most_shared_bytes) + " bytes when each has its own"};
    }
    entry->name = name;
    file_.tensors.push_back(*std::move(entry));
    return {};
  }

  // y = weight·x + bias, one of each a channel: a batch norm that leaves everything else as it is.
  Result<OnnxFeature> add_affine(std::string_view wanted, OnnxFeature& from, std::span<const double> weight,
                                 std::span<const double> bias) {
    OnnxFeature feature = add("batch_norm", wanted, " eps=0", from);
    const std::vector<double> zeros(weight.size(), 0.0);
    const std::vector<double> ones(weight.size(), 1.0);
    const std::pair<const char*, std::span<const double>> tensors[] = {
        {"weight", weight}, {"bias", bias}, {"running_mean", zeros}, {"running_var", ones}};
    const std::vector<Index> shape{static_cast<Index>(weight.size())};
    for (const auto& [name, values] : tensors) {
      if (Status status = add_numbers(feature.layer + "." + name, values, shape); !status) {
        return std::move(status).error();
      }
    }
    return feature;
  }

  // A layer's tensor of numbers that are none of the file's. As floats where these hold each of them: half the bytes.
  Status add_numbers(const std::string& name, std::span<const double> values, const std::vector<Index>& shape) {
    const std::vector<float> floats(values.begin(), values.end());
    const bool exact = std::equal(values.begin(), values.end(), floats.begin(),
                                  [](double value, float rounded) { return value == static_cast<double>(rounded); });
    auto bytes = exact ? keep(std::span<const float>(floats)) : keep(values);
    if (!bytes) return std::move(bytes).error();
    file_.tensors.push_back({name, exact ? Dtype::f32 : Dtype::f64, shape, *bytes});
    return {};
  }

  // Numbers as bytes that live as long as the file's.
  template <class Number>
  Result<std::span<const std::byte>> keep(std::span<const Number> values) {
    auto room = constants_.allocate(static_cast<Index>(values.size_bytes()));
    if (!room) {
      return Error{ErrorCode::too_large, "found constants of more than " + std::to_string(most_constant_bytes) +
                                             " bytes that nodes are configured by"};
    }
    using Bits = std::conditional_t<sizeof(Number) == 8, std::uint64_t, std::uint32_t>;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto bits = std::bit_cast<Bits>(values[i]);
      for (std::size_t k = 0; k < sizeof(Bits); ++k) {
        (*room)[sizeof(Bits) * i + k] = static_cast<std::byte>(bits >> (8 * k) & 0xFF);
      }
    }
    return std::span<const std::byte>(*room);
  }

  // More than the text of a network may have.
  bool too_many() const noexcept {
    return count_ > network::most_layers || text_.size() > network::longest_text - 1024;
  }
  bool is_input(const OnnxFeature& feature) const { return feature.layer == input_; }

  std::string finish(const std::string& output) {
    text_ += "\noutput " + output + "\n";
    return std::move(text_);
  }

  static std::string sides_words(const std::array<Index, 4>& sides) {
    const auto side = [&](std::size_t i) { return std::to_string(sides[i]); };
    return " top=" + side(0) + " left=" + side(1) + " bottom=" + side(2) + " right=" + side(3);
  }

  static std::string to_text(Extent extent) {
    return extent.h == extent.w ? std::to_string(extent.h) : std::to_string(extent.h) + "x" + std::to_string(extent.w);
  }

  // The shortest decimal that is this number: of a float 1e-5, not 9.99999974737875e-06.
  template <class Real>
  static std::string number(Real value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
    return {text, end};
  }

 private:
  OnnxTensorReader& tensors_;
  SourceFile& file_;
  OwnedBytes constants_;
  Index bytes_ = 0;  // of all tensors so far
  std::size_t count_ = 0;
  std::string input_;
  std::string text_;
  OnnxNames names_;
};

}  // namespace ochre::inline v0::detail
