// Threads of the system's, and how many of them run at once. Not std::thread where the system has something better: its
// constructor throws when no thread can be started. Tested by team_test.cpp, parallel_for_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ochre/base/platform/system.hpp>

#if defined(OCHRE_WINDOWS)
#include <bit>

#include <ochre/base/platform/windows_api.hpp>
#elif defined(OCHRE_POSIX)
#include <pthread.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif
#else
#include <system_error>
#endif
#if !defined(OCHRE_POSIX)
#include <thread>
#endif

namespace ochre::inline v0::platform {

// How many threads this process may run at once: the CPUs it may use, at least 1.
inline int available_processors() noexcept {
#if defined(OCHRE_WINDOWS)
  // Of the process's own group, which has up to 64; none if it has threads in several.
  ochre_windows_size own = 0, all = 0;
  if (::GetProcessAffinityMask(::GetCurrentProcess(), &own, &all) != 0 && own != 0) return std::popcount(own);
#elif defined(OCHRE_POSIX)
#if defined(__linux__)
  cpu_set_t usable[16];  // of 1024 CPUs each: Linux refuses a set that is smaller than its own, of 8192 at most
  if (::sched_getaffinity(0, sizeof usable, usable) == 0) return std::max(1, CPU_COUNT_S(sizeof usable, usable));
#endif
  return static_cast<int>(std::clamp(::sysconf(_SC_NPROCESSORS_ONLN), 1L, 1L << 16));
#endif
#if !defined(OCHRE_POSIX)
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#endif
}

// Tells a process from its children: a child made by fork() has none of its parent's threads.
inline std::int64_t current_process() noexcept {
#if defined(OCHRE_POSIX)
  return ::getpid();
#else
  return 0;  // there is no fork()
#endif
}

// Lets the calling thread run on these CPUs, where the system has such a thing; on failure it stays as it was.
inline void run_on(std::span<const int> cpus) noexcept {
#if defined(OCHRE_POSIX) && defined(__linux__)
  cpu_set_t allowed[16];
  CPU_ZERO_S(sizeof allowed, allowed);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), sizeof allowed, allowed);
  ::sched_setaffinity(0, sizeof allowed, allowed);
#else
  (void)cpus;
#endif
}

// At most one running thread, which is waited for at the end. Stays where it is meanwhile.
class Thread {
 public:
  using Entry = void (*)(void* argument) noexcept;

  Thread() = default;  // none
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }

  // Once until join(). False: the system starts no more threads.
  bool start(Entry entry, void* argument) noexcept {
    entry_ = entry;
    argument_ = argument;
    return started_ = start_system_thread();
  }

  // In a child made by fork(), where the thread does not exist.
  void forget() noexcept { started_ = false; }

  void join() noexcept {
    if (!started_) return;
    started_ = false;
#if defined(OCHRE_WINDOWS)
    constexpr unsigned long for_ever = 0xFFFFFFFF;
    ::WaitForSingleObject(thread_, for_ever);
    ::CloseHandle(thread_);
#elif defined(OCHRE_POSIX)
    ::pthread_join(thread_, nullptr);
#else
    thread_.join();
#endif
  }

 private:
#if defined(OCHRE_WINDOWS)
  static unsigned long __stdcall run(void* self) noexcept {
    static_cast<const Thread*>(self)->call();
    return 0;
  }
  bool start_system_thread() noexcept {
    thread_ = ::CreateThread(nullptr, 0, &Thread::run, this, 0, nullptr);
    return thread_ != nullptr;
  }

  void* thread_ = nullptr;
#elif defined(OCHRE_POSIX)
  static void* run(void* self) noexcept {
    static_cast<const Thread*>(self)->call();
    return nullptr;
  }
  bool start_system_thread() noexcept { return ::pthread_create(&thread_, nullptr, &Thread::run, this) == 0; }

  pthread_t thread_{};
#else
  bool start_system_thread() noexcept {
#if defined(__cpp_exceptions)
    try {
      thread_ = std::thread(&Thread::call, this);
      return true;
    } catch (const std::exception&) {  // std::system_error, std::bad_alloc
      return false;
    }
#else
    return false;  // it would end the process where it cannot be started
#endif
  }

  std::thread thread_;
#endif
  void call() const noexcept { entry_(argument_); }

  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  bool started_ = false;
};

}  // namespace ochre::inline v0::platform
