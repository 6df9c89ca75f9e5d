// A host with a thread pool of its own lends it to ochre, which then starts no thread.
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <ochre/ochre.hpp>

// The host's.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }

  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
  }

 private:
  void work(std::stop_token stop) {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::jthread> threads_;  // joined first
};

// What ochre calls: every task once, in any order, on any thread; done when all are. What they meet at belongs to all
// of them: the last one may still be letting go of the mutex when this returns.
void run_on_pool(void* host, int tasks, ochre::FunctionRef<void(int)> task) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    int left;
  };
  const auto meeting = std::make_shared<Meeting>();
  meeting->left = tasks - 1;
  for (int i = 1; i < tasks; ++i) {
    static_cast<Pool*>(host)->post([meeting, task, i] {
      task(i);
      const std::lock_guard lock(meeting->mutex);
      if (--meeting->left == 0) meeting->changed.notify_one();
    });
  }
  task(0);
  std::unique_lock lock(meeting->mutex);
  meeting->changed.wait(lock, [&] { return meeting->left == 0; });
}

int main() {
  const int side = 96;
  std::vector<unsigned char> gray(side * side);
  for (std::size_t i = 0; i < gray.size(); ++i) gray[i] = static_cast<unsigned char>(i * 31 % 251);

  // The number of threads says into how many tasks the work is cut.
  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors", {.size = 64, .threads = 3});
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;

  Pool pool(2);
  std::vector<std::vector<unsigned char>> pictures(2, std::vector<unsigned char>(gray.size() * 3));
  for (const bool lend : {false, true}) {
    auto workspace = lend ? colorizer->make_workspace({.h = side, .w = side}, {.lender = &run_on_pool, .host = &pool})
                          : colorizer->make_workspace({.h = side, .w = side});
    if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;
    const auto done = colorizer->colorize(
        {.pixels = gray.data(), .width = side, .height = side, .row_stride = side},
        {.pixels = pictures[lend].data(), .width = side, .height = side, .row_stride = 3 * side}, *workspace);
    if (!done) return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;
  }
  if (pictures[0] != pictures[1]) return 1;
  std::puts("the host's threads gave the same picture");
  return 0;
}
