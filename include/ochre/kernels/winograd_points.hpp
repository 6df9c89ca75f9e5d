// Winograd's minimal filtering F(m, r): m outputs of an r-tap filter from n = m + r - 1 products,
//   y = Aᵀ [ (G g) ⊙ (Bᵀ d) ],   y[i] = Σ_k g[k] d[i + k]
// made from n - 1 points a_j and infinity (Toom–Cook, transposed: Lavin & Gray, CVPR 2016; Barabasz et al., TOMS 2020):
//   Aᵀ[i][j] = a_j^i,  G[j][k] = a_j^k / N_j,  Bᵀ[j] = coefficients of Π_{l≠j} (x - a_l),  N_j = Π_{l≠j} (a_j - a_l)
//   and for infinity:  Aᵀ[m-1][n-1] = 1,  G[n-1][r-1] = 1,  Bᵀ[n-1] = coefficients of Π_l (x - a_l).
// The points are zero or not, then pairs ±a, which share half of their arithmetic (winograd_transform.hpp).
// winograd_conv_test.cpp proves y for every unit g and d.
#pragma once

#include <array>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::kernels {

// Zeros: 1 if zero is among the points, else 0.
template <Index M, Index R, Index Zeros, Index Pairs>
struct WinogradPoints {
  static constexpr Index outputs = M;
  static constexpr Index taps = R;
  static constexpr Index points = M + R - 1;
  static constexpr Index zeros = Zeros;
  static constexpr Index pairs = Pairs;
  static_assert(Zeros + 2 * Pairs + 1 == points);

  std::array<double, Pairs> pair{};

  // a_j, j < points - 1.
  constexpr double point(Index j) const {
    if (j < Zeros) return 0.0;
    return ((j - Zeros) % 2 == 0 ? 1.0 : -1.0) * pair[static_cast<std::size_t>((j - Zeros) / 2)];
  }
};

template <Index Rows, Index Columns>
struct Matrix {
  double at[Rows][Columns] = {};
};

template <class Points>
struct WinogradMatrices {
  static constexpr Index n = Points::points;
  Matrix<Points::outputs, n> a_transposed;
  Matrix<n, Points::taps> g;
  Matrix<n, n> b_transposed;
};

template <class Points>
constexpr WinogradMatrices<Points> winograd_matrices(const Points& points) {
  constexpr Index n = Points::points;
  WinogradMatrices<Points> matrices;
  for (Index j = 0; j < n; ++j) {
    double* row = matrices.b_transposed.at[j];
    row[0] = 1.0;
    double norm = 1.0;  // N_j
    Index degree = 0;
    for (Index l = 0; l + 1 < n; ++l) {
      if (l == j) continue;
      const double a = points.point(l);
      for (Index k = ++degree; k >= 0; --k) row[k] = (k > 0 ? row[k - 1] : 0.0) - (k < degree ? a * row[k] : 0.0);
      if (j + 1 < n) norm *= points.point(j) - a;
    }
    double power = 1.0;
    for (Index k = 0; k < Points::outputs || k < Points::taps; ++k) {
      const bool infinity = j == n - 1;
      if (k < Points::outputs) {
        matrices.a_transposed.at[k][j] = infinity ? (k == Points::outputs - 1 ? 1.0 : 0.0) : power;
      }
      if (k < Points::taps) matrices.g.at[j][k] = infinity ? (k == Points::taps - 1 ? 1.0 : 0.0) : power / norm;
      if (!infinity) power *= points.point(j);
    }
  }
  return matrices;
}

// The algorithms in use. Of the sets of zero and pairs of small fractions these make winograd_error_growth (below)
// least: 7, 46 and 4 (the textbook's 0, ±1, ±2 make 31 of the 7, and 0, ±1, 2 make 16 of the 4).
struct F43 {
  static constexpr const char* name = "winograd F(4,3)";
  static constexpr WinogradPoints<4, 3, 1, 2> points{{2.0 / 3.0, 3.0 / 2.0}};
};
struct F63 {
  static constexpr const char* name = "winograd F(6,3)";
  static constexpr WinogradPoints<6, 3, 1, 3> points{{1.0, 2.0, 0.5}};
};
struct F42 {
  static constexpr const char* name = "winograd F(4,2)";
  static constexpr WinogradPoints<4, 2, 0, 2> points{{2.0 / 5.0, 5.0 / 4.0}};
};

template <class Algorithm>
inline constexpr auto winograd_of = winograd_matrices(Algorithm::points);

// How much larger than in a plain sum rounding errors are, for d and g of independent random signs and unit size: then
// (Bᵀ d)_j has the size |B_j| (the Euclidean norm of row j), (G g)_j the size |G_j|, and each product an error of u
// times its size, which y[i] sums with the weights A_ij:
//   error of y[i] ~ u · sqrt(Σ_j A_ij² |B_j|² |G_j|²),   y[i] itself ~ sqrt(r)
// The quotient for the worst i, squared for the two dimensions.
template <class Points>
constexpr double winograd_error_growth(const WinogradMatrices<Points>& matrices) {
  double worst = 0;
  for (Index i = 0; i < Points::outputs; ++i) {
    double sum = 0;
    for (Index j = 0; j < Points::points; ++j) {
      double b = 0;
      double g = 0;
      for (Index k = 0; k < Points::points; ++k) b += matrices.b_transposed.at[j][k] * matrices.b_transposed.at[j][k];
      for (Index k = 0; k < Points::taps; ++k) g += matrices.g.at[j][k] * matrices.g.at[j][k];
      sum += matrices.a_transposed.at[i][j] * matrices.a_transposed.at[i][j] * b * g;
    }
    worst = sum > worst ? sum : worst;
  }
  return worst / Points::taps;  // the square of the square root, once for each dimension
}

}  // namespace ochre::inline v0::kernels
