// How far a convolution computed by Winograd's filtering F(m, r) in floating point may be from the exact one,
//   y = Aᵀ [ Σ_c (G g_c Gᵀ) ⊙ (Bᵀ d_c B) ] A        for each tile of m x m outputs, n = m + r - 1,
// in the terms of error_bound.hpp: an elementwise bound from the operands, for every order of summation. Each term of
// the sum that an output is, is a product of an element of A twice, G twice, B twice, of g and of d, and meets
//   2(n+1)  in the input transform: each pass rounds a coefficient, a product and at most n-1 sums
//   3       in the weights: their own rounding, that of U = G g Gᵀ, and one for all that is done in double
//   K       in the product and the sum over K = channels x sources
//   2(n+1)  in the inverse transform, as above
//   1       in the sum with the bias
// roundings, N = K + 4n + 8. Whatever the signs, with U = |G| |g| |Gᵀ|, V = |Bᵀ| (|d|+e) |B|, b a bound of a row of
// |Bᵀ|:
//   |error| <= |Aᵀ| [ Σ_c γ(N) U⊙V + 2n(b+1)·tiny U + tiny V  + 2K tiny ] |A| + γ(N) |bias| + Σ |w| e + 2n(a+1)·tiny
// The forms: 3x3 of stride 1, any dilation; 3x3 of stride 2 as 4 sources (even and odd rows and columns); 4x4
// transposed of stride 2 as 4 grids of outputs. Tested by winograd_bound_test.cpp.
#pragma once

#include <vector>

#include <ochre/reference/error_bound.hpp>

namespace ochre::inline v0::reference {

// The algorithm's matrices; their signs do not matter.
struct WinogradFilter {
  Index outputs = 0;                     // m
  Index taps = 0;                        // r
  const double* a_transposed = nullptr;  // [m][n]
  const double* g = nullptr;             // [n][r]
  const double* b_transposed = nullptr;  // [n][n]

  Index points() const noexcept { return outputs + taps - 1; }
};

// What n roundings do: gamma(), which always holds, or likely_gamma().
using RoundingGrowth = double (*)(Index n, double unit) noexcept;

// If roundings are independent and of mean zero, n of them stay within λ √n u, but for a probability of 2 exp(-λ²/2)
// (Higham & Mary, SIAM J. Sci. Comput. 41, 2019, theorem 2.4). λ = 8: 3e-14, so that among the 1e10 terms of a large
// layer's outputs hardly one is outside. Sharper than gamma() above 64 roundings.
inline double likely_gamma(Index n, double unit) noexcept {
  constexpr double lambda = 8.0;
  const double count = static_cast<double>(n);
  return std::expm1(lambda * std::sqrt(count) * unit + count * unit * unit / (1.0 - unit));
}

enum class WinogradKind { dense, strided, transposed };

// One axis. Outputs grid + grids·q, q = 0, 1 … form a grid; output q reads pixel(q) … pixel(q + r - 1) of each source.
struct WinogradAxis {
  WinogradKind kind = WinogradKind::dense;
  Index padding = 0;
  Index dilation = 1;

  Index grids() const noexcept { return kind == WinogradKind::transposed ? 2 : dilation; }
  Index sources() const noexcept { return kind == WinogradKind::strided ? 2 : 1; }

  Index pixel(Index grid, Index source, Index q) const noexcept {
    if (kind == WinogradKind::strided) return 2 * q + source - padding;
    if (kind == WinogradKind::dense) return grid + dilation * q - padding;
    return q + (grid + padding) / 2 - 1;
  }

  // The kernel's row under a source's tap k; -1: none.
  Index weight(Index grid, Index source, Index k) const noexcept {
    if (kind == WinogradKind::dense) return k;
    if (kind == WinogradKind::strided) return 2 * k + source < 3 ? 2 * k + source : -1;
    return (grid + padding) % 2 + 2 * (1 - k);
  }
};

// to = |M| from |M|ᵀ,   M [rows][columns], from [columns][columns].
inline void transform_sizes(const double* matrix, Index rows, Index columns, const double* from, double* to) {
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < rows; ++j) {
      double sum = 0.0;
      for (Index k = 0; k < columns; ++k) {
        for (Index l = 0; l < columns; ++l) {
          sum += std::abs(matrix[i * columns + k] * matrix[j * columns + l]) * from[k * columns + l];
        }
      }
      to[i * rows + j] = sum;
    }
  }
}

