// How the fast engine shares its work: a Team runs body(worker) for worker = 0 … threads-1 and returns when all are
// done; for_ranges() hands out ranges of items to whoever is free. Which worker computes an item never changes the
// item's bits. A host lends its own threads by a Lender (below); ThreadTeam (thread_team.hpp) brings its own.
// Tested by team_test.cpp.
#pragma once

#include <algorithm>
#include <atomic>

#include <ochre/base/checked.hpp>
#include <ochre/base/function_ref.hpp>

namespace ochre::inline v0 {

// A host's function that lends its threads: runs task(0) … task(tasks-1), each once, in any order, on any threads, and
// returns when all have returned. The tasks need not run at once: a pool of one thread, or the caller's own, is enough.
using Lender = void (*)(void* host, int tasks, FunctionRef<void(int)> task);

namespace parallel {

// Who does the work: threads of a Lender, or the caller alone.
struct Team {
  int threads = 1;
  Lender run = nullptr;  // none: everything runs on the caller's thread
  void* host = nullptr;

  void each(FunctionRef<void(int)> body) const {
    if (threads <= 1 || run == nullptr) {
      for (int worker = 0; worker < std::max(threads, 1); ++worker) body(worker);
      return;
    }
    run(host, threads, body);
  }
};

// Calls body(begin, end, worker) for disjoint ranges that cover [0, count); no two calls at once share a worker.
// Ranges are large at first and get smaller, down to `grain`, so that a worker which the system has stopped for a while
// keeps the others waiting for one small range only.
inline void for_ranges(const Team& team, Index count, Index grain, FunctionRef<void(Index, Index, int)> body) noexcept {
  if (count <= 0) return;
  if (team.threads <= 1 || count <= grain) {
    body(Index{0}, count, 0);
    return;
  }
  std::atomic<Index> next{0};
  team.each([&](int worker) noexcept {
    Index begin = next.load(std::memory_order_relaxed);
    while (begin < count) {
      const Index size = std::min(count - begin, std::max(grain, (count - begin) / (2 * team.threads)));
      if (!next.compare_exchange_weak(begin, begin + size, std::memory_order_relaxed)) continue;
      body(begin, begin + size, worker);
      begin = next.load(std::memory_order_relaxed);
    }
  });
}

}  // namespace parallel

}  // namespace ochre::inline v0
