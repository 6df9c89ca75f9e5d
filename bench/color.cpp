// One 1920x1080 frame through each step of colour, on one core; every step checks its answer before it is timed.
//   build/bench/bench_color; bench/color/compare_scikit.py sets the conversions beside scikit-image's.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include <ochre/color/annealed_mean.hpp>
#include <ochre/color/area_average.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/color/consensus.hpp>
#include <ochre/color/recall.hpp>
#include <ochre/color/refine_grid.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/color/upsample_ab.hpp>
#include <ochre/color/yuv_rows.hpp>

namespace {

using ochre::Index;
using ochre::PixelFormat;

constexpr Index width = 1920;
constexpr Index height = 1080;
constexpr Index grid_width = 114;  // a quarter of a working size of 456x256
constexpr Index grid_height = 64;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

// The frame of compare_scikit.py: smooth colour with fine noise, the same bytes.
std::vector<std::uint8_t> frame() {
  std::vector<std::uint8_t> rgb(at(3 * width * height));
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      std::uint8_t* pixel = &rgb[at(3 * (y * width + x))];
      const Index noise = (x * 7919 + y * 104729) % 31;
      pixel[0] = static_cast<std::uint8_t>((x * 200 / width + noise) % 256);
      pixel[1] = static_cast<std::uint8_t>((y * 200 / height + noise) % 256);
      pixel[2] = static_cast<std::uint8_t>(((x + y) * 200 / (width + height) + noise) % 256);
    }
  }
  return rgb;
}

struct Lab {
  std::vector<float> lightness = std::vector<float>(at(width * height));
  std::vector<float> a = lightness;
  std::vector<float> b = lightness;
};

void to_lab(const std::vector<std::uint8_t>& rgb, Lab& lab) {
  for (Index y = 0; y < height; ++y) {
    const Index pixel = y * width;
    ochre::color::srgb_to_lab_row(&rgb[at(3 * pixel)], PixelFormat::rgb8, width, &lab.lightness[at(pixel)],
                                  &lab.a[at(pixel)], &lab.b[at(pixel)]);
  }
}

void to_rgb(const Lab& lab, std::vector<std::uint8_t>& rgb) {
  for (Index y = 0; y < height; ++y) {
    const Index pixel = y * width;
    ochre::color::lab_to_srgb_row(&lab.lightness[at(pixel)], &lab.a[at(pixel)], &lab.b[at(pixel)], width,
                                  &rgb[at(3 * pixel)], PixelFormat::rgb8);
  }
}

void lab_round_trip(benchmark::State& state) {
  const auto rgb = frame();
  auto back = rgb;
  Lab lab;
  for (auto& byte : back) byte = 0;
  to_lab(rgb, lab);
  to_rgb(lab, back);
  if (back != rgb) state.SkipWithError("the frame did not come back");
  for (auto _ : state) {
    to_lab(rgb, lab);
    to_rgb(lab, back);
    benchmark::DoNotOptimize(back.data());
  }
}
BENCHMARK(lab_round_trip)->Unit(benchmark::kMillisecond);

// What apply does with a row's L, a and b: samples of RGB, or the chroma of an NV12 frame beside its luma.
struct Row {
  std::vector<std::uint8_t> luma = std::vector<std::uint8_t>(at(width));
  std::vector<float> lightness = std::vector<float>(at(width));
  std::vector<float> a = lightness;
  std::vector<float> b = lightness;

  Row() {
    for (Index x = 0; x < width; ++x) luma[at(x)] = static_cast<std::uint8_t>(40 + x % 180);
    ochre::color::read_luma_row(luma.data(), 1, {}, width, lightness.data());
    color();
  }
  void color() {
    for (Index x = 0; x < width; ++x) {
      a[at(x)] = static_cast<float>(x % 16 - 6);
      b[at(x)] = static_cast<float>(x % 12);
    }
  }
};

