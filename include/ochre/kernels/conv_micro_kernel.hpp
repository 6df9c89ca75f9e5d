// The fast engine's one micro-kernel, for every kind of convolution and for Winograd's products:
//   C[row][n] = Σ_s Σ_{k < depth} A[offsets[s] + row·row_stride + k] · W[s][k][n]      row < Rows, n < panel
// A is never packed: a row is a pixel of a blocked tensor (or a Winograd tile), a segment s one tap of one channel
// block. W: [segments][depth][panel], read once in this order. C: blocks of 16 channels, `c_block` floats apart, rows
// `c_row` apart. The sum over (s, k) runs in order, one chain per element, whatever the tile: same bits everywhere.
// With an epilogue, what is stored is   max(C + bias, 0) · scale + shift   (epilogue.hpp).
// Tested over every (rows, vectors) and several depths, on small integers, exactly, in conv_micro_kernel_test.cpp.
#pragma once

#include <array>
#include <utility>

#include <ochre/kernels/epilogue.hpp>
#include <ochre/simd/products.hpp>
#include <ochre/simd/tile.hpp>

namespace ochre::inline v0::kernels {

struct TileOperands {
  const float* a = nullptr;
  Index row_stride = channel_block;  // floats
  const Index* offsets = nullptr;    // floats, one a segment
  Index segments = 0;
  Index depth = channel_block;  // products of a segment
  const float* weights = nullptr;
  const float* prefetch = nullptr;  // what will be read next: `prefetch_lines` lines of 64 bytes a segment
  Index prefetch_lines = 0;
  float* c = nullptr;
  Index c_row = channel_block;
  Index c_block = 0;
  const Epilogue* epilogue = nullptr;  // none: the sums themselves
  Index channel = 0;                   // of the panel's first column, for the epilogue
};

// ConstantStride: row_stride is one block of channels (16 floats), so that addresses are constants. Else the rows'
// addresses are looked up, and `rows` of them are valid, the others being copies of the last.
template <class Arch, Index Rows, Index Vectors, bool ConstantStride, class Products = simd::FloatProducts>
void conv_tile(const TileOperands& call, Index rows) noexcept {
  constexpr Index width = simd::lanes<float, Arch>;
  constexpr Index panel = Vectors * width;
  using Batch = simd::Batch<float, Arch>;
  Batch sum[Rows][Vectors];
  // gcc 12 keeps the tile in registers only if every loop over it is unrolled by this pragma.
#pragma GCC unroll 16
  for (Index i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (Index v = 0; v < Vectors; ++v) sum[i][v] = simd::broadcast<Arch>(0.0f);
  }
  Index row_at[Rows];
  if constexpr (!ConstantStride) {
    for (Index i = 0; i < Rows; ++i) row_at[i] = std::min(i, rows - 1) * call.row_stride;
  }

  const float* weights = call.weights;
  const float* next = call.prefetch;
  for (Index s = 0; s < call.segments; ++s) {
    const float* a = call.a + call.offsets[s];
    if constexpr (ConstantStride) {
      // The next segment is a page away, where no hardware prefetcher follows: without this 5 % slower.
      const float* after = call.a + call.offsets[std::min(s + 1, call.segments - 1)];
#pragma GCC unroll 16
      for (Index i = 0; i < Rows; ++i) simd::prefetch(after + i * Products::block);
    }
    for (Index line = 0; line < call.prefetch_lines; ++line, next += 16) simd::prefetch(next);
    for (Index k = 0; k < call.depth; ++k, ++a, weights += panel) {
      Batch column[Vectors];
#pragma GCC unroll 4
      for (Index v = 0; v < Vectors; ++v) column[v] = simd::load<Arch>(weights + v * width);
#pragma GCC unroll 16
      for (Index i = 0; i < Rows; ++i) {
        const auto factor = simd::broadcast<Arch>(ConstantStride ? a[i * Products::block] : a[row_at[i]]);
#pragma GCC unroll 4
        for (Index v = 0; v < Vectors; ++v) sum[i][v] = Products::multiply_add(factor, column[v], sum[i][v]);
      }
    }
  }

#pragma GCC unroll 4
  for (Index v = 0; v < Vectors; ++v) {
    float* c = call.c + v * width / channel_block * call.c_block + v * width % channel_block;
    if (call.epilogue != nullptr) {
      const EpilogueVector<Arch> epilogue(*call.epilogue, call.channel + v * width);
#pragma GCC unroll 16
      for (Index i = 0; i < Rows; ++i) sum[i][v] = epilogue(sum[i][v]);
    }
#pragma GCC unroll 16
    for (Index i = 0; i < Rows; ++i) {
      if (ConstantStride || i < rows) simd::store(c + i * call.c_row, sum[i][v]);
    }
  }
}

// The widest panel, and for what is left of the channels one block of 16.
template <class Arch>
inline constexpr Index wide_vectors = simd::ConvTile<Arch>::vectors;
template <class Arch>
inline constexpr Index narrow_vectors = channel_block / simd::lanes<float, Arch>;

using TileKernel = void (*)(const TileOperands&, Index) noexcept;

namespace detail {

template <class Arch, Index Vectors, class Products, std::size_t... Row>
constexpr auto tile_kernels(std::index_sequence<Row...>) {
  return std::array<TileKernel, sizeof...(Row)>{
      conv_tile<Arch, static_cast<Index>(Row) + 1, Vectors, true, Products>...};
}

}  // namespace detail

// [rows - 1]: kernels of every height with the constant stride.
template <class Arch, Index Vectors, class Products = simd::FloatProducts>
inline constexpr auto tile_kernels = detail::tile_kernels<Arch, Vectors, Products>(
    std::make_index_sequence<static_cast<std::size_t>(simd::ConvTile<Arch>::rows)>());

// Any number of rows against one panel, split as evenly as the tile's height allows, so that no remainder is slow.
// `prefetch_lines` of the whole call are spread over all segments of all row blocks.
template <class Arch, Index Vectors, class Products = simd::FloatProducts>
inline void conv_rows(TileOperands call, Index rows, Index prefetch_lines = 0) noexcept {
  const Index parts = ceil_div(rows, simd::ConvTile<Arch>::rows);
  call.prefetch_lines = call.segments > 0 ? ceil_div(prefetch_lines, parts * call.segments) : 0;
  const bool constant = call.row_stride == Products::block;
  for (Index part = 0; part < parts; ++part) {
    const Index begin = rows * part / parts;
    const Index count = rows * (part + 1) / parts - begin;
    TileOperands piece = call;
    piece.a += begin * call.row_stride;
    piece.c += begin * call.c_row;
    piece.prefetch += part * call.segments * call.prefetch_lines * 16;
    if (constant) {
      tile_kernels<Arch, Vectors, Products>[static_cast<std::size_t>(count - 1)](piece, count);
    } else {
      conv_tile<Arch, simd::ConvTile<Arch>::rows, Vectors, false, Products>(piece, count);
    }
  }
}

}  // namespace ochre::inline v0::kernels
