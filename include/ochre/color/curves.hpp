// The two non-linear curves of sRGB -> Lab, on vectors, and tables of them for 8-bit samples.
//   sRGB:  linear = v / 12.92 up to v = 0.04045, ((v + 0.055) / 1.055)^2.4 above          (IEC 61966-2-1), v in 0…1
//   Lab:   f(t) = t^(1/3) above t = 0.008856, 7.787 t + 16/116 below                      (CIE 15, rounded constants)
// The constants are scikit-image's, including the small steps they leave where the branches meet.
// x^(1/2.4) = x^(5/12) = cbrt(x · sqrt(sqrt(x))), so one cube root serves both curves.
// Errors, tested by curves_test.cpp: cube_root 1.2e-7 of the value, the two sRGB curves 3e-7 absolute.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include <ochre/color/srgb_curve.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

inline constexpr double lab_threshold = 0.008856;           // t; below it f is a line
inline constexpr double lab_inverse_threshold = 0.2068966;  // f; its cube root
inline constexpr double lab_slope = 7.787;
inline constexpr double lab_offset = 16.0 / 116.0;

// t^(1/3) for 0 and for normal t > 0.
template <class Arch>
inline simd::Batch<float, Arch> cube_root(const simd::Batch<float, Arch>& t) noexcept {
  using Float = simd::Batch<float, Arch>;
  // A third of the bits is a third of the logarithm: t^(-1/3) to 3.4 %. The constant centres that error.
  const auto bits = to_int(to_float(simd::to_bits<Arch>(t)) * Float(-1.0f / 3.0f));
  Float inverse = simd::from_bits<Arch>(bits + simd::Batch<std::int32_t, Arch>(0x54a23400));
  // (1 - h)^(-1/3) to third order: 3.4 % becomes 2e-5, without a division.
  const Float h = Float(1.0f) - t * inverse * inverse * inverse;
  const Float series = simd::fmadd(h, simd::fmadd(h, Float(14.0f / 81.0f), Float(2.0f / 9.0f)), Float(1.0f / 3.0f));
  inverse = simd::fmadd(inverse * h, series, inverse);
  // One Newton step on the root itself, so that its own rounding is the last error.
  const Float square = inverse * inverse;
  const Float root = t * square;
  return simd::fmadd(t - root * root * root, square * Float(1.0f / 3.0f), root);
}

template <class Arch>
inline simd::Batch<float, Arch> lab_curve(const simd::Batch<float, Arch>& t) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float line = simd::fmadd(t, Float(static_cast<float>(lab_slope)), Float(static_cast<float>(lab_offset)));
  return select(t > Float(static_cast<float>(lab_threshold)), cube_root<Arch>(t), line);
}

template <class Arch>
inline simd::Batch<float, Arch> lab_curve_inverse(const simd::Batch<float, Arch>& f) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float line = (f - Float(static_cast<float>(lab_offset))) * Float(static_cast<float>(1.0 / lab_slope));
  return select(f > Float(static_cast<float>(lab_inverse_threshold)), f * f * f, line);
}

// v in 0…1.
template <class Arch>
inline simd::Batch<float, Arch> linear_from_srgb(const simd::Batch<float, Arch>& v) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float base = (v + Float(0.055f)) * Float(1.0f / 1.055f);
  return select(v > Float(0.04045f), exp(log(base) * Float(2.4f)), v * Float(1.0f / 12.92f));
}

// linear in 0…1.
template <class Arch>
inline simd::Batch<float, Arch> srgb_from_linear(const simd::Batch<float, Arch>& linear) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float power = cube_root<Arch>(linear * sqrt(sqrt(linear)));
  return select(linear > Float(0.0031308f), simd::fmadd(power, Float(1.055f), Float(-0.055f)), linear * Float(12.92f));
}

namespace detail {

// x^(1/degree) for x in 0…1 by Newton's method from above, which falls until rounding stops it. For the tables only.
constexpr double constexpr_root(double x, int degree) noexcept {
  if (x <= 0.0) return 0.0;
  for (double root = 1.0;;) {
    double power = 1.0;
    for (int factor = 1; factor < degree; ++factor) power *= root;
    const double next = ((degree - 1) * root + x / power) / degree;
    if (next >= root) return root;
    root = next;
  }
}

// v in 0…1.
constexpr double exact_linear(double v) noexcept {
  if (v <= 0.04045) return v / 12.92;
  const double base = (v + 0.055) / 1.055;
  return base * base * constexpr_root(base * base, 5);  // x^2.4 = x^2 · (x^2)^(1/5)
}

constexpr std::array<float, 256> make_srgb8_linear() noexcept {
  std::array<float, 256> table{};
  for (int sample = 0; sample < 256; ++sample) {
    table[static_cast<std::size_t>(sample)] = static_cast<float>(exact_linear(sample / 255.0));
  }
  return table;
}

// L of the grey levels from black to white, 0 and 100 beyond.
constexpr std::array<float, 256> make_gray8_lightness(int black, int white) noexcept {
  std::array<float, 256> table{};
  for (int sample = 0; sample < 256; ++sample) {
    const int level = sample < black ? black : sample > white ? white : sample;
    const double y = exact_linear((level - black) / static_cast<double>(white - black));
    const double f = y > lab_threshold ? constexpr_root(y, 3) : lab_slope * y + lab_offset;
    table[static_cast<std::size_t>(sample)] = static_cast<float>(116.0 * f - 16.0);
  }
  return table;
}

}  // namespace detail

// L of the grey R' = G' = B' = v in 0…1, and back.
inline double lightness_of_gray(double v) noexcept {
  const double y = linear_of_srgb(v);
  const double f = y > lab_threshold ? std::cbrt(y) : lab_slope * y + lab_offset;
  return 116.0 * f - 16.0;
}
inline double gray_of_lightness(double lightness) noexcept {
  const double f = (lightness + 16.0) / 116.0;
  const double y = f > lab_inverse_threshold ? f * f * f : (f - lab_offset) / lab_slope;
  return srgb_of_linear(y);
}

inline constexpr std::array<float, 256> srgb8_linear = detail::make_srgb8_linear();  // 0…1 of each 8-bit sample
inline constexpr std::array<float, 256> gray8_lightness = detail::make_gray8_lightness(0, 255);  // L of each 8-bit grey
inline constexpr std::array<float, 256> limited8_lightness = detail::make_gray8_lightness(16, 235);  // of video's luma

}  // namespace ochre::inline v0::color
