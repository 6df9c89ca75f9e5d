// Chroma worked out where it is stored: against the rows that Colorizer uses and against the definition in double; when
// a code stays what it was.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/parallel/thread_team.hpp>
#include <ochre/video/chroma_memory.hpp>

#include "support/yuv_frame.hpp"

namespace chroma_memory_test {

namespace {

using namespace ochre;
using test::at;
using test::Frame;
using test::Layout;
using video::ChromaMemory;

constexpr std::array subsamplings{ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444};
constexpr std::array depths{YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high};
constexpr std::array ranges{YuvRange::limited, YuvRange::full};

// Colours that own their planes.
struct Grid {
  Extent size;
  std::vector<float> a, b, lightness;

  AbGridView view() const { return {a.data(), b.data(), lightness.data(), size.w, size.h}; }
};

Grid random_grid(Extent size, float largest, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> ab(-largest, largest);
  std::uniform_real_distribution<float> lightness(20, 80);
  Grid grid{size, {}, {}, {}};
  for (Index i = 0; i < size.h * size.w; ++i) {
    grid.a.push_back(ab(random));
    grid.b.push_back(ab(random));
    grid.lightness.push_back(lightness(random));
  }
  return grid;
}

Grid flat_grid(float a, float b) { return {{1, 1}, {a}, {b}, {50}}; }

// Luma of random codes between two levels of 0…1.
void fill_luma(Frame& frame, double darkest, double lightest, unsigned seed) {
  std::mt19937 random(seed);
  const image::YuvCodes codes = image::yuv_codes(frame.view.format.depth, frame.view.format.range);
  std::uniform_real_distribution<double> level(darkest, lightest);
  for (Index y = 0; y < frame.view.height; ++y) {
    for (Index x = 0; x < frame.view.width; ++x) {
      const double code = codes.black + level(random) * (codes.white - codes.black);
      frame.set(frame.view.luma, x, y, std::clamp(static_cast<int>(std::lround(code)), 0, codes.largest));
    }
  }
}

// ---- what the head says, one chroma sample at a time ----

struct Chroma {
  double cb, cr;  // codes, as real numbers
};

// Mean luma of the pixels that share the sample, in 10 bits.
double mean_luma(const Frame& input, ChromaSubsampling subsampling, Index y, Index x) {
  const Index rows = subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
  const Index columns = subsampling == ChromaSubsampling::yuv444 ? 1 : 2;
  double sum = 0;
  for (Index v = rows * y; v < rows * y + rows; ++v) {
    for (Index u = columns * x; u < columns * x + columns; ++u) {
      const Index row = std::min(v, input.view.height - 1);
      const Index column = std::min(u, input.view.width - 1);
      sum += input.code(input.view.luma, column, row);
    }
  }
  const double mean = sum / static_cast<double>(rows * columns);
  if (input.view.format.depth != YuvDepth::bits8) return mean;
  return input.view.format.range == YuvRange::full ? mean * 1023 / 255 : mean * 4;
}

double level_of(int code, YuvRange range) {
  const image::YuvCodes codes = image::yuv_codes(YuvDepth::bits10, range);
  return std::clamp(static_cast<double>(code - codes.black) / (codes.white - codes.black), 0.0, 1.0);
}

double to_linear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
double to_encoded(double t) { return t <= 0.0031308 ? 12.92 * t : 1.055 * std::pow(t, 1 / 2.4) - 0.055; }
double curve(double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116.0; }
double gray_lightness(double level) { return 116.0 * curve(to_linear(level)) - 16.0; }

// Of a colour that sRGB shows, and a luma that it fits beside (color/yuv_rows.hpp).
Chroma defined_chroma(double level, double a, double b, const YuvFormat& format) {
  const double fy = (gray_lightness(level) + 16.0) / 116.0;
  const auto cube = [](double f) { return f > 0.2068966 ? f * f * f : (f - 16.0 / 116.0) / 7.787; };
  const double x = cube(fy + a / 500.0);
  const double y = cube(fy);
  const double z = cube(fy - b / 200.0);
  const double red = to_encoded(3.079980302289446 * x - 1.537151516271849 * y - 0.542821307986000 * z);
  const double green = to_encoded(-0.921247752273000 * x + 1.875990001489000 * y + 0.045247339486000 * z);
  const double blue = to_encoded(0.052890461108000 * x - 0.204041338366000 * y + 1.151232012006000 * z);
  const image::YuvWeights k = image::yuv_weights(format.matrix);
  const double own = k.r * red + k.g * green + k.b * blue;
  const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
  return {(blue - own) / (2 * (1 - k.b)) * codes.chroma + codes.zero,
          (red - own) / (2 * (1 - k.r)) * codes.chroma + codes.zero};
}

// One chroma row as the library's rows make it of 10-bit luma codes, and as the definition does.
struct ExpectedRow {
  std::vector<Chroma> of_rows, defined;
};

ExpectedRow expected_row(const Grid& grid, bool edge_aware, const std::vector<int>& luma,
                         const color::PictureSamples& samples, Index y, const YuvFormat& format) {
  std::vector<float> lightness(luma.size()), a(luma.size()), b(luma.size());
  std::vector<std::uint16_t> words(luma.begin(), luma.end());
  for (std::size_t x = 0; x < luma.size(); ++x) {
    lightness[x] = static_cast<float>(gray_lightness(level_of(luma[x], format.range)));
  }
  if (edge_aware) {
    color::upsample_ab_edge_aware_row<>(grid.view(), samples, y, lightness.data(), a.data(), b.data());
  } else {
    color::upsample_ab_bilinear_row<>(grid.view(), samples, y, a.data(), b.data());
  }
  ExpectedRow row;
  for (std::size_t x = 0; x < luma.size(); ++x) {
    row.defined.push_back(
        defined_chroma(level_of(luma[x], format.range), static_cast<double>(a[x]), static_cast<double>(b[x]), format));
  }
  YuvFormat fine = format;
  fine.depth = YuvDepth::bits10;
  color::lab_to_chroma_row<>(reinterpret_cast<const std::uint8_t*>(words.data()), 2, fine, samples.width(),
                             lightness.data(), a.data(), b.data());
  const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
  for (std::size_t x = 0; x < luma.size(); ++x) {
    row.of_rows.push_back(
        {static_cast<double>(a[x]) * codes.chroma + codes.zero, static_cast<double>(b[x]) * codes.chroma + codes.zero});
  }
  return row;
}

// How much further than a half the codes are from what they should be.
struct Excess {
  double of_rows = 0, defined = 0;
};

Excess excess_of(const Frame& input, const Frame& output, const Grid& grid, bool edge_aware) {
  const auto subsampling = output.view.format.subsampling;
  const color::PictureSamples samples{output.view.extent(), subsampling == ChromaSubsampling::yuv444 ? 1 : 2,
                                      subsampling == ChromaSubsampling::yuv420 ? 2 : 1};
  Excess worst;
  for (Index y = 0; y < samples.height(); ++y) {
    std::vector<int> below, above;  // the mean is a whole code or between these
    for (Index x = 0; x < samples.width(); ++x) {
      const double mean = mean_luma(input, subsampling, y, x);
      below.push_back(static_cast<int>(std::floor(mean + 1e-9)));
      above.push_back(static_cast<int>(std::ceil(mean - 1e-9)));
    }
    const ExpectedRow lower = expected_row(grid, edge_aware, below, samples, y, output.view.format);
    const ExpectedRow upper = expected_row(grid, edge_aware, above, samples, y, output.view.format);
    for (Index x = 0; x < samples.width(); ++x) {
      const int cb = output.code(output.view.cb, x, y);
      const int cr = output.code(output.view.cr, x, y);
      const auto off = [&](const Chroma& exact) {
        const int largest = image::yuv_codes(output.view.format.depth, output.view.format.range).largest;
        const auto apart = [&](int code, double e) { return std::fabs(code - std::min(e, 1.0 * largest)) - 0.5; };
        return std::max(apart(cb, exact.cb), apart(cr, exact.cr));
      };
      worst.of_rows = std::fmax(worst.of_rows, std::fmin(off(lower.of_rows[at(x)]), off(upper.of_rows[at(x)])));
      worst.defined = std::fmax(worst.defined, std::fmin(off(lower.defined[at(x)]), off(upper.defined[at(x)])));
    }
  }
  return worst;
}

ChromaMemory memory_for(const Frame& frame, int threads = 1) {
  return ChromaMemory::create(frame.view.extent(), threads).value();
}

void show(ChromaMemory& memory, const Grid& grid, const Frame& input, const Frame& output, float slack = 1.0f,
          const std::uint8_t* keep = nullptr, bool edge_aware = true) {
  memory.show(
      {.kernels = color_kernels<>(), .grid = grid.view(), .edge_aware = edge_aware, .slack = slack, .keep = keep},
      input.view, output.view, {});
}

}  // namespace

TEST_CASE("chroma memory: the rounded chroma of each sample's mean luma, in every format, size and layout") {
  unsigned seed = 0;
  for (const auto depth : depths) {
    for (const auto range : ranges) {
      for (const auto subsampling : subsamplings) {
        for (const Extent size : {Extent{1, 1}, {1, 2}, {2, 1}, {7, 5}, {26, 39}, {33, 18}}) {
          for (const bool edge_aware : {true, false}) {
            CAPTURE(static_cast<int>(depth));
            CAPTURE(static_cast<int>(range));
            CAPTURE(static_cast<int>(subsampling));
            CAPTURE(size.w);
            const auto matrix = seed % 2 == 0 ? YuvMatrix::bt601 : YuvMatrix::bt709;
            const Layout layout = test::layouts[++seed % test::layouts.size()];
            Frame input(size.w, size.h, {subsampling, depth, range, matrix}, layout);
            Frame output(size.w, size.h, {subsampling, depth, range, matrix});
            const std::vector<std::uint8_t> untouched = output.luma;
            auto memory = memory_for(input);
            // Any colour and any code: as the rows make it. L of the table and of the test may differ in the last bit,
            // a 10^-5 of which the weights of colours up to 110 apart make thousandths of a code.
            const Grid wild = random_grid({4, 6}, 110, seed);
            fill_luma(input, -0.1, 1.1, seed);
            show(memory, wild, input, output, 1.0f, nullptr, edge_aware);
            CHECK(excess_of(input, output, wild, edge_aware).of_rows < 0.004);
            // Colours that sRGB shows beside their luma: as they are defined. yuv_rows_test.cpp has the bound of Pb and
            // Pr without any that are reduced, 2 · 8·10^-6 / 1.4.
            memory.forget();
            const Grid tame = random_grid({4, 6}, 8, seed);
            fill_luma(input, 0.3, 0.7, seed);
            show(memory, tame, input, output, 1.0f, nullptr, edge_aware);
            const int chroma = image::yuv_codes(depth, range).chroma;
            CHECK(excess_of(input, output, tame, edge_aware).defined < 2 * 8e-6 / 1.4 * chroma);
            CHECK(output.luma == untouched);
          }
        }
      }
    }
  }
}

TEST_CASE("chroma memory: every layout of the output holds the same, and nothing beside it is written") {
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10_high}) {
    for (const auto subsampling : subsamplings) {
      for (const Extent size : {Extent{1, 1}, {13, 18}, {12, 21}}) {
        const YuvFormat format{subsampling, depth, YuvRange::limited, YuvMatrix::bt709};
        Frame input(size.w, size.h, format);
        fill_luma(input, 0, 1, 5);
        const Grid grid = random_grid({5, 4}, 40, 6);
        Frame planar(size.w, size.h, format);
        auto memory = memory_for(input);
        show(memory, grid, input, planar);
        for (const Layout layout : test::layouts) {
          Frame output(size.w, size.h, format, layout);
          auto other = memory_for(input);
          show(other, grid, input, output);
          CHECK(output.cb_codes() == planar.cb_codes());
          CHECK(output.cr_codes() == planar.cr_codes());
          Frame blank(size.w, size.h, format, layout);  // with its chroma set to what was written: all of it
          for (Index y = 0; y < blank.view.chroma_height(); ++y) {
            for (Index x = 0; x < blank.view.chroma_width(); ++x) {
              blank.set(blank.view.cb, x, y, planar.code(planar.view.cb, x, y));
              blank.set(blank.view.cr, x, y, planar.code(planar.view.cr, x, y));
            }
          }
          CHECK(output.luma == blank.luma);
          CHECK(output.cb == blank.cb);
          CHECK(output.cr == blank.cr);
        }
      }
    }
  }
}

