// A distribution over colours and its means, without storing the distribution: for each pixel
//   z = W x + bias (Q logits, a 1x1 convolution),  p = softmax(exponent·z),  y[k] = Σ_q p_q · values[k][q] + offset[k]
// For a colorizer the first two rows of values are the ab bins' centres, a third one maybe their squared lengths, and
// exponent is T_folded / T: the annealed mean (Zhang et al., ECCV 2016, eq. 5; the paper's V). The logits of a few
// pixels at a time stay in the first-level cache. NaN among the logits makes y NaN. Tested by color_head_test.cpp.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <ochre/kernels/direct_conv.hpp>

namespace ochre::inline v0::kernels {

inline constexpr Index most_color_means = 3;

struct ColorHeadOptions {
  float exponent = 1.0f;
  std::vector<float> values;  // [means][Q]
  Index means = 2;            // or most_color_means
  float offset[most_color_means] = {};
};

class ColorHeadKernel {
 public:
  virtual ~ColorHeadKernel() = default;
  virtual Index weight_bytes() const noexcept = 0;  // packed
  virtual ConvSchedule schedule(const BlockedLayout& in, int threads) const = 0;
  // Of the logits: weights [Q][C], bias [Q]. Errors: no memory.
  virtual Status pack(const ConvWeights& weights, std::span<const float> bias, const ColorHeadOptions& options,
                      const parallel::Team& team) = 0;
  // After pack(). out: planar [1,means,h,w]; scratch: schedule.scratch floats.
  virtual void run(BlockedView<const float> in, TensorView<float> out, const ConvSchedule& schedule,
                   std::span<float> scratch, const parallel::Team& team) const noexcept = 0;
};

template <class Arch>
class ColorHead final : public ColorHeadKernel {
 public:
  // conv: 1x1, `out` logits.
  explicit ColorHead(const ConvShape& conv)
      : logits_(conv, channel_block), outputs_(conv.out), blocks_(ceil_div(conv.out, channel_block)) {}

  Status pack(const ConvWeights& weights, std::span<const float> bias, const ColorHeadOptions& options,
              const parallel::Team& team) override {
    const Index padded = padded_channels(outputs_);
    Epilogue epilogue;
    epilogue.bias.assign(bias.begin(), bias.end());
    // Logits past the last are the least there can be: their share is exactly 0.
    epilogue.bias.resize(static_cast<std::size_t>(padded), std::numeric_limits<float>::lowest());
    means_ = options.means;
    for (Index k = 0; k < means_; ++k) {
      const auto row =
          std::span(options.values).subspan(static_cast<std::size_t>(k * outputs_), static_cast<std::size_t>(outputs_));
      values_[k].assign(row.begin(), row.end());
      values_[k].resize(static_cast<std::size_t>(padded), 0.0f);
      offset_[k] = options.offset[k];
    }
    exponent_ = options.exponent;
    return logits_.pack(weights, std::move(epilogue), team);
  }

  Index weight_bytes() const noexcept override { return logits_.weight_bytes(); }

  ConvSchedule schedule(const BlockedLayout& in, int threads) const override {
    ConvSchedule schedule = logits_.schedule(in, in, threads);
    schedule.scratch = threads * scratch_of_worker();
    return schedule;
  }

  void run(BlockedView<const float> in, TensorView<float> out, const ConvSchedule& schedule, std::span<float> scratch,
           const parallel::Team& team) const noexcept override {
    const Extent extent = in.layout.extent;
    const Index groups = ceil_div(extent.w, pixels);
    parallel::for_ranges(team, extent.h * groups, 1, [&](Index begin, Index end, int worker) noexcept {
      float* memory = scratch.data() + worker * scratch_of_worker();
      for (Index item = begin; item < end; ++item) {
        const Index y = item / groups;
        const Index x = item % groups * pixels;
        const Index count = std::min(pixels, extent.w - x);
        logits_.run_pixels(in.pixel(0, y, x), schedule.offsets[0], count,
                           {memory, channel_block, pixels * channel_block});
        for (Index i = 0; i < count; ++i) make_means_of(memory + i * channel_block, out, y, x + i);
      }
    });
  }

 private:
  using Batch = simd::Batch<float, Arch>;
  static constexpr Index width = simd::lanes<float, Arch>;
  static constexpr Index pixels = 2 * simd::ConvTile<Arch>::rows;  // at once: 33 KB of logits for 313 bins

  Index scratch_of_worker() const noexcept { return pixels * blocks_ * channel_block; }

  // One pixel; block b of its logits begins at logits + b·pixels·16.
  template <Index Means>
  void make_means(const float* logits, TensorView<float> out, Index y, Index x) const noexcept {
    const auto at = [&](Index c) {
      return simd::load<Arch>(logits + c / channel_block * pixels * channel_block + c % channel_block);
    };
    const Index channels = blocks_ * channel_block;
    Batch top = at(0);
    for (Index c = width; c < channels; c += width) top = max(top, at(c));
    // A NaN may be lost in the maximum, but not in its own exponential, and so not in the sum.
    const Batch largest(reduce_max(top));
    Batch sum(0.0f);
    Batch weighted[most_color_means] = {Batch(0.0f), Batch(0.0f), Batch(0.0f)};
    for (Index c = 0; c < channels; c += width) {
      const Batch weight = exp((at(c) - largest) * Batch(exponent_));
      sum = sum + weight;
      for (Index k = 0; k < Means; ++k) {
        weighted[k] = simd::fmadd(weight, simd::load<Arch>(values_[k].data() + c), weighted[k]);
      }
    }
    const float total = reduce_add(sum);
    for (Index k = 0; k < Means; ++k) out.at(0, k, y, x) = reduce_add(weighted[k]) / total + offset_[k];
  }

  void make_means_of(const float* logits, TensorView<float> out, Index y, Index x) const noexcept {
    if (means_ == 2) return make_means<2>(logits, out, y, x);
    make_means<most_color_means>(logits, out, y, x);
  }

  static float reduce_max(const Batch& value) noexcept {
    alignas(64) float lanes[width];
    simd::store(static_cast<float*>(lanes), value);
    return *std::max_element(lanes, lanes + width);
  }

  static float reduce_add(const Batch& value) noexcept {
    alignas(64) float lanes[width];
    simd::store(static_cast<float*>(lanes), value);
    for (Index half = width / 2; half > 0; half /= 2) {
      for (Index i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return lanes[0];
  }

  DirectConv<Arch> logits_;
  Index outputs_ = 0;  // Q
  std::vector<float> values_[most_color_means];
  Index means_ = 2;
  float offset_[most_color_means] = {};
  float exponent_ = 1.0f;
  Index blocks_ = 0;
};

}  // namespace ochre::inline v0::kernels
