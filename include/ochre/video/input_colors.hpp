// The colours that a frame brings with it, on the grid of cells; and whether these are colours of things, or those of a
// camera that sees infrared: none, or one tint over all.
//   means of Cb and Cr over blocks, 24 rows of them at most, so that the noise of single pixels is out
//   tint: their medians among the blocks of each quarter of lightness, dark to light
//   spread: the 70th percentile over the blocks of |(Cb, Cr) − tint|, in 8-bit codes
// Below 0.4 the frame is grey, above 0.7 it is in colour, in between it is what the frames before were. A tint that
// grows with the light, a coloured clock, boxes and logos on up to a quarter of the picture leave the spread where it
// is. Infrared frames have less than 0.3; a camera by day that looks at grey paving 2.4. The stream changes from one to
// the other with the fifth frame in a row. Tested by input_colors_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <ochre/color/area_average.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/color/curves.hpp>
#include <ochre/image/yuv_view.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::video {

struct InputColorNumbers {
  static constexpr float most_gray = 0.4f;  // 8-bit codes
  static constexpr float least_color = 0.7f;
  static constexpr Index percentile = 70;
  static constexpr Index most_rows = 24;  // of blocks
  static constexpr Index tints = 4;
  static constexpr Index frames_in_a_row = 5;  // a second has at least ten; headlights and flashes are shorter
};

class InputColors {
 public:
  InputColors() = default;  // of nothing

  // Errors: no memory.
  static Result<InputColors> create(Extent picture, Extent grid) {
    InputColors colors;
    colors.grid_ = grid;
    const Index factor = ceil_div(grid.h, InputColorNumbers::most_rows);
    colors.blocks_ = {ceil_div(grid.h, factor), ceil_div(grid.w, factor)};
    const Index blocks = colors.blocks();
    auto status = AlignedBuffer<float>::create(2 * grid.h * grid.w).move_to(colors.means_);
    if (status) status = AlignedBuffer<float>::create(5 * blocks).move_to(colors.of_blocks_);
    if (status) status = AlignedBuffer<std::int32_t>::create(blocks).move_to(colors.order_);
    if (status) status = AlignedBuffer<float>::create(picture.w + grid.w).move_to(colors.row_);
    if (status) status = AlignedBuffer<std::uint16_t>::create(3 * grid.w).move_to(colors.rgb_);
    if (!status) return std::move(status).error();
    return colors;
  }

  Index bytes() const noexcept {
    return 4 * (means_.size() + of_blocks_.size() + order_.size() + row_.size()) + 2 * rgb_.size();
  }

  // frame: with chroma. lightness: mean L of the cells.
  Status read(const YuvView& frame, const float* lightness) {
    auto status = average(frame, frame.cb, means_.data());
    if (status) status = average(frame, frame.cr, means_.data() + cells());
    if (status) status = average_blocks(lightness);
    if (status) measure_spread();
    return status;
  }

  float spread() const noexcept { return spread_; }

  // Whether this frame is in colour, by itself; in doubt, what `before` says.
  bool is_colored(bool before) const noexcept {
    return spread_ > Numbers::least_color || (before && spread_ >= Numbers::most_gray);
  }

  // a and b of the cells, from their L and mean chroma.
  void to_lab(const ColorKernels& kernels, YuvMatrix matrix, const float* lightness, float* a, float* b) noexcept {
    const image::YuvWeights weights = image::yuv_weights(matrix);
    float* const l = row_.data();  // not wanted again
    for (Index y = 0; y < grid_.h; ++y) {
      for (Index x = 0; x < grid_.w; ++x) {
        const Index i = y * grid_.w + x;
        const double luma = color::gray_of_lightness(static_cast<double>(lightness[i]));
        const double pb = static_cast<double>(means_.data()[i]);
        const double pr = static_cast<double>(means_.data()[cells() + i]);
        const double red = luma + 2 * (1 - weights.r) * pr;
        const double blue = luma + 2 * (1 - weights.b) * pb;
        const double green = (luma - weights.r * red - weights.b * blue) / weights.g;
        std::uint16_t* rgb = rgb_.data() + 3 * x;
        rgb[0] = word(red);
        rgb[1] = word(green);
        rgb[2] = word(blue);
      }
      kernels.srgb_to_lab_row(reinterpret_cast<const std::uint8_t*>(rgb_.data()), PixelFormat::rgb16, grid_.w, l,
                              a + y * grid_.w, b + y * grid_.w);
    }
  }

 private:
  using Numbers = InputColorNumbers;

  Index cells() const noexcept { return grid_.h * grid_.w; }
  Index blocks() const noexcept { return blocks_.h * blocks_.w; }
  float* of_blocks(Index plane) noexcept { return of_blocks_.data() + plane * blocks(); }

  static std::uint16_t word(double value) noexcept {
    return static_cast<std::uint16_t>(std::clamp(value, 0.0, 1.0) * 65535.0 + 0.5);
  }