void row_to_rgb(benchmark::State& state) {
  Row row;
  std::vector<std::uint8_t> rgb(at(3 * width));
  for (auto _ : state) {
    for (Index y = 0; y < height; ++y) {
      row.color();
      ochre::color::lab_to_srgb_row(row.lightness.data(), row.a.data(), row.b.data(), width, rgb.data(),
                                    PixelFormat::rgb8);
      benchmark::DoNotOptimize(rgb.data());
    }
  }
  std::vector<float> back(at(width));
  ochre::color::read_lightness_row(rgb.data(), PixelFormat::rgb8, width, back.data());
  for (Index x = 0; x < width; ++x) {
    if (std::fabs(back[at(x)] - row.lightness[at(x)]) > 0.5f) state.SkipWithError("L was not kept");
  }
}
BENCHMARK(row_to_rgb)->Unit(benchmark::kMillisecond);

void row_to_nv12(benchmark::State& state) {
  const ochre::YuvFormat format;
  Row upper, lower;
  std::vector<std::uint8_t> chroma(at(width));
  for (auto _ : state) {
    for (Index y = 0; y < height; y += 2) {
      for (Row* row : {&upper, &lower}) {
        row->color();
        ochre::color::lab_to_chroma_row(row->luma.data(), 1, format, width, row->lightness.data(), row->a.data(),
                                        row->b.data());
      }
      ochre::color::store_chroma_row({upper.a.data(), lower.a.data()}, width, format, chroma.data(), 2);
      ochre::color::store_chroma_row({upper.b.data(), lower.b.data()}, width, format, chroma.data() + 1, 2);
      benchmark::DoNotOptimize(chroma.data());
    }
  }
  for (Index x = 0; x < width; x += 2) {  // b from 0 to 11 is yellow: Cb below 128
    if (chroma[at(x)] > 128 || chroma[at(x)] < 110) state.SkipWithError("the chroma is not that of the colours");
  }
}
BENCHMARK(row_to_nv12)->Unit(benchmark::kMillisecond);

void lightness_of_rgb(benchmark::State& state) {
  const auto rgb = frame();
  Lab lab;
  to_lab(rgb, lab);
  std::vector<float> lightness(at(width));
  ochre::color::read_lightness_row(rgb.data(), PixelFormat::rgb8, width, lightness.data());
  if (!std::equal(lightness.begin(), lightness.end(), lab.lightness.begin())) state.SkipWithError("L differs");
  for (auto _ : state) {
    for (Index y = 0; y < height; ++y) {
      ochre::color::read_lightness_row(&rgb[at(3 * y * width)], PixelFormat::rgb8, width, lightness.data());
      benchmark::DoNotOptimize(lightness.data());
    }
  }
}
BENCHMARK(lightness_of_rgb)->Unit(benchmark::kMillisecond);

// Every colour far outside the gamut: the dearest frame there is.
void chroma_reduction(benchmark::State& state) {
  Lab lab;
  for (float& a : lab.a) a = 150.0f;
  for (Index i = 0; i < width * height; ++i) lab.lightness[at(i)] = static_cast<float>(i % 100);
  std::vector<std::uint8_t> rgb(at(3 * width * height));
  to_rgb(lab, rgb);
  Lab back;
  to_lab(rgb, back);
  for (Index i = 0; i < width * height; ++i) {
    if (std::fabs(back.lightness[at(i)] - lab.lightness[at(i)]) > 0.5f) state.SkipWithError("L was not kept");
  }
  for (auto _ : state) {
    to_rgb(lab, rgb);
    benchmark::DoNotOptimize(rgb.data());
  }
}
BENCHMARK(chroma_reduction)->Unit(benchmark::kMillisecond);

void area_average(benchmark::State& state) {
  const std::vector<float> row(at(width), 42.0f);
  std::vector<float> target(at(16 * grid_width * grid_height));
  std::vector<float> scratch(at(4 * grid_width));
  for (auto _ : state) {
    auto average =
        ochre::color::AreaAverage::create(
            {.from = {height, width}, .to = {4 * grid_height, 4 * grid_width}, .target = target, .scratch = scratch})
            .value();
    for (Index y = 0; y < height; ++y) average.add_row(row.data());
    benchmark::DoNotOptimize(target.data());
  }
  for (const float value : target) {
    if (std::fabs(value - 42.0f) > 1e-4f) state.SkipWithError("a flat plane did not stay flat");
  }
}
BENCHMARK(area_average)->Unit(benchmark::kMillisecond);

