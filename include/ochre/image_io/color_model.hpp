// What a device's levels mean: colours of the profile connection space, XYZ or L*a*b* as light of D50. The stages in
// their order: a curve for each input, a table with the colours of a grid, curves, a matrix, curves; any may be
// missing. Source: ICC.1:2022, sections 6.3 and 10.12. Tested by icc_profile_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <ochre/image_io/tone_curve.hpp>

namespace ochre::inline v0::detail {

using Color3 = std::array<float, 3>;
using Matrix3 = std::array<std::array<double, 3>, 3>;

inline constexpr Color3 d50_white{0.9642f, 1.0f, 0.8249f};

inline Color3 product(const Matrix3& matrix, const Color3& color) noexcept {
  Color3 result{};
  for (std::size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) sum += matrix[row][i] * static_cast<double>(color[i]);
    result[row] = static_cast<float>(sum);
  }
  return result;
}

// Colours on a grid over the inputs, the last of which runs fastest.
struct ColorGrid {
  std::vector<std::size_t> points;  // of each input; none: no grid
  std::vector<float> colors;        // three numbers each

  // Between the corners of the cell in which the inputs lie: the mean, weighted by closeness.
  Color3 operator()(const float* inputs) const noexcept {
    constexpr std::size_t most_inputs = 4;
    const std::size_t count = std::min(points.size(), most_inputs);
    std::size_t corner[most_inputs] = {};
    std::size_t step[most_inputs] = {};
    float part[most_inputs] = {};
    std::size_t stride = 3;
    std::size_t first = 0;
    for (std::size_t i = count; i-- > 0; stride *= points[i]) {
      const float position = std::clamp(inputs[i], 0.0f, 1.0f) * static_cast<float>(points[i] - 1);
      corner[i] = static_cast<std::size_t>(position);
      part[i] = position - static_cast<float>(corner[i]);
      step[i] = corner[i] + 1 < points[i] ? stride : 0;
      first += corner[i] * stride;
    }
    Color3 sum{};
    for (std::size_t which = 0; which < std::size_t{1} << count; ++which) {
      float weight = 1;
      std::size_t at = first;
      for (std::size_t i = 0; i < count; ++i) {
        const bool is_above = (which >> i & 1) != 0;
        weight *= is_above ? part[i] : 1 - part[i];
        at += is_above ? step[i] : 0;
      }
      if (weight == 0) continue;
      for (std::size_t i = 0; i < 3; ++i) sum[i] += weight * colors[at + i];
    }
    return sum;
  }
};

struct ColorModel {
  enum class Result { xyz, lab };

  std::size_t inputs = 3;  // 1 grey, 3 RGB, 4 CMYK
  std::vector<ToneCurve> before;
  ColorGrid grid;
  std::vector<ToneCurve> middle;
  Matrix3 matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  Color3 offset{};
  std::vector<ToneCurve> after;
  Result result = Result::xyz;
  Color3 scale{1, 1, 1};  // from stored numbers of 0…1 to XYZ, or L* of 0…100 and a*, b*
  Color3 zero{};          // added to them

  // Of as many levels as there are inputs.
  Color3 xyz(const float* levels) const noexcept {
    float inside[4] = {};
    for (std::size_t i = 0; i < inputs; ++i) inside[i] = before.empty() ? levels[i] : before[i](levels[i]);
    Color3 color =
        grid.points.empty() ? Color3{inside[0], inside[inputs > 1 ? 1 : 0], inside[inputs > 1 ? 2 : 0]} : grid(inside);
    if (!middle.empty()) color = curved(middle, color);
    color = product(matrix, color);
    for (std::size_t i = 0; i < 3; ++i) color[i] += offset[i];
    if (!after.empty()) color = curved(after, color);
    for (std::size_t i = 0; i < 3; ++i) color[i] = color[i] * scale[i] + zero[i];
    return result == Result::lab ? xyz_of_lab(color) : color;
  }

 private:
  static Color3 curved(const std::vector<ToneCurve>& curves, const Color3& color) noexcept {
    return {curves[0](color[0]), curves[1](color[1]), curves[2](color[2])};
  }

  static Color3 xyz_of_lab(const Color3& lab) noexcept {
    const auto light = [](float f) { return f > 6.0f / 29 ? f * f * f : (f - 4.0f / 29) * (3 * 36.0f / 841); };
    const float y = (lab[0] + 16) / 116;
    return {d50_white[0] * light(y + lab[1] / 500), light(y), d50_white[2] * light(y - lab[2] / 200)};
  }
};

}  // namespace ochre::inline v0::detail