  // Means of Pb, or Pr, under the cells.
  Status average(const YuvView& frame, const Plane& plane, float* means) {
    const Extent size{frame.chroma_height(), frame.chroma_width()};
    const image::YuvCodes codes = image::yuv_codes(frame.format.depth, frame.format.range);
    const std::span to(means, static_cast<std::size_t>(cells()));
    const std::span scratch(row_.data() + size.w, static_cast<std::size_t>(grid_.w));
    auto job = color::AreaAverage::create({.from = size, .to = grid_, .target = to, .scratch = scratch});
    if (!job) return std::move(job).error();
    const float zero = static_cast<float>(codes.zero);
    const float unit = 1.0f / static_cast<float>(codes.chroma);
    for (Index y = 0; y < size.h; ++y) {
      read_row(frame.format.depth, plane, y, size.w);
      for (Index x = 0; x < size.w; ++x) row_.data()[x] = (row_.data()[x] - zero) * unit;
      job->add_row(row_.data());
    }
    return {};
  }

  void read_row(YuvDepth depth, const Plane& plane, Index y, Index width) noexcept {
    const std::uint8_t* from = plane.row(y);
    const Index step = plane.step_of(depth);
    for (Index x = 0; x < width; ++x) {
      std::uint16_t word = from[x * step];
      if (depth != YuvDepth::bits8) std::memcpy(&word, from + x * step, sizeof(word));
      row_.data()[x] = static_cast<float>(depth == YuvDepth::bits10_high ? word >> 6 : word);
    }
  }

  // Pb, Pr and L of the blocks.
  Status average_blocks(const float* lightness) {
    const float* planes[] = {means_.data(), means_.data() + cells(), lightness};
    for (Index plane = 0; plane < 3; ++plane) {
      const std::span to(of_blocks(plane), static_cast<std::size_t>(blocks()));
      auto job = color::AreaAverage::create({.from = grid_, .to = blocks_, .target = to, .scratch = row_.span()});
      if (!job) return std::move(job).error();
      for (Index y = 0; y < grid_.h; ++y) job->add_row(planes[plane] + y * grid_.w);
    }
    return {};
  }

  void measure_spread() noexcept {
    std::int32_t* const order = order_.data();
    const float* lightness = of_blocks(2);
    for (Index i = 0; i < blocks(); ++i) order[i] = static_cast<std::int32_t>(i);
    std::sort(order, order + blocks(), [&](std::int32_t one, std::int32_t other) {
      return lightness[one] < lightness[other] || (lightness[one] == lightness[other] && one < other);
    });
    constexpr float code = 255.0f;  // of Pb in 8 bits
    float* const apart = of_blocks(3);
    for (Index t = 0; t < Numbers::tints; ++t) {
      const Index first = blocks() * t / Numbers::tints;
      const Index last = blocks() * (t + 1) / Numbers::tints;
      const float tint_b = median_of(of_blocks(0), first, last);
      const float tint_r = median_of(of_blocks(1), first, last);
      for (Index i = first; i < last; ++i) {
        const float b = of_blocks(0)[order[i]] - tint_b;
        const float r = of_blocks(1)[order[i]] - tint_r;
        apart[i] = code * std::sqrt(b * b + r * r);
      }
    }
    float* const at = apart + std::min(blocks() * Numbers::percentile / 100, blocks() - 1);
    std::nth_element(apart, at, apart + blocks());
    spread_ = *at;
  }

  // Of the blocks first…last in order of lightness.
  float median_of(const float* means, Index first, Index last) noexcept {
    if (first == last) return 0.0f;
    float* const values = of_blocks(4);
    for (Index i = first; i < last; ++i) values[i - first] = means[order_.data()[i]];
    float* const middle = values + (last - first) / 2;
    std::nth_element(values, middle, values + (last - first));
    return *middle;
  }

  Extent grid_{0, 0};
  Extent blocks_{0, 0};
  AlignedBuffer<float> means_;         // [Pb, Pr][cells]
  AlignedBuffer<float> of_blocks_;     // [Pb, Pr, L, how different, scratch][blocks]
  AlignedBuffer<std::int32_t> order_;  // of the blocks, dark to light
  AlignedBuffer<float> row_;           // a row of chroma, and one of cells
  AlignedBuffer<std::uint16_t> rgb_;
  float spread_ = 0.0f;
};

// A stream that is in colour or not, frame after frame.
class InputState {
 public:
  // The next frame. True if with it the stream is known to have changed, frames_in_a_row − 1 frames ago.
  bool follow(bool colored) noexcept {
    if (!known_) {
      known_ = true;
      colored_ = colored;
      return false;
    }
    against_ = colored == colored_ ? 0 : against_ + 1;
    if (against_ < InputColorNumbers::frames_in_a_row) return false;
    colored_ = colored;
    against_ = 0;
    return true;
  }

  bool colored() const noexcept { return colored_; }

 private:
  bool known_ = false;
  bool colored_ = false;
  Index against_ = 0;
};

}  // namespace ochre::inline v0::video