inline double largest_row_sum(const double* matrix, Index rows, Index columns) {
  double largest = 0.0;
  for (Index i = 0; i < rows; ++i) {
    double sum = 0.0;
    for (Index k = 0; k < columns; ++k) sum += std::abs(matrix[i * columns + k]);
    largest = std::max(largest, sum);
  }
  return largest;
}

struct WinogradBound {
  const Operand& x;
  TensorView<const double> weights;
  const double* bias;
  WinogradFilter filter;
  Arithmetic arithmetic;
  RoundingGrowth growth;
  WinogradAxis rows;
  WinogradAxis columns;

  bool transposed() const noexcept { return rows.kind == WinogradKind::transposed; }
  Index points() const noexcept { return filter.points() * filter.points(); }
  Index in() const noexcept { return x.value.shape.c; }
  Index sources() const noexcept { return rows.sources() * columns.sources(); }

  // V of one tile of one picture: [channel][source][point].
  std::vector<double> inputs(Index picture, Index grid_y, Index grid_x, Index first_y, Index first_x) const {
    const Index n = filter.points();
    const Shape& shape = x.value.shape;
    std::vector<double> v(static_cast<std::size_t>(in() * sources() * points()));
    std::vector<double> d(static_cast<std::size_t>(points()));
    double* to = v.data();
    for (Index c = 0; c < in(); ++c) {
      for (Index s = 0; s < sources(); ++s, to += points()) {
        for (Index p = 0; p < points(); ++p) {
          const Index row = rows.pixel(grid_y, s / columns.sources(), first_y + p / n);
          const Index column = columns.pixel(grid_x, s % columns.sources(), first_x + p % n);
          const bool inside = row >= 0 && row < shape.h && column >= 0 && column < shape.w;
          const Index at = ((picture * shape.c + c) * shape.h + row) * shape.w + column;
          d[static_cast<std::size_t>(p)] = inside ? x.largest_at(at) : 0.0;
        }
        transform_sizes(filter.b_transposed, n, n, d.data(), to);
      }
    }
    return v;
  }

  // U of one output channel: [channel][source][point].
  std::vector<double> weights_of(Index o, Index grid_y, Index grid_x) const {
    const Index r = filter.taps;
    std::vector<double> u(static_cast<std::size_t>(in() * sources() * points()));
    std::vector<double> g(static_cast<std::size_t>(r * r));
    double* to = u.data();
    for (Index c = 0; c < in(); ++c) {
      for (Index s = 0; s < sources(); ++s, to += points()) {
        for (Index k = 0; k < r * r; ++k) {
          const Index ky = rows.weight(grid_y, s / columns.sources(), k / r);
          const Index kx = columns.weight(grid_x, s % columns.sources(), k % r);
          const double w = ky < 0 || kx < 0 ? 0.0 : transposed() ? weights.at(c, o, ky, kx) : weights.at(o, c, ky, kx);
          g[static_cast<std::size_t>(k)] = std::abs(w);
        }
        transform_sizes(filter.g, filter.points(), r, g.data(), to);
      }
    }
    return u;
  }

  // Adds to bound, which holds what the input's own error makes of it.
  void add_grid(Index picture, Index grid_y, Index grid_x, TensorView<double> bound) const {
    const Index m = filter.outputs;
    const Index n = filter.points();
    const Extent step{rows.grids(), columns.grids()};
    const auto count = [&](Index length, Index grid, Index grids) {
      return length > grid ? ceil_div(ceil_div(length - grid, grids), m) : Index{0};
    };
    const Extent tiles{count(bound.shape.h, grid_y, step.h), count(bound.shape.w, grid_x, step.w)};
    std::vector<std::vector<double>> v;
    for (Index t = 0; t < tiles.h * tiles.w; ++t) {
      v.push_back(inputs(picture, grid_y, grid_x, t / tiles.w * m, t % tiles.w * m));
    }
    const Index products = in() * sources();
    const double relative = growth(products + 4 * n + 8, arithmetic.unit);
    const double lost_v =
        2.0 * static_cast<double>(n) * (largest_row_sum(filter.b_transposed, n, n) + 1.0) * arithmetic.tiny;
    const double lost_y =
        2.0 * static_cast<double>(n) * (largest_row_sum(filter.a_transposed, m, n) + 1.0) * arithmetic.tiny;
    std::vector<double> sums(static_cast<std::size_t>(points()));
    std::vector<double> y(static_cast<std::size_t>(m * m));
    for (Index o = 0; o < bound.shape.c; ++o) {
      const auto u = weights_of(o, grid_y, grid_x);
      for (Index t = 0; t < tiles.h * tiles.w; ++t) {
        std::fill(sums.begin(), sums.end(), 2.0 * static_cast<double>(products) * arithmetic.tiny);
        const auto& tile = v[static_cast<std::size_t>(t)];
        for (std::size_t k = 0; k < u.size(); ++k) {
          sums[k % sums.size()] += relative * u[k] * tile[k] + lost_v * u[k] + arithmetic.tiny * tile[k];
        }
        transform_sizes(filter.a_transposed, m, n, sums.data(), y.data());
        for (Index i = 0; i < m * m; ++i) {
          const Index row = grid_y + step.h * (t / tiles.w * m + i / m);
          const Index column = grid_x + step.w * (t % tiles.w * m + i % m);
          if (row >= bound.shape.h || column >= bound.shape.w) continue;
          bound.at(picture, o, row, column) +=
              y[static_cast<std::size_t>(i)] + lost_y + (bias ? relative * std::abs(bias[o]) : 0.0);
        }
      }
    }
  }
};

