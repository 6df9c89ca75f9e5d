// Lab -> linear sRGB on vectors, and the way back into the gamut: chroma is reduced at constant L and hue, so the
// lightness of the picture is kept; clipping channels instead would change both.
//   fy = (L + 16) / 116, fx = fy + a / 500, fz = fy - b / 200, rgb = M · f^-1(fx, fy, fz)
// M is the inverse of scikit-image's RGB -> XYZ matrix times its D65 white. Tested by srgb_lab_test.cpp.
#pragma once

#include <ochre/color/curves.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

template <class Arch>
struct LinearRgb {
  simd::Batch<float, Arch> r, g, b;
};

template <class Arch>
inline LinearRgb<Arch> linear_from_lab(const simd::Batch<float, Arch>& lightness, const simd::Batch<float, Arch>& a,
                                       const simd::Batch<float, Arch>& b) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float fy = (lightness + Float(16.0f)) * Float(1.0f / 116.0f);
  const Float x = lab_curve_inverse<Arch>(simd::fmadd(a, Float(1.0f / 500.0f), fy));
  const Float y = lab_curve_inverse<Arch>(fy);
  const Float z = lab_curve_inverse<Arch>(simd::fmadd(b, Float(-1.0f / 200.0f), fy));
  const auto row = [&](float mx, float my, float mz) {
    return simd::fmadd(x, Float(mx), simd::fmadd(y, Float(my), z * Float(mz)));
  };
  return {row(3.0799803023f, -1.5371515163f, -0.5428213080f), row(-0.9212477523f, 1.8759900015f, 0.0452473395f),
          row(0.0528904611f, -0.2040413384f, 1.1512320120f)};
}

// From below the tolerance must cover the rounding of the float chain (2e-6), so that sRGB's own colours are inside;
// 1e-5 more or less is a thirtieth of an 8-bit step near black. From above it must cover the grey axis, whose blue
// exceeds 1 by 8.2e-5 at white because the matrix and the white point do not match to the last digit.
inline constexpr float gamut_below = 1e-5f;
inline constexpr float gamut_above = 1e-4f;

template <class Arch>
inline auto inside_gamut(const LinearRgb<Arch>& rgb) noexcept {
  using Float = simd::Batch<float, Arch>;
  return min(rgb.r, min(rgb.g, rgb.b)) >= Float(-gamut_below) &&
         max(rgb.r, max(rgb.g, rgb.b)) <= Float(1.0f + gamut_above);
}

// Steps of bisection: the chroma factor ends at most 2^-12 below the edge of the gamut, 0.04 ab units at the largest
// chroma of sRGB (134).
inline constexpr int gamut_steps = 12;

// Linear sRGB of (L, s·a, s·b) with the largest s in [0, 1] inside the gamut, to 2^-12; s = 1 exactly where the colour
// is inside. L in 0…100, a and b finite. Near the yellow tip (hue 99…101 degrees, L > 93) 0.01 % of the rays leave the
// gamut and touch it again farther out; there s may belong to the first exit.
template <class Arch>
inline LinearRgb<Arch> linear_in_gamut(const simd::Batch<float, Arch>& lightness, const simd::Batch<float, Arch>& a,
                                       const simd::Batch<float, Arch>& b) noexcept {
  using Float = simd::Batch<float, Arch>;
  const LinearRgb<Arch> wanted = linear_from_lab<Arch>(lightness, a, b);
  const auto inside = inside_gamut<Arch>(wanted);
  if (all(inside)) return wanted;
  Float factor(0.0f);
  float step = 0.5f;
  for (int i = 0; i < gamut_steps; ++i, step *= 0.5f) {
    const Float trial = factor + Float(step);
    const auto fits = inside_gamut<Arch>(linear_from_lab<Arch>(lightness, trial * a, trial * b));
    factor = select(fits, trial, factor);
  }
  factor = select(inside, Float(1.0f), factor);
  return linear_from_lab<Arch>(lightness, factor * a, factor * b);
}

}  // namespace ochre::inline v0::color
