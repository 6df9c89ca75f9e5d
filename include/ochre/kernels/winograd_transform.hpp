// The data transforms of Winograd's filtering on registers of channels, first down the columns, then along the rows:
//   input:  v = Bᵀ d B   (n x n pixels -> n x n points),     output:  y = Aᵀ m A   (n x n points -> m x m pixels)
// Bᵀ: the rows of the points a and -a have the same coefficients, every second one with the opposite sign: two half
// sums, added and subtracted, serve both. Aᵀ: its columns likewise: (m_a + m_-a) a^i for even i, (m_a - m_-a) a^i for
// odd i. Zeros of the matrices are left out, ones are not multiplied by. Tested by winograd_conv_test.cpp.
#pragma once

#include <type_traits>
#include <utility>

#include <ochre/kernels/epilogue.hpp>
#include <ochre/kernels/winograd_points.hpp>
#include <ochre/simd/products.hpp>

namespace ochre::inline v0::kernels {

namespace detail {

template <Index Begin, Index End, class Body>
[[gnu::always_inline]] inline void unrolled(const Body& body) noexcept {
  if constexpr (Begin < End) {
    body(std::integral_constant<Index, Begin>{});
    unrolled<Begin + 1, End>(body);
  }
}

constexpr double magnitude(double value) { return value < 0 ? -value : value; }

// sum + Factor·x, where the first term of a sum starts it.
template <class Arch, class Batch>
struct Sum {
  Batch value = simd::broadcast<Arch>(0.0f);
  bool empty = true;