template <class Parameters>
Result<Tensor<double>> winograd_bound(void (*layer)(TensorView<const double>, const Parameters&,
                                                    TensorView<double>) noexcept,
                                      const Operand& x, Parameters p, const Shape& shape, const WinogradBound& parts) {
  auto bound = Tensor<double>::create(shape);
  auto weights = Tensor<double>::create(p.weight.shape);
  if (!bound) return bound;
  if (!weights) return weights;
  for_each_element(p.weight, weights->view(), [](double w) { return std::abs(w); });
  p.weight = weights->view();
  p.bias = nullptr;
  if (x.error) layer({x.error, x.value.shape}, p, bound->view());
  for (Index n = 0; n < shape.n; ++n) {
    for (Index y = 0; y < parts.rows.grids(); ++y) {
      for (Index column = 0; column < parts.columns.grids(); ++column) parts.add_grid(n, y, column, bound->view());
    }
  }
  return bound;
}

inline Error no_winograd_form() {
  return {
      ErrorCode::unsupported,
      "no form of Winograd's filtering: expected 3x3 of stride 1 or 2, or 4x4 transposed of stride 2, of one group"};
}

// Errors: a convolution that has none of the forms, a filter of other taps, no memory.
inline Result<Tensor<double>> winograd_conv2d_bound(const Operand& x, const Conv2dParameters& p,
                                                    const WinogradFilter& filter, Arithmetic arithmetic,
                                                    RoundingGrowth growth = gamma) {
  const Extent one{1, 1};
  const bool dense = p.stride == one && filter.taps == 3;
  const bool strided = p.stride == Extent{2, 2} && p.dilation == one && filter.taps == 2;
  if (p.weight.shape.h != 3 || p.weight.shape.w != 3 || p.groups != 1 || !(dense || strided)) {
    return no_winograd_form();
  }
  const auto kind = dense ? WinogradKind::dense : WinogradKind::strided;
  const WinogradBound parts{x,
                            p.weight,
                            p.bias,
                            filter,
                            arithmetic,
                            growth,
                            {kind, p.padding.h, p.dilation.h},
                            {kind, p.padding.w, p.dilation.w}};
  return winograd_bound(conv2d, x, p, conv2d_shape(x.value.shape, p), parts);
}

inline Result<Tensor<double>> winograd_conv_transpose2d_bound(const Operand& x, const ConvTranspose2dParameters& p,
                                                              const WinogradFilter& filter, Arithmetic arithmetic,
                                                              RoundingGrowth growth = gamma) {
  if (p.weight.shape.h != 4 || p.weight.shape.w != 4 || p.groups != 1 || p.stride != Extent{2, 2} ||
      p.dilation != Extent{1, 1} || filter.taps != 2) {
    return no_winograd_form();
  }
  constexpr auto kind = WinogradKind::transposed;
  const WinogradBound parts{
      x, p.weight, p.bias, filter, arithmetic, growth, {kind, p.padding.h, 1}, {kind, p.padding.w, 1}};
  return winograd_bound(conv_transpose2d, x, p, conv_transpose2d_shape(x.value.shape, p), parts);
}

}  // namespace ochre::inline v0::reference
