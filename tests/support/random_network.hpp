// Random networks with a head, valid by construction: any mixture of strides, enlargings, paddings, groups, dilations,
// branches and sums, small enough for a fuzzer. Each line is tried on the parser and on two sizes of input; what does
// not fit there is left out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/network/model.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace ochre::test {

// Decisions from a fuzzer's bytes; when they are used up, from numbers that they seed, so that a few bytes make a whole
// network.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes), more_(0) {
    std::uint64_t seed = 0;
    for (const std::uint8_t byte : bytes) seed = (seed ^ byte) * 0x100000001B3u;
    more_ = RandomNumbers(seed);
  }

  Index below(Index limit) noexcept { return static_cast<Index>(take() % static_cast<std::uint64_t>(limit)); }
  Index between(Index least, Index most) noexcept { return least + below(most - least + 1); }
  bool one_in(Index chances) noexcept { return below(chances) == 0; }

 private:
  std::uint64_t take() noexcept { return at_ < bytes_.size() ? bytes_[at_++] : more_.next() >> 8; }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  RandomNumbers more_;
};

class RandomNetwork {
 public:
  // inputs: heights and widths that every layer must take.
  RandomNetwork(Choices& choices, std::vector<Extent> inputs) : choices_(choices), inputs_(std::move(inputs)) {
    text_ = "network random\ninput x channels=" + number(choices_.one_in(8) ? 2 : 1) +
            (choices_.one_in(4) ? " lightness=normalised\n" : "\n");
  }

  // The whole text. The head is at the last layer but now and then at another.
  std::string grow() {
    for (Index line = choices_.between(1, 12); line > 0; --line) add(random_layer());
    if (layers_.empty()) add("relu");
    const std::string before = layers_.back();
    const bool distribution = choices_.one_in(3);
    const std::string window = choices_.one_in(4) ? " kernel=2 padding=1" : " kernel=1";
    add("conv2d",
        std::string(distribution ? " out=313" : " out=2") + window + (choices_.one_in(4) ? " bias=false" : ""));
    if (choices_.one_in(4)) add("scale", " factor=3 offset=1");
    if (choices_.one_in(3)) add("upsample", " factor=" + sides(1, 4) + (choices_.one_in(2) ? " mode=bilinear" : ""));
    const std::string head = layers_.back();
    if (choices_.one_in(4)) add("relu", " from=" + before);
    return text_ + "output " + layers_.back() + "\nhead " + (distribution ? "distribution" : "ab") + " layer=" + head +
           "\n";
  }

 private:
  static std::string number(Index value) { return std::to_string(value); }

  std::string sides(Index least, Index most) {
    const std::string first = number(choices_.between(least, most));
    return choices_.one_in(2) ? first : first + "x" + number(choices_.between(least, most));
  }

  std::string earlier() {
    const auto at = static_cast<std::size_t>(choices_.below(static_cast<Index>(layers_.size()) + 1));
    return at == layers_.size() ? "x" : layers_[at];
  }

  std::string from() { return choices_.one_in(4) ? " from=" + earlier() : ""; }

  std::string window() {
    std::string words = " out=" + number(choices_.between(1, 24)) + " kernel=" + sides(1, 5);
    if (choices_.one_in(2)) words += " padding=" + sides(0, 3);
    if (choices_.one_in(3)) words += " stride=" + sides(1, 3);
    if (choices_.one_in(3)) words += " dilation=" + sides(1, 3);
    if (choices_.one_in(6)) words += " groups=2";
    if (choices_.one_in(4)) words += " bias=false";
    return words;
  }

  std::pair<std::string, std::string> random_layer() {
    switch (choices_.below(22)) {
      case 0:
      case 1:
      case 2:
        return {"conv2d", window() + from()};
      case 3:
        return {"conv2d", " out=" + number(choices_.between(1, 40)) + " kernel=3 padding=1" + from()};
      case 4:
        return {"conv_transpose2d", window() + (choices_.one_in(3) ? " output_padding=" + sides(-1, 2) : "") + from()};
      case 5:
        return {"conv_transpose2d",
                " out=" + number(choices_.between(1, 20)) + " kernel=4 stride=2 padding=1" + from()};
      case 6:
        if (choices_.one_in(3)) return {"resize", resizing() + from()};
        return {"upsample", " factor=" + sides(1, 4) + (choices_.one_in(2) ? " mode=bilinear" : "") + from()};
      case 7:
        return {"downsample", " stride=" + sides(1, 3) + from()};
      case 8:
        return {"pad", " top=" + number(choices_.between(-1, 2)) + " left=" + number(choices_.between(-1, 3)) +
                           " bottom=" + number(choices_.between(-1, 2)) + " right=" + number(choices_.between(-1, 4)) +
                           (choices_.one_in(3)   ? " mode=edge"
                            : choices_.one_in(3) ? " mode=reflect"
                                                 : "") +
                           from()};
      case 9:
        return {"add", " from=" + earlier() + "," + earlier()};
      case 10:
        return {"concat", " from=" + earlier() + "," + earlier() + (choices_.one_in(2) ? "," + earlier() : "")};
      case 11:
        return {"batch_norm", from()};
      case 12:
        return {"scale", " factor=0.5 offset=-0.25" + from()};
      case 13:
        return {"leaky_relu", " slope=0.2" + from()};
      case 14: {
        static constexpr const char* kinds[] = {"multiply", "maximum", "minimum"};
        return {kinds[choices_.below(3)], " from=" + earlier() + "," + earlier()};
      }
      case 15:
        if (choices_.one_in(4)) return {"instance_norm", from()};
        if (choices_.one_in(4)) return {"constant", " channels=" + number(choices_.between(1, 20)) + from()};
        if (choices_.one_in(3)) return {"prelu", from()};
        return {"expand", " from=" + earlier() + "," + earlier()};
      case 16:
        if (choices_.one_in(3)) return attention();
        return {choices_.one_in(2) ? "tanh" : "sigmoid", from()};
      case 17:
        return {"clip", (choices_.one_in(2) ? " least=0" : " least=-0.5") +
                            std::string(choices_.one_in(2) ? " most=0.75" : "") + from()};
      case 18:
        if (choices_.one_in(6)) return {"global_average_pool", from()};
        return {"max_pool", pool() + (choices_.one_in(3) ? " dilation=" + sides(1, 3) : "") + from()};
      case 19:
        return {"average_pool", pool() + (choices_.one_in(2) ? " count_padding=false" : "") + from()};
      case 20:
        if (choices_.one_in(2)) return depth_to_space();
        return {"channels",
                " first=" + number(choices_.below(4)) + " count=" + number(choices_.between(1, 4)) + from()};
      default:
        return {choices_.one_in(4) ? "softmax" : "relu", from()};
    }
  }

