// The GEMM against the plain loop: exact small integers first, so that a misplaced element cannot hide in a tolerance.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include <ochre/kernels/gemm.hpp>
#include <ochre/kernels/gemm_eigen.hpp>
#include <ochre/network/random_weights.hpp>

#include "support/archs.hpp"

namespace {

using namespace ochre;

template <class T>
std::vector<T> integers(Index count, std::uint64_t seed) {
  RandomNumbers random(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(static_cast<int>(random.next() % 9) - 4);
  return values;
}

template <class T>
std::vector<T> plain_product(const kernels::GemmSize& size, const std::vector<T>& a, const std::vector<T>& b,
                             const std::vector<T>& start) {
  std::vector<T> c(static_cast<std::size_t>(size.rows * size.columns));
  for (Index i = 0; i < size.rows; ++i) {
    for (Index j = 0; j < size.columns; ++j) {
      T sum = start[static_cast<std::size_t>(i)];
      for (Index k = 0; k < size.depth; ++k) {
        sum += a[static_cast<std::size_t>(i * size.depth + k)] * b[static_cast<std::size_t>(k * size.columns + j)];
      }
      c[static_cast<std::size_t>(i * size.columns + j)] = sum;
    }
  }
  return c;
}

template <class T, class Arch>
std::vector<T> product(const kernels::GemmSize& size, const std::vector<T>& a, const std::vector<T>& b,
                       const std::vector<T>& start, int threads) {
  const auto element = [&](Index row, Index k) { return a[static_cast<std::size_t>(row * size.depth + k)]; };
  const auto packed = kernels::PackedRows<T, Arch>::create(size.rows, size.depth, element, start);
  auto scratch = AlignedBuffer<T>::create(kernels::gemm_scratch_size<T, Arch>(threads));
  REQUIRE(packed);
  REQUIRE(scratch);
  std::vector<T> c(static_cast<std::size_t>(size.rows * size.columns), T(-99));
  const kernels::MatrixPacker<T, Arch> pack{b.data(), size.columns};
  kernels::gemm<T, Arch>(*packed, size.columns, pack, c.data(), scratch->span(), threads);
  return c;
}

template <class T, class Arch>
void check_exactly(const kernels::GemmSize& size) {
  const auto a = integers<T>(size.rows * size.depth, 1);
  const auto b = integers<T>(size.depth * size.columns, 2);
  const auto start = integers<T>(size.rows, 3);
  CAPTURE(size.rows);
  CAPTURE(size.depth);
  CAPTURE(size.columns);
  CHECK(product<T, Arch>(size, a, b, start, 1) == plain_product(size, a, b, start));
}

TEST_CASE_TEMPLATE("micro-kernel: every part of a tile, several depths, exact", Arch, OCHRE_TEST_ARCHS) {
  for (Index rows = 1; rows <= simd::Tile<Arch>::rows; ++rows) {
    for (Index columns = 1; columns <= simd::Tile<Arch>::template columns<float>; ++columns) {
      for (const Index depth : {1, 2, 7}) check_exactly<float, Arch>({rows, depth, columns});
    }
    for (Index columns = 1; columns <= simd::Tile<Arch>::template columns<double>; ++columns) {
      for (const Index depth : {1, 5}) check_exactly<double, Arch>({rows, depth, columns});
    }
  }
}

TEST_CASE_TEMPLATE("gemm: several tiles, blocks of depth and panels, exact", Arch, OCHRE_TEST_ARCHS) {
  const Index depths[] = {simd::gemm_depth - 1, simd::gemm_depth, simd::gemm_depth + 1, 2 * simd::gemm_depth + 3};
  for (const Index depth : depths) {
    for (const Index columns : {17, 96, 353}) {
      for (const Index rows : {3, 16, 37}) check_exactly<float, Arch>({rows, depth, columns});
    }
  }
  check_exactly<double, Arch>({37, 2 * simd::gemm_depth + 3, 353});
}

TEST_CASE_TEMPLATE("gemm: same bits for any number of threads", T, float, double) {
  const kernels::GemmSize size{29, 600, 1003};
  const auto fill = [](Index count, std::uint64_t seed) {
    RandomNumbers random(seed);
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = static_cast<T>(random.uniform());
    return values;
  };
  const auto a = fill(size.rows * size.depth, 1);
  const auto b = fill(size.depth * size.columns, 2);
  const auto start = fill(size.rows, 3);
  const auto one_thread = product<T, simd::DefaultArch>(size, a, b, start, 1);
  for (const int threads : {2, 3, 7}) {
    const auto many_threads = product<T, simd::DefaultArch>(size, a, b, start, threads);
    CHECK(std::memcmp(one_thread.data(), many_threads.data(), one_thread.size() * sizeof(T)) == 0);
  }
}

TEST_CASE("gemm: agrees with Eigen's within the bound of both") {
  const kernels::GemmSize size{64, 700, 500};
  RandomNumbers random(4);
  std::vector<float> a(static_cast<std::size_t>(size.rows * size.depth));
  std::vector<float> b(static_cast<std::size_t>(size.depth * size.columns));
  for (float& value : a) value = static_cast<float>(random.uniform());
  for (float& value : b) value = static_cast<float>(random.uniform());
  const auto ours = product<float, simd::DefaultArch>(size, a, b, std::vector<float>(64, 0.0f), 2);
  std::vector<float> eigen(ours.size());
  kernels::gemm_eigen(size, a.data(), b.data(), eigen.data());
  // Each is within gamma(K)·Σ|a||b| of the exact sum (Higham), and |a|, |b| <= 1: together 2·K·u/(1 − K·u)·K.
  const double k = static_cast<double>(size.depth);
  const double bound = 2 * k * 0x1p-24 / (1 - k * 0x1p-24) * k;
  double largest = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(ours[i]) - static_cast<double>(eigen[i])));
  }
  CHECK(largest <= bound);
  CHECK(largest > 0);  // two different orders of summation: equality would mean one and the same code
}

TEST_CASE("gemm: NaN and infinity reach the elements they belong to, and no others") {
  const kernels::GemmSize size{5, 3, 50};
  auto b = integers<float>(size.depth * size.columns, 2);
  b[static_cast<std::size_t>(size.columns + 7)] = std::nanf("");
  b[static_cast<std::size_t>(2 * size.columns + 49)] = INFINITY;
  const auto c = product<float, simd::DefaultArch>(size, std::vector<float>(15, 1.0f), b, std::vector<float>(5), 1);
  for (Index i = 0; i < size.rows; ++i) {
    for (Index j = 0; j < size.columns; ++j) {
      const float value = c[static_cast<std::size_t>(i * size.columns + j)];
      CHECK(std::isnan(value) == (j == 7));
      CHECK(std::isinf(value) == (j == 49));
    }
  }
}

}  // namespace
