// A model file of two layers, made on the spot, whose every number can be worked out by hand:
//   n = 0.01 L - 0.5,  a = slope[0] n + bias[0],  b = slope[1] n + bias[1]
#pragma once

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <ochre/network/model.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace ochre::test {

struct TinyModel {
  float slope[2] = {40.0f, -16.0f};
  float bias[2] = {20.0f, 10.0f};
  Metadata metadata{{"description", "Two layers."}, {"origin", "tests"}, {"licence", "MIT"}, {"size", "16"}};
  std::string network =
      "network tiny\n"
      "input lightness channels=1\n"
      "scale normalise factor=0.01 offset=-0.5\n"
      "conv2d colours out=2 kernel=1\n"
      "output colours\n"
      "head ab layer=colours\n";

  double color(int channel, double lightness) const {
    return static_cast<double>(slope[channel]) * (0.01 * lightness - 0.5) + static_cast<double>(bias[channel]);
  }

  // The proof that holds for these weights.
  nlohmann::ordered_json proof() const {
    const std::vector<double> input{0, 25, 50, 75, 100, 12.5};
    std::vector<double> normalised;
    std::vector<double> expected;
    for (const double lightness : input) normalised.push_back(0.01 * lightness - 0.5);
    for (int channel = 0; channel < 2; ++channel) {
      for (const double lightness : input) expected.push_back(color(channel, lightness));
    }
    return {{"version", 1},
            {"computed_by", "hand"},
            {"input", {{"shape", {1, 1, 2, 3}}, {"values", input}}},
            {"layers", {layer("normalise", 1, normalised), layer("colours", 2, expected)}}};
  }

  std::string bytes() const {
    const auto weight = little_endian_bytes(slope);
    const auto offsets = little_endian_bytes(bias);
    const std::vector<TensorEntry> tensors{{"colours.weight", Dtype::f32, {2, 1, 1, 1}, weight},
                                           {"colours.bias", Dtype::f32, {2}, offsets}};
    Metadata all = metadata;
    all["format"] = model_format;
    all["network"] = network;
    const auto file = write_safetensors(tensors, all).value();
    return {reinterpret_cast<const char*>(file.data()), file.size()};
  }

 private:
  static nlohmann::ordered_json layer(const char* name, int channels, const std::vector<double>& values) {
    double sum = 0;
    double squares = 0;
    for (const double value : values) sum += value, squares += value * value;
    const double count = static_cast<double>(values.size());
    return {{"name", name},
            {"shape", {1, channels, 2, 3}},
            {"min", *std::min_element(values.begin(), values.end())},
            {"max", *std::max_element(values.begin(), values.end())},
            {"mean", sum / count},
            {"rms", std::sqrt(squares / count)},
            {"samples", nlohmann::ordered_json::array({{0, values[0]}, {5, values[5]}})}};
  }
};

}  // namespace ochre::test
