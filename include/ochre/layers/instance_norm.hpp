// Each channel of each picture brought to mean 0 and deviation 1, then scaled and shifted:
//   y = (x − m) / √(v + eps) · weight + bias, m and v the mean and the variance of the channel's own pixels
// Source: Ulyanov et al., Instance Normalization, 2016, equation 7; PyTorch's InstanceNorm2d, ONNX's
// InstanceNormalization. Summed in double, a row's pixels, then the rows' sums, each channel by one worker: the same
// bits for any number of threads. Proven in layers_test.cpp.
#pragma once

#include <cmath>

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct InstanceNormSpec : PointwiseSpec {
  static constexpr std::string_view kind = "instance_norm";

  double eps = 1e-5;

  static InstanceNormSpec parse(Attributes& from) {
    InstanceNormSpec spec;
    spec.eps = from.number("eps", 1e-5);
    if (!(spec.eps > 0)) from.fail("`eps` must be above 0");
    return spec;
  }

  std::vector<RequiredTensor> tensors(Channels channels) const {
    return {{"weight", {channels[0]}}, {"bias", {channels[0]}}};
  }

  // Two of each pixel's four passes multiply.
  double macs(Channels channels, Extent output) const {
    return 2 * static_cast<double>(channels[0]) * static_cast<double>(output.h) * static_cast<double>(output.w);
  }
};

template <class T, class Arch = simd::DefaultArch>
class InstanceNorm : public NoScratch {
 public:
  static constexpr bool in_place = true;
  static constexpr std::string_view algorithm = "sum, scale+shift";

  static Result<InstanceNorm> create(const InstanceNormSpec& spec, Channels, Parameters<T> parameters) {
    InstanceNorm layer;
    layer.eps_ = spec.eps;
    for (const T weight : parameters[0].span()) layer.weight_.push_back(static_cast<double>(weight));
    for (const T bias : parameters[1].span()) layer.bias_.push_back(static_cast<double>(bias));
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    const Index plane = input.shape.plane();
    parallel::parallel_for(threads, input.shape.n * input.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        const auto c = static_cast<std::size_t>(p % input.shape.c);
        const T* from = input.data + p * plane;
        const double mean = mean_of(input.shape, from, [](double x) { return x; });
        const double variance = mean_of(input.shape, from, [mean](double x) { return (x - mean) * (x - mean); });
        const double scale = weight_[c] / std::sqrt(variance + eps_);
        T* to = output.data + p * plane;
        for (Index i = 0; i < plane; ++i) {
          to[i] = static_cast<T>((static_cast<double>(from[i]) - mean) * scale + bias_[c]);
        }
      }
    });
  }

 private:
  template <class Function>
  static double mean_of(const Shape& shape, const T* pixel, const Function& function) noexcept {
    double sum = 0;
    for (Index y = 0; y < shape.h; ++y) {
      double row = 0;
      for (Index x = 0; x < shape.w; ++x) row += function(static_cast<double>(*pixel++));
      sum += row;
    }
    return sum / static_cast<double>(shape.plane());
  }

  double eps_ = 1e-5;
  std::vector<double> weight_;
  std::vector<double> bias_;
};

}  // namespace ochre::inline v0::layers
