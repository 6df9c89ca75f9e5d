// Third of a colorizer's three stages, row by row: the grid's a and b at the picture's own size, along the edges of its
// L, joined with that L, as sRGB. Tested by colorizer_test.cpp and stages_test.cpp.
#pragma once

#include <ochre/color/color_kernels.hpp>
#include <ochre/colorizer/memory.hpp>
#include <ochre/image/picture_view.hpp>

namespace ochre::inline v0::detail {

inline void apply_grid(const ColorKernels& kernels, AbUpsampling upsampling, const AbGridView& grid,
                       const PictureView& input, const MutablePictureView& output, ColorizerMemory& memory) noexcept {
  for_ranges(memory.network.team(), input.height, 16, [&](Index begin, Index end, int worker) noexcept {
    float* lightness = memory.rows_of(worker);
    float* a = lightness + input.width;
    float* b = a + input.width;
    for (Index y = begin; y < end; ++y) {
      kernels.read_lightness_row(input.row(y), input.format, input.width, lightness);
      if (upsampling == AbUpsampling::edge_aware) {
        kernels.upsample_edge_aware_row(grid, input.width, input.height, y, lightness, a, b);
      } else {
        kernels.upsample_bilinear_row(grid, input.width, input.height, y, a, b);
      }
      kernels.copy_alpha_row(input.row(y), input.format, output.row(y), output.format, input.width);
      kernels.lab_to_srgb_row(lightness, a, b, input.width, output.row(y), output.format);
    }
  });
}

}  // namespace ochre::inline v0::detail