  std::string pool() {
    std::string words = " kernel=" + sides(1, 5);
    if (choices_.one_in(2)) words += " padding=" + sides(0, 2);
    if (choices_.one_in(2)) words += " stride=" + sides(1, 3);
    if (choices_.one_in(3)) words += " ceil=true";
    return words;
  }

  std::string resizing() {
    static constexpr const char* modes[] = {"nearest", "nearest rounding=ceil", "bilinear", "bicubic"};
    static constexpr const char* places[] = {"half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric"};
    const auto ratio = [&] { return number(choices_.between(1, 5)) + "/" + number(choices_.between(1, 3)); };
    const std::string scale = ratio();
    return " scale=" + scale + "x" + ratio() + " mode=" + modes[choices_.below(4)] +
           " coordinates=" + places[choices_.below(4)];
  }

  // Of four times the channels of a layer before.
  std::pair<std::string, std::string> depth_to_space() {
    const std::string one = earlier();
    add("concat", " from=" + one + "," + one + "," + one + "," + one);
    if (layers_.empty()) return {"relu", ""};
    return {"depth_to_space",
            std::string(" factor=2 order=") + (choices_.one_in(2) ? "crd" : "dcr") + " from=" + layers_.back()};
  }

  // Of three times the channels of a layer before.
  std::pair<std::string, std::string> attention() {
    const std::string one = earlier();
    add("concat", " from=" + one + "," + one + "," + one);
    if (layers_.empty()) return {"relu", ""};
    return {"attention", " most_keys=" + number(choices_.between(1, 40)) + (choices_.one_in(2) ? " heads=2" : "") +
                             " from=" + layers_.back()};
  }

  void add(const std::pair<std::string, std::string>& kind_and_words) {
    add(kind_and_words.first, kind_and_words.second);
  }

  void add(const std::string& kind, const std::string& words = {}) {
    const std::string name = "l" + number(static_cast<Index>(layers_.size()));
    const std::string longer = text_ + kind + " " + name + words + "\n";
    if (!fits(longer + "output " + name + "\n")) return;
    text_ = longer;
    layers_.push_back(name);
  }

  bool fits(const std::string& text) const {
    constexpr Index most_values = 90'000;  // of one layer: 313 channels of the least input fit
    const auto network = parse_network(text);
    if (!network) return false;
    for (const Extent input : inputs_) {
      const auto shapes = network->shapes({1, network->input_channels, input.h, input.w});
      if (!shapes || shapes->back().size() > most_values) return false;
    }
    return true;
  }

  Choices& choices_;
  std::vector<Extent> inputs_;
  std::string text_;
  std::vector<std::string> layers_;
};

// A model file of that network, with seeded random weights.
inline Result<std::vector<std::byte>> random_model(const std::string& text, Metadata metadata = {}) {
  const auto network = parse_network(text);
  if (!network) return network.error();
  const auto source = random_weights<float>(3);
  const auto required = network->tensors();
  std::vector<std::vector<std::byte>> data;
  std::vector<TensorEntry> tensors;
  for (const RequiredTensor& tensor : required) {
    const auto count = network::element_count(tensor);
    if (!count) return count.error();
    std::vector<float> values(static_cast<std::size_t>(*count));
    if (auto status = source(tensor, values); !status) return std::move(status).error();
    data.push_back(little_endian_bytes(values));
  }
  for (std::size_t i = 0; i < required.size(); ++i) {
    tensors.push_back({required[i].name, Dtype::f32, required[i].shape, data[i]});
  }
  metadata["format"] = model_format;
  metadata["network"] = text;
  return write_safetensors(tensors, metadata);
}

}  // namespace ochre::test
