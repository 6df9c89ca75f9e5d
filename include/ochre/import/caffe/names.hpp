// The public Caffe networks in the words of their PyTorch conversions, whose names ochre's texts have. Layer by layer,
// they hold the same; what differs is said where it is made up for.
// Source: colorization_deploy_v2.prototxt (richzhang/colorization) and reference_model/deploy_nodist.prototxt
// (interactive-deep-colorization), which name the layers and hold the constants. Tested by match_network_test.cpp.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include <ochre/color/ab_bins.hpp>
#include <ochre/import/imported_model.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace ochre::inline v0 {

namespace detail {

using LayerNames = std::pair<std::string_view, std::string_view>;  // in Caffe, in ochre

inline constexpr std::array<LayerNames, 25> caffe_trunk{{
    {"conv1_2", "model1.2"},     {"conv1_2norm", "model1.4"}, {"conv2_1", "model2.0"}, {"conv2_2", "model2.2"},
    {"conv2_2norm", "model2.4"}, {"conv3_1", "model3.0"},     {"conv3_2", "model3.2"}, {"conv3_3", "model3.4"},
    {"conv3_3norm", "model3.6"}, {"conv4_1", "model4.0"},     {"conv4_2", "model4.2"}, {"conv4_3", "model4.4"},
    {"conv4_3norm", "model4.6"}, {"conv5_1", "model5.0"},     {"conv5_2", "model5.2"}, {"conv5_3", "model5.4"},
    {"conv5_3norm", "model5.6"}, {"conv6_1", "model6.0"},     {"conv6_2", "model6.2"}, {"conv6_3", "model6.4"},
    {"conv6_3norm", "model6.6"}, {"conv7_1", "model7.0"},     {"conv7_2", "model7.2"}, {"conv7_3", "model7.4"},
    {"conv7_3norm", "model7.6"},
}};

inline constexpr std::array<LayerNames, 3> caffe_eccv16{{
    {"conv8_1", "model8.0"},
    {"conv8_2", "model8.2"},
    {"conv8_3", "model8.4"},
}};

inline constexpr std::array<LayerNames, 13> caffe_siggraph17{{
    {"conv8_1", "model8up.0"},
    {"conv3_3_short", "model3short8.0"},
    {"conv8_2", "model8.1"},
    {"conv8_3", "model8.3"},
    {"conv8_3norm", "model8.5"},
    {"conv9_1", "model9up.0"},
    {"conv2_2_short", "model2short9.0"},
    {"conv9_2", "model9.1"},
    {"conv9_2norm", "model9.3"},
    {"conv10_1", "model10up.0"},
    {"conv1_2_short", "model1short10.0"},
    {"conv10_2", "model10.1"},
    {"conv10_ab", "model_out.0"},
}};

class CaffeNames {
 public:
  explicit CaffeNames(const SourceFile& source) {
    for (const TensorEntry& tensor : source.tensors) tensors_.emplace(tensor.name, &tensor);
  }

  bool is_eccv16() const { return has("bw_conv1_1") && has("conv8_313"); }
  bool is_siggraph17() const { return has("bw_conv1_1") && has("ab_conv1_1") && has("conv10_ab"); }

  // The network takes L − 50, its distribution is softened by a layer, and its colours were never in the file.
  Result<ImportedModel> eccv16() {
    if (!tensors_.contains("conv1_2norm.running_mean")) {
      return Error{ErrorCode::mismatch,
                   "found the convolutions of eccv16 without its batch norms, expected those of release v2: in another "
                   "release's graph they give a picture, but a strange one"};
    }
    if (Status status = begin(models::eccv16, caffe_eccv16); !status) return std::move(status).error();
    add_scaled("model1.0.weight", {{"bw_conv1_1.weight", 100.0}});
    rename("bw_conv1_1.bias", "model1.0.bias");
    constexpr double softening = 2.606;  // the prototxt's
    add_scaled("model8.6.weight", {{"conv8_313.weight", softening}});
    add_scaled("model8.6.bias", {{"conv8_313.bias", softening}});
    if (tensors_.contains("class8_ab.weight")) {
      add_scaled("model_out.weight", {{"class8_ab.weight", 1.0 / 110.0}});
    } else {
      add_bin_centres();
    }
    note("conv1_1 times 100 and conv8_313 times 2.606, as the layers around them are ochre's");
    return finish();
  }

  // L, ab and mask come by two convolutions, in units of Lab; what they take from each other are skipped pixels.
  Result<ImportedModel> siggraph17() {
    double factor = 100;  // of deploy_nodist.prototxt; PyTorch's conversion has 110
    if (const auto scale = values("pred_ab.weight"); scale && !scale->empty()) factor = scale->front();
    std::string text(models::siggraph17);
    const std::string theirs = "factor=110";
    char number[32];
    const auto end = std::to_chars(number, number + sizeof(number), factor).ptr;
    text.replace(text.find(theirs), theirs.size(), "factor=" + std::string(number, end));
    if (Status status = begin(text, caffe_siggraph17); !status) return std::move(status).error();
    for (const char* name : {"conv1_2norm_ss.weight", "conv2_2norm_ss.weight", "conv3_3norm_ss.weight"}) {
      const auto weights = values(name);
      const bool is_there = tensors_.contains(name);
      if (!is_there || (weights && std::all_of(weights->begin(), weights->end(), [](double w) { return w == 1; }))) {
        continue;
      }
      return tensor_error(name, "found other weights than 1, expected a layer that only skips pixels",
                          ErrorCode::unsupported);
    }
    if (Status status = add_first_convolution(); !status) return std::move(status).error();
    note("conv1_1 joined of two, for L/100, ab/110 and a mask of 0 and 1; ab = " + std::string(number, end) +
         " tanh, as in the Caffe network");
    return finish();
  }

