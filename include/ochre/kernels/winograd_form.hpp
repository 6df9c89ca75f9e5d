// Which convolutions Winograd's filtering computes, and how each is brought to it ("polyphase": pixels are taken at a
// step, so that nothing is copied). A run is a set of transformed weights with the grids of outputs it makes; all its
// sources are summed before the inverse transform.
//   3x3, stride 1, dilation d: one run; d·d grids of outputs d apart, each reading pixels d apart.
//   3x3, stride 2: one run of one grid; 4 sources, the even and odd rows and columns of the input: per axis taps
//     (w0, w2) and (w1, 0). Where the last tap is absent, the product at the point infinity is zero and left out.
//   4x4 transposed, stride 2: 4 runs, one for each residue of the output, of 2x2 taps.
// Tested by winograd_conv_test.cpp.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include <ochre/kernels/conv_shape.hpp>

namespace ochre::inline v0::kernels {

inline constexpr Index no_tap = -1;

struct WinogradSource {
  Extent offset{0, 0};        // from the tile's first input pixel
  std::array<Index, 3> ky{};  // the kernel's row under each tap, or no_tap
  std::array<Index, 3> kx{};
};

struct WinogradGrid {
  Extent out_origin{0, 0};
  Extent in_origin{0, 0};  // the input pixel under the first tap of the grid's first output
};

struct WinogradRun {
  std::vector<WinogradSource> sources;
  std::vector<WinogradGrid> grids;
};

struct WinogradForm {
  Index taps = 3;
  Index in_step = 1;  // input pixels between neighbours of a tile
  Index out_step = 1;
  std::vector<WinogradRun> runs;

  // Does the source have a product at point (i, j), infinity being the last?
  bool meets(const WinogradSource& source, Index i, Index j, Index points) const noexcept {
    const auto last = static_cast<std::size_t>(taps - 1);
    return (i < points - 1 || source.ky[last] != no_tap) && (j < points - 1 || source.kx[last] != no_tap);
  }
};

namespace detail {

inline WinogradForm dense_form(const Window& window) {
  const Index step = window.dilation.h;
  WinogradForm form{3, step, step, {}};
  WinogradRun run;
  run.sources.push_back({{0, 0}, {0, 1, 2}, {0, 1, 2}});
  for (Index y = 0; y < step; ++y) {
    for (Index x = 0; x < step; ++x) run.grids.push_back({{y, x}, {y - window.padding.h, x - window.padding.w}});
  }
  form.runs.push_back(std::move(run));
  return form;
}

inline WinogradForm strided_form(const Window& window) {
  WinogradForm form{2, 2, 1, {}};
  WinogradRun run;
  constexpr std::array<Index, 3> taps[2] = {{0, 2, no_tap}, {1, no_tap, no_tap}};
  for (Index y = 0; y < 2; ++y) {
    for (Index x = 0; x < 2; ++x) run.sources.push_back({{y, x}, taps[y], taps[x]});
  }
  run.grids.push_back({{0, 0}, {-window.padding.h, -window.padding.w}});
  form.runs.push_back(std::move(run));
  return form;
}

inline WinogradForm transposed_form(const Window& window) {
  WinogradForm form{2, 1, 2, {}};
  const auto first_k = [](Index residue, Index padding) { return (residue + padding) % 2; };
  for (Index y = 0; y < 2; ++y) {
    for (Index x = 0; x < 2; ++x) {
      const Index ky = first_k(y, window.padding.h);
      const Index kx = first_k(x, window.padding.w);
      WinogradRun run;
      run.sources.push_back({{0, 0}, {ky + 2, ky, no_tap}, {kx + 2, kx, no_tap}});
      run.grids.push_back({{y, x}, {(y + window.padding.h - ky) / 2 - 1, (x + window.padding.w - kx) / 2 - 1}});
      form.runs.push_back(std::move(run));
    }
  }
  return form;
}

}  // namespace detail

// Nothing if the convolution has no such form.
inline std::optional<WinogradForm> winograd_form(const ConvShape& conv) {
  const Window& window = conv.window;
  const Extent one{1, 1};
  const Extent two{2, 2};
  if (conv.transposed) {
    if (window.kernel != Extent{4, 4} || window.stride != two || window.dilation != one) return std::nullopt;
    return detail::transposed_form(window);
  }
  if (window.kernel != Extent{3, 3} || window.dilation.h != window.dilation.w) return std::nullopt;
  if (window.stride == one && window.dilation.h <= 8) return detail::dense_form(window);
  if (window.stride == two && window.dilation == one) return detail::strided_form(window);
  return std::nullopt;
}

}  // namespace ochre::inline v0::kernels