  // `factor` is a constant at every call, so that the branches vanish.
  [[gnu::always_inline]] void add(double factor, const Batch& x) noexcept {
    if (factor == 0.0) return;
    if (factor == 1.0) {
      value = empty ? x : value + x;
    } else if (factor == -1.0) {
      value = empty ? -x : value - x;
    } else {
      const Batch scaled(static_cast<float>(factor));
      value = empty ? scaled * x : simd::fmadd(scaled, x, value);
    }
    empty = false;
  }
};

}  // namespace detail

// to[0 … n-1] = Bᵀ from[0 … n-1].
template <class Algorithm, class Arch>
[[gnu::always_inline]] inline void transform_input(const simd::Batch<float, Arch>* from,
                                                   simd::Batch<float, Arch>* to) noexcept {
  using Sum = detail::Sum<Arch, simd::Batch<float, Arch>>;
  using Points = std::remove_cvref_t<decltype(Algorithm::points)>;
  constexpr Index n = Points::points;
  const auto plain = [&](auto row) __attribute__((always_inline)) {
    Sum sum;
    detail::unrolled<0, n>([&](auto k) __attribute__((always_inline)) {
      sum.add(winograd_of<Algorithm>.b_transposed.at[row][k], from[k]);
    });
    to[row] = sum.value;
  };
  detail::unrolled<0, Points::zeros>(plain);
  detail::unrolled<0, Points::pairs>([&](auto pair) __attribute__((always_inline)) {
    constexpr Index row = Points::zeros + 2 * pair;
    Sum same;      // the coefficients that a and -a share: of the powers x^(n-2), x^(n-4), …
    Sum opposite;  // those that differ in sign
    detail::unrolled<0, n>([&](auto k) __attribute__((always_inline)) {
      (k % 2 == n % 2 ? same : opposite).add(winograd_of<Algorithm>.b_transposed.at[row][k], from[k]);
    });
    to[row] = same.value + opposite.value;
    to[row + 1] = same.value - opposite.value;
  });
  plain(std::integral_constant<Index, n - 1>{});
}

// to[0 … m-1] = Aᵀ from[0 … n-1].
template <class Algorithm, class Arch>
[[gnu::always_inline]] inline void transform_output(const simd::Batch<float, Arch>* from,
                                                    simd::Batch<float, Arch>* to) noexcept {
  using Batch = simd::Batch<float, Arch>;
  using Sum = detail::Sum<Arch, Batch>;
  using Points = std::remove_cvref_t<decltype(Algorithm::points)>;
  constexpr Index n = Points::points;
  Batch sums[Points::pairs];
  Batch differences[Points::pairs];
  detail::unrolled<0, Points::pairs>([&](auto pair) __attribute__((always_inline)) {
    constexpr Index at = Points::zeros + 2 * pair;
    sums[pair] = from[at] + from[at + 1];
    differences[pair] = from[at] - from[at + 1];
  });
  detail::unrolled<0, Points::outputs>([&](auto i) __attribute__((always_inline)) {
    const auto& row = winograd_of<Algorithm>.a_transposed.at[i];
    Sum sum;
    if constexpr (Points::zeros == 1) sum.add(row[0], from[0]);
    detail::unrolled<0, Points::pairs>([&](auto pair) __attribute__((always_inline)) {
      sum.add(row[Points::zeros + 2 * pair], i % 2 == 0 ? sums[pair] : differences[pair]);
    });
    sum.add(row[n - 1], from[n - 1]);
    to[i] = sum.value;
  });
}

// One tile of 16 channels: n x n pixels to the points (i, j), i < rows and j < columns (the last ones may be zero
// throughout and left out). Strides in floats.
struct InputTile {
  const float* pixels = nullptr;
  Index row_stride = 0;
  Index column_stride = 0;
  float* v = nullptr;
  Index point_stride = 0;
  Index rows = 0;
  Index columns = 0;
};

template <class Arch, class Algorithm, class Products>
void transform_input_tile(const InputTile& tile) noexcept {
  using Batch = simd::Batch<float, Arch>;
  constexpr Index n = std::remove_cvref_t<decltype(Algorithm::points)>::points;
  for (Index lane = 0; lane < channel_block; lane += simd::lanes<float, Arch>) {
    Batch half[n][n];
#pragma GCC unroll 8
    for (Index j = 0; j < n; ++j) {
      Batch d[n];
      Batch t[n];
#pragma GCC unroll 8
      for (Index i = 0; i < n; ++i) {
        d[i] = simd::load<Arch>(tile.pixels + i * tile.row_stride + j * tile.column_stride + lane);
      }
      transform_input<Algorithm, Arch>(d, t);
#pragma GCC unroll 8
      for (Index i = 0; i < n; ++i) half[i][j] = t[i];
    }
#pragma GCC unroll 8
    for (Index i = 0; i < n; ++i) {
      if (i >= tile.rows) break;
      Batch t[n];
      transform_input<Algorithm, Arch>(half[i], t);
      float* to = tile.v + i * n * tile.point_stride;
#pragma GCC unroll 8
      for (Index j = 0; j < n; ++j) {
        if (j < n - 1 || tile.columns == n) Products::store(to + j * tile.point_stride, lane, t[j]);
      }
    }
  }
}

// The other way: the points of one tile of 16 channels to the pixels (i, j), i < rows and j < columns, of the output.
struct OutputTile {
  const float* m = nullptr;
  Index point_stride = 0;
  float* pixels = nullptr;
  Index row_stride = 0;
  Index column_stride = 0;
  Index rows = 0;
  Index columns = 0;
};

template <class Arch, class Algorithm>
void transform_output_tile(const OutputTile& tile, const Epilogue& after, Index channel) noexcept {
  using Batch = simd::Batch<float, Arch>;
  constexpr Index m = std::remove_cvref_t<decltype(Algorithm::points)>::outputs;
  constexpr Index n = std::remove_cvref_t<decltype(Algorithm::points)>::points;
  for (Index lane = 0; lane < channel_block; lane += simd::lanes<float, Arch>) {
    const EpilogueVector<Arch> epilogue(after, channel + lane);
    Batch half[m][n];
#pragma GCC unroll 8
    for (Index j = 0; j < n; ++j) {
      Batch column[n];
      Batch y[m];
#pragma GCC unroll 8
      for (Index i = 0; i < n; ++i) column[i] = simd::load<Arch>(tile.m + (i * n + j) * tile.point_stride + lane);
      transform_output<Algorithm, Arch>(column, y);
#pragma GCC unroll 8
      for (Index i = 0; i < m; ++i) half[i][j] = y[i];
    }
#pragma GCC unroll 8
    for (Index i = 0; i < m; ++i) {
      if (i >= tile.rows) break;
      Batch y[m];
      transform_output<Algorithm, Arch>(half[i], y);
      float* to = tile.pixels + i * tile.row_stride + lane;
#pragma GCC unroll 8
      for (Index j = 0; j < m; ++j) {
        if (j < tile.columns) simd::store(to + j * tile.column_stride, epilogue(y[j]));
      }
    }
  }
}

// All that differs between the algorithms F(m, r), so that winograd_conv.hpp is compiled once for all of them.
struct WinogradRoutine {
  const char* name = "";
  Index m = 0;
  Index n = 0;
  Index r = 0;
  double error_growth = 1.0;
  const double* g = nullptr;  // [n][r]
  void (*transform_input)(const InputTile&) noexcept = nullptr;
  void (*transform_output)(const OutputTile&, const Epilogue&, Index channel) noexcept = nullptr;
};

// Of any algorithm.
inline constexpr Index winograd_most_points = 8;
inline constexpr Index winograd_most_taps = 3;

template <class Arch, class Algorithm, class Products = simd::FloatProducts>
inline constexpr WinogradRoutine winograd_routine{Algorithm::name,
                                                  Algorithm::points.outputs,
                                                  Algorithm::points.points,
                                                  Algorithm::points.taps,
                                                  winograd_error_growth(winograd_of<Algorithm>),
                                                  &winograd_of<Algorithm>.g.at[0][0],
                                                  &transform_input_tile<Arch, Algorithm, Products>,
                                                  &transform_output_tile<Arch, Algorithm>};

}  // namespace ochre::inline v0::kernels
