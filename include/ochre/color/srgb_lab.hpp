// sRGB rows to CIE Lab rows and back: D65, 2 degrees, L 0…100, a and b in the same units; scikit-image's constants.
//   L = 116 f(Y) - 16, a = 500 (f(X) - f(Y)), b = 200 (f(Y) - f(Z)), X, Y, Z relative to white
// One row at a time, so a picture of any size streams through; nothing is allocated. The order of samples is the
// picture's, alpha is skipped; a grey v is the colour (v, v, v).
// Against scikit-image in double (srgb_lab_test.cpp): L within 2e-5, a and b within 1e-4; every 8-bit colour
// comes back exactly. L survives the way through 8-bit samples to within 0.26.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ochre/color/curves.hpp>
#include <ochre/color/gamut.hpp>
#include <ochre/color/pixel_rows.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

namespace detail {

template <class Arch>
inline simd::Batch<float, Arch> lightness_from_y(const simd::Batch<float, Arch>& y) noexcept {
  using Float = simd::Batch<float, Arch>;
  return simd::fmadd(lab_curve<Arch>(y), Float(116.0f), Float(-16.0f));
}

template <class Arch>
inline simd::Batch<float, Arch> dot(const LinearRgb<Arch>& rgb, float r, float g, float b) noexcept {
  using Float = simd::Batch<float, Arch>;
  return simd::fmadd(rgb.r, Float(r), simd::fmadd(rgb.g, Float(g), rgb.b * Float(b)));
}

// work(x, count, rgb): for each vector of a row's pixels, from x on.
template <class Arch, class Sample, class Work>
inline void each_linear(const std::uint8_t* row, PixelFormat format, Index width, const Work& work) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  const Index step = bytes_per_pixel(format);
  const bool is_gray = !has_color(format);
  LinearPixels<Arch, Sample> pixels;
  for (Index begin = 0; begin < width; begin += pixels.most) {
    const Index end = std::min(begin + pixels.most, width);
    pixels.read(row + begin * step, is_gray, step, end - begin);
    for (Index x = begin; x < end; x += lanes) {
      const auto r = pixels.red(x - begin);
      work(x, std::min(lanes, end - x),
           is_gray ? LinearRgb<Arch>{r, r, r} : LinearRgb<Arch>{r, pixels.green(x - begin), pixels.blue(x - begin)});
    }
  }
}

template <class Arch, class Sample>
inline void read_lightness_samples(const std::uint8_t* row, PixelFormat format, Index width,
                                   float* lightness) noexcept {
  each_linear<Arch, Sample>(row, format, width, [&](Index x, Index count, const LinearRgb<Arch>& rgb) {
    const auto y = has_color(format) ? dot<Arch>(rgb, 0.212671f, 0.715160f, 0.072169f) : rgb.r;
    simd::store_partial(lightness + x, lightness_from_y<Arch>(y), count);
  });
}

template <class Arch, class Sample>
inline void srgb_to_lab_samples(const std::uint8_t* row, PixelFormat format, Index width, float* lightness, float* a,
                                float* b) noexcept {
  using Float = simd::Batch<float, Arch>;
  each_linear<Arch, Sample>(row, format, width, [&](Index x, Index count, const LinearRgb<Arch>& rgb) {
    // The rows of RGB -> XYZ over white (0.95047, 1, 1.08883).
    const Float fx = lab_curve<Arch>(dot<Arch>(rgb, 0.4339463634f, 0.3762138731f, 0.1898250339f));
    const Float fy = lab_curve<Arch>(dot<Arch>(rgb, 0.212671f, 0.715160f, 0.072169f));
    const Float fz = lab_curve<Arch>(dot<Arch>(rgb, 0.0177566746f, 0.1094688794f, 0.8727046463f));
    simd::store_partial(lightness + x, simd::fmadd(fy, Float(116.0f), Float(-16.0f)), count);
    simd::store_partial(a + x, (fx - fy) * Float(500.0f), count);
    simd::store_partial(b + x, (fy - fz) * Float(200.0f), count);
  });
}

