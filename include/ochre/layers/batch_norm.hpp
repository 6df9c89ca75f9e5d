// Batch normalisation at inference, with the statistics of training:
//   y = (x − running_mean) / √(running_var + eps) · weight + bias    (weight, bias absent if affine=false)
// applied as y = scale·x + shift, with scale and shift computed once in double. Negative variances are refused.
// Proven in layers_test.cpp.
#pragma once

#include <cmath>

#include <ochre/layers/pointwise.hpp>

namespace ochre::inline v0::layers {

struct BatchNormSpec {
  static constexpr std::string_view kind = "batch_norm";

  double eps = 1e-5;
  bool affine = true;

  static BatchNormSpec parse(Attributes& from) {
    BatchNormSpec spec;
    spec.eps = from.number("eps", 1e-5);
    spec.affine = from.flag("affine", true);
    if (!(spec.eps >= 0)) from.fail("`eps` is negative");
    return spec;
  }

  Result<Index> output_channels(Channels channels) const { return one_input(channels); }
  Result<Extent> output_extent(Extents extents) const { return extents[0]; }
  double macs(Channels channels, Extent output) const {
    return static_cast<double>(channels[0]) * static_cast<double>(output.h) * static_cast<double>(output.w);
  }

  std::vector<RequiredTensor> tensors(Channels channels) const {
    const Index c = channels[0];
    std::vector<RequiredTensor> list{{"running_mean", {c}}, {"running_var", {c}}};
    if (affine) list.insert(list.end(), {{"weight", {c}}, {"bias", {c}}});
    return list;
  }
};

// y = scale·x + shift, one of each a channel.
struct BatchNormAffine {
  std::vector<double> scale;
  std::vector<double> shift;
};

// Errors: a variance that leaves nothing to divide by.
template <class T>
Result<BatchNormAffine> batch_norm_affine(const BatchNormSpec& spec, Parameters<T> parameters) {
  BatchNormAffine affine;
  for (Index c = 0; c < parameters[0].size(); ++c) {
    const double variance = static_cast<double>(parameters[1].data()[c]) + spec.eps;
    if (!(variance > 0)) {
      return Error{ErrorCode::malformed, "running_var[" + std::to_string(c) + "] + eps is " + std::to_string(variance) +
                                             ", expected more than 0"};
    }
    const double weight = spec.affine ? static_cast<double>(parameters[2].data()[c]) : 1.0;
    const double bias = spec.affine ? static_cast<double>(parameters[3].data()[c]) : 0.0;
    affine.scale.push_back(weight / std::sqrt(variance));
    affine.shift.push_back(bias - static_cast<double>(parameters[0].data()[c]) * affine.scale.back());
  }
  return affine;
}

template <class T, class Arch = simd::DefaultArch>
class BatchNorm : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "scale+shift";

  static Result<BatchNorm> create(const BatchNormSpec& spec, Channels, Parameters<T> parameters) {
    const auto affine = batch_norm_affine(spec, parameters);
    if (!affine) return affine.error();
    BatchNorm layer;
    for (const double scale : affine->scale) layer.scale_.push_back(static_cast<T>(scale));
    for (const double shift : affine->shift) layer.shift_.push_back(static_cast<T>(shift));
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    for_each_value(inputs[0], output, threads, [&](T value, Index channel) {
      return value * scale_[static_cast<std::size_t>(channel)] + shift_[static_cast<std::size_t>(channel)];
    });
  }

 private:
  std::vector<T> scale_;
  std::vector<T> shift_;
};

}  // namespace ochre::inline v0::layers
