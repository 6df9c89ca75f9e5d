// Threads that sleep until a number changes, and whoever changed it wakes them. On Linux that is std::atomic's own wait
// and notify. Elsewhere libstdc++ 12 compares the number and falls asleep in two steps, and loses what is notified
// between them (under Windows a team waited for ever), so there it is a mutex and a condition variable.
// Tested by team_test.cpp.
#pragma once

#include <atomic>

#include <ochre/base/platform/system.hpp>

#if !defined(OCHRE_POSIX) || !defined(__linux__)
#include <condition_variable>
#include <mutex>
#endif

namespace ochre::inline v0::platform {

class Sleepers {
 public:
  // Returns at once, or when woken, but not before `value` is another than `old`.
  template <class T>
  void sleep_while(const std::atomic<T>& value, T old) noexcept {
#if defined(OCHRE_POSIX) && defined(__linux__)
    value.wait(old, std::memory_order_acquire);
#else
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return value.load(std::memory_order_acquire) != old; });
#endif
  }

  // After `value` was changed.
  template <class T>
  void wake([[maybe_unused]] std::atomic<T>& value) noexcept {
#if defined(OCHRE_POSIX) && defined(__linux__)
    value.notify_all();
#else
    { const std::lock_guard lock(mutex_); }  // whoever has compared sleeps by now
    changed_.notify_all();
#endif
  }

#if !defined(OCHRE_POSIX) || !defined(__linux__)

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
#endif
};

}  // namespace ochre::inline v0::platform