// Colours of the network's grid: a varied, b flat.
struct Grid {
  std::vector<float> flat = std::vector<float>(at(grid_width * grid_height), 20.0f);
  std::vector<float> varied = flat;

  Grid() {
    for (std::size_t i = 0; i < varied.size(); ++i) varied[i] = static_cast<float>(i * 37 % 100);
  }
  ochre::AbGridView view() const { return {varied.data(), flat.data(), varied.data(), grid_width, grid_height}; }
};

void expect_flat(const std::vector<float>& b, benchmark::State& state) {
  for (const float value : b) {
    if (std::fabs(value - 20.0f) > 1e-4f) state.SkipWithError("flat colour did not stay flat");
  }
}

void upsample_ab_bilinear(benchmark::State& state) {
  const Grid grid;
  std::vector<float> a(at(width));
  std::vector<float> b(at(width));
  for (auto _ : state) {
    for (Index y = 0; y < height; ++y) {
      ochre::color::upsample_ab_bilinear_row(grid.view(), {{height, width}}, y, a.data(), b.data());
      benchmark::DoNotOptimize(a.data());
      benchmark::DoNotOptimize(b.data());
    }
  }
  expect_flat(b, state);
}
BENCHMARK(upsample_ab_bilinear)->Unit(benchmark::kMillisecond);

// The grid made finer, then brought to the frame: to every pixel, or to its 4:2:0 chroma samples.
struct EdgeAware {
  Grid grid;
  ochre::color::RefinedGrid refined =
      ochre::color::RefinedGrid::create({grid_height, grid_width}, {height, width}, 1).value();
  ochre::color::StridedGrid finer;
  std::vector<float> lightness = std::vector<float>(at(width));
  std::vector<float> shared = std::vector<float>(at(width / 2));
  std::vector<float> a = lightness;
  std::vector<float> b = lightness;

  EdgeAware() {
    for (Index x = 0; x < width; ++x) lightness[at(x)] = static_cast<float>(x % 97);
    for (Index x = 0; x < width / 2; ++x) shared[at(x)] = lightness[at(2 * x)];
    std::fill(b.begin(), b.end(), 20.0f);
    if (!refined.prepare({grid_height, grid_width})) return;
    const auto guide = refined.guide();
    for (Index y = 0; y < guide.size.h; ++y)
      std::copy_n(lightness.data(), guide.size.w, guide.values.data() + y * guide.stride);
    refine();
  }
  void refine() { finer = refined.refine(grid.view(), ochre::color_kernels<>().refine, {}); }
  void upsample_pixels() {
    for (Index y = 0; y < height; ++y) {
      ochre::color::upsample_ab_edge_aware_row(finer, {{height, width}}, y, lightness.data(), a.data(), b.data());
      benchmark::DoNotOptimize(a.data());
    }
  }
  void upsample_chroma() {
    for (Index y = 0; y < height / 2; ++y) {
      ochre::color::upsample_ab_edge_aware_row(finer, {{height, width}, 2, 2}, y, shared.data(), a.data(), b.data());
      benchmark::DoNotOptimize(a.data());
    }
  }
};

void refine_grid(benchmark::State& state) {
  EdgeAware edges;
  for (auto _ : state) {
    edges.refine();
    benchmark::DoNotOptimize(edges.finer.a);
  }
  if (edges.finer.width != 4 * grid_width) state.SkipWithError("the grid was not refined");
}
BENCHMARK(refine_grid)->Unit(benchmark::kMillisecond);

void upsample_ab_edge_aware(benchmark::State& state, void (EdgeAware::*upsample)()) {
  EdgeAware edges;
  for (auto _ : state) {
    edges.refine();
    (edges.*upsample)();
  }
  expect_flat(edges.b, state);
}
BENCHMARK_CAPTURE(upsample_ab_edge_aware, pixels, &EdgeAware::upsample_pixels)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(upsample_ab_edge_aware, chroma_420, &EdgeAware::upsample_chroma)->Unit(benchmark::kMillisecond);

