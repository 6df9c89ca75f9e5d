// Samples of one row of pixels, in any of the eight formats, to vectors and back. 16-bit samples are copied byte by
// byte, since they need no alignment. Ends of rows: `count` pixels of a vector, 0 < count <= lanes.
// Tested by srgb_lab_test.cpp over all formats and widths.
#pragma once

#include <cstdint>
#include <cstring>

#include <ochre/color/curves.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::color {

// Linear light, 0…1, of `count` samples that lie `step` bytes apart; the other lanes are zero.
template <class Arch, class Sample>
inline simd::Batch<float, Arch> load_linear(const std::uint8_t* first, Index step, Index count) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  float values[static_cast<std::size_t>(lanes)];
  for (Index i = count; i < lanes; ++i) values[i] = 0.0f;
  for (Index i = 0; i < count; ++i) {
    if constexpr (sizeof(Sample) == 1) {
      values[i] = srgb8_linear[first[i * step]];
    } else {
      Sample sample = 0;
      std::memcpy(&sample, first + i * step, sizeof(sample));
      values[i] = static_cast<float>(sample);
    }
  }
  const auto loaded = simd::load<Arch>(static_cast<const float*>(values));
  if constexpr (sizeof(Sample) == 1) return loaded;
  return linear_from_srgb<Arch>(loaded * simd::Batch<float, Arch>(1.0f / 65535.0f));
}

// Writes encoded values, 0…1, as `count` samples `step` bytes apart, rounded to nearest.
template <class Arch, class Sample>
inline void store_samples(const simd::Batch<float, Arch>& encoded, std::uint8_t* first, Index step,
                          Index count) noexcept {
  using Float = simd::Batch<float, Arch>;
  constexpr Index lanes = simd::lanes<float, Arch>;
  constexpr float largest = sizeof(Sample) == 1 ? 255.0f : 65535.0f;
  std::int32_t values[static_cast<std::size_t>(lanes)];
  simd::store(static_cast<std::int32_t*>(values), to_int(simd::fmadd(encoded, Float(largest), Float(0.5f))));
  for (Index i = 0; i < count; ++i) {
    const auto sample = static_cast<Sample>(values[i]);
    std::memcpy(first + i * step, &sample, sizeof(sample));
  }
}

// Copies the alpha of a row into a row of another format, 8 <-> 16 bit by the exact factor 257; opaque if the source
// has none. Does nothing if the target has none.
template <class Arch = simd::DefaultArch>
inline void copy_alpha_row(const std::uint8_t* from, PixelFormat from_format, std::uint8_t* to, PixelFormat to_format,
                           Index width) noexcept {
  if (!has_alpha(to_format)) return;
  const Index from_step = bytes_per_pixel(from_format);
  const Index to_step = bytes_per_pixel(to_format);
  const bool from_wide = bytes_per_sample(from_format) == 2;
  const bool to_wide = bytes_per_sample(to_format) == 2;
  const std::uint8_t* source = from + from_step - bytes_per_sample(from_format);  // alpha is the last sample
  std::uint8_t* target = to + to_step - bytes_per_sample(to_format);
  for (Index x = 0; x < width; ++x, source += from_step, target += to_step) {
    std::uint32_t alpha = 65535;
    if (has_alpha(from_format)) {
      std::uint16_t wide = 0;
      if (from_wide) std::memcpy(&wide, source, sizeof(wide));
      alpha = from_wide ? wide : *source * 257u;
    }
    const auto wide = static_cast<std::uint16_t>(alpha);
    if (to_wide) {
      std::memcpy(target, &wide, sizeof(wide));
    } else {
      *target = static_cast<std::uint8_t>((alpha + 128u) / 257u);
    }
  }
}

}  // namespace ochre::inline v0::color
