// The machine's FMA peak in FLOP/s, measured: every thread keeps independent chains of fused multiply-adds in its
// registers, no memory is touched; the best of 50 runs. What a kernel reaches is stated as a share of it.
#pragma once

#include <algorithm>
#include <chrono>

#include <ochre/parallel/parallel_for.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::audit {

// More than latency x throughput (4 x 2), fewer than the registers.
inline constexpr int fma_chains = 12;

// A function of its own, its chains never addressed: g++ 12 otherwise keeps them in memory, at half the speed.
template <class T, class Arch>
[[gnu::noinline]] simd::Batch<T, Arch> run_fma_chains(int steps) noexcept {
  const auto half = simd::broadcast<Arch>(T(0.5));
  simd::Batch<T, Arch> chain[fma_chains];
  for (auto& value : chain) value = simd::broadcast<Arch>(T{0});
  for (int i = 0; i < steps; ++i) {
#pragma GCC unroll 12
    for (auto& value : chain) value = simd::fmadd(value, half, half);
  }
  auto sum = chain[0];
#pragma GCC unroll 12
  for (int i = 1; i < fma_chains; ++i) sum = sum + chain[i];
  return sum;
}

// The value is needed: what computes it may not be left out.
template <class T>
void keep(T& value) noexcept {
  asm volatile("" : "+m"(value) : : "memory");
}

template <class T, class Arch = simd::DefaultArch>
double fma_peak(int threads) {
  // Some hundred microseconds: starting the threads does not show, an interruption spoils one run of the 50.
  constexpr int steps = 100'000;
  double best = 0;
  for (int run = 0; run < 50; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    parallel::parallel_for(threads, threads, [&](Index first, Index last, int) noexcept {
      for (; first < last; ++first) {
        auto sum = run_fma_chains<T, Arch>(steps);
        keep(sum);
      }
    });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    const double flops = 2.0 * fma_chains * steps * static_cast<double>(simd::lanes<T, Arch>) * threads;
    best = std::max(best, flops / elapsed.count());
  }
  return best;
}

}  // namespace ochre::inline v0::audit
