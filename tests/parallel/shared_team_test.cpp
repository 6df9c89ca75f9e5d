// A team that several callers use at once: every task of each once, never two phases at a time.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <ochre/parallel/shared_team.hpp>

#include "support/child_process.hpp"

namespace {

using namespace ochre;

TEST_CASE("shared team: the phases of several callers take turns, and each is whole") {
  const auto shared = SharedTeam::create(3).value();
  CHECK(shared->threads() == 3);
  std::array<std::atomic<int>, 4> inside{};  // workers of each caller's phase
  std::atomic<int> overlaps{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < inside.size(); ++caller) {
    callers.emplace_back([&, caller] {
      const auto awake = shared->stay_awake();
      for (int phase = 0; phase < 200; ++phase) {
        std::atomic<int> met[3] = {};
        shared->team().each([&](int worker) {
          ++inside[caller];
          met[worker].fetch_add(1);
          for (std::size_t other = 0; other < inside.size(); ++other) {
            overlaps += other != caller && inside[other] != 0;
          }
          --inside[caller];
        });
        for (const auto& times : met) wrong += times != 1;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(overlaps == 0);
}

TEST_CASE("shared team: one thread is the caller's own") {
  const auto shared = SharedTeam::create(1).value();
  const auto me = std::this_thread::get_id();
  int calls = 0;
  shared->team().each([&](int) { calls += std::this_thread::get_id() == me; });
  CHECK(calls == 1);
}

#if defined(OCHRE_POSIX)
TEST_CASE("shared team: a child made by fork() in the middle of a phase does not wait for it") {
  const auto shared = SharedTeam::create(2).value();
  int returned = 0;
  shared->team().each([&](int worker) {  // whose lock is held now
    if (worker != 0) return;
    returned = test::returned_by_child([&] {
      int sum = 0;
      shared->team().each([&](int one) { sum += 1 << one; });
      return sum;
    });
  });
  CHECK(returned == 3);
}
#endif

}  // namespace
