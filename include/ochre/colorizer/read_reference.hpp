// A picture in colour as what it teaches: what its cells look like to the network, from its lightness alone, beside the
// colours that they have. Tested by read_reference_test.cpp.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <ochre/color/area_average.hpp>
#include <ochre/color/camera_memory.hpp>
#include <ochre/colorizer/predict.hpp>

namespace ochre::inline v0::detail {

// The mean a and b of the picture's area under each cell of the grid.
inline Status read_true_colors(const ColorKernels& kernels, const PictureView& picture, ColorizerMemory& memory,
                               Reference& reference) {
  const Extent grid = reference.grid;
  std::vector<float> scratch(static_cast<std::size_t>(grid.w));
  auto average_a = color::AreaAverage::create(
      {.from = picture.extent(), .to = grid, .target = reference.a, .scratch = memory.averaging.span()});
  auto average_b =
      color::AreaAverage::create({.from = picture.extent(), .to = grid, .target = reference.b, .scratch = scratch});
  if (!average_a) return std::move(average_a).error();
  if (!average_b) return std::move(average_b).error();
  float* a = memory.row_of(0, 1);
  float* b = memory.row_of(0, 2);
  for (Index y = 0; y < picture.height; ++y) {
    kernels.srgb_to_lab_row(picture.row(y), picture.format, picture.width, memory.row_of(0, 0), a, b);
    average_a->add_row(a);
    average_b->add_row(b);
  }
  return {};
}

// Of the grid and the keys that predict_own left in the memory; the true colours are left to be filled in.
inline Reference reference_without_colors(const ColorizerModel& model, ColorizerMemory& memory) {
  const AbGridView own = memory.grid_view();
  const auto cells = static_cast<std::size_t>(own.width * own.height);
  Reference reference{.model = model.identity,
                      .grid = {own.height, own.width},
                      .depth = memory.keys.depth(),
                      .keys = {},
                      .lightness = {own.lightness, own.lightness + cells},
                      .a = std::vector<float>(cells),
                      .b = std::vector<float>(cells),
                      .own_a = {own.a, own.a + cells},
                      .own_b = {own.b, own.b + cells}};
  reference.keys.reserve(cells * static_cast<std::size_t>(reference.depth));
  for (std::size_t i = 0; i < cells; ++i) {
    for (Index d = 0; d < reference.depth; ++d) reference.keys.push_back(memory.keys.plane(d)[i]);
  }
  return reference;
}

inline Result<Reference> make_reference(const ColorKernels& kernels, const ColorizerModel& model,
                                        const PictureView& picture, ColorizerMemory& memory) {
  Reference reference = reference_without_colors(model, memory);
  if (auto status = read_true_colors(kernels, picture, memory, reference); !status) return std::move(status).error();
  return reference;
}

}  // namespace ochre::inline v0::detail
