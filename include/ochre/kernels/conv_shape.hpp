// Every convolution of the fast engine as grids of outputs that are dense in their input:
//   output pixel out_origin + out_step·t  reads  input pixels in_origin + in_step·t + tap offset,   t = (0,0) … count-1
// A convolution is one grid; a transposed convolution of stride s is s·s grids, one for each residue of the output's
// coordinates, each with the taps that meet it (none: bias alone). Tested by conv_shape_test.cpp.
#pragma once

#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>

namespace ochre::inline v0::kernels {

// What the packers need to know of a convolution. The weights are [out][in][h][w], for a transposed one
// [in][out][h][w].
struct ConvShape {
  Index in = 1;
  Index out = 1;
  Window window;
  bool transposed = false;

  friend bool operator==(const ConvShape&, const ConvShape&) = default;

  Index weight_at(Index o, Index c, Index ky, Index kx) const noexcept {
    const Index plane = transposed ? c * out + o : o * in + c;
    return (plane * window.kernel.h + ky) * window.kernel.w + kx;
  }
};

struct Tap {
  Index y = 0;  // offset of the input pixel
  Index x = 0;
  Index ky = 0;  // the weight it meets
  Index kx = 0;
};

struct ConvGrid {
  Extent out_origin{0, 0};
  Extent out_step;
  Extent in_step;
  std::vector<Tap> taps;
};

namespace detail {

struct AxisTap {
  Index at = 0;
  Index k = 0;
};

// The taps of one axis for outputs `residue` + stride·t of a transposed convolution; for a plain one all taps.
inline std::vector<AxisTap> axis_taps(bool transposed, Index residue, const WindowSide& window) {
  std::vector<AxisTap> taps;
  for (Index k = 0; k < window.kernel; ++k) {
    if (!transposed) {
      taps.push_back({k * window.dilation - window.padding, k});
      continue;
    }
    const Index reach = residue + window.padding - k * window.dilation;  // = stride · input offset
    if (reach % window.stride == 0) taps.push_back({reach / window.stride, k});
  }
  return taps;
}

}  // namespace detail

inline std::vector<ConvGrid> conv_grids(const ConvShape& conv) {
  const Window& window = conv.window;
  const Extent residues = conv.transposed ? window.stride : Extent{1, 1};
  std::vector<ConvGrid> grids;
  for (Index ry = 0; ry < residues.h; ++ry) {
    for (Index rx = 0; rx < residues.w; ++rx) {
      ConvGrid grid;
      grid.out_origin = {ry, rx};
      grid.out_step = residues;
      grid.in_step = conv.transposed ? Extent{1, 1} : window.stride;
      for (const auto& y : detail::axis_taps(conv.transposed, ry, window.rows())) {
        for (const auto& x : detail::axis_taps(conv.transposed, rx, window.columns())) {
          grid.taps.push_back({y.at, x.at, y.k, x.k});
        }
      }
      grids.push_back(std::move(grid));
    }
  }
  return grids;
}

// How many outputs of a grid lie inside an output of that extent.
inline Extent outputs_of(const ConvGrid& grid, Extent out) noexcept {
  const auto count = [](Index origin, Index step, Index length) {
    return length > origin ? ceil_div(length - origin, step) : Index{0};
  };
  return {count(grid.out_origin.h, grid.out_step.h, out.h), count(grid.out_origin.w, grid.out_step.w, out.w)};
}

}  // namespace ochre::inline v0::kernels
