// How pools run: row by row of the output, tap by tap of the window, so that the inner loop runs along a row. A tap
// meets only the windows that it lies in the picture of, and a window its taps in one order, whoever computes it.
// Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/pooling_spec.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

// One row of an output's channel.
template <class T>
struct PooledRow {
  const T* plane = nullptr;  // the input's channel
  Extent in;                 // its size
  Index oy = 0;
  T* to = nullptr;
  Index out_width = 0;
};

template <class T, class Function>
void for_each_pooled_row(const TensorView<const T>& input, TensorView<T> output, int threads,
                         const Function& function) noexcept {
  const Shape& shape = output.shape;
  parallel::parallel_for(threads, shape.n * shape.c * shape.h, [&](Index begin, Index end, int) noexcept {
    for (Index row = begin; row < end; ++row) {
      function(PooledRow<T>{input.data + row / shape.h * input.shape.plane(),
                            {input.shape.h, input.shape.w},
                            row % shape.h,
                            output.data + row * shape.w,
                            shape.w});
    }
  });
}

// to[ox] = combine(to[ox], pixel) for each pixel of the window of (oy, ox), from its first row to its last.
template <class T, class Combine>
void fold_taps(const PooledRow<T>& row, const Window& window, const Combine& combine) noexcept {
  const WindowSide columns = window.columns();
  const IndexRange tap_rows = taps_inside(window.rows(), row.in.h, row.oy);
  // Of a kernel that is far larger than the picture most taps meet none of its pixels.
  const Index first = taps_inside(columns, row.in.w, row.out_width - 1).begin;
  const Index last = taps_inside(columns, row.in.w, 0).end;
  for (Index ky = tap_rows.begin; ky < tap_rows.end; ++ky) {
    const T* from = row.plane + (row.oy * window.stride.h - window.padding.h + ky * window.dilation.h) * row.in.w;
    for (Index kx = first; kx < last; ++kx) {
      const IndexRange windows = windows_inside(columns, row.in.w, row.out_width, kx);
      const Index first_at = kx * columns.dilation - columns.padding;  // of window 0
      T* to = row.to;
      for (Index ox = windows.begin; ox < windows.end; ++ox) {
        to[ox] = combine(to[ox], from[first_at + ox * columns.stride]);
      }
    }
  }
}

}  // namespace ochre::inline v0::layers
