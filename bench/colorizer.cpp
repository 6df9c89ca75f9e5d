// The library by itself, from a grey picture in memory to a coloured one: colorize/HEIGHT/WIDTH/WORKERS/THREADS, where
// each worker is a thread with a PictureColorizer of its own, of THREADS threads, and all share one Colorizer.
// items_per_second: pictures..
#include <memory>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include <ochre/embedded_model.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/picture_colorizer.hpp>

namespace {

using ochre::Index;

struct Canvas {
  Index height;
  Index width;
  std::vector<std::uint8_t> gray = std::vector<std::uint8_t>(static_cast<std::size_t>(height * width));
  std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(3 * gray.size());

  Canvas(Index h, Index w) : height(h), width(w) {
    for (std::size_t i = 0; i < gray.size(); ++i) gray[i] = static_cast<std::uint8_t>(40 + (i * 37 / 11) % 160);
  }
  bool color(ochre::PictureColorizer& colorizer) {
    const ochre::PictureView input{.pixels = gray.data(),
                                   .width = width,
                                   .height = height,
                                   .row_stride = width,
                                   .format = ochre::PixelFormat::gray8};
    return colorizer
        .colorize(input, {.pixels = rgb.data(),
                          .width = width,
                          .height = height,
                          .row_stride = 3 * width,
                          .format = ochre::PixelFormat::rgb8})
        .ok();
  }
};

// As many pictures as there are workers, each time.
void colorize(benchmark::State& state) {
  const Index height = state.range(0);
  const Index width = state.range(1);
  const int workers = static_cast<int>(state.range(2));
  const int threads = static_cast<int>(state.range(3));
  auto opened = ochre::Colorizer::from_bytes(ochre::embedded_model(), {.threads = threads});
  if (!opened) return state.SkipWithError(opened.error().message().c_str());
  const auto colorizer = std::make_shared<const ochre::Colorizer>(*std::move(opened));
  std::vector<ochre::PictureColorizer> own;
  std::vector<Canvas> canvases(static_cast<std::size_t>(workers), Canvas(height, width));
  for (Canvas& canvas : canvases) {
    own.push_back(ochre::PictureColorizer::create(colorizer).value());
    if (!canvas.color(own.back())) return state.SkipWithError("a picture was not coloured");
  }
  constexpr int pictures = 20;  // of each worker, so that starting threads does not count
  for (auto _ : state) {
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < canvases.size(); ++i) {
      running.emplace_back([&, i] {
        for (int picture = 0; picture < pictures; ++picture) benchmark::DoNotOptimize(canvases[i].color(own[i]));
      });
    }
    for (std::thread& thread : running) thread.join();
  }
  state.SetItemsProcessed(state.iterations() * pictures * workers);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  const Index all = ochre::available_threads();
  for (const auto& size : {std::pair<Index, Index>{256, 341}, {1080, 1920}}) {
    benchmark->Args({size.first, size.second, 1, all});
    if (all > 1) benchmark->Args({size.first, size.second, all, 1});
  }
}

BENCHMARK(colorize)->Apply(sizes)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
