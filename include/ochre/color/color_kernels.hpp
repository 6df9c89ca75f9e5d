// The colour arithmetic of a Colorizer that exists once for each instruction set, as a table of functions; each is
// described where it is defined.
#pragma once

#include <ochre/color/annealed_mean.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/color/upsample_ab.hpp>
#include <ochre/image/picture_view.hpp>

namespace ochre::inline v0 {

struct ColorKernels {
  void (*read_lightness_row)(const std::uint8_t* row, PixelFormat format, Index width, float* lightness) noexcept;
  void (*upsample_edge_aware_row)(const AbGridView& grid, Index width, Index height, Index y, const float* lightness,
                                  float* a, float* b) noexcept;
  void (*upsample_bilinear_row)(const AbGridView& grid, Index width, Index height, Index y, float* a,
                                float* b) noexcept;
  void (*copy_alpha_row)(const std::uint8_t* from, PixelFormat from_format, std::uint8_t* to, PixelFormat to_format,
                         Index width) noexcept;
  void (*lab_to_srgb_row)(const float* lightness, const float* a, const float* b, Index width, std::uint8_t* row,
                          PixelFormat format) noexcept;
  void (*annealed_mean)(TensorView<const float> logits, float exponent, const Team& team, float* a, float* b) noexcept;
};

template <class Arch = simd::DefaultArch>
const ColorKernels& color_kernels() noexcept {
  static constexpr ColorKernels table{&color::read_lightness_row<Arch>,       &color::upsample_ab_edge_aware_row<Arch>,
                                      &color::upsample_ab_bilinear_row<Arch>, &color::copy_alpha_row<Arch>,
                                      &color::lab_to_srgb_row<Arch>,          &color::annealed_mean<Arch>};
  return table;
}

}  // namespace ochre::inline v0