void annealed_mean(benchmark::State& state) {
  const Index plane = grid_width * grid_height;
  const std::vector<float> logits(at(313 * plane), 1.0f);
  std::vector<float> a(at(plane));
  std::vector<float> b(at(plane));
  for (auto _ : state) {
    ochre::color::annealed_mean({logits.data(), {1, 313, grid_height, grid_width}}, 2.6f, {}, a.data(), b.data());
    benchmark::DoNotOptimize(a.data());
  }
  for (const float value : a) {
    if (std::fabs(value - a[0]) > 0.0f) state.SkipWithError("equal pixels differ");
  }
}
BENCHMARK(annealed_mean)->Unit(benchmark::kMillisecond);

// Of a square of 256 by 256, as `street` makes it: a grid of 64 by 64, 128 features a cell.
struct Cells {
  static constexpr ochre::Extent grid{64, 64};
  static constexpr Index channels = 128;
  static constexpr Index count = grid.h * grid.w;
  std::vector<float> features = std::vector<float>(at(channels * count));
  std::vector<float> lightness = std::vector<float>(at(count));
  std::vector<float> a = std::vector<float>(at(count), 10.0f);
  std::vector<float> b = a;
  ochre::color::CellKeys keys = ochre::color::CellKeys::create(grid, channels).value();

  Cells() {
    for (std::size_t i = 0; i < features.size(); ++i)
      features[i] = static_cast<float>(i * 2654435761u % 1000u) * 0.001f;
    for (std::size_t i = 0; i < lightness.size(); ++i) lightness[i] = static_cast<float>(i * 40503u % 100u);
    read();
  }
  void read() {
    keys.read_features(ochre::TensorView<const float>{features.data(), {1, channels, grid.h, grid.w}}, {});
    keys.read_lightness(lightness.data());
  }
};

void expect_one_color(const std::vector<float>& a, benchmark::State& state) {
  for (const float value : a) {
    if (!(std::fabs(value - a[0]) < 1e-3f)) state.SkipWithError("one colour did not stay one");
  }
}

void consensus(benchmark::State& state) {
  Cells cells;
  std::vector<float> means(at(3 * Cells::count), 10.0f);
  std::fill(means.begin() + 2 * Cells::count, means.end(), 300.0f);
  auto memory = ochre::color::Consensus::create(Cells::grid, cells.keys.depth()).value();
  for (auto _ : state) {
    cells.read();
    memory.settle(cells.keys, means.data(), cells.a.data(), cells.b.data(),
                  &ochre::color::vote_row<ochre::color::ConsensusNumbers::values>, {});
    benchmark::DoNotOptimize(cells.a.data());
  }
  expect_one_color(cells.a, state);
}
BENCHMARK(consensus)->Unit(benchmark::kMillisecond);

// Of one picture in colour, 4,096 entries, on itself.
void recall(benchmark::State& state) {
  Cells cells;
  ochre::Reference reference{.model = "",
                             .grid = Cells::grid,
                             .depth = cells.keys.depth(),
                             .keys = {},
                             .lightness = cells.lightness,
                             .a = cells.a,
                             .b = cells.b,
                             .own_a = cells.a,
                             .own_b = cells.b};
  for (Index i = 0; i < Cells::count; ++i) {
    for (Index d = 0; d < reference.depth; ++d) reference.keys.push_back(cells.keys.plane(d)[i]);
    reference.a[at(i)] = reference.b[at(i)] = (cells.lightness[at(i)] + 16.0f) / 10.0f;
  }
  ochre::CameraMemory memory;
  if (!memory.add(reference)) state.SkipWithError("nothing was learned");
  auto recall = ochre::color::Recall::create(memory, Cells::grid, ochre::MemoryPlace::same).value();
  std::vector<float> a(at(Cells::count));
  std::vector<float> b(at(Cells::count));
  for (auto _ : state) {
    recall.settle(cells.keys, cells.lightness.data(), a.data(), b.data(),
                  &ochre::color::vote_row<ochre::color::RecallNumbers::values>, {});
    benchmark::DoNotOptimize(a.data());
  }
  for (Index i = 0; i < Cells::count; ++i) a[at(i)] /= cells.lightness[at(i)] + 16.0f;
  expect_one_color(a, state);
}
BENCHMARK(recall)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
