#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/curves.hpp>

namespace color = ochre::color;
namespace simd = ochre::simd;
using Arch = simd::DefaultArch;
using Float = simd::Batch<float, Arch>;

namespace {

// curve(x) for one x, which every lane holds.
template <class Curve>
double apply(const Curve& curve, float x) {
  float result[64];
  simd::store(static_cast<float*>(result), curve(Float(x)));
  return static_cast<double>(result[simd::lanes<float, Arch> - 1]);
}

const auto cube_root = [](const Float& x) { return color::cube_root<Arch>(x); };
const auto to_linear = [](const Float& x) { return color::linear_from_srgb<Arch>(x); };
const auto to_srgb = [](const Float& x) { return color::srgb_from_linear<Arch>(x); };
const auto lab_curve_of = [](const Float& x) { return color::lab_curve<Arch>(x); };
const auto from_lab = [](const Float& x) { return color::lab_curve_inverse<Arch>(x); };

}  // namespace

TEST_CASE("the cube root is right to 1.2e-7 over twelve decades") {
  double largest = 0.0;
  for (float x = 1e-6f; x < 1e6f; x *= 1.00002f) {
    largest = std::fmax(largest, std::fabs(apply(cube_root, x) / std::cbrt(static_cast<double>(x)) - 1.0));
  }
  CHECK(largest < 1.2e-7);
  CHECK(apply(cube_root, 0.0f) == 0.0);
  CHECK(std::isnan(apply(cube_root, NAN)));
}

TEST_CASE("the sRGB curves are right to 3e-7 and exact at both ends") {
  double to = 0.0;
  double from = 0.0;
  for (int i = 0; i <= 1000000; ++i) {
    const float x = static_cast<float>(i) * 1e-6f;
    const double exact = static_cast<double>(x);
    const double linear = x > 0.04045f ? std::pow((exact + 0.055) / 1.055, 2.4) : exact / 12.92;
    const double srgb = x > 0.0031308f ? 1.055 * std::pow(exact, 1 / 2.4) - 0.055 : exact * 12.92;
    to = std::fmax(to, std::fabs(apply(to_linear, x) - linear));
    from = std::fmax(from, std::fabs(apply(to_srgb, x) - srgb));
  }
  CHECK(to < 3e-7);
  CHECK(from < 3e-7);
  CHECK(apply(to_linear, 0.0f) == 0.0);
  CHECK(apply(to_srgb, 0.0f) == 0.0);
  CHECK(apply(to_linear, 1.0f) == doctest::Approx(1.0).epsilon(2e-7));
  CHECK(apply(to_srgb, 1.0f) == doctest::Approx(1.0).epsilon(2e-7));
}

TEST_CASE("the Lab curve and its inverse meet on both branches") {
  for (const double t : {0.0, 0.001, 0.0088, 0.0089, 0.05, 0.5, 1.0, 1.1}) {
    const double f = t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116.0;
    CHECK(apply(lab_curve_of, static_cast<float>(t)) == doctest::Approx(f).epsilon(2e-7));
    CHECK(apply(from_lab, static_cast<float>(f)) == doctest::Approx(t).epsilon(5e-6).scale(0.1));
  }
}

TEST_CASE("the lightness of a grey and the grey of a lightness are each other's inverse, and the tables'") {
  for (int sample = 0; sample < 256; ++sample) {
    const double v = sample / 255.0;
    const double lightness = color::lightness_of_gray(v);
    CHECK(std::fabs(lightness - static_cast<double>(color::gray8_lightness[static_cast<std::size_t>(sample)])) < 1e-5);
    CHECK(std::fabs(color::gray_of_lightness(lightness) - v) < 1e-4);  // the rounded constants' small steps
  }
}

TEST_CASE("the tables of 8-bit samples are the curves, rounded once") {
  for (int sample = 0; sample < 256; ++sample) {
    CAPTURE(sample);
    const double v = sample / 255.0;
    const double linear = v > 0.04045 ? std::pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
    const double f = linear > 0.008856 ? std::cbrt(linear) : 7.787 * linear + 16.0 / 116.0;
    const auto index = static_cast<std::size_t>(sample);
    CHECK(std::fabs(static_cast<double>(color::srgb8_linear[index]) - linear) <= 6e-8 * linear);
    CHECK(std::fabs(static_cast<double>(color::gray8_lightness[index]) - (116.0 * f - 16.0)) < 4e-6);
  }
  CHECK(color::srgb8_linear[0] == 0.0f);
  CHECK(color::srgb8_linear[255] == 1.0f);
  CHECK(color::gray8_lightness[0] == 0.0f);
  CHECK(color::gray8_lightness[255] == 100.0f);
}
