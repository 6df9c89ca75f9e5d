// Loops on several threads, OpenMP's or those that are started without it: every index once, shared, bounded by what
// the process may use. CI compiles this with OpenMP and without (.ci/run no_openmp).
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

#include <ochre/parallel/parallel_for.hpp>

#include "support/allocations.hpp"
#include "support/child_process.hpp"
#include "support/no_more_threads.hpp"

namespace {

using namespace ochre;

struct Seen {
  int wrong = 0;   // items that were not met once
  int shared = 0;  // calls at once with one worker's number
  int beyond = 0;  // workers that there are not
};

Seen run_loop(int threads, Index count) {
  std::vector<std::atomic<int>> met(static_cast<std::size_t>(count));
  std::vector<std::atomic<int>> inside(static_cast<std::size_t>(std::max(threads, 1)));
  std::atomic<int> shared{0};
  std::atomic<int> beyond{0};
  parallel::parallel_for(threads, count, [&](Index begin, Index end, int worker) noexcept {
    if (worker < 0 || worker >= std::max(threads, 1)) {
      ++beyond;
      return;
    }
    auto& busy = inside[static_cast<std::size_t>(worker)];
    shared += busy.fetch_add(1);
    for (Index i = begin; i < end; ++i) ++met[static_cast<std::size_t>(i)];
    --busy;
  });
  Seen seen{0, shared, beyond};
  for (const auto& times : met) seen.wrong += times != 1;
  return seen;
}

TEST_CASE("a loop meets every index once, for any number of threads and items") {
  for (const int threads : {-1, 0, 1, 2, 3, 7, 64, 65, 200}) {
    for (const Index count : {0, 1, 2, 3, 63, 64, 65, 97, 1000}) {
      CAPTURE(threads);
      CAPTURE(count);
      const Seen seen = run_loop(threads, count);
      CHECK(seen.wrong == 0);
      CHECK(seen.shared == 0);
      CHECK(seen.beyond == 0);
    }
  }
}

TEST_CASE("a loop is shared: threads that wait for each other all run, and the caller's is one of them") {
  std::atomic<int> here{0};
  std::vector<std::thread::id> threads(3);
  parallel::parallel_for(3, 3, [&](Index begin, Index, int worker) noexcept {
    threads[static_cast<std::size_t>(begin)] = std::this_thread::get_id();
    CHECK(worker == begin);
    ++here;
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (here < 3 && std::chrono::steady_clock::now() < late) std::this_thread::yield();
    CHECK(here == 3);
  });
  const std::set<std::thread::id> different(threads.begin(), threads.end());
  CHECK(different.size() == 3);
  CHECK(different.contains(std::this_thread::get_id()));
}

TEST_CASE("one thread, or one item, is the caller's") {
  const auto caller = std::this_thread::get_id();
  parallel::parallel_for(1, 100, [&](Index, Index, int) noexcept { CHECK(std::this_thread::get_id() == caller); });
  parallel::parallel_for(8, 1, [&](Index, Index, int) noexcept { CHECK(std::this_thread::get_id() == caller); });
}

#if !defined(OCHRE_PLAIN_PLATFORM)  // std::thread allocates
TEST_CASE("a loop allocates nothing") {
  run_loop(3, 10);  // what a runtime allocates once
  std::atomic<Index> sum{0};
  const auto before = test::allocations();
  parallel::parallel_for(3, 100, [&](Index begin, Index end, int) noexcept { sum += end - begin; });
  CHECK(test::allocations() == before);
  CHECK(sum == 100);
}
#endif

TEST_CASE("as many threads as the process may use") {
  CHECK(available_threads() >= 1);
  CHECK(available_threads() == platform::available_processors());
#if defined(__linux__) && !defined(OCHRE_PLAIN_PLATFORM)
  cpu_set_t allowed;
  REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  CHECK(platform::available_processors() == CPU_COUNT(&allowed));
  int of_one = 0;
  std::thread([&] {  // its affinity is its own
    cpu_set_t one_processor;
    CPU_ZERO(&one_processor);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one_processor) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one_processor);
    }
    if (::sched_setaffinity(0, sizeof one_processor, &one_processor) == 0) of_one = platform::available_processors();
  })
      .join();
  CHECK(of_one == 1);
#endif
}

#if defined(__GLIBC__) && !defined(OCHRE_OPENMP_THREADS)
TEST_CASE("where the system starts no more threads the caller does all") {
  const auto caller = std::this_thread::get_id();
  const test::NoMoreThreads limit;
  std::atomic<int> elsewhere{0};
  std::atomic<Index> sum{0};
  parallel::parallel_for(5, 100, [&](Index begin, Index end, int) noexcept {
    elsewhere += std::this_thread::get_id() != caller;
    sum += end - begin;
  });
  CHECK(sum == 100);
  CHECK(elsewhere == 0);
}
#endif

#if defined(__unix__)
TEST_CASE("a loop in a child made by fork() is whole") {
  CHECK(run_loop(3, 100).wrong == 0);
  CHECK(test::returned_by_child([] { return run_loop(3, 100).wrong; }) == 0);
}
#endif

}  // namespace
