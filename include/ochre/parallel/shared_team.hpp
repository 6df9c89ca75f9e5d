// One team of threads for several workspaces, whose calls may come at once: a phase of one call has all threads, the
// phases of different calls take turns. So four cameras on four cores need four threads, not sixteen.
// Tested by shared_team_test.cpp.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <ochre/parallel/thread_team.hpp>

namespace ochre::inline v0 {

// Threads that several workspaces use by turns.
class SharedTeam {
 public:
  // Errors: the system starts no more threads.
  static Result<std::shared_ptr<SharedTeam>> create(int threads) {
    auto own = parallel::ThreadTeam::create(threads);
    if (!own) return std::move(own).error();
    auto shared = std::make_shared<SharedTeam>();
    shared->own_ = *std::move(own);
    return shared;
  }

  int threads() const noexcept { return own_.team().threads; }

  // Any thread may use it, at any time.
  parallel::Team team() noexcept { return {threads(), &SharedTeam::run, this}; }
  parallel::ThreadTeam::Awake stay_awake() const noexcept { return parallel::ThreadTeam::Awake(own_); }

 private:
  static void run(void* self, int, FunctionRef<void(int)> task) {
    auto& shared = *static_cast<SharedTeam*>(self);
    if (shared.own_.is_forked()) return shared.own_.team().each(task);  // the parent may have held the lock
    const std::lock_guard turn(shared.turn_);
    shared.own_.team().each(task);
  }

  parallel::ThreadTeam own_;
  std::mutex turn_;
};

}  // namespace ochre::inline v0
