// The sum of reference/winograd_bound.hpp for layers of any size: what dominates it is, at each of the n x n points of
// a tile, a product of two matrices, and runs as one (kernels/gemm.hpp, in double):
//   bound[o] += Σ_points |Aᵀ| ( Σ_c (ρ (U + tiny/ρ)) · (V + λ/ρ) + 2K tiny ) |A|
// U = |G| |w| |Gᵀ|, V = |Bᵀ| (|x|+e) |B|; ρ: what the roundings of a term do, λ: what the input transform loses below
// the normal numbers. Multiplied out that is ρ U V + λ U + tiny V + λ tiny/ρ, the reference's terms and one that is 0.
// Or, for products whose factors were rounded once more, of x and w with their signs the sum of what such roundings,
// if they are independent, add the squares of:
//   squares[o] += Σ_points Aᵀ² ( Σ_c (G w Gᵀ)² · (Bᵀ x B)² ) A²,   every square elementwise
// One point after the other, so that memory stays in the order of the layer's own. The axes are the reference's: its
// reading of each form, not the kernels'. Tested by engine_audit_test.cpp against winograd_bound.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <ochre/kernels/gemm.hpp>
#include <ochre/reference/winograd_bound.hpp>

namespace ochre::inline v0::audit {

struct WinogradOperands {
  TensorView<const double> sizes;    // |x| + e, or x; one picture
  TensorView<const double> weights;  // |w|, or w: [out][in][h][w], of a transposed convolution [in][out][h][w]
  reference::WinogradFilter filter;
  reference::WinogradAxis rows;
  reference::WinogradAxis columns;
  reference::Arithmetic arithmetic;
  double growth = 0;  // ρ
  int threads = 1;
  bool squares = false;
};

// A tile along one axis: its outputs are first, first + 1 … of that grid.
struct TileSpan {
  Index grid = 0;
  Index first = 0;
};

// Of one grid, or of all (-1).
inline std::vector<TileSpan> tile_spans(const reference::WinogradAxis& axis, Index only, Index outputs, Index length) {
  std::vector<TileSpan> spans;
  for (Index grid = 0; grid < axis.grids(); ++grid) {
    if (only >= 0 && grid != only) continue;
    for (Index first = 0; grid + axis.grids() * first < length; first += outputs) spans.push_back({grid, first});
  }
  return spans;
}

template <class Arch>
class WinogradSizes {
 public:
  WinogradSizes(const WinogradOperands& operands, TensorView<double> bound) noexcept : op_(operands), bound_(bound) {}

  Status add() {
    // Only a transposed convolution has other weights for each grid.
    const bool apart = op_.rows.kind == reference::WinogradKind::transposed;
    for (Index y = 0; y < (apart ? op_.rows.grids() : 1); ++y) {
      for (Index x = 0; x < (apart ? op_.columns.grids() : 1); ++x) {
        rows_ = tile_spans(op_.rows, apart ? y : -1, op_.filter.outputs, bound_.shape.h);
        columns_ = tile_spans(op_.columns, apart ? x : -1, op_.filter.outputs, bound_.shape.w);
        if (rows_.empty() || columns_.empty()) continue;
        if (Status status = add_grids(apart ? y : 0, apart ? x : 0); !status) return status;
      }
    }
    return {};
  }

 private:
  double element(double number) const noexcept { return op_.squares ? number : std::abs(number); }
  double squared(double sum) const noexcept { return op_.squares ? sum * sum : sum; }

  Index n() const noexcept { return op_.filter.points(); }
  Index r() const noexcept { return op_.filter.taps; }
  Index in() const noexcept { return op_.sizes.shape.c; }
  Index depth() const noexcept { return in() * op_.rows.sources() * op_.columns.sources(); }  // K
  Index tiles() const noexcept { return static_cast<Index>(rows_.size() * columns_.size()); }

  Status add_grids(Index grid_y, Index grid_x) {
    const Index out = bound_.shape.c;
    auto row_sums =
        AlignedBuffer<double>::create(in() * op_.rows.sources() * static_cast<Index>(rows_.size()) * op_.sizes.shape.w);
    auto half = AlignedBuffer<double>::create(out * depth() * r());
    auto v = AlignedBuffer<double>::create(depth() * tiles());
    auto product = AlignedBuffer<double>::create(out * tiles());
    auto scratch = AlignedBuffer<double>::create(kernels::gemm_scratch_size<double, Arch>(op_.threads));
    for (const auto* buffer : {&row_sums, &half, &v, &product, &scratch}) {
      if (!*buffer) return buffer->error();
    }
    for (Index i = 0; i < n(); ++i) {
      sum_rows(i, row_sums->data());
      transform_half(i, grid_y, grid_x, half->data());
      for (Index j = 0; j < n(); ++j) {
        sum_columns(j, row_sums->data(), v->data());
        const auto u = [&](Index o, Index k) {
          double sum = op_.squares ? 0.0 : op_.arithmetic.tiny / op_.growth;
          const double* taps = half->data() + (o * depth() + k) * r();
          for (Index l = 0; l < r(); ++l) sum += element(op_.filter.g[j * r() + l]) * taps[l];
          return op_.squares ? sum * sum : op_.growth * sum;
        };
        const auto packed = kernels::PackedRows<double, Arch>::create(out, depth(), u, {});
        if (!packed) return packed.error();
        kernels::gemm<double, Arch>(*packed, tiles(), kernels::MatrixPacker<double, Arch>{v->data(), tiles()},
                                    product->data(), scratch->span(), op_.threads);
        add_point(i, j, product->data());
      }
    }
    return {};
  }

