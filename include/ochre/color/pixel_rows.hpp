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

// Linear light, 0…1, of some pixels of a row: several vectors are read from their samples at once, since a vector that
// is loaded right after its parts were stored one by one has to wait for them.
template <class Arch, class Sample>
class LinearPixels {
 public:
  static constexpr Index lanes = simd::lanes<float, Arch>;
  static constexpr Index most = 8 * lanes;

  // The next `count` pixels, up to `most`, `step` bytes apart; behind them all is zero.
  void read(const std::uint8_t* first, bool is_gray, Index step, Index count) noexcept {
    constexpr Index next = sizeof(Sample);
    read_samples(first, step, count, r_);
    if (is_gray) return;
    read_samples(first + next, step, count, g_);
    read_samples(first + 2 * next, step, count, b_);
  }

  simd::Batch<float, Arch> red(Index at) const noexcept { return linear(r_ + at); }
  simd::Batch<float, Arch> green(Index at) const noexcept { return linear(g_ + at); }
  simd::Batch<float, Arch> blue(Index at) const noexcept { return linear(b_ + at); }

 private:
  static void read_samples(const std::uint8_t* first, Index step, Index count, float* values) noexcept {
    for (Index i = 0; i < count; ++i) {
      if constexpr (sizeof(Sample) == 1) {
        values[i] = srgb8_linear[first[i * step]];
      } else {
        Sample sample = 0;
        std::memcpy(&sample, first + i * step, sizeof(sample));
        values[i] = static_cast<float>(sample);
      }
    }
    const Index whole = (count + lanes - 1) / lanes * lanes;
    for (Index i = count; i < whole; ++i) values[i] = 0.0f;
  }

  static simd::Batch<float, Arch> linear(const float* values) noexcept {
    const auto loaded = simd::load<Arch>(values);
    if constexpr (sizeof(Sample) == 1) return loaded;
    return linear_from_srgb<Arch>(loaded * simd::Batch<float, Arch>(1.0f / 65535.0f));
  }

  float r_[static_cast<std::size_t>(most)];
  float g_[static_cast<std::size_t>(most)];
  float b_[static_cast<std::size_t>(most)];
};

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
