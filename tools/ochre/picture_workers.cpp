#include "picture_workers.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

#include "stop_request.hpp"

namespace ochre::program {

std::size_t work_through(std::size_t jobs, int workers, const WorkOnJob& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&](int worker) {
    while (!stop_requested()) {
      const std::size_t job = next.fetch_add(1);
      if (job >= jobs) return;
      work(worker, job);
    }
  };
  std::vector<std::thread> others;
  try {
    for (int worker = 1; worker < workers; ++worker) others.emplace_back(run, worker);
  } catch (const std::system_error&) {  // those that there are do it all
  }
  run(0);
  for (std::thread& other : others) other.join();
  return std::min(next.load(), jobs);
}

}  // namespace ochre::program
