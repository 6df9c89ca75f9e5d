// Scores of a coloured picture against the true one, gathered row by row and over pictures; what `ochre eval` prints.
//   AuC:           share of pixels with ab error <= t, mean over t = 0, 1, … 150, in % (Zhang et al., ECCV 2016),
//                  counted in integers. Rebalanced: mean of the AuC over each ab bin with at least 0.01 % of the
//                  pixels.
//   PSNR:          mean over pictures of 10 log10(255^2 / MSE) on 8-bit RGB, in dB
//   Colourfulness: Hasler and Süsstrunk 2003, signed: with rg = R - G, yb = (R + G) / 2 - B on 8-bit RGB,
//                  sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2), mean over pictures
// Tested by metrics_test.cpp.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include <ochre/color/ab_bins.hpp>

namespace ochre::inline v0::color {

class AucScore {
 public:
  // One row of colours and of the true ones. An error that is not a number is worse than any threshold. The true ab
  // must be finite.
  void add_row(const float* a, const float* b, const float* true_a, const float* true_b, Index width) noexcept {
    for (Index x = 0; x < width; ++x) {
      const auto bin = static_cast<std::size_t>(nearest_bin(true_a[x], true_b[x]));
      const double error = std::hypot(static_cast<double>(a[x]) - static_cast<double>(true_a[x]),
                                      static_cast<double>(b[x]) - static_cast<double>(true_b[x]));
      pixels_[bin] += 1;
      if (error <= largest_threshold) hits_[bin] += largest_threshold + 1 - static_cast<std::int64_t>(std::ceil(error));
    }
  }

  std::int64_t pixels() const noexcept { return sum(pixels_); }
  double auc() const noexcept { return percent(sum(hits_), sum(pixels_)); }  // 0 without a pixel

  double auc_rebalanced() const noexcept {
    const double least = 1e-4 * static_cast<double>(pixels());
    double total = 0.0;
    int bins = 0;
    for (std::size_t bin = 0; bin < pixels_.size(); ++bin) {
      if (pixels_[bin] == 0 || static_cast<double>(pixels_[bin]) < least) continue;
      total += percent(hits_[bin], pixels_[bin]);
      ++bins;
    }
    return bins == 0 ? 0.0 : total / bins;
  }

 private:
  using Counts = std::array<std::int64_t, bin_count>;
  static constexpr int largest_threshold = 150;

  static std::int64_t sum(const Counts& counts) noexcept {
    std::int64_t total = 0;
    for (const std::int64_t count : counts) total += count;
    return total;
  }
  static double percent(std::int64_t hits, std::int64_t pixels) noexcept {
    return pixels == 0 ? 0.0
                       : 100.0 * static_cast<double>(hits) / (static_cast<double>(pixels) * (largest_threshold + 1));
  }

  Counts pixels_{};
  Counts hits_{};  // thresholds met, over all pixels of the bin
};

class PsnrScore {
 public:
  // One row of 8-bit RGB, three bytes a pixel.
  void add_row(const std::uint8_t* rgb, const std::uint8_t* true_rgb, Index width) noexcept {
    for (Index i = 0; i < 3 * width; ++i) {
      const int difference = rgb[i] - true_rgb[i];
      squares_ += difference * difference;
    }
    samples_ += 3 * width;
  }

  // Ends a picture of at least one pixel. Equal pictures have infinite PSNR, and so has the mean then.
  void finish_picture() noexcept {
    total_ += 10.0 * std::log10(255.0 * 255.0 * static_cast<double>(samples_) / static_cast<double>(squares_));
    ++pictures_;
    squares_ = 0;
    samples_ = 0;
  }

  double mean() const noexcept { return pictures_ == 0 ? 0.0 : total_ / static_cast<double>(pictures_); }

 private:
  std::int64_t squares_ = 0;
  std::int64_t samples_ = 0;
  double total_ = 0.0;
  std::int64_t pictures_ = 0;
};

class ColorfulnessScore {
 public:
  void add_row(const std::uint8_t* rgb, Index width) noexcept {
    for (Index x = 0; x < width; ++x, rgb += 3) {
      red_green_.add(2 * (rgb[0] - rgb[1]));
      yellow_blue_.add(rgb[0] + rgb[1] - 2 * rgb[2]);
    }
    pixels_ += width;
  }

  // Ends a picture of at least one pixel.
  void finish_picture() noexcept {
    const double n = static_cast<double>(pixels_);
    const double deviation = std::sqrt(red_green_.variance(n) + yellow_blue_.variance(n));
    total_ += deviation + 0.3 * std::hypot(red_green_.mean(n), yellow_blue_.mean(n));
    ++pictures_;
    red_green_ = yellow_blue_ = {};
    pixels_ = 0;
  }

  double mean() const noexcept { return pictures_ == 0 ? 0.0 : total_ / static_cast<double>(pictures_); }

 private:
  // Sums of doubled values, so that halves are whole numbers and the sums exact.
  struct Moments {
    std::int64_t sum = 0;
    std::int64_t squares = 0;

    void add(int doubled) noexcept {
      sum += doubled;
      squares += doubled * doubled;
    }
    double mean(double n) const noexcept { return static_cast<double>(sum) / (2.0 * n); }
    double variance(double n) const noexcept {
      const double m = mean(n);
      return std::fmax(static_cast<double>(squares) / (4.0 * n) - m * m, 0.0);
    }
  };

  Moments red_green_;
  Moments yellow_blue_;
  std::int64_t pixels_ = 0;
  double total_ = 0.0;
  std::int64_t pictures_ = 0;
};

}  // namespace ochre::inline v0::color