TEST_CASE("chroma memory: a code stays while it is within the slack of what is worked out, else that is rounded") {
  for (const auto depth : depths) {
    for (const float slack : {1.0f, 0.75f, 0.25f, 0.0f}) {
      CAPTURE(slack);
      const double unit = depth == YuvDepth::bits8 ? 1.25 : 5;  // codes
      const YuvFormat format{ChromaSubsampling::yuv444, depth, YuvRange::limited, YuvMatrix::bt709};
      Frame input(40, 6, format);
      Frame output(40, 6, format);
      fill_luma(input, 0.3, 0.7, 8);
      auto memory = memory_for(input);
      std::vector<int> before;
      int held = 0;     // codes that are not the nearest
      int changed = 0;  // codes that are not those before
      for (int frame = 0; frame < 40; ++frame) {
        const auto t = static_cast<float>(frame);
        const Grid grid = flat_grid(6 * std::sin(0.2f * t), 4 * std::cos(0.3f * t));
        show(memory, grid, input, output, slack);
        std::size_t i = 0;
        for (Index y = 0; y < 6; ++y) {
          std::vector<int> luma;
          for (Index x = 0; x < 40; ++x) {
            luma.push_back(static_cast<int>(mean_luma(input, format.subsampling, y, x)));
          }
          const ExpectedRow row = expected_row(grid, true, luma, {{6, 40}}, y, format);
          for (Index x = 0; x < 40; ++x, ++i) {
            const int code = output.code(output.view.cr, x, y);
            const double e = row.of_rows[at(x)].cr;
            constexpr double last_bit = 1e-3;
            if (before.size() == 240 && std::fabs(e - before[i]) <= unit * static_cast<double>(slack) - last_bit) {
              REQUIRE(code == before[i]);
            }
            if (before.empty() || std::fabs(e - before[i]) >= unit * static_cast<double>(slack) + last_bit) {
              REQUIRE(std::fabs(code - e) <= 0.5 + last_bit);
            }
            held += std::fabs(code - e) > 0.5 + last_bit ? 1 : 0;
            changed += !before.empty() && code != before[i] ? 1 : 0;
          }
        }
        before = output.cr_codes();
      }
      CHECK(changed > 500);
      CHECK((held > 100) == (static_cast<double>(slack) * unit > 0.5));
    }
  }
}

