// Threads of our own: threads-1 are started at creation, wait for work asleep, and end with the ThreadTeam. Between two
// phases of one run() they spin for some microseconds, because a phase of a small layer takes tens and waking a thread
// takes as long; while an Awake lives, that is worth it. One team serves one caller at a time. In a child made by
// fork(), where the threads do not exist, the caller does all the work. Tested by team_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ochre/base/platform/sleepers.hpp>
#include <ochre/base/platform/threads.hpp>
#include <ochre/base/result.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0 {

namespace parallel {

class ThreadTeam {
  struct State;

 public:
  ThreadTeam() = default;  // the caller's thread alone
  ThreadTeam(ThreadTeam&&) noexcept = default;
  ThreadTeam& operator=(ThreadTeam&&) noexcept = default;

  // Errors: the system starts no more threads.
  static Result<ThreadTeam> create(int threads) {
    ThreadTeam team;
    team.threads_ = std::max(threads, 1);
    if (team.threads_ == 1) return team;
    team.state_ = std::make_unique<State>();
    team.state_->workers.reserve(static_cast<std::size_t>(threads));
    team.state_->cpus = cpus_of_places();
    for (int worker = 1; worker < threads; ++worker) {
      auto start = std::make_unique<Worker>();
      start->state = team.state_.get();
      start->number = worker;
      if (!start->thread.start(&ThreadTeam::loop, start.get())) {
        return Error{ErrorCode::out_of_memory,
                     "the system started " + std::to_string(worker) + " of " + std::to_string(threads) + " threads"};
      }
      team.state_->workers.push_back(std::move(start));
    }
    return team;
  }

  // In a process whose parent created the team.
  bool is_forked() const noexcept { return state_ && state_->is_forked(); }

  Team team() const noexcept { return {threads_, state_ ? &ThreadTeam::run : nullptr, state_.get()}; }

  // While one of these exists the threads wait awake; they may be nested.
  class Awake {
   public:
    explicit Awake(const ThreadTeam& team) noexcept : state_(team.state_.get()) {
      if (state_ != nullptr) state_->awake.fetch_add(1, std::memory_order_relaxed);
    }
    ~Awake() {
      if (state_ != nullptr) state_->awake.fetch_sub(1, std::memory_order_relaxed);
    }
    Awake(const Awake&) = delete;
    Awake& operator=(const Awake&) = delete;

   private:
    State* state_;
  };

 private:
  struct Worker {
    State* state = nullptr;
    int number = 0;
    platform::Thread thread;
  };

  static constexpr std::size_t line = 64;  // what two threads write lies on different cache lines

  struct State {
    alignas(line) std::atomic<unsigned> round{0};  // counts the phases; its change starts one
    alignas(line) std::atomic<int> running{0};     // workers that have not finished the phase
    alignas(line) std::atomic<int> awake{0};
    std::atomic<bool> stop{false};
    FunctionRef<void(int)> task;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<int> cpus;  // that the workers may use; empty: those of the thread that creates them
    const std::int64_t process = platform::current_process();
    platform::Sleepers workers_asleep;  // until round changes
    platform::Sleepers caller_asleep;   // until running is 0

    bool is_forked() const noexcept { return platform::current_process() != process; }

    ~State() {
      if (is_forked()) {
        for (const auto& worker : workers) worker->thread.forget();
        return;
      }
      stop.store(true);
      round.fetch_add(1);
      workers_asleep.wake(round);
      workers.clear();  // waits for each
    }
  };

  // About 50 µs: longer than the gaps between the phases of a layer, shorter than anyone notices.
  static constexpr int spins = 2000;

  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  template <class T>
  static T wait_while(const std::atomic<T>& value, T old, int tries, platform::Sleepers& sleepers) noexcept {
    for (int i = 0; i < tries; ++i) {
      const T now = value.load(std::memory_order_acquire);
      if (now != old) return now;
      pause();
    }
    sleepers.sleep_while(value, old);
    return value.load(std::memory_order_acquire);
  }

  static void loop(void* start) noexcept {
    const auto& worker = *static_cast<const Worker*>(start);
    State& state = *worker.state;
    if (!state.cpus.empty()) platform::run_on(state.cpus);
    unsigned seen = 0;
    for (;;) {
      const int tries = state.awake.load(std::memory_order_relaxed) > 0 ? spins : 0;
      const unsigned now = wait_while(state.round, seen, tries, state.workers_asleep);
      if (now == seen) continue;
      seen = now;
      if (state.stop.load(std::memory_order_relaxed)) return;
      state.task(worker.number);
      if (state.running.fetch_sub(1, std::memory_order_acq_rel) == 1) state.caller_asleep.wake(state.running);
    }
  }

  static void run(void* host, int threads, FunctionRef<void(int)> task) {
    State& state = *static_cast<State*>(host);
    if (state.is_forked()) {
      for (int worker = 0; worker < threads; ++worker) task(worker);
      return;
    }
    state.task = task;
    state.running.store(static_cast<int>(state.workers.size()), std::memory_order_relaxed);
    state.round.fetch_add(1, std::memory_order_release);
    state.workers_asleep.wake(state.round);
    task(0);
    for (int left = state.running.load(std::memory_order_acquire); left != 0;) {
      left = wait_while(state.running, left, spins, state.caller_asleep);
    }
  }

  int threads_ = 1;
  std::unique_ptr<State> state_;
};

}  // namespace parallel

}  // namespace ochre::inline v0
