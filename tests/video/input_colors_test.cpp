// The colours that frames bring along: their spread by hand and against the same in double, what it takes for grey and
// for colour, the colours of cells in every format, and when a stream has changed.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/video/input_colors.hpp>

#include "support/yuv_frame.hpp"

namespace input_colors_test {

namespace {

using namespace ochre;
using test::at;
using test::Frame;
using test::Layout;
using video::InputColors;
using video::InputState;

constexpr YuvFormat full{.subsampling = ChromaSubsampling::yuv444, .range = YuvRange::full};  // 1 code is 1/255
constexpr YuvFormat usual{};

// Chroma of 8-bit codes beside zero, at each chroma sample: function(y, x) gives {cb, cr}.
template <class Function>
void tint(Frame& frame, const Function& function) {
  const image::YuvCodes codes = image::yuv_codes(frame.view.format.depth, frame.view.format.range);
  const double unit = codes.chroma / 255.0;
  for (Index y = 0; y < frame.view.chroma_height(); ++y) {
    for (Index x = 0; x < frame.view.chroma_width(); ++x) {
      const std::array<double, 2> beside = function(static_cast<double>(y), static_cast<double>(x));
      const auto code = [&](double value) {
        return std::clamp(codes.zero + static_cast<int>(std::lround(value * unit)), 0, codes.largest);
      };
      frame.set(frame.view.cb, x, y, code(beside[0]));
      frame.set(frame.view.cr, x, y, code(beside[1]));
    }
  }
}

// ---- in double ----

struct Means {
  std::vector<double> b, r;  // Pb, Pr
};

// Over the area of each cell; no grid finer than the chroma.
Means means_of(const Frame& frame, Extent grid) {
  const image::YuvCodes codes = image::yuv_codes(frame.view.format.depth, frame.view.format.range);
  const Extent size{frame.view.chroma_height(), frame.view.chroma_width()};
  REQUIRE(grid.h <= size.h);
  REQUIRE(grid.w <= size.w);
  const auto covered = [](Index cell, Index cells, Index pixel, Index pixels) {
    const double scale = static_cast<double>(pixels) / static_cast<double>(cells);
    const double begin = std::max(static_cast<double>(cell) * scale, static_cast<double>(pixel));
    const double end = std::min(static_cast<double>(cell + 1) * scale, static_cast<double>(pixel + 1));
    return std::max(end - begin, 0.0) / scale;
  };
  Means means{std::vector<double>(at(grid.h * grid.w)), std::vector<double>(at(grid.h * grid.w))};
  for (Index i = 0; i < grid.h * grid.w; ++i) {
    for (Index y = 0; y < size.h; ++y) {
      const double down = covered(i / grid.w, grid.h, y, size.h);
      for (Index x = 0; x < size.w && down > 0; ++x) {
        const double share = down * covered(i % grid.w, grid.w, x, size.w) / codes.chroma;
        means.b[at(i)] += share * (frame.code(frame.view.cb, x, y) - codes.zero);
        means.r[at(i)] += share * (frame.code(frame.view.cr, x, y) - codes.zero);
      }
    }
  }
  return means;
}

// Of blocks' means, in 8-bit codes; the head's words.
double spread_of(const Means& blocks, const std::vector<float>& lightness) {
  std::vector<std::size_t> order(blocks.b.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t one, std::size_t other) { return lightness[one] < lightness[other]; });
  std::vector<double> apart;
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
    const std::size_t first = order.size() * quarter / 4;
    const std::size_t last = order.size() * (quarter + 1) / 4;
    if (first == last) continue;
    const auto median = [&](const std::vector<double>& of) {
      std::vector<double> values;
      for (std::size_t i = first; i < last; ++i) values.push_back(of[order[i]]);
      std::sort(values.begin(), values.end());
      return values[values.size() / 2];
    };
    const double b = median(blocks.b);
    const double r = median(blocks.r);
    for (std::size_t i = first; i < last; ++i) {
      apart.push_back(255 * std::hypot(blocks.b[order[i]] - b, blocks.r[order[i]] - r));
    }
  }
  std::sort(apart.begin(), apart.end());
  return apart[std::min(apart.size() * 70 / 100, apart.size() - 1)];
}

struct Lab {
  double a, b;
};

double to_linear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
double to_encoded(double t) { return t <= 0.0031308 ? 12.92 * t : 1.055 * std::pow(t, 1 / 2.4) - 0.055; }
double curve(double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116.0; }