TEST_CASE("chroma memory: rows that are kept stay as they are, whatever the colours, and are written again") {
  for (const auto subsampling : subsamplings) {
    const YuvFormat format{subsampling, YuvDepth::bits8, YuvRange::full, YuvMatrix::bt601};
    Frame input(17, 11, format);
    fill_luma(input, 0.3, 0.7, 4);
    auto memory = memory_for(input);
    Frame first(17, 11, format);
    std::vector<std::uint8_t> keep(at(first.view.chroma_height()), 1);
    show(memory, flat_grid(20, 20), input, first, 1.0f, keep.data());  // nothing was shown yet that could be kept
    CHECK(first.code(first.view.cr, 0, 0) > 135);
    for (std::size_t y = 0; y < keep.size(); y += 2) keep[y] = 0;
    Frame second(17, 11, format);
    show(memory, flat_grid(-20, -20), input, second, 1.0f, keep.data());
    for (Index y = 0; y < second.view.chroma_height(); ++y) {
      for (Index x = 0; x < second.view.chroma_width(); ++x) {
        if (y % 2 == 1) CHECK(second.code(second.view.cr, x, y) == first.code(first.view.cr, x, y));
        if (y % 2 == 0) CHECK(second.code(second.view.cr, x, y) < 121);
      }
    }
  }
}

