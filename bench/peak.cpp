// Prints the machine's float FMA peak, one line for each number of threads asked for; default: one, then all.
//   build/bench/bench_peak 1 2
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <ochre/audit/fma_peak.hpp>

int main(int count, char** words) {
  std::vector<int> thread_counts{1, ochre::available_threads()};
  if (count > 1) thread_counts.clear();
  for (int i = 1; i < count; ++i) {
    const int threads = std::atoi(words[i]);
    if (threads < 1 || threads > 1024) {
      std::fprintf(stderr, "bench_peak: %s: expected numbers of threads, 1 to 1024\n", words[i]);
      return 2;
    }
    thread_counts.push_back(threads);
  }
  for (const int threads : thread_counts) {
    std::printf("%s, threads: %d, GFLOP/s: %.1f\n", ochre::simd::arch_name(), threads,
                1e-9 * ochre::audit::fma_peak<float>(threads));
  }
  return 0;
}
