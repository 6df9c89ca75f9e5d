// The colour arithmetic of a Colorizer that exists once for each instruction set, as a table of functions; each is
// described where it is defined.
#pragma once

#include <ochre/color/annealed_mean.hpp>
#include <ochre/color/consensus.hpp>
#include <ochre/color/recall.hpp>
#include <ochre/color/refine_grid.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/color/upsample_ab.hpp>
#include <ochre/color/yuv_rows.hpp>
#include <ochre/image/picture_view.hpp>

namespace ochre::inline v0 {

// The colour arithmetic of one instruction set.
struct ColorKernels {
  void (*read_lightness_row)(const std::uint8_t* row, PixelFormat format, Index width, float* lightness) noexcept;
  void (*read_luma_row)(const std::uint8_t* row, Index step, const YuvFormat& format, Index width,
                        float* lightness) noexcept;
  void (*srgb_to_lab_row)(const std::uint8_t* row, PixelFormat format, Index width, float* lightness, float* a,
                          float* b) noexcept;
  color::RefineKernels refine;
  void (*upsample_edge_aware_row)(const color::StridedGrid& grid, const color::PictureSamples& samples, Index y,
                                  const float* lightness, float* a, float* b) noexcept;
  void (*upsample_bilinear_row)(const color::StridedGrid& grid, const color::PictureSamples& samples, Index y, float* a,
                                float* b) noexcept;
  void (*copy_alpha_row)(const std::uint8_t* from, PixelFormat from_format, std::uint8_t* to, PixelFormat to_format,
                         Index width) noexcept;
  void (*lab_to_srgb_row)(const float* lightness, const float* a, const float* b, Index width, std::uint8_t* row,
                          PixelFormat format) noexcept;
  void (*lab_to_chroma_row)(const std::uint8_t* luma, Index step, const YuvFormat& format, Index width,
                            const float* lightness, float* a, float* b) noexcept;
  void (*vote_row)(const color::VoteQueries& queries, const color::VoteEntries& entries, Index y,
                   float* sums) noexcept;  // of a consensus
  void (*recall_row)(const color::VoteQueries& queries, const color::VoteEntries& entries, Index y,
                     float* sums) noexcept;  // the votes of a recall
  void (*annealed_mean)(TensorView<const float> logits, float exponent, const parallel::Team& team, float* a,
                        float* b) noexcept;
};

// The colour arithmetic of the instruction set Arch, compiled where this is called; the table stays as long as the
// program runs.
template <class Arch = simd::DefaultArch>
const ColorKernels& color_kernels() noexcept {
  static constexpr ColorKernels table{&color::read_lightness_row<Arch>,
                                      &color::read_luma_row<Arch>,
                                      &color::srgb_to_lab_row<Arch>,
                                      color::refine_kernels<Arch>(),
                                      &color::upsample_ab_edge_aware_row<Arch>,
                                      &color::upsample_ab_bilinear_row<Arch>,
                                      &color::copy_alpha_row<Arch>,
                                      &color::lab_to_srgb_row<Arch>,
                                      &color::lab_to_chroma_row<Arch>,
                                      &color::vote_row<color::ConsensusNumbers::values, Arch>,
                                      &color::vote_row<color::RecallNumbers::values, Arch>,
                                      &color::annealed_mean<Arch>};
  return table;
}

namespace color {

// L of a row of either kind of picture.
inline void lightness_of_row(const ColorKernels& kernels, const PictureView& picture, Index y,
                             float* lightness) noexcept {
  kernels.read_lightness_row(picture.row(y), picture.format, picture.width, lightness);
}
inline void lightness_of_row(const ColorKernels& kernels, const YuvView& frame, Index y, float* lightness) noexcept {
  const Index step = frame.luma.step_of(frame.format.depth);
  kernels.read_luma_row(frame.luma.row(y), step, frame.format, frame.width, lightness);
}

}  // namespace color

}  // namespace ochre::inline v0