TEST_CASE("chroma memory: what is forgotten, and what was of another format, counts no more") {
  const Grid red = flat_grid(20, 20);
  const Grid redder = flat_grid(20.4f, 20.4f);  // less than a code more
  const YuvFormat format{ChromaSubsampling::yuv420, YuvDepth::bits8, YuvRange::limited, YuvMatrix::bt709};
  const auto after_red = [&](const YuvFormat& then, bool forget) {
    Frame earlier(30, 20, format);
    Frame input(30, 20, then);
    fill_luma(earlier, 0.3, 0.7, 4);
    fill_luma(input, 0.3, 0.7, 4);
    auto memory = memory_for(input);
    Frame output(30, 20, format);
    show(memory, red, earlier, output);
    if (forget) memory.forget();
    Frame next(30, 20, then);
    const std::vector<std::uint8_t> keep(at(next.view.chroma_height()), forget ? 1 : 0);
    show(memory, redder, input, next, 1.0f, keep.data());
    auto fresh = memory_for(input);
    Frame expected(30, 20, then);
    show(fresh, redder, input, expected);
    return next.cb_codes() == expected.cb_codes() && next.cr_codes() == expected.cr_codes();
  };
  CHECK(!after_red(format, false));
  CHECK(after_red(format, true));
  YuvFormat other = format;
  other.matrix = YuvMatrix::bt601;
  CHECK(after_red(other, false));
  other = format;
  other.subsampling = ChromaSubsampling::yuv422;
  CHECK(after_red(other, false));
  other = format;
  other.range = YuvRange::full;
  CHECK(after_red(other, false));
  for (const auto depth : {YuvDepth::bits10, YuvDepth::bits10_high}) {
    other = format;
    other.depth = depth;
    CHECK(after_red(other, false));
  }
}

