// Pixels of any colour model become sRGB, grey ones grey of sRGB's curve. The model's black becomes black, what lies
// beyond sRGB its nearest level. Source: IEC 61966-2-1; ICC.1:2022, annex D. Tested by icc_profile_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/color/srgb_curve.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/color_model.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/rgb_primaries.hpp>

namespace ochre::inline v0::detail {

class ToSrgb {
 public:
  explicit ToSrgb(ColorModel model) : model_(std::move(model)), levels_(steps + 1) {
    for (std::size_t i = 0; i <= steps; ++i)
      levels_[i] = static_cast<float>(color::srgb_of_linear(static_cast<double>(i) / steps));
    const float darkest[] = {0, 0, 0, 0};
    const float inked[] = {1, 1, 1, 1};
    black_ = std::clamp(model_.xyz(model_.inputs == 4 ? inked : darkest)[1], 0.0f, 0.5f);
  }

  // Levels of 0…1, as many as the model has inputs, to red, green and blue of 0…1.
  Color3 operator()(const float* inputs) const noexcept {
    Color3 light = product(from_xyz, without_black(model_.xyz(inputs)));
    for (float& value : light) value = level(value);
    return light;
  }

  // A row of samples to as many; alpha, which is last, stays. Grey of a model of RGB is three equal levels.
  template <class Sample>
  void convert(Sample* samples, Index pixels, PixelFormat format) const noexcept {
    constexpr float full = static_cast<Sample>(~Sample{0});
    const std::size_t colors = has_color(format) ? 3 : 1;
    float before[3] = {-1, -1, -1};
    Color3 after{};
    for (Index x = 0; x < pixels; ++x, samples += channels(format)) {
      float inputs[3];
      for (std::size_t i = 0; i < 3; ++i) inputs[i] = static_cast<float>(samples[std::min(i, colors - 1)]) / full;
      if (!std::equal(inputs, inputs + 3, before)) {  // neighbours are often alike
        after = tables_.empty() ? (*this)(inputs) : by_tables(inputs);
        std::copy_n(inputs, 3, before);
      }
      for (std::size_t i = 0; i < colors; ++i) samples[i] = static_cast<Sample>(after[i] * full + 0.5f);
    }
  }

  // Before many pixels: the curves in 16 bits, and the matrix to sRGB's light, of a model that is no more than that.
  void prepare() {
    const bool is_matrix = model_.inputs == 3 && model_.before.empty() && model_.grid.points.empty() &&
                           model_.after.empty() && model_.middle.size() == 3 && black_ == 0 &&
                           model_.result == ColorModel::Result::xyz;
    if (!is_matrix) return;
    constexpr std::size_t levels = 65536;
    tables_.resize(3 * levels);
    for (std::size_t i = 0; i < 3 * levels; ++i) {
      tables_[i] = model_.middle[i / levels](static_cast<float>(i % levels) / (levels - 1));
    }
    const Matrix3 all = times(from_xyz, model_.matrix);
    for (std::size_t i = 0; i < 9; ++i) light_[i] = static_cast<float>(all[i / 3][i % 3]);
  }

 private:
  static constexpr std::size_t steps = 16384;  // of light; near black sRGB's curve rises by a fifth of 1/255 a step
  static constexpr Matrix3 from_xyz = inverse(xyz_of_primaries(Primaries{}));

  Color3 by_tables(const float* inputs) const noexcept {
    Color3 light{};
    for (std::size_t i = 0; i < 3; ++i) {
      const float value = tables_[65536 * i + static_cast<std::size_t>(inputs[i] * 65535 + 0.5f)];
      for (std::size_t row = 0; row < 3; ++row) light[row] += light_[3 * row + i] * value;
    }
    for (float& value : light) value = level(value);
    return light;
  }

  Color3 without_black(Color3 xyz) const noexcept {
    for (std::size_t i = 0; i < 3; ++i) xyz[i] = (xyz[i] - black_ * d50_white[i]) / (1 - black_);
    return xyz;
  }

  // Between two steps: a line.
  float level(float light) const noexcept {
    if (!(light > 0)) return 0;
    if (light >= 1) return 1;
    const float position = light * steps;
    const auto below = static_cast<std::size_t>(position);
    return levels_[below] + (position - static_cast<float>(below)) * (levels_[below + 1] - levels_[below]);
  }

  ColorModel model_;
  float black_ = 0;  // its share of white's light
  std::vector<float> levels_;
  std::vector<float> tables_;
  float light_[9] = {};
};

// Whether the model's colours are sRGB's to within a level of 255: then samples stay as they are in the file.
inline bool is_srgb(const ToSrgb& to_srgb, PixelFormat format) noexcept {
  constexpr int step = 17;  // of each channel 0, 17, … 255
  const int colors = has_color(format) ? 16 * 16 * 16 : 256;
  for (int color = 0; color < colors; ++color) {
    std::uint8_t before[3] = {static_cast<std::uint8_t>(color), 0, 0};
    for (int i = 0; i < 3 && has_color(format); ++i)
      before[i] = static_cast<std::uint8_t>((color >> 4 * i & 15) * step);
    std::uint8_t after[3] = {before[0], before[1], before[2]};
    to_srgb.convert(after, 1, has_color(format) ? PixelFormat::rgb8 : PixelFormat::gray8);
    for (int i = 0; i < 3; ++i) {
      if (std::abs(before[i] - after[i]) > 1) return false;
    }
  }
  return true;
}

// False if the model is of another kind of colour than the picture; then the pixels are as they were.
inline bool convert_to_srgb(LoadedPicture& picture, ColorModel model) {
  const PixelFormat format = picture.format;
  if (model.inputs != 3 && (model.inputs != 1 || has_color(format))) return false;
  ToSrgb to_srgb(std::move(model));
  if (is_srgb(to_srgb, format)) return true;
  to_srgb.prepare();
  for (Index y = 0; y < picture.height; ++y) {
    std::uint8_t* const row = picture.view().row(y);
    if (bytes_per_sample(format) == 2) {
      to_srgb.convert(reinterpret_cast<std::uint16_t*>(row), picture.width, format);
    } else {
      to_srgb.convert(row, picture.width, format);
    }
  }
  return true;
}

}  // namespace ochre::inline v0::detail
