// Colours of three primaries, given by chromaticities, as a colour model: what screens and cameras say of themselves
// where they carry no profile. Source: SMPTE RP 177; Bradford's adaptation of white as in ICC.1:2022, annex E. Tested
// by icc_profile_test.cpp.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include <ochre/image_io/color_model.hpp>

namespace ochre::inline v0::detail {

// x and y of each; as they are here, those of sRGB.
struct Primaries {
  std::array<double, 2> white{0.3127, 0.3290};
  std::array<double, 2> red{0.64, 0.33};
  std::array<double, 2> green{0.30, 0.60};
  std::array<double, 2> blue{0.15, 0.06};
};

using Vector3 = std::array<double, 3>;

constexpr Vector3 times(const Matrix3& matrix, const Vector3& vector) noexcept {
  Vector3 result{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < 3; ++i) result[row] += matrix[row][i] * vector[i];
  }
  return result;
}

constexpr Matrix3 times(const Matrix3& left, const Matrix3& right) noexcept {
  Matrix3 result{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      for (std::size_t i = 0; i < 3; ++i) result[row][column] += left[row][i] * right[i][column];
    }
  }
  return result;
}

// All zero where there is none.
constexpr Matrix3 inverse(const Matrix3& m) noexcept {
  Matrix3 adjugate{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      const std::size_t r1 = (column + 1) % 3, r2 = (column + 2) % 3, c1 = (row + 1) % 3, c2 = (row + 2) % 3;
      adjugate[row][column] = m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
    }
  }
  const double determinant = m[0][0] * adjugate[0][0] + m[0][1] * adjugate[1][0] + m[0][2] * adjugate[2][0];
  for (auto& row : adjugate) {
    for (double& value : row) value = determinant != 0 ? value / determinant : 0;
  }
  return adjugate;
}

constexpr Vector3 xyz_of_point(const std::array<double, 2>& point) noexcept {
  const double y = point[1] > 0 ? point[1] : 1;
  return {point[0] / y, 1, (1 - point[0] - point[1]) / y};
}

// What turns a colour under that white into the one that looks the same under D50.
constexpr Matrix3 adaptation_to_d50(const Vector3& white) noexcept {
  constexpr Matrix3 cones{{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
  const Vector3 from = times(cones, white);
  const Vector3 to = times(cones, Vector3{d50_white[0], d50_white[1], d50_white[2]});
  Matrix3 ratio{};
  for (std::size_t i = 0; i < 3; ++i) ratio[i][i] = from[i] != 0 ? to[i] / from[i] : 0;
  return times(inverse(cones), times(ratio, cones));
}

// Linear light of the primaries to XYZ under D50.
constexpr Matrix3 xyz_of_primaries(const Primaries& primaries) noexcept {
  const Vector3 points[] = {xyz_of_point(primaries.red), xyz_of_point(primaries.green), xyz_of_point(primaries.blue)};
  const Vector3 white = xyz_of_point(primaries.white);
  Matrix3 columns{};
  for (std::size_t i = 0; i < 9; ++i) columns[i % 3][i / 3] = points[i / 3][i % 3];
  const Vector3 amounts = times(inverse(columns), white);
  for (std::size_t i = 0; i < 9; ++i) columns[i % 3][i / 3] *= amounts[i / 3];
  return times(adaptation_to_d50(white), columns);
}

inline ColorModel rgb_model(const Primaries& primaries, const CurveFormula& curve) {
  ColorModel model;
  model.middle.assign(3, ToneCurve{curve, {}});
  model.matrix = xyz_of_primaries(primaries);
  return model;
}

// Grey: so much of white.
inline ColorModel gray_model(const ToneCurve& curve) {
  ColorModel model;
  model.inputs = 1;
  model.before = {curve};
  model.scale = d50_white;
  return model;
}

}  // namespace ochre::inline v0::detail