// Of the sRGB colour R' = E'y + 2 (1 - Kr) Pr ..., as image/yuv_view.hpp has it, held to 0…1; E'y: the grey of L.
Lab lab_of(YuvMatrix matrix, double lightness, double pb, double pr) {
  const double f = (lightness + 16) / 116;
  const double luma = to_encoded(f > 0.2068966 ? f * f * f : (f - 16.0 / 116.0) / 7.787);
  const image::YuvWeights k = image::yuv_weights(matrix);
  const double red = luma + 2 * (1 - k.r) * pr;
  const double blue = luma + 2 * (1 - k.b) * pb;
  const double green = (luma - k.r * red - k.b * blue) / k.g;
  const auto linear = [](double v) { return to_linear(std::clamp(v, 0.0, 1.0)); };
  const double r = linear(red);
  const double g = linear(green);
  const double b = linear(blue);
  const double x = curve((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047);
  const double y = curve(0.212671 * r + 0.715160 * g + 0.072169 * b);
  const double z = curve((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883);
  return {500 * (x - y), 200 * (y - z)};
}

std::vector<float> random_lightness(Index count, std::mt19937& random) {
  std::vector<float> lightness;
  for (Index i = 0; i < count; ++i) lightness.push_back(std::uniform_real_distribution<float>(0, 100)(random));
  return lightness;
}

// What a frame is taken for. lightness(y, x): of a cell.
template <class Lightness>
InputColors colors_of(const Frame& frame, Extent grid, const Lightness& lightness) {
  std::vector<float> cells;
  for (Index i = 0; i < grid.h * grid.w; ++i) {
    const double y = (static_cast<double>(i / grid.w) + 0.5) / static_cast<double>(grid.h);
    const double x = (static_cast<double>(i % grid.w) + 0.5) / static_cast<double>(grid.w);
    cells.push_back(static_cast<float>(lightness(y, x)));
  }
  auto colors = InputColors::create(frame.view.extent(), grid).value();
  REQUIRE(colors.read(frame.view, cells.data()).ok());
  return colors;
}

// A scene of light and dark things, L at places 0…1.
double scene_lightness(double y, double x) {
  return 50 + 25 * std::sin(9 * x + 3 * y) + 20 * std::cos(7 * y - 4 * x * x);
}

constexpr Extent video_size{240, 320};  // chroma of 120 by 160: blocks of 5 by 5 samples
constexpr Extent video_grid{48, 64};

}  // namespace

TEST_CASE("input colors: the spread by hand") {
  // Blocks from dark to light: quarters of 2, 3, 2 and 3. Of Cb the tints are 4, 2, 0 and 5, so that the distances are
  // 4 0, 1 0 7, 0 0 and 0 0 3; seven of the ten are 0 … 1, the eighth is 3.
  const std::array<double, 10> cb{0, 4, 1, 2, 9, 0, 0, 5, 5, 8};
  for (const bool swapped : {false, true}) {
    for (const bool reversed : {false, true}) {
      Frame frame(10, 1, full);
      const auto place = [&](double x) { return reversed ? 9 - static_cast<int>(x) : static_cast<int>(x); };
      tint(frame, [&](double, double x) {
        const double own = cb[at(place(x))];
        return std::array{swapped ? -7.0 : own, swapped ? own : -7.0};  // one tint over all in the other plane
      });
      const auto colors = colors_of(frame, {1, 10}, [&](double, double x) { return 10 * place(10 * x - 0.5); });
      CHECK(colors.spread() == doctest::Approx(3).epsilon(1e-4));
    }
  }
  // Both planes: 3 and 4 beside the tint are 5 apart from it.
  Frame frame(8, 1, full);
  tint(frame, [](double, double x) {
    const bool other = static_cast<int>(x) % 2 == 0;
    return std::array{other ? 3.0 : 0.0, other ? -4.0 : 0.0};
  });
  // The upper of two medians is 3 for Cb and 0 for Cr: 4 from the one block, 3 from the other.
  CHECK(colors_of(frame, {1, 8}, [](double, double x) { return x; }).spread() == doctest::Approx(4).epsilon(1e-4));
}

// A mean of float values up to 1/2, of 16 or fewer in each of two rounds: 2^-25 of each operation, thrice for each of
// the tint and the block, in two planes: 255 · 2 · 2 · 3 · 2^-25 · 8 = 7·10^-4 codes.
TEST_CASE("input colors: the spread over blocks as the head has it, in double") {
  std::mt19937 random(3);
  for (const Extent grid : {Extent{48, 64}, {24, 32}, {12, 7}, {2, 2}, {1, 1}, {72, 24}}) {
    for (const double largest : {0.5, 4.0, 60.0}) {
      Frame frame(2 * 128, 2 * 144, usual);
      std::uniform_real_distribution<double> any(-largest, largest);
      tint(frame, [&](double, double) { return std::array{any(random), any(random)}; });
      const Index factor = (grid.h + 23) / 24;
      const Extent blocks{(grid.h + factor - 1) / factor, (grid.w + factor - 1) / factor};
      CHECK(blocks.h <= 24);
      const auto of_blocks = random_lightness(blocks.h * blocks.w, random);
      std::vector<float> lightness;
      for (Index i = 0; i < grid.h * grid.w; ++i) {
        lightness.push_back(of_blocks[at(i / grid.w / factor * blocks.w + i % grid.w / factor)]);
      }
      auto colors = InputColors::create(frame.view.extent(), grid).value();
      REQUIRE(colors.read(frame.view, lightness.data()).ok());
      CHECK(std::fabs(static_cast<double>(colors.spread()) - spread_of(means_of(frame, blocks), of_blocks)) < 7e-4);
    }
  }
}

TEST_CASE("input colors: below 0.4 grey, above 0.7 in colour, in between what it was") {
  // Blocks of 10 by 10 samples, of which one has that many hundredths of a code: half of the blocks, all over.
  const auto spread = [](int hundredths) {
    Frame frame(80, 80, full);
    tint(frame, [&](double y, double x) {
      const bool other = (static_cast<int>(y / 10) + static_cast<int>(x / 10)) % 2 == 0;
      const int number = static_cast<int>(y) % 10 * 10 + static_cast<int>(x) % 10;
      return std::array{other && number < hundredths ? 1.0 : 0.0, 5.0};
    });
    return colors_of(frame, {8, 8}, [](double y, double x) { return 50 + y + 2 * x; });
  };
  for (const int hundredths : {0, 20, 39, 41, 55, 69, 71, 90}) {
    const auto colors = spread(hundredths);
    CHECK(colors.spread() == doctest::Approx(hundredths / 100.0).epsilon(1e-3));
    CHECK(colors.is_colored(false) == (hundredths > 70));
    CHECK(colors.is_colored(true) == (hundredths > 40));
  }
}

TEST_CASE("input colors: one tint over all is none, and one that grows with the light") {
  for (const double strength : {0.0, 0.5, 3.0, -3.0}) {
    Frame frame(video_size.w, video_size.h, full);
    tint(frame, [&](double y, double x) {
      const double light = scene_lightness((y + 0.5) / 240, (x + 0.5) / 320) / 100;
      return std::array{strength * light - 4, -strength * light + 9};
    });
    const auto colors = colors_of(frame, video_grid, scene_lightness);
    CAPTURE(strength);
    CHECK(!colors.is_colored(true));
    // Without regard to the light it would be taken for colour.
    const auto blind = colors_of(frame, video_grid, [](double y, double x) { return std::fmod(977 * y + 619 * x, 1); });
    CHECK(blind.is_colored(true) == (std::fabs(strength) > 2));
  }
}

TEST_CASE("input colors: boxes and a clock on a quarter of the picture are none of the camera's colours") {
  for (const double share : {0.05, 0.25, 0.45}) {
    Frame frame(video_size.w, video_size.h, usual);
    std::mt19937 random(7);
    std::normal_distribution<double> noise(0, 0.5);
    tint(frame, [&](double y, double x) {
      if (y < 119 * share) return std::array{40 * std::sin(x / 9), 60 * std::cos(y / 3 + x)};
      return std::array{3 + noise(random), -2 + noise(random)};
    });
    const auto colors = colors_of(frame, video_grid, scene_lightness);
    CAPTURE(share);
    CAPTURE(colors.spread());
    CHECK(colors.is_colored(true) == (share > 0.4));
    CHECK(colors.is_colored(false) == (share > 0.4));
  }
}

TEST_CASE("input colors: noise of single chroma samples is no colour, the same over areas is") {
  for (const double side : {1.0, 10.0}) {
    std::mt19937 random(5);
    std::normal_distribution<double> noise(0, 1.8);
    std::vector<std::array<double, 2>> values;
    for (int i = 0; i < 240 * 320; ++i) values.push_back({noise(random), noise(random)});
    Frame frame(2 * video_size.w, 2 * video_size.h, usual);  // blocks of 10 by 10 samples
    tint(frame, [&](double y, double x) {
      return values[static_cast<std::size_t>(std::floor(y / side) * 320 + std::floor(x / side))];
    });
    const auto colors = colors_of(frame, video_grid, scene_lightness);
    CHECK(colors.is_colored(false) == (side > 1));
    CHECK(colors.is_colored(true) == (side > 1));
  }
}

// R', G' and B' are rounded to half a 65535th, and from means that are off by 2 · 10^-7, 4 · 10^-7 more by 2 (1 - K):
// e = 8.4·10^-6. Of f(w t(v)), w t one channel's part, the slope is w^(1/3) · t' / (3 t^(2/3)) at most, 1.13 w^(1/3) at
// the end of the line; three channels whose w sum to 1: 1.13 · 3^(2/3) = 2.36. a is off by 500 · 2 · 2.36 e = 0.020, b
// by 0.008, and the rows by 10^-4.
TEST_CASE("input colors: a and b of the cells, in every format, layout and size") {
  std::mt19937 random(11);
  std::size_t number = 0;
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
    for (const auto range : {YuvRange::limited, YuvRange::full}) {
      for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
        for (const Extent size : {Extent{1, 1}, {1, 2}, {2, 1}, {7, 5}, {33, 18}, {26, 39}}) {
          for (const double largest : {10.0, 90.0}) {
            const auto matrix = ++number % 2 == 0 ? YuvMatrix::bt601 : YuvMatrix::bt709;
            const Layout layout = test::layouts[number % test::layouts.size()];
            CAPTURE(static_cast<int>(depth));
            CAPTURE(static_cast<int>(range));
            CAPTURE(static_cast<int>(subsampling));
            CAPTURE(static_cast<int>(layout));
            CAPTURE(size.w);
            Frame frame(size.w, size.h, {subsampling, depth, range, matrix}, layout);
            std::uniform_real_distribution<double> any(-largest, largest);
            tint(frame, [&](double, double) { return std::array{any(random), any(random)}; });
            const Extent grid{std::min<Index>(frame.view.chroma_height(), 5),
                              std::min<Index>(frame.view.chroma_width(), 4)};
            const auto lightness = random_lightness(grid.h * grid.w, random);
            auto colors = InputColors::create(size, grid).value();
            REQUIRE(colors.read(frame.view, lightness.data()).ok());
            const Means means = means_of(frame, grid);
            CHECK(std::fabs(static_cast<double>(colors.spread()) - spread_of(means, lightness)) < 7e-4);
            std::vector<float> a(lightness.size()), b(lightness.size());
            colors.to_lab(color_kernels<>(), matrix, lightness.data(), a.data(), b.data());
            for (std::size_t i = 0; i < lightness.size(); ++i) {
              const Lab exact = lab_of(matrix, static_cast<double>(lightness[i]), means.b[i], means.r[i]);
              REQUIRE(std::fabs(static_cast<double>(a[i]) - exact.a) < 0.020 + 1e-4);
              REQUIRE(std::fabs(static_cast<double>(b[i]) - exact.b) < 0.008 + 1e-4);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("input colors: neutral chroma is no colour at any light") {
  Frame frame(20, 10, usual);
  tint(frame, [](double, double) { return std::array{0.0, 0.0}; });
  std::vector<float> lightness;
  for (int i = 0; i <= 100; ++i) lightness.push_back(static_cast<float>(i));
  const Extent grid{1, 101};  // finer than the chroma
  auto colors = InputColors::create({10, 20}, grid).value();
  REQUIRE(colors.read(frame.view, lightness.data()).ok());
  CHECK(colors.spread() == 0.0f);
  std::vector<float> a(101, 9.0f), b(101, 9.0f);
  colors.to_lab(color_kernels<>(), YuvMatrix::bt709, lightness.data(), a.data(), b.data());
  for (const float value : a) CHECK(std::fabs(value) < 0.02f);  // sRGB's white is not quite that of Lab
  for (const float value : b) CHECK(std::fabs(value) < 0.02f);
}

TEST_CASE("input colors: a stream has changed with the fifth frame in a row, the first one decides what it is") {
  for (const bool first : {false, true}) {
    InputState state;
    const auto follow = [&](const std::string& frames) {  // o: as the first, x: the other
      std::string changes;
      for (const char frame : frames) changes += state.follow((frame == 'o') == first) ? '!' : '.';
      return changes;
    };
    CHECK(!state.colored());
    CHECK(follow("o") == ".");
    CHECK(state.colored() == first);
    CHECK(follow("xoxxoxxxoxxxxo") == "..............");  // flashes, shorter than five
    CHECK(state.colored() == first);
    CHECK(follow("xxxx") == "....");
    CHECK(state.colored() == first);
    CHECK(follow("x") == "!");
    CHECK(state.colored() != first);
    CHECK(follow("xxxxxxx") == ".......");
    CHECK(follow("oooox") == ".....");
    CHECK(follow("ooooo") == "....!");
    CHECK(state.colored() == first);
  }
}

}  // namespace input_colors_test
