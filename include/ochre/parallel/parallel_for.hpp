// The one header that names OpenMP. Work is split by output into contiguous, near-equal ranges, so that no result
// depends on how many threads there are. One thread means the caller's: no other is started.
// Without OpenMP everything runs on the caller's thread.
#pragma once

#include <algorithm>
#if defined(_OPENMP)
#include <omp.h>
#endif

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

// Threads this process may run at once (its CPU affinity counts), at least 1.
inline int available_threads() noexcept {
#if defined(_OPENMP)
  return std::max(1, omp_get_num_procs());
#else
  return 1;
#endif
}

// Calls body(begin, end, worker) for disjoint ranges that cover [0, count); worker < threads, no two calls at once
// share a worker. body must be noexcept.
template <class Body>
void parallel_for(int threads, Index count, const Body& body) noexcept {
  const Index workers = std::min<Index>(std::max(threads, 1), count);
  if (workers <= 1) {
    if (count > 0) body(Index{0}, count, 0);
    return;
  }
#if defined(_OPENMP)
#pragma omp parallel num_threads(static_cast <int>(workers))
  {
    // The runtime may grant fewer threads than asked for; each then takes several ranges.
    for (Index worker = omp_get_thread_num(); worker < workers; worker += omp_get_num_threads()) {
      body(count * worker / workers, count * (worker + 1) / workers, static_cast<int>(worker));
    }
  }
#else
  body(Index{0}, count, 0);
#endif
}

}  // namespace ochre::inline v0
