// A server: one Colorizer for all requests, a workspace for each worker, each call on the worker's own thread.
#include <cstdio>
#include <thread>
#include <vector>

#include <ochre/ochre.hpp>

int main() {
  const int side = 96;
  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors", {.size = 64, .threads = 1});
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;

  std::vector<unsigned char> gray(side * side);
  for (std::size_t i = 0; i < gray.size(); ++i) gray[i] = static_cast<unsigned char>(i * 31 % 251);
  std::vector<std::vector<unsigned char>> answers(4, std::vector<unsigned char>(gray.size() * 3));
  std::vector<int> served(answers.size(), 0);

  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < answers.size(); ++w) {
    workers.emplace_back([&, w] {
      auto workspace = colorizer->make_workspace({.h = side, .w = side});
      if (!workspace) return;
      for (int request = 0; request < 5; ++request) {
        served[w] +=
            colorizer
                ->colorize({.pixels = gray.data(), .width = side, .height = side, .row_stride = side},
                           {.pixels = answers[w].data(), .width = side, .height = side, .row_stride = 3 * side},
                           *workspace)
                .ok();
      }
    });
  }
  for (auto& worker : workers) worker.join();
  for (std::size_t w = 0; w < answers.size(); ++w) {
    if (served[w] != 5 || answers[w] != answers[0]) return 1;
  }
  std::printf("%zu workers gave the same picture, five times each\n", answers.size());
  return 0;
}
