// First of a colorizer's three stages: a picture's L, averaged to working size, into the network's input, and its mean
// under each cell of the network's output into the grid, where apply.hpp looks for it. Tested by colorizer_test.cpp and
// stages_test.cpp.
#pragma once

#include <span>
#include <utility>

#include <ochre/color/area_average.hpp>
#include <ochre/color/network_lightness.hpp>
#include <ochre/colorizer/memory.hpp>

namespace ochre::inline v0::detail {

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
  if (normalised) color::normalise_lightness(lightness);
  return {};
}

}  // namespace ochre::inline v0::detail
