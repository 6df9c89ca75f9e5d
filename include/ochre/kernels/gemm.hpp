// C = start + A·B on packed panels; the heart of the convolutions.
//   A: M x K weights, packed once by PackedRows (panels of MR rows, zero-padded).
//   B: K x N, never stored whole: `pack(k0, k1, panel, to)` writes rows k0…k1-1 of the NR columns of one panel,
//      (k1-k0) x NR, zeros past column N. im2col is such a packer; a plain matrix is another.
//   C: M x N, row-major, row stride N. start: one value a row (the bias), or null for zeros.
// Workers split the panels of B, i.e. the columns of C; each element is summed over k in order, in blocks of
// gemm_depth, whatever the split: same bits for any number of threads. Proven in gemm_test.cpp against the double loop
// and Eigen.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include <ochre/kernels/gemm_micro_kernel.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::kernels {

// A's rows in panels: for each panel, for each k, MR values. Missing rows of the last panel are zero.
template <class T, class Arch>
class PackedRows {
 public:
  static constexpr Index panel_rows = simd::Tile<Arch>::rows;

  PackedRows() = default;

  // element(row, k) gives A's values; start[row] is added to every element of that row of C (empty: zeros).
  template <class Element>
  static Result<PackedRows> create(Index rows, Index depth, const Element& element, std::span<const T> start) {
    PackedRows packed;
    packed.rows_ = rows;
    packed.depth_ = depth;
    const Index panels = ceil_div(rows, panel_rows);
    const auto count = checked_product({panels, panel_rows, depth});
    if (!count) return Error{ErrorCode::too_large, "a weight matrix of " + std::to_string(rows) + " rows"};
    auto values = AlignedBuffer<T>::create(*count);
    if (!values) return std::move(values).error();
    packed.values_ = *std::move(values);
    auto offsets = AlignedBuffer<T>::create(panels * panel_rows);
    if (!offsets) return std::move(offsets).error();
    packed.start_ = *std::move(offsets);
    std::copy(start.begin(), start.end(), packed.start_.data());
    for (Index row = 0; row < rows; ++row) {
      T* panel = packed.values_.data() + row / panel_rows * panel_rows * depth + row % panel_rows;
      for (Index k = 0; k < depth; ++k) panel[k * panel_rows] = element(row, k);
    }
    return packed;
  }

  Index rows() const noexcept { return rows_; }
  Index depth() const noexcept { return depth_; }
  Index panels() const noexcept { return ceil_div(rows_, panel_rows); }
  const T* panel(Index index) const noexcept { return values_.data() + index * panel_rows * depth_; }
  const T* start(Index panel_index) const noexcept { return start_.data() + panel_index * panel_rows; }

 private:
  Index rows_ = 0;
  Index depth_ = 0;
  AlignedBuffer<T> values_;
  AlignedBuffer<T> start_;
};

// Panels of B that a worker keeps packed at once.
template <class T, class Arch>
inline constexpr Index gemm_panels_per_block =
    std::max<Index>(1, simd::gemm_block_bytes /
                           (simd::gemm_depth * simd::Tile<Arch>::template columns<T> * static_cast<Index>(sizeof(T))));

// Elements of T that gemm() needs as scratch.
template <class T, class Arch>
constexpr Index gemm_scratch_size(int threads) noexcept {
  return threads * gemm_panels_per_block<T, Arch> * simd::gemm_depth * simd::Tile<Arch>::template columns<T>;
}

// One tile at the rim of C: computed whole in a local tile, so that its arithmetic is that of every other tile, and
// copied in part.
template <class T, class Arch>
void gemm_rim_tile(Index depth, const T* a, const T* b, const T* start, bool first, T* c, Index c_stride, Index rows,
                   Index columns) noexcept {
  constexpr Index tile_columns = simd::Tile<Arch>::template columns<T>;
  alignas(64) T tile[simd::Tile<Arch>::rows * tile_columns] = {};
  if (!first) {
    for (Index i = 0; i < rows; ++i) std::copy_n(c + i * c_stride, columns, tile + i * tile_columns);
  }
  gemm_micro_kernel<T, Arch>(depth, a, b, start, first, tile, tile_columns);
  for (Index i = 0; i < rows; ++i) std::copy_n(tile + i * tile_columns, columns, c + i * c_stride);
}

// One block of packed B (panels first_panel … of depth k1-k0) against all of A.
template <class T, class Arch>
void gemm_block(const PackedRows<T, Arch>& a, Index columns, Index first_panel, Index last_panel, Index k0, Index k1,
                const T* packed, T* c) noexcept {
  constexpr Index tile_rows = simd::Tile<Arch>::rows;
  constexpr Index tile_columns = simd::Tile<Arch>::template columns<T>;
  const Index depth = k1 - k0;
  for (Index i = 0; i < a.panels(); ++i) {
    const Index rows = std::min(tile_rows, a.rows() - i * tile_rows);
    const T* a_panel = a.panel(i) + k0 * tile_rows;
    for (Index j = first_panel; j < last_panel; ++j) {
      const T* b_panel = packed + (j - first_panel) * depth * tile_columns;
      const Index column = j * tile_columns;
      T* tile = c + i * tile_rows * columns + column;
      if (rows == tile_rows && column + tile_columns <= columns) {
        gemm_micro_kernel<T, Arch>(depth, a_panel, b_panel, a.start(i), k0 == 0, tile, columns);
      } else {
        gemm_rim_tile<T, Arch>(depth, a_panel, b_panel, a.start(i), k0 == 0, tile, columns, rows,
                               std::min(tile_columns, columns - column));
      }
    }
  }
}

// scratch: at least gemm_scratch_size<T, Arch>(threads) elements.
template <class T, class Arch, class Pack>
void gemm(const PackedRows<T, Arch>& a, Index columns, const Pack& pack, T* c, std::span<T> scratch,
          int threads) noexcept {
  constexpr Index tile_columns = simd::Tile<Arch>::template columns<T>;
  constexpr Index block_panels = gemm_panels_per_block<T, Arch>;
  parallel::parallel_for(threads, ceil_div(columns, tile_columns), [&](Index begin, Index end, int worker) noexcept {
    T* packed = scratch.data() + worker * gemm_scratch_size<T, Arch>(1);
    for (Index first = begin; first < end; first += block_panels) {
      const Index last = std::min(first + block_panels, end);
      for (Index k0 = 0; k0 < a.depth(); k0 += simd::gemm_depth) {
        const Index k1 = std::min(k0 + simd::gemm_depth, a.depth());
        for (Index j = first; j < last; ++j) pack(k0, k1, j, packed + (j - first) * (k1 - k0) * tile_columns);
        gemm_block<T, Arch>(a, columns, first, last, k0, k1, packed, c);
      }
    }
  });
}

// The packer of a plain K x N row-major matrix.
template <class T, class Arch>
struct MatrixPacker {
  const T* matrix = nullptr;
  Index columns = 0;

  void operator()(Index k0, Index k1, Index panel, T* to) const noexcept {
    constexpr Index tile_columns = simd::Tile<Arch>::template columns<T>;
    const Index column = panel * tile_columns;
    const Index count = std::min(tile_columns, columns - column);
    for (Index k = k0; k < k1; ++k, to += tile_columns) {
      std::copy_n(matrix + k * columns + column, count, to);
      std::fill(to + count, to + tile_columns, T{0});
    }
  }
};

}  // namespace ochre::inline v0::kernels
