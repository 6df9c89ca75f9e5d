// Third of a colorizer's three stages, row by row: the grid's a and b at the picture's own size, along the edges of its
// L; joined with that L as sRGB, or as chroma beside the picture's own luma. Tested by colorizer_test.cpp,
// stages_test.cpp and frames_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <ochre/color/color_kernels.hpp>
#include <ochre/colorizer/memory.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image/yuv_view.hpp>

namespace ochre::inline v0::detail {

// What colours come from: the same for every row of a call.
struct ColorSource {
  const ColorKernels& kernels;
  AbUpsampling upsampling;
  color::StridedGrid grid;  // made finer (read_lightness.hpp)
};

// One row at the picture's size.
struct LabRow {
  float* lightness;
  float* a;
  float* b;
};

template <class Picture>
void read_colors(const ColorSource& source, const Picture& input, Index y, const LabRow& row) noexcept {
  color::lightness_of_row(source.kernels, input, y, row.lightness);
  if (source.upsampling == AbUpsampling::edge_aware) {
    source.kernels.upsample_edge_aware_row(source.grid, {input.extent()}, y, row.lightness, row.a, row.b);
  } else {
    source.kernels.upsample_bilinear_row(source.grid, {input.extent()}, y, row.a, row.b);
  }
}

inline void copy_alpha(const ColorKernels& kernels, const PictureView& input, Index y,
                       const MutablePictureView& output) noexcept {
  kernels.copy_alpha_row(input.row(y), input.format, output.row(y), output.format, input.width);
}
// A frame has none: opaque.
inline void copy_alpha(const ColorKernels& kernels, const YuvView& input, Index y,
                       const MutablePictureView& output) noexcept {
  kernels.copy_alpha_row(input.luma.row(y), PixelFormat::gray8, output.row(y), output.format, input.width);
}

// Rows that a thread takes at once: a fraction of a millisecond.
inline constexpr Index rows_at_once = 16;

// input: a PictureView or a YuvView.
template <class Picture>
void apply_grid(const ColorSource& source, const Picture& input, const MutablePictureView& output,
                ColorizerMemory& memory) noexcept {
  parallel::for_ranges(
      memory.network.team(), input.height, rows_at_once, [&](Index begin, Index end, int worker) noexcept {
        const LabRow row{memory.row_of(worker, 0), memory.row_of(worker, 1), memory.row_of(worker, 2)};
        for (Index y = begin; y < end; ++y) {
          read_colors(source, input, y, row);
          copy_alpha(source.kernels, input, y, output);
          source.kernels.lab_to_srgb_row(row.lightness, row.a, row.b, input.width, output.row(y), output.format);
        }
      });
}

// The picture in grey.
inline void apply_gray(const ColorKernels& kernels, const PictureView& input, const MutablePictureView& output,
                       const parallel::Team& team) noexcept {
  constexpr Index at_once = 256;  // pixels
  static constexpr std::array<float, at_once> no_color{};
  parallel::for_ranges(team, input.height, rows_at_once, [&](Index begin, Index end, int) noexcept {
    std::array<float, at_once> lightness{};
    for (Index y = begin; y < end; ++y) {
      copy_alpha(kernels, input, y, output);
      for (Index x = 0; x < input.width; x += at_once) {
        const Index count = std::min(at_once, input.width - x);
        const std::uint8_t* from = input.row(y) + x * bytes_per_pixel(input.format);
        std::uint8_t* to = output.row(y) + x * bytes_per_pixel(output.format);
        kernels.read_lightness_row(from, input.format, count, lightness.data());
        kernels.lab_to_srgb_row(lightness.data(), no_color.data(), no_color.data(), count, to, output.format);
      }
    }
  });
}

inline void copy_luma(const YuvView& input, Index y, const MutableYuvView& output) noexcept {
  const YuvDepth depth = input.format.depth;
  const Index from_step = input.luma.step_of(depth);
  const Index to_step = output.luma.step_of(depth);
  const std::uint8_t* from = input.luma.row(y);
  std::uint8_t* to = output.luma.row(y);
  if (from == to && from_step == to_step) return;
  color::copy_luma_row(from, from_step, depth, to, to_step, input.width);
}

// Pb and Pr of luma row y into row.a and row.b.
inline void make_chroma(const ColorSource& source, const YuvView& input, Index y, const YuvFormat& format,
                        const LabRow& row) noexcept {
  read_colors(source, input, y, row);
  const Index step = input.luma.step_of(format.depth);
  source.kernels.lab_to_chroma_row(input.luma.row(y), step, format, input.width, row.lightness, row.a, row.b);
}

inline void apply_grid(const ColorSource& source, const YuvView& input, const MutableYuvView& output,
                       ColorizerMemory& memory) noexcept {
  const YuvFormat& format = output.format;
  const Index shared = format.subsampling == ChromaSubsampling::yuv420 ? 2 : 1;  // luma rows of a chroma row
  const auto work = [&](Index begin, Index end, int worker) noexcept {
    const LabRow upper{memory.row_of(worker, 0), memory.row_of(worker, 1), memory.row_of(worker, 2)};
    const LabRow lower{upper.lightness, memory.row_of(worker, 3), memory.row_of(worker, 4)};
    for (Index row = begin; row < end; ++row) {
      const Index y = row * shared;
      const bool two = shared == 2 && y + 1 < input.height;
      make_chroma(source, input, y, format, upper);
      copy_luma(input, y, output);
      if (two) {
        make_chroma(source, input, y + 1, format, lower);
        copy_luma(input, y + 1, output);
      }
      const LabRow& second = two ? lower : upper;
      color::store_chroma_row({upper.a, second.a}, input.width, format, output.cb.row(row),
                              output.cb.step_of(format.depth));
      color::store_chroma_row({upper.b, second.b}, input.width, format, output.cr.row(row),
                              output.cr.step_of(format.depth));
    }
  };
  parallel::for_ranges(memory.network.team(), output.chroma_height(), rows_at_once / shared, work);
}

}  // namespace ochre::inline v0::detail