TEST_CASE("chroma memory: grey is exactly neutral, the strongest colours stay within the codes") {
  for (const auto depth : depths) {
    for (const auto range : ranges) {
      const YuvFormat format{ChromaSubsampling::yuv422, depth, range, YuvMatrix::bt709};
      Frame input(21, 9, format);
      fill_luma(input, -0.1, 1.1, 2);
      Frame output(21, 9, format);
      auto memory = memory_for(input);
      const image::YuvCodes codes = image::yuv_codes(depth, range);
      show(memory, flat_grid(0, 0), input, output);
      for (const int code : output.cb_codes()) CHECK(code == codes.zero);
      for (const int code : output.cr_codes()) CHECK(code == codes.zero);
      for (const float b : {-500.0f, 500.0f}) {
        show(memory, flat_grid(b, b), input, output);
        for (const int code : output.cb_codes()) REQUIRE(code <= codes.zero + codes.chroma / 2);
        for (const int code : output.cr_codes()) REQUIRE(code <= codes.zero + codes.chroma / 2);
      }
    }
  }
}

TEST_CASE("chroma memory: rows of the grid may lie apart, and the output's size is the picture's, not the grid's") {
  for (const auto subsampling : subsamplings) {
    const YuvFormat format{subsampling, YuvDepth::bits8, YuvRange::limited, YuvMatrix::bt709};
    for (const bool edge_aware : {true, false}) {
      Frame input(19, 11, format);
      fill_luma(input, 0.2, 0.8, 7);
      const Grid dense = random_grid({5, 7}, 40, 8);
      const Index stride = 13;
      Grid apart{dense.size, std::vector<float>(at(5 * stride), 1e3f), {}, {}};
      apart.b = apart.lightness = apart.a;
      for (Index i = 0; i < 35; ++i) {
        const auto to = at(i / 7 * stride + i % 7);
        apart.a[to] = dense.a[at(i)];
        apart.b[to] = dense.b[at(i)];
        apart.lightness[to] = dense.lightness[at(i)];
      }
      color::StridedGrid grid = apart.view();
      grid.stride = stride;
      Frame expected(19, 11, format);
      Frame output(19, 11, format);
      auto memory = memory_for(input);
      show(memory, dense, input, expected, 1.0f, nullptr, edge_aware);
      memory.forget();
      memory.show({.kernels = color_kernels<>(), .grid = grid, .edge_aware = edge_aware}, input.view, output.view, {});
      CHECK(output.cb_codes() == expected.cb_codes());
      CHECK(output.cr_codes() == expected.cr_codes());
    }
  }
}

TEST_CASE("chroma memory: the same for any number of threads") {
  const YuvFormat format;
  Frame input(37, 600, format);
  auto alone = memory_for(input);
  for (const int threads : {2, 5}) {
    const auto team = parallel::ThreadTeam::create(threads).value();
    alone.forget();
    auto memory = memory_for(input, threads);
    for (unsigned frame = 0; frame < 10; ++frame) {
      fill_luma(input, 0.2, 0.8, frame);
      const Grid grid = random_grid({12, 9}, 4, 3);
      Frame expected(37, 600, format);
      Frame output(37, 600, format);
      show(alone, grid, input, expected);
      memory.show({.kernels = color_kernels<>(), .grid = grid.view()}, input.view, output.view, team.team());
      CHECK(output.cb_codes() == expected.cb_codes());
      CHECK(output.cr_codes() == expected.cr_codes());
    }
  }
}

TEST_CASE("chroma memory: frames that no memory holds are refused") {
  for (const Extent size : {Extent{Index{1} << 40, Index{1} << 40}, {1, Index{1} << 60}}) {
    const auto refused = ChromaMemory::create(size, 4);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::too_large);
  }
}

}  // namespace chroma_memory_test
