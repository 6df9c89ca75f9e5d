// The one header that names OpenMP. Work is split by output into contiguous, near-equal ranges, so that no result
// depends on how many threads there are. One thread means the caller's: no other is started. Where the compiler has no
// OpenMP, was not asked for it, or OCHRE_OWN_THREADS is defined in all files of a program, threads are started for each
// call, some 20 to 40 µs each, and end with it.
// Tested by parallel_for_test.cpp.
#pragma once

#include <algorithm>
#include <vector>
#if defined(_OPENMP) && !defined(OCHRE_OWN_THREADS)
#define OCHRE_OPENMP_THREADS _OPENMP
#include <omp.h>
#else
#include <array>
#endif

#include <ochre/base/checked.hpp>
#include <ochre/base/platform/threads.hpp>

namespace ochre::inline v0 {

// Threads this process may run at once (its CPU affinity counts), at least 1.
inline int available_threads() noexcept {
#if defined(OCHRE_OPENMP_THREADS)
  return std::max(1, omp_get_num_procs());  // remembers what it was before OMP_PROC_BIND bound this thread
#else
  return platform::available_processors();
#endif
}

// The CPUs that OpenMP gives its threads, one each, where OMP_PROC_BIND, OMP_PLACES or the like tell it to; empty where
// nothing does. It has then bound the process's first thread to one of them, and threads of our own, which inherit
// that, would all share it.
inline std::vector<int> cpus_of_places() {
  std::vector<int> cpus;
#if defined(OCHRE_OPENMP_THREADS) && OCHRE_OPENMP_THREADS >= 201511
  if (omp_get_proc_bind() == omp_proc_bind_false) return cpus;  // clang's runtime has places all the same
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, ids.data());
    cpus.insert(cpus.end(), ids.begin(), ids.end());
  }
#endif
  return cpus;
}

namespace detail {

#if defined(OCHRE_OPENMP_THREADS)

// OpenMP's threads stay behind in the parent of a process that fork() made, which would wait for them for ever.
inline bool threads_are_elsewhere() noexcept {
  static const auto first = platform::current_process();
  return platform::current_process() != first;
}

// Calls body(worker) for worker = 0 … workers-1 and returns when all have returned.
template <class Body>
void each_worker(Index workers, const Body& body) noexcept {
  if (threads_are_elsewhere()) {
    for (Index worker = 0; worker < workers; ++worker) body(worker);
    return;
  }
#pragma omp parallel num_threads(static_cast <int>(workers))
  {
    // The runtime may grant fewer threads than asked for; each then takes several workers.
    for (Index worker = omp_get_thread_num(); worker < workers; worker += omp_get_num_threads()) body(worker);
  }
}

#else

template <class Body>
struct WorkersOfThread {
  const Body* body = nullptr;
  Index first = 0;
  Index step = 1;
  Index end = 0;

  static void run(void* self) noexcept {
    const auto& share = *static_cast<const WorkersOfThread*>(self);
    for (Index worker = share.first; worker < share.end; worker += share.step) (*share.body)(worker);
  }
};

template <class Body>
void each_worker(Index workers, const Body& body) noexcept {
  constexpr Index most_threads = 64;  // of one call; more workers share them
  std::array<WorkersOfThread<Body>, most_threads> shares;
  const Index step = std::min(workers, most_threads);
  for (Index i = 0; i < step; ++i) shares[static_cast<std::size_t>(i)] = {&body, i, step, workers};
  std::array<platform::Thread, most_threads> threads;  // waited for at the end
  Index started = 1;
  for (; started < step; ++started) {
    const auto i = static_cast<std::size_t>(started);
    if (!threads[i].start(&WorkersOfThread<Body>::run, &shares[i])) break;
  }
  WorkersOfThread<Body>::run(&shares[0]);
  for (; started < step; ++started) WorkersOfThread<Body>::run(&shares[static_cast<std::size_t>(started)]);
}

#endif

}  // namespace detail

namespace parallel {

// Calls body(begin, end, worker) for disjoint ranges that cover [0, count); worker < threads, no two calls at once
// share a worker. body must be noexcept.
template <class Body>
void parallel_for(int threads, Index count, const Body& body) noexcept {
  const Index workers = std::min<Index>(std::max(threads, 1), count);
  if (workers <= 1) {
    if (count > 0) body(Index{0}, count, 0);
    return;
  }
  detail::each_worker(workers, [&](Index worker) noexcept {
    body(count * worker / workers, count * (worker + 1) / workers, static_cast<int>(worker));
  });
}

}  // namespace parallel

}  // namespace ochre::inline v0
