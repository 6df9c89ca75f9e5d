// The readable engine's GEMM beside Eigen's and the machine's FMA peak, one thread, in one run.
//   build/bench/bench_gemm_bench
// Counters: GFLOP/s, and the share of the peak that this program measures first (audit/fma_peak.hpp).
#include <benchmark/benchmark.h>

#include <cstdio>
#include <vector>

#include <ochre/audit/fma_peak.hpp>
#include <ochre/kernels/gemm.hpp>
#include <ochre/kernels/gemm_eigen.hpp>
#include <ochre/network/random_weights.hpp>

namespace {

using namespace ochre;
using Arch = simd::DefaultArch;

template <class T>
double peak() {
  static const double flops = audit::fma_peak<T, Arch>(1);
  return flops;
}

template <class T>
std::vector<T> numbers(Index count, std::uint64_t seed) {
  RandomNumbers random(seed);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(random.uniform());
  return values;
}

kernels::GemmSize size_of(const benchmark::State& state) { return {state.range(0), state.range(2), state.range(1)}; }

template <class T>
void report(benchmark::State& state, const kernels::GemmSize& size) {
  const double work = 2.0 * static_cast<double>(size.rows) * static_cast<double>(size.depth) *
                      static_cast<double>(size.columns) * static_cast<double>(state.iterations());
  state.counters["FLOP/s"] = benchmark::Counter(work, benchmark::Counter::kIsRate);
  state.counters["of_peak_%"] = benchmark::Counter(100 * work / peak<T>(), benchmark::Counter::kIsRate);
}

template <class T>
void ochre_gemm(benchmark::State& state) {
  const auto size = size_of(state);
  const auto a = numbers<T>(size.rows * size.depth, 1);
  const auto b = numbers<T>(size.depth * size.columns, 2);
  std::vector<T> c(static_cast<std::size_t>(size.rows * size.columns));
  const auto element = [&](Index row, Index k) { return a[static_cast<std::size_t>(row * size.depth + k)]; };
  const auto packed = kernels::PackedRows<T, Arch>::create(size.rows, size.depth, element, {});
  auto scratch = AlignedBuffer<T>::create(kernels::gemm_scratch_size<T, Arch>(1));
  if (!packed || !scratch) return state.SkipWithError("no memory");
  for (auto _ : state) {
    const kernels::MatrixPacker<T, Arch> pack{b.data(), size.columns};
    kernels::gemm<T, Arch>(*packed, size.columns, pack, c.data(), scratch->span(), 1);
    benchmark::ClobberMemory();
  }
  report<T>(state, size);
}

template <class T>
void eigen_gemm(benchmark::State& state) {
  const auto size = size_of(state);
  const auto a = numbers<T>(size.rows * size.depth, 1);
  const auto b = numbers<T>(size.depth * size.columns, 2);
  std::vector<T> c(static_cast<std::size_t>(size.rows * size.columns));
  Eigen::setNbThreads(1);
  for (auto _ : state) {
    kernels::gemm_eigen(size, a.data(), b.data(), c.data());
    benchmark::ClobberMemory();
  }
  report<T>(state, size);
}

// rows (output channels), columns (pixels), depth: the round one of the target, then ECCV16's largest layers.
void sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({512, 512, 1024})->Args({512, 1024, 4608})->Args({256, 4096, 2304})->ArgNames({"M", "N", "K"});
}

BENCHMARK(ochre_gemm<float>)->Apply(sizes);
BENCHMARK(eigen_gemm<float>)->Apply(sizes);
BENCHMARK(ochre_gemm<double>)->Args({512, 512, 1024});
BENCHMARK(eigen_gemm<double>)->Args({512, 512, 1024});

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::printf("instruction set %s, measured FMA peak of one thread: float %.1f GFLOP/s, double %.1f GFLOP/s\n",
              simd::arch_name(), 1e-9 * peak<float>(), 1e-9 * peak<double>());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