  // to[c][source][tile row][x] = Σ_k |Bᵀ[i][k]| sizes[c][the tile's k-th row][x]
  void sum_rows(Index i, double* to) const noexcept {
    const Index sources = op_.rows.sources();
    const Index width = op_.sizes.shape.w;
    const auto count = static_cast<Index>(rows_.size());
    parallel::parallel_for(op_.threads, in() * sources, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) {
        for (Index t = 0; t < count; ++t) {
          double* sum = to + (item * count + t) * width;
          std::fill_n(sum, width, 0.0);
          const TileSpan tile = rows_[static_cast<std::size_t>(t)];
          for (Index k = 0; k < n(); ++k) {
            const Index y = op_.rows.pixel(tile.grid, item % sources, tile.first + k);
            if (y < 0 || y >= op_.sizes.shape.h) continue;
            const double factor = element(op_.filter.b_transposed[i * n() + k]);
            const double* row = op_.sizes.plane(0, item / sources) + y * width;
            for (Index x = 0; x < width; ++x) sum[x] += factor * row[x];
          }
        }
      }
    });
  }

  // v[c][source][tile] of point (i, j) from the rows' sums of i.
  void sum_columns(Index j, const double* row_sums, double* v) const noexcept {
    const Index sources = op_.columns.sources();
    const Index width = op_.sizes.shape.w;
    const double lost = op_.squares ? 0.0
                                    : 2.0 * static_cast<double>(n()) *
                                          (reference::largest_row_sum(op_.filter.b_transposed, n(), n()) + 1.0) *
                                          op_.arithmetic.tiny / op_.growth;
    parallel::parallel_for(op_.threads, in() * op_.rows.sources(), [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) {
        for (Index source = 0; source < sources; ++source) {
          double* to = v + (item * sources + source) * tiles();
          for (std::size_t t = 0; t < rows_.size(); ++t) {
            const double* row = row_sums + (item * static_cast<Index>(rows_.size()) + static_cast<Index>(t)) * width;
            for (const TileSpan& tile : columns_) {
              double sum = lost;
              for (Index l = 0; l < n(); ++l) {
                const Index x = op_.columns.pixel(tile.grid, source, tile.first + l);
                if (x >= 0 && x < width) sum += element(op_.filter.b_transposed[j * n() + l]) * row[x];
              }
              *to++ = squared(sum);
            }
          }
        }
      }
    });
  }

  // half[o][c][source][l] = Σ_k |G[i][k]| |w| under the source's taps (k, l)
  void transform_half(Index i, Index grid_y, Index grid_x, double* half) const noexcept {
    const bool transposed = op_.rows.kind == reference::WinogradKind::transposed;
    const Index across = op_.columns.sources();
    parallel::parallel_for(op_.threads, bound_.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index o = begin; o < end; ++o) {
        double* to = half + o * depth() * r();
        for (Index k = 0; k < depth(); ++k) {
          const Index c = k / (op_.rows.sources() * across);
          const double* kernel = transposed ? op_.weights.plane(c, o) : op_.weights.plane(o, c);
          for (Index l = 0; l < r(); ++l) {
            double sum = 0.0;
            const Index kx = op_.columns.weight(grid_x, k % across, l);
            for (Index tap = 0; tap < r(); ++tap) {
              const Index ky = op_.rows.weight(grid_y, k / across % op_.rows.sources(), tap);
              if (ky < 0 || kx < 0) continue;
              sum += element(op_.filter.g[i * r() + tap]) * kernel[ky * op_.weights.shape.w + kx];
            }
            *to++ = sum;
          }
        }
      }
    });
  }

  // Point (i, j) through the inverse transform into the outputs.
  void add_point(Index i, Index j, const double* product) const noexcept {
    const Index m = op_.filter.outputs;
    const double lost = op_.squares ? 0.0 : 2.0 * static_cast<double>(depth()) * op_.arithmetic.tiny;
    parallel::parallel_for(op_.threads, bound_.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index o = begin; o < end; ++o) {
        const double* from = product + o * tiles();
        for (const TileSpan& down : rows_) {
          for (Index a = 0; a < m; ++a) {
            const Index y = down.grid + op_.rows.grids() * (down.first + a);
            if (y < bound_.shape.h)
              add_row(from, lost, squared(element(op_.filter.a_transposed[a * n() + i])), j, o, y);
          }
          from += columns_.size();
        }
      }
    });
  }

  // A row of outputs from its tiles' products.
  void add_row(const double* from, double lost, double factor, Index j, Index o, Index y) const noexcept {
    const Index m = op_.filter.outputs;
    const Index step = op_.columns.grids();
    const Index width = bound_.shape.w;
    double factors[most_outputs];
    for (Index b = 0; b < m; ++b) factors[b] = factor * squared(element(op_.filter.a_transposed[b * n() + j]));
    double* row = bound_.plane(0, o) + y * width;
    for (const TileSpan& across : columns_) {
      const double sum = *from++ + lost;
      const Index first = across.grid + step * across.first;
      const Index inside = std::min(m, ceil_div(width - first, step));
      for (Index b = 0; b < inside; ++b) row[first + b * step] += factors[b] * sum;
    }
  }

  static constexpr Index most_outputs = 8;  // of any algorithm: F(6,3) has 6

  const WinogradOperands& op_;
  TensorView<double> bound_;
  std::vector<TileSpan> rows_;
  std::vector<TileSpan> columns_;
};

// Adds the sum to bound [1, out, h, w]. Bias and what the inverse transform loses below the normal numbers are the
// caller's. Errors: no memory.
template <class Arch = simd::DefaultArch>
Status add_winograd_sizes(const WinogradOperands& operands, TensorView<double> bound) {
  return WinogradSizes<Arch>(operands, bound).add();
}

}  // namespace ochre::inline v0::audit
