// What the samples of a PNG mean, in the specification's order of precedence: cICP, iCCP, sRGB, gAMA with cHRM. All of
// it becomes a profile or a colour model, or none where they are sRGB. Source: the PNG specification (W3C, third
// edition), section 11.3.2; ITU-T H.273, tables 2 and 3. Tested by picture_metadata_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/color_model.hpp>
#include <ochre/image_io/finish_picture.hpp>
#include <ochre/image_io/rgb_primaries.hpp>

namespace ochre::inline v0::detail {

struct PngColor {
  std::span<const std::byte> code_points;  // cICP's
  std::vector<std::byte> profile;          // iCCP's, inflated
  bool is_srgb = false;
  std::uint32_t gamma = 0;                    // gAMA's: 100,000 times the exponent that made samples of light
  std::span<const std::byte> chromaticities;  // cHRM's
};

// Of H.273's kinds of primaries those that pictures have.
inline std::optional<Primaries> primaries_of(std::uint32_t code) noexcept {
  switch (code) {
    case 1:
      return Primaries{};
    case 5:  // PAL
      return Primaries{.green = {0.29, 0.60}};
    case 6:  // NTSC
    case 7:
      return Primaries{.red = {0.630, 0.340}, .green = {0.310, 0.595}, .blue = {0.155, 0.070}};
    case 9:  // BT.2020
      return Primaries{.red = {0.708, 0.292}, .green = {0.170, 0.797}, .blue = {0.131, 0.046}};
    case 12:  // Display P3
      return Primaries{.red = {0.680, 0.320}, .green = {0.265, 0.690}};
    default:
      return std::nullopt;
  }
}

inline CurveFormula power_curve(double exponent) noexcept { return {.gamma = exponent}; }

// Of H.273's curves those of a screen; those of high dynamic range have no one meaning in sRGB.
inline std::optional<CurveFormula> curve_of(std::uint32_t code) noexcept {
  switch (code) {
    case 1:  // BT.709 and its kin
    case 6:
    case 14:
    case 15:
      return CurveFormula{1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081, 0, 0};
    case 4:
      return power_curve(2.2);
    case 5:
      return power_curve(2.8);
    case 8:
      return power_curve(1);
    case 13:
      return srgb_curve;
    default:
      return std::nullopt;
  }
}

// Whoever says 1/2.2, as most writers do, means sRGB. Exponents that no screen has are passed over.
inline CurveFormula curve_of_gamma(std::uint32_t gamma) noexcept {
  constexpr std::uint32_t of_srgb = 45'455;
  constexpr std::uint32_t least = 10'000;
  constexpr std::uint32_t most = 400'000;
  const bool is_odd = gamma < least || gamma > most;
  return is_odd || (gamma + 100 > of_srgb && gamma < of_srgb + 100) ? srgb_curve : power_curve(100'000.0 / gamma);
}

// White, red, green and blue, x and y of each in 100,000ths.
inline Primaries primaries_of_chunk(std::span<const std::byte> chunk) noexcept {
  Primaries primaries;
  std::array<double, 2>* const points[] = {&primaries.white, &primaries.red, &primaries.green, &primaries.blue};
  for (std::size_t i = 0; i < 8 && chunk.size() == 32; ++i) {
    (*points[i / 2])[i % 2] = big_endian32(chunk, 4 * i) / 100'000.0;
  }
  return primaries;
}

// Of code points that are not known here there is a remark.
inline void describe_png_color(PngColor& color, bool has_colors, PictureNotes& notes) {
  const auto model = [&](const Primaries& primaries, const CurveFormula& curve) {
    return has_colors ? rgb_model(primaries, curve) : gray_model({curve, {}});
  };
  if (color.code_points.size() == 4) {
    const auto primaries = primaries_of(byte_at(color.code_points, 0));
    const auto curve = curve_of(byte_at(color.code_points, 1));
    if (primaries && curve) {
      notes.colors = model(*primaries, *curve);
      return;
    }
    add_remark(notes.remark, "found colours of H.273's kinds " + std::to_string(byte_at(color.code_points, 0)) +
                                 " and " + std::to_string(byte_at(color.code_points, 1)) +
                                 ", which have no place here");
  }
  if (!color.profile.empty()) {
    notes.profile = std::move(color.profile);
  } else if (!color.is_srgb && (color.gamma != 0 || !color.chromaticities.empty())) {
    notes.colors = model(primaries_of_chunk(color.chromaticities), curve_of_gamma(color.gamma));
  }
}

}  // namespace ochre::inline v0::detail