 private:
  bool has(std::string_view layer) const { return tensors_.contains(std::string(layer) + ".weight"); }

  template <std::size_t Count>
  Status begin(std::string_view text, const std::array<LayerNames, Count>& names) {
    auto network = parse_network(text);
    if (!network) return std::move(network).error();
    model_.network = *std::move(network);
    for (const auto& [caffe, ours] : caffe_trunk) rename_layer(caffe, ours);
    for (const auto& [caffe, ours] : names) rename_layer(caffe, ours);
    return {};
  }

  void rename_layer(std::string_view caffe, std::string_view ours) {
    for (const char* tensor : {".weight", ".bias", ".running_mean", ".running_var"}) {
      rename(std::string(caffe) + tensor, std::string(ours) + tensor);
    }
    if (!caffe.ends_with("norm")) return;
    // Caffe's batch norm has no weights of its own, or forks of it have.
    const auto mean = tensors_.find(std::string(caffe) + ".running_mean");
    if (mean == tensors_.end() || has(caffe)) return;
    const auto means = values(mean->first);
    if (!means) return;  // the catalogue will tell
    const std::size_t count = means->size();
    add(std::string(ours) + ".weight", mean->second->shape, std::vector<double>(count, 1.0));
    add(std::string(ours) + ".bias", mean->second->shape, std::vector<double>(count, 0.0));
  }

  void rename(const std::string& caffe, const std::string& ours) {
    const auto tensor = tensors_.find(caffe);
    if (tensor == tensors_.end()) return;  // the catalogue will tell
    model_.tensors.push_back(*tensor->second);
    model_.tensors.back().name = ours;
  }

  // Nothing if there is no such tensor, no floats in it, or more of them than in any that is asked for here: the
  // largest, conv8_313's, has 80,128.
  std::optional<std::vector<double>> values(std::string_view name) const {
    constexpr std::size_t most_values = 1 << 17;
    const auto tensor = tensors_.find(name);
    if (tensor == tensors_.end() || !weights::is_convertible(tensor->second->dtype)) return std::nullopt;
    const std::size_t count =
        tensor->second->bytes.size() / static_cast<std::size_t>(dtype_bits(tensor->second->dtype) / 8);
    if (count > most_values) return std::nullopt;
    std::vector<double> numbers(count);
    if (!convert_to(*tensor->second, numbers)) return std::nullopt;
    return numbers;
  }

  void add(std::string name, std::vector<Index> shape, std::span<const double> numbers) {
    const std::vector<float> rounded(numbers.begin(), numbers.end());
    model_.owned.push_back(little_endian_bytes(rounded));
    model_.tensors.push_back({std::move(name), Dtype::f32, std::move(shape), model_.owned.back()});
  }

  // The sum of tensors of one shape, each times its factor; as many as there are.
  void add_scaled(const std::string& name, std::initializer_list<std::pair<std::string_view, double>> terms) {
    std::vector<double> sum;
    std::vector<Index> shape;
    for (const auto& [term, factor] : terms) {
      const auto numbers = values(term);
      if (!numbers || (!sum.empty() && sum.size() != numbers->size())) return;  // the catalogue will tell
      shape = tensors_.find(term)->second->shape;
      sum.resize(numbers->size(), 0.0);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += factor * (*numbers)[i];
    }
    if (!sum.empty()) add(name, shape, sum);
  }

  void add_bin_centres() {
    std::vector<double> centres(color::bin_centres.a.begin(), color::bin_centres.a.end());
    centres.insert(centres.end(), color::bin_centres.b.begin(), color::bin_centres.b.end());
    for (double& centre : centres) centre /= 110.0;
    add("model_out.weight", {2, color::bin_count, 1, 1}, centres);
    note("the file has no class8_ab, whose weights are the 313 bins' centres: supplied");
  }

  // [64,1,3,3] of L and [64,3,3,3] of a, b, mask become [64,4,3,3].
  Status add_first_convolution() {
    const auto lightness = values("bw_conv1_1.weight");
    const auto colors = values("ab_conv1_1.weight");
    const std::vector<Index> shape{64, 4, 3, 3};
    if (!lightness || !colors || lightness->size() != 64 * 9 || colors->size() != 64 * 27) {
      return Error{ErrorCode::mismatch, "bw_conv1_1 and ab_conv1_1: expected weights [64,1,3,3] and [64,3,3,3]"};
    }
    std::vector<double> joined;
    for (std::size_t o = 0; o < 64; ++o) {
      for (std::size_t i = 0; i < 9; ++i) joined.push_back(100.0 * (*lightness)[o * 9 + i]);
      for (std::size_t i = 0; i < 27; ++i) joined.push_back(110.0 * (*colors)[o * 27 + i]);
    }
    add("model1.0.weight", shape, joined);
    add_scaled("model1.0.bias", {{"bw_conv1_1.bias", 1.0}, {"ab_conv1_1.bias", 1.0}});
    return {};
  }

  void note(std::string text) { model_.notes.push_back(std::move(text)); }
  Result<ImportedModel> finish() { return std::move(model_); }

  std::map<std::string, const TensorEntry*, std::less<>> tensors_;
  ImportedModel model_;
};

}  // namespace detail

}  // namespace ochre::inline v0
