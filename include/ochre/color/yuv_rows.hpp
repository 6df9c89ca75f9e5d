// Luma to L, and Lab to the chroma that goes with a luma which is kept as it is.
//   L  = that of the grey R' = G' = B' = E'y, held to 0…1
//   Pb = t (B' - Y') / (2 (1 - Kb)),  Pr = t (R' - Y') / (2 (1 - Kr)),  Y' = Kr R' + Kg G' + Kb B'
// R'G'B' is the colour that lab_to_srgb_row() would show: Lab(L, a, b) with its chroma held to the gamut. Its own luma
// Y' is not quite E'y, since L is not linear in luma; what is shown, E'y + (R'G'B' - Y'), is that colour moved along
// the grey axis, so that it keeps its differences and with them its hue. Subtracting E'y instead would put the whole
// gap into green. t <= 1 is the largest factor that keeps what is shown inside R'G'B' (chroma is reduced, luma is not
// clipped, but for half a step of 10 bits). Of colours that t leaves alone the shown a and b are off by 0.3 at chroma
// 20 and 1.4 at 40, in 95 % of cases. A chroma sample is the mean of those of the pixels that share it, as if it lay in
// their middle. Rounded to nearest; grey gives `zero` exactly. Tested by yuv_rows_test.cpp against the same in double.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ochre/color/curves.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/image/yuv_view.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

namespace detail {

// How codes of luma become E'y.
struct LumaScale {
  YuvDepth depth;
  float black;
  float unit;

  explicit LumaScale(const YuvFormat& format) noexcept : depth(format.depth) {
    const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
    black = static_cast<float>(codes.black);
    unit = 1.0f / static_cast<float>(codes.white - codes.black);
  }
};

// E'y of `count` samples, held to 0…1; the other lanes are 0.
template <class Arch>
inline simd::Batch<float, Arch> load_luma(const LumaScale& scale, const std::uint8_t* first, Index step,
                                          Index count) noexcept {
  using Float = simd::Batch<float, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  float codes[static_cast<std::size_t>(lanes)];
  if (scale.depth == YuvDepth::bits8 && step == 1 && count == lanes) {
    for (Index i = 0; i < lanes; ++i) codes[i] = static_cast<float>(first[i]);  // a few instructions for all
  } else {
    for (Index i = count; i < lanes; ++i) codes[i] = scale.black;
    for (Index i = 0; i < count; ++i) {
      const std::uint8_t* from = first + i * step;
      std::uint16_t word = *from;
      if (scale.depth != YuvDepth::bits8) std::memcpy(&word, from, sizeof(word));
      codes[i] = static_cast<float>(scale.depth == YuvDepth::bits10_high ? word >> 6 : word);
    }
  }
  const Float level = (simd::load<Arch>(static_cast<const float*>(codes)) - Float(scale.black)) * Float(scale.unit);
  return min(max(level, Float(0.0f)), Float(1.0f));
}

// What is shown may lie that far outside 0…1: half a step of 10 bits, which rounds back. Without it most colours next
// to black and white would be reduced by the rounding of the arithmetic alone.
inline constexpr float luma_slack = 0.5f / 1023.0f;

// How R'G'B' becomes Y', Pb and Pr.
struct ChromaScale {
  float kr, kg, kb;
  float pb, pr;

  explicit ChromaScale(YuvMatrix matrix) noexcept {
    const image::YuvWeights weights = image::yuv_weights(matrix);
    kr = static_cast<float>(weights.r);
    kg = static_cast<float>(weights.g);
    kb = static_cast<float>(weights.b);
    pb = static_cast<float>(0.5 / (1.0 - weights.b));
    pr = static_cast<float>(0.5 / (1.0 - weights.r));
  }
};

template <class Arch>
struct Chroma {
  simd::Batch<float, Arch> pb, pr;
};

// luma: E'y, which is kept; rgb: encoded, 0…1.
template <class Arch>
inline Chroma<Arch> chroma_beside(const simd::Batch<float, Arch>& luma, const LinearRgb<Arch>& rgb,
                                  const ChromaScale& scale) noexcept {
  using Float = simd::Batch<float, Arch>;
  const Float own = dot<Arch>(rgb, scale.kr, scale.kg, scale.kb);
  Float b = (rgb.b - own) * Float(scale.pb);
  Float r = (rgb.r - own) * Float(scale.pr);
  // What is shown of the largest channel may rise that far, of the least one fall that far.
  const Float up = Float(1.0f + luma_slack) - luma;
  const Float down = luma + Float(luma_slack);
  const Float above = max(rgb.r, max(rgb.g, rgb.b)) - own;
  const Float below = own - min(rgb.r, min(rgb.g, rgb.b));
  if (!all(max(above - up, below - down) <= Float(0.0f))) {
    const Float tiny(1e-6f);
    const Float factor = min(Float(1.0f), min(up / max(above, tiny), down / max(below, tiny)));
    b = b * factor;
    r = r * factor;
  }
  return {b, r};
}

}  // namespace detail

