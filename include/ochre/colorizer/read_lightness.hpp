// First of a colorizer's three stages: a picture's L, averaged to working size, into the network's input, and its mean
// under each cell of the network's output into the grid, where apply.hpp looks for it; and under each cell of the finer
// grid that color/refine_grid.hpp makes of it. Tested by colorizer_test.cpp and
// stages_test.cpp.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include <ochre/color/area_average.hpp>
#include <ochre/color/network_lightness.hpp>
#include <ochre/colorizer/memory.hpp>

namespace ochre::inline v0::detail {

// The L of the finer grid's cells, for a grid that was prepared. input: a PictureView or a YuvView.
template <class Picture>
void read_guide(const ColorKernels& kernels, const Picture& input, ColorizerMemory& memory) noexcept {
  constexpr Index grain = 4;  // rows of cells: where ranges meet, a row of pixels is read twice
  const auto guide = memory.refined.guide();
  parallel::for_ranges(memory.network.team(), guide.size.h, grain, [&](Index begin, Index end, int worker) noexcept {
    const auto width = static_cast<std::size_t>(guide.size.w);  // at most the picture's
    auto average = color::AreaAverage::create({.from = input.extent(),
                                               .to = guide.size,
                                               .target = guide.values,
                                               .scratch = {memory.row_of(worker, 1), width},
                                               .stride = guide.stride,
                                               .first_row = begin,
                                               .end_row = end});
    float* row = memory.row_of(worker, 0);
    for (Index y = average->source_begin(); y < average->source_end(); ++y) {
      color::lightness_of_row(kernels, input, y, row);
      average->add_row(row);
    }
  });
}
// That of the network's grid, from the network's input, where they are of the same size.
inline void copy_guide(std::span<const float> lightness, ColorizerMemory& memory) noexcept {
  const Shape& grid = memory.grid.shape();
  memory.guided = false;
  if (!memory.refined.prepare({grid.h, grid.w})) return;
  const auto guide = memory.refined.guide();
  if (!(guide.size == memory.working)) return;
  for (Index y = 0; y < guide.size.h; ++y) {
    std::copy_n(lightness.data() + y * guide.size.w, guide.size.w, guide.values.data() + y * guide.stride);
  }
  memory.guided = true;
}

// The grid as apply shows it: made finer along the edges of the input's L, where it is coarser than the picture. The
// result lies in the memory.
template <class Picture>
color::StridedGrid refine_grid(const ColorKernels& kernels, const AbGridView& grid, const Picture& input,
                               ColorizerMemory& memory) noexcept {
  if (!memory.refined.prepare({grid.height, grid.width})) return grid;
  if (!memory.guided) read_guide(kernels, input, memory);
  return memory.refined.refine(grid, kernels.refine, memory.network.team());
}

// input: a PictureView or a YuvView.
template <class Picture>
Status read_lightness(const ColorKernels& kernels, const Picture& input, bool normalised, ColorizerMemory& memory) {
  const Extent working = memory.working;
  const std::span lightness(memory.input.data(), static_cast<std::size_t>(working.h * working.w));
  const std::span averaging = memory.averaging.span();
  auto status = color::average_lightness(
      kernels, input, {.size = working, .values = lightness, .row = memory.rows.span(), .averaging = averaging},
      memory.network.team());
  if (!status) return status;
  const Shape& grid = memory.grid.shape();
  const std::span grid_lightness(memory.grid.view().plane(0, 2), static_cast<std::size_t>(grid.plane()));
  auto to_grid = color::AreaAverage::create(
      {.from = working, .to = {grid.h, grid.w}, .target = grid_lightness, .scratch = averaging});
  if (!to_grid) return std::move(to_grid).error();
  for (Index y = 0; y < working.h; ++y) to_grid->add_row(lightness.data() + y * working.w);
  copy_guide(lightness, memory);
  if (normalised) color::normalise_lightness(lightness);
  return {};
}

}  // namespace ochre::inline v0::detail