// The encoded sRGB of one vector of Lab; defined for any input.
template <class Arch>
inline LinearRgb<Arch> encode_lab(simd::Batch<float, Arch> lightness, simd::Batch<float, Arch> a,
                                  simd::Batch<float, Arch> b) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float zero(0.0f);
  const Float largest(1e6f);  // far beyond any colour, its cube far below the largest float; false for NaN
  const auto usable = abs(a) < largest && abs(b) < largest;
  a = select(usable, a, zero);
  b = select(usable, b, zero);
  lightness = select(lightness > zero, min(lightness, Float(100.0f)), zero);
  const LinearRgb<Arch> linear = linear_in_gamut<Arch>(lightness, a, b);
  const auto encode = [&](const Float& channel) {
    return srgb_from_linear<Arch>(min(max(channel, zero), Float(1.0f)));
  };
  return {encode(linear.r), encode(linear.g), encode(linear.b)};
}

template <class Arch, class Sample>
inline void lab_to_srgb_samples(const float* lightness, const float* a, const float* b, Index width, std::uint8_t* row,
                                Index step) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  constexpr Index next = sizeof(Sample);
  for (Index x = 0; x < width; x += lanes) {
    const Index count = width - x < lanes ? width - x : lanes;
    const auto rgb = encode_lab<Arch>(simd::load_partial<Arch>(lightness + x, count),
                                      simd::load_partial<Arch>(a + x, count), simd::load_partial<Arch>(b + x, count));
    std::uint8_t* pixel = row + x * step;
    store_samples<Arch, Sample>(rgb.r, pixel, step, count);
    store_samples<Arch, Sample>(rgb.g, pixel + next, step, count);
    store_samples<Arch, Sample>(rgb.b, pixel + 2 * next, step, count);
  }
}

}  // namespace detail

// L of each pixel of a row of any format.
template <class Arch = simd::DefaultArch>
inline void read_lightness_row(const std::uint8_t* row, PixelFormat format, Index width, float* lightness) noexcept {
  if (bytes_per_sample(format) == 2) {
    detail::read_lightness_samples<Arch, std::uint16_t>(row, format, width, lightness);
  } else if (has_color(format)) {
    detail::read_lightness_samples<Arch, std::uint8_t>(row, format, width, lightness);
  } else {
    const Index step = bytes_per_pixel(format);
    for (Index x = 0; x < width; ++x) lightness[x] = gray8_lightness[row[x * step]];
  }
}

// L, a and b of each pixel of a row of any format.
template <class Arch = simd::DefaultArch>
inline void srgb_to_lab_row(const std::uint8_t* row, PixelFormat format, Index width, float* lightness, float* a,
                            float* b) noexcept {
  if (bytes_per_sample(format) == 2) {
    detail::srgb_to_lab_samples<Arch, std::uint16_t>(row, format, width, lightness, a, b);
  } else {
    detail::srgb_to_lab_samples<Arch, std::uint8_t>(row, format, width, lightness, a, b);
  }
}

// Writes the colours of a row, rounded to nearest; colours outside sRGB lose chroma, not lightness (gamut.hpp).
// `format` must have colour: a grey one is left untouched. Alpha is left untouched (copy_alpha_row).
// L is clamped to 0…100. An a or b that is NaN or beyond 1e6 gives grey, a NaN in L black: whoever must not lose
// such a fault looks for it before, where the network's output is small.
template <class Arch = simd::DefaultArch>
inline void lab_to_srgb_row(const float* lightness, const float* a, const float* b, Index width, std::uint8_t* row,
                            PixelFormat format) noexcept {
  if (!has_color(format)) return;
  const Index step = bytes_per_pixel(format);
  if (bytes_per_sample(format) == 2) {
    detail::lab_to_srgb_samples<Arch, std::uint16_t>(lightness, a, b, width, row, step);
  } else {
    detail::lab_to_srgb_samples<Arch, std::uint8_t>(lightness, a, b, width, row, step);
  }
}

}  // namespace ochre::inline v0::color