// L of each luma sample of a row.
template <class Arch = simd::DefaultArch>
inline void read_luma_row(const std::uint8_t* row, Index step, const YuvFormat& format, Index width,
                          float* lightness) noexcept {
  if (format.depth == YuvDepth::bits8) {
    const auto& table = format.range == YuvRange::limited ? limited8_lightness : gray8_lightness;
    for (Index x = 0; x < width; ++x) lightness[x] = table[row[x * step]];
    return;
  }
  constexpr Index lanes = simd::lanes<float, Arch>;
  const detail::LumaScale scale(format);
  for (Index x = 0; x < width; x += lanes) {
    const Index count = std::min(lanes, width - x);
    const auto luma = detail::load_luma<Arch>(scale, row + x * step, step, count);
    simd::store_partial(lightness + x, detail::lightness_from_y<Arch>(linear_from_srgb<Arch>(luma)), count);
  }
}

// a and b of a row become Pb and Pr, where they lie. luma, step: the row's; lightness: what read_luma_row() made of it.
template <class Arch = simd::DefaultArch>
inline void lab_to_chroma_row(const std::uint8_t* luma, Index step, const YuvFormat& format, Index width,
                              const float* lightness, float* a, float* b) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  const detail::LumaScale luma_scale(format);
  const detail::ChromaScale chroma_scale(format.matrix);
  for (Index x = 0; x < width; x += lanes) {
    const Index count = std::min(lanes, width - x);
    const auto rgb =
        detail::encode_lab<Arch>(simd::load_partial<Arch>(lightness + x, count), simd::load_partial<Arch>(a + x, count),
                                 simd::load_partial<Arch>(b + x, count));
    const auto level = detail::load_luma<Arch>(luma_scale, luma + x * step, step, count);
    const auto chroma = detail::chroma_beside<Arch>(level, rgb, chroma_scale);
    simd::store_partial(a + x, chroma.pb, count);
    simd::store_partial(b + x, chroma.pr, count);
  }
}

// Pb, or Pr, of the one or two luma rows that share a row of chroma samples; one: twice the same.
struct ChromaRows {
  const float* upper = nullptr;
  const float* lower = nullptr;
};

// A row of Cb, or of Cr. width: of the luma.
inline void store_chroma_row(const ChromaRows& rows, Index width, const YuvFormat& format, std::uint8_t* first,
                             Index step) noexcept {
  const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
  const Index shared = format.subsampling == ChromaSubsampling::yuv444 ? 1 : 2;
  const float scale = 0.25f * static_cast<float>(codes.chroma);
  const float offset = static_cast<float>(codes.zero) + 0.5f;
  const auto store = [&](Index left, Index right, std::uint8_t* to) {
    const float sum = (rows.upper[left] + rows.upper[right]) + (rows.lower[left] + rows.lower[right]);
    const int code = std::min(static_cast<int>(sum * scale + offset), codes.largest);  // never below 0
    if (format.depth == YuvDepth::bits8) {
      *to = static_cast<std::uint8_t>(code);
    } else {
      const auto word = static_cast<std::uint16_t>(format.depth == YuvDepth::bits10_high ? code << 6 : code);
      std::memcpy(to, &word, sizeof(word));
    }
  };
  const Index whole = width / shared;
  for (Index x = 0; x < whole; ++x) store(shared * x, shared * (x + 1) - 1, first + x * step);
  if (whole * shared < width) store(width - 1, width - 1, first + whole * step);
}

// The luma of a row, bit for bit.
inline void copy_luma_row(const std::uint8_t* from, Index from_step, YuvDepth depth, std::uint8_t* to, Index to_step,
                          Index width) noexcept {
  const Index bytes = bytes_per_sample(depth);
  if (from_step == bytes && to_step == bytes) {
    std::memmove(to, from, static_cast<std::size_t>(width * bytes));
    return;
  }
  for (Index x = 0; x < width; ++x)
    std::memmove(to + x * to_step, from + x * from_step, static_cast<std::size_t>(bytes));
}

}  // namespace ochre::inline v0::color
