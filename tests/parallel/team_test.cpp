// Teams of threads: every item once, whoever computes it; threads that start, sleep and end as promised; a host's own.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/resource.h>
#endif

#include <ochre/parallel/thread_team.hpp>

#include "support/allocations.hpp"
#include "support/child_process.hpp"
#include "support/no_more_threads.hpp"

namespace {

using namespace ochre;

#if defined(__linux__)  // which counts a process's threads and their time where a test can read it

std::size_t threads_of_process() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// A joined thread may be listed for a moment still.
bool threads_settle_at(std::size_t count) {
  for (int i = 0; i < 1000 && threads_of_process() != count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return threads_of_process() == count;
}

double cpu_seconds() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

#endif

// Runs the tasks on one thread, the last first.
void run_backwards(void* host, int tasks, FunctionRef<void(int)> task) {
  ++*static_cast<int*>(host);
  for (int i = tasks; i-- > 0;) task(i);
}

void check_ranges(const parallel::Team& team, Index count, Index grain) {
  CAPTURE(team.threads);
  CAPTURE(count);
  CAPTURE(grain);
  std::vector<std::atomic<int>> met(static_cast<std::size_t>(count));
  std::vector<std::atomic<int>> inside(static_cast<std::size_t>(std::max(team.threads, 1)));
  std::atomic<int> shared{0};
  std::atomic<int> small{0};
  parallel::for_ranges(team, count, grain, [&](Index begin, Index end, int worker) noexcept {
    auto& busy = inside[static_cast<std::size_t>(worker)];
    shared += busy.fetch_add(1);  // two at once with one worker's memory
    small += end - begin < grain && end != count;
    for (Index i = begin; i < end; ++i) ++met[static_cast<std::size_t>(i)];
    --busy;
  });
  CHECK(shared == 0);
  CHECK(small == 0);
  Index wrong = 0;
  for (const auto& times : met) wrong += times != 1;
  CHECK(wrong == 0);
}

TEST_CASE("ranges cover every item once, for any number of threads, items and grains") {
  for (const int threads : {1, 2, 3, 7, 16}) {
    const auto own = parallel::ThreadTeam::create(threads).value();
    int calls = 0;
    for (const Index count : {0, 1, 2, 3, 10, 97, 1000}) {
      for (const Index grain : {1, 4, 50}) {
        check_ranges(own.team(), count, grain);
        check_ranges({threads, &run_backwards, &calls}, count, grain);
        check_ranges({threads, nullptr, nullptr}, count, grain);
      }
    }
    CHECK((calls > 0) == (threads > 1));
  }
}

TEST_CASE("each() calls every worker once and returns when all have") {
  const auto own = parallel::ThreadTeam::create(5).value();
  for (int round = 0; round < 2000; ++round) {
    std::atomic<int> done{0};
    std::atomic<int> sum{0};
    own.team().each([&](int worker) {
      sum += 1 << worker;
      ++done;
    });
    REQUIRE(done == 5);
    REQUIRE(sum == 31);
  }
}

TEST_CASE("work is shared: two workers that wait for each other both run") {
  const auto own = parallel::ThreadTeam::create(3).value();
  std::atomic<int> here{0};
  std::set<std::thread::id> threads;
  std::mutex mutex;
  own.team().each([&](int) {
    ++here;
    while (here < 3) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  CHECK(threads.size() == 3);
  CHECK(threads.contains(std::this_thread::get_id()));  // the caller works, too
}

TEST_CASE("work after a long sleep is done, and allocates nothing") {
  const auto own = parallel::ThreadTeam::create(3).value();
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<Index> sum{0};
    const auto before = test::allocations();
    parallel::for_ranges(own.team(), 1000, 1, [&](Index begin, Index end, int) noexcept { sum += end - begin; });
    CHECK(test::allocations() == before);
    CHECK(sum == 1000);
  }
}

TEST_CASE("many teams at once, each called from a thread of its own, and ended without work") {
  std::atomic<Index> sum{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int life = 0; life < 20; ++life) {
        const auto own = parallel::ThreadTeam::create(1 + life % 4).value();
        if (life % 5 == 0) continue;
        const parallel::ThreadTeam::Awake awake(own);
        for (int round = 0; round < 20; ++round) {
          parallel::for_ranges(own.team(), 100, 1, [&](Index begin, Index end, int) noexcept { sum += end - begin; });
        }
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(sum == 4 * 16 * 20 * 100);
}

#if defined(__linux__)

TEST_CASE("one thread is the caller's: none is started; others start at creation and end with the team") {
  const auto before = threads_of_process();
  {
    const auto alone = parallel::ThreadTeam::create(1).value();
    const auto less = parallel::ThreadTeam::create(-3).value();
    CHECK(threads_of_process() == before);
    CHECK(alone.team().threads == 1);
    CHECK(less.team().threads == 1);
    const auto four = parallel::ThreadTeam::create(4).value();
    CHECK(threads_of_process() == before + 3);
    const auto caller = std::this_thread::get_id();
    alone.team().each([&](int) { CHECK(std::this_thread::get_id() == caller); });
  }
  CHECK(threads_settle_at(before));
}

TEST_CASE("a team moves, and its threads with it") {
  const auto before = threads_of_process();
  auto first = parallel::ThreadTeam::create(3).value();
  parallel::ThreadTeam other(std::move(first));
  std::atomic<int> calls{0};
  other.team().each([&](int) { ++calls; });
  first = std::move(other);
  first.team().each([&](int) { ++calls; });
  CHECK(calls == 6);
  first = parallel::ThreadTeam();
  CHECK(threads_settle_at(before));
}

TEST_CASE("idle threads sleep, also between two runs that were told to stay awake") {
  const auto own = parallel::ThreadTeam::create(4).value();
  {
    const parallel::ThreadTeam::Awake outer(own);
    const parallel::ThreadTeam::Awake inner(own);
    own.team().each([](int) {});
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // what was spinning has stopped
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(cpu_seconds() - before < 0.05);  // three threads that spin would take 0.2 a core
  // Awake means some microseconds, not for good.
  const parallel::ThreadTeam::Awake awake(own);
  own.team().each([](int) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double again = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(cpu_seconds() - again < 0.05);
}

#endif

#if defined(__GLIBC__)
TEST_CASE("a thread that the system does not start is an error") {
  const test::NoMoreThreads limit;
  const auto own = parallel::ThreadTeam::create(3);
  REQUIRE(!own);
  CHECK(own.error().code == ErrorCode::out_of_memory);
  CHECK(own.error().message() == "the system started 1 of 3 threads");
}
#endif

#if defined(OCHRE_POSIX)
TEST_CASE("in a child made by fork() the caller does the work, and the team ends there") {
  auto own = parallel::ThreadTeam::create(3).value();
  CHECK_FALSE(own.is_forked());
  const int returned = test::returned_by_child([&] {
    int sum = own.is_forked() ? 0 : 64;
    own.team().each([&](int worker) { sum += 1 << worker; });
    own = {};
    return sum;
  });
  CHECK(returned == 7);
}
#endif

#if defined(OCHRE_POSIX) && defined(__linux__)
// The least number of CPUs that a thread of a team may use.
int fewest_cpus_of_team() {
  const auto own = parallel::ThreadTeam::create(3).value();
  std::atomic<int> fewest{1 << 16};
  own.team().each([&](int worker) {
    const int cpus = platform::available_processors();
    for (int known = fewest; worker > 0 && cpus < known && !fewest.compare_exchange_weak(known, cpus);) {
    }
  });
  return fewest;
}

TEST_CASE("child process: a team's threads" * doctest::skip()) { CHECK(fewest_cpus_of_team() > 1); }

TEST_CASE("where OpenMP binds the first thread to a CPU, the threads of a team may use all") {
  if (platform::available_processors() < 2) return;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  for (const std::string bound :
       {"OMP_PROC_BIND=true", "OMP_PLACES=cores", "OMP_PROC_BIND=spread OMP_PLACES=threads"}) {
    CAPTURE(bound);
    const std::string command = bound + " '" + self + "' --no-skip --test-case='child process: a team*' >/dev/null";
    CHECK(std::system(command.c_str()) == 0);
  }
  std::vector<int> one{0};
  std::thread([&] {
    platform::run_on(one);
    CHECK(fewest_cpus_of_team() == 1);  // what the host bound itself
  }).join();
}
#endif

}  // namespace
