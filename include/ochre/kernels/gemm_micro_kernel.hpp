// The micro-kernel of the readable engine's GEMM, a tile of MR rows by NR = vectors·lanes columns:
//   C[i][j] = start[i] + Σ_k A[k][i]·B[k][j]      (first block of the inner dimension)
//   C[i][j] = C[i][j]  + Σ_k A[k][i]·B[k][j]      (later blocks)
// A: depth x MR, packed, k outermost. B: depth x NR, packed, k outermost. C: row-major, row stride `c_stride`.
// The sum over k runs in order, one chain per element: the bits of an element do not depend on its place in the tile.
// Tested over every (rows, columns) and several depths in gemm_test.cpp.
#pragma once

#include <ochre/simd/tile.hpp>

namespace ochre::inline v0::kernels {

template <class T, class Arch>
[[gnu::always_inline]] inline void gemm_micro_kernel(Index depth, const T* a, const T* b, const T* start, bool first,
                                                     T* c, Index c_stride) noexcept {
  using Tile = simd::Tile<Arch>;
  constexpr Index rows = Tile::rows;
  constexpr Index vectors = Tile::vectors;
  constexpr Index width = simd::lanes<T, Arch>;
  simd::Batch<T, Arch> sum[rows][vectors];

  // gcc 12 keeps the tile in registers only if every loop over it is unrolled by this pragma.
#pragma GCC unroll 16
  for (Index i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (Index v = 0; v < vectors; ++v) sum[i][v] = simd::broadcast<Arch>(T{0});
  }
  for (Index k = 0; k < depth; ++k) {
    simd::Batch<T, Arch> columns[vectors];
#pragma GCC unroll 4
    for (Index v = 0; v < vectors; ++v) columns[v] = simd::load<Arch>(b + k * vectors * width + v * width);
#pragma GCC unroll 16
    for (Index i = 0; i < rows; ++i) {
      const auto factor = simd::broadcast<Arch>(a[k * rows + i]);
#pragma GCC unroll 4
      for (Index v = 0; v < vectors; ++v) sum[i][v] = simd::fmadd(factor, columns[v], sum[i][v]);
    }
  }
#pragma GCC unroll 16
  for (Index i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (Index v = 0; v < vectors; ++v) {
      T* target = c + i * c_stride + v * width;
      const auto before = first ? simd::broadcast<Arch>(start[i]) : simd::load<Arch>(target);
      simd::store(target, before + sum[i][v]);
    }
  }
}

}  // namespace ochre::inline v0::kernels
