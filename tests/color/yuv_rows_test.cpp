// Luma to L and Lab to chroma, against the definition in double; and what a decoder then shows.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <ochre/color/yuv_rows.hpp>

namespace yuv_rows_test {

namespace {

using namespace ochre;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

struct Rgb {
  double r, g, b;
};

// ---- the definition, in double ----

double to_linear(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }
double to_encoded(double t) { return t <= 0.0031308 ? 12.92 * t : 1.055 * std::pow(t, 1 / 2.4) - 0.055; }
double curve(double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116.0; }
double inverse_curve(double f) { return f > 0.2068966 ? f * f * f : (f - 16.0 / 116.0) / 7.787; }
double gray_lightness(double level) { return 116.0 * curve(to_linear(level)) - 16.0; }

Rgb linear_of(double lightness, double a, double b) {
  const double fy = (lightness + 16.0) / 116.0;
  const double x = inverse_curve(fy + a / 500.0);
  const double y = inverse_curve(fy);
  const double z = inverse_curve(fy - b / 200.0);
  return {3.079980302289446 * x - 1.537151516271849 * y - 0.542821307986000 * z,
          -0.921247752273000 * x + 1.875990001489000 * y + 0.045247339486000 * z,
          0.052890461108000 * x - 0.204041338366000 * y + 1.151232012006000 * z};
}

// The colour that is shown as RGB: chroma held to the gamut by the rule of gamut.hpp, whose last step rounding may take
// or not: `steps` more of them.
Rgb shown_rgb(double lightness, double a, double b, int steps) {
  const auto inside = [](const Rgb& rgb) {
    return std::min({rgb.r, rgb.g, rgb.b}) >= -1e-5 && std::max({rgb.r, rgb.g, rgb.b}) <= 1.0 + 1e-4;
  };
  double factor = 0.0;
  if (inside(linear_of(lightness, a, b))) {
    factor = 1.0;
  } else {
    for (double step = 0.5; step > 0x1p-13; step /= 2) {
      if (inside(linear_of(lightness, (factor + step) * a, (factor + step) * b))) factor += step;
    }
    factor = std::max(0.0, factor + steps * 0x1p-12);
  }
  const Rgb linear = linear_of(lightness, factor * a, factor * b);
  const auto encode = [](double t) { return to_encoded(std::clamp(t, 0.0, 1.0)); };
  return {encode(linear.r), encode(linear.g), encode(linear.b)};
}

struct Pbr {
  double pb, pr;
};

Pbr expected_chroma(double level, double a, double b, YuvMatrix matrix, int steps = 0) {
  const Rgb rgb = shown_rgb(gray_lightness(level), a, b, steps);
  const image::YuvWeights k = image::yuv_weights(matrix);
  const double own = k.r * rgb.r + k.g * rgb.g + k.b * rgb.b;
  const double above = std::max({rgb.r, rgb.g, rgb.b}) - own;
  const double below = own - std::min({rgb.r, rgb.g, rgb.b});
  double factor = 1.0;
  const double slack = static_cast<double>(color::detail::luma_slack);
  if (above > 1.0 + slack - level) factor = std::min(factor, (1.0 + slack - level) / above);
  if (below > level + slack) factor = std::min(factor, (level + slack) / below);
  return {factor * (rgb.b - own) / (2 * (1 - k.b)), factor * (rgb.r - own) / (2 * (1 - k.r))};
}

Rgb decode(double level, const Pbr& chroma, YuvMatrix matrix) {
  const image::YuvWeights k = image::yuv_weights(matrix);
  const double r = level + 2 * (1 - k.r) * chroma.pr;
  const double b = level + 2 * (1 - k.b) * chroma.pb;
  return {r, (level - k.r * r - k.b * b) / k.g, b};
}

// ---- rows ----

const std::array formats = [] {
  std::array<YuvFormat, 12> list{};
  std::size_t i = 0;
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
    for (const auto range : {YuvRange::limited, YuvRange::full}) {
      for (const auto matrix : {YuvMatrix::bt601, YuvMatrix::bt709}) {
        list[i++] = {ChromaSubsampling::yuv444, depth, range, matrix};
      }
    }
  }
  return list;
}();

std::uint16_t word_of(int code, YuvDepth depth) {
  return static_cast<std::uint16_t>(depth == YuvDepth::bits10_high ? code << 6 : code);
}

// Codes as a row with `step` bytes from one to the next.
std::vector<std::uint8_t> pack(const std::vector<int>& codes, YuvDepth depth, Index step) {
  std::vector<std::uint8_t> row(codes.size() * at(step), 0xCD);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::uint16_t word = word_of(codes[i], depth);
    if (depth == YuvDepth::bits8) {
      row[i * at(step)] = static_cast<std::uint8_t>(word);
    } else {
      std::memcpy(row.data() + i * at(step), &word, 2);
    }
  }
  return row;
}

int code_at(const std::vector<std::uint8_t>& row, Index x, YuvDepth depth, Index step) {
  if (depth == YuvDepth::bits8) return row[at(x * step)];
  std::uint16_t word = 0;
  std::memcpy(&word, row.data() + x * step, 2);
  return depth == YuvDepth::bits10_high ? word >> 6 : word;
}

double level_of(int code, const YuvFormat& format) {
  const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
  return std::clamp(static_cast<double>(code - codes.black) / (codes.white - codes.black), 0.0, 1.0);
}

struct Colors {
  std::vector<int> codes;
  std::vector<float> a, b;
};

Colors random_colors(const YuvFormat& format, Index count, float largest, std::mt19937& random) {
  Colors colors;
  std::uniform_real_distribution<float> ab(-largest, largest);
  std::uniform_int_distribution<int> code(0, image::yuv_codes(format.depth, format.range).largest);
  for (Index i = 0; i < count; ++i) {
    colors.codes.push_back(code(random));
    colors.a.push_back(ab(random));
    colors.b.push_back(ab(random));
  }
  return colors;
}

// Pb and Pr as the kernels make them.
Colors chroma_of(const Colors& colors, const YuvFormat& format, Index step = 0) {
  if (step == 0) step = bytes_per_sample(format.depth);
  const auto width = static_cast<Index>(colors.codes.size());
  const auto row = pack(colors.codes, format.depth, step);
  std::vector<float> lightness(at(width));
  Colors chroma = colors;
  color::read_luma_row(row.data(), step, format, width, lightness.data());
  color::lab_to_chroma_row(row.data(), step, format, width, lightness.data(), chroma.a.data(), chroma.b.data());
  return chroma;
}

}  // namespace

TEST_CASE("luma: L is that of the grey it stands for, black and white beyond their codes") {
  for (const YuvFormat& format : formats) {
    CAPTURE(static_cast<int>(format.depth));
    CAPTURE(static_cast<int>(format.range));
    const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
    std::vector<int> all;
    for (int code = 0; code <= codes.largest; ++code) all.push_back(code);
    const auto width = static_cast<Index>(all.size());
    for (const Index step : {bytes_per_sample(format.depth), Index{5}}) {
      const auto row = pack(all, format.depth, step);
      std::vector<float> lightness(at(width) + 1, -7.0f);
      color::read_luma_row(row.data(), step, format, width, lightness.data());
      double worst = 0.0;
      for (Index x = 0; x < width; ++x) {
        const double expected = gray_lightness(level_of(all[at(x)], format));
        worst = std::fmax(worst, std::fabs(static_cast<double>(lightness[at(x)]) - expected));
      }
      CHECK(worst < (format.depth == YuvDepth::bits8 ? 1e-5 : 5e-5));  // a table, or curves.hpp's 3e-7 times 116
      CHECK(lightness[0] == doctest::Approx(0.0));
      CHECK(lightness[at(codes.black)] == doctest::Approx(0.0));
      CHECK(lightness[at(codes.white)] == doctest::Approx(100.0));
      CHECK(lightness.back() == -7.0f);
    }
  }
  // Full range of 8 bits is today's grey.
  std::vector<std::uint8_t> codes(256);
  std::vector<float> lightness(256);
  for (std::size_t i = 0; i < 256; ++i) codes[i] = static_cast<std::uint8_t>(i);
  color::read_luma_row(codes.data(), 1, {.range = YuvRange::full}, 256, lightness.data());
  for (std::size_t i = 0; i < 256; ++i) CHECK(lightness[i] == color::gray8_lightness[i]);
}

TEST_CASE("chroma: the definition in double, in the gamut and outside, for every depth, range and matrix") {
  std::mt19937 random(3);
  for (const YuvFormat& format : formats) {
    for (const float largest : {20.0f, 110.0f}) {
      CAPTURE(static_cast<int>(format.depth));
      CAPTURE(static_cast<int>(format.range));
      CAPTURE(static_cast<int>(format.matrix));
      const Colors colors = random_colors(format, 4001, largest, random);  // 1 beyond any number of vectors
      const Colors chroma = chroma_of(colors, format);
      double worst = 0.0;
      for (std::size_t i = 0; i < colors.codes.size(); ++i) {
        const double level = level_of(colors.codes[i], format);
        double least = 1.0;  // inside the gamut the three are one
        for (const int steps : {-1, 0, 1}) {
          const auto expected = expected_chroma(level, static_cast<double>(colors.a[i]),
                                                static_cast<double>(colors.b[i]), format.matrix, steps);
          const double off = std::fmax(std::fabs(static_cast<double>(chroma.a[i]) - expected.pb),
                                       std::fabs(static_cast<double>(chroma.b[i]) - expected.pr));
          least = std::fmin(least, off);
        }
        worst = std::fmax(worst, least);
      }
      // R'G'B' of the float chain is off by e = 8e-6 at most (srgb_lab_test.cpp), and so is its own luma, a
      // difference by 2e. Where t reduces, a difference d becomes room · d / above, of which d / above is at most
      // (1 - Kb) / Kb = 12.9 (yellow, whose blue is far below where red and green are little above): 13 times as much.
      // Pb and Pr are differences divided by 2 (1 - K), at least 1.4.
      CHECK(worst < 2 * 8e-6 * (1 + 13) / 1.4);
    }
  }
}

TEST_CASE("chroma: a decoder shows the luma that was given, a colour of R'G'B', and nearly the wanted a and b") {
  std::mt19937 random(5);
  for (const YuvMatrix matrix : {YuvMatrix::bt601, YuvMatrix::bt709}) {
    const YuvFormat format{.depth = YuvDepth::bits10, .range = YuvRange::full, .matrix = matrix};
    for (const float largest : {15.0f, 30.0f, 110.0f}) {
      const Colors colors = random_colors(format, 5000, largest, random);
      const Colors chroma = chroma_of(colors, format);
      double worst_outside = 0.0;
      std::vector<double> off;
      for (std::size_t i = 0; i < colors.codes.size(); ++i) {
        const double level = level_of(colors.codes[i], format);
        const Rgb rgb = decode(level, {static_cast<double>(chroma.a[i]), static_cast<double>(chroma.b[i])}, matrix);
        worst_outside = std::fmax(worst_outside, std::max({rgb.r, rgb.g, rgb.b}) - 1.0);
        worst_outside = std::fmax(worst_outside, -std::min({rgb.r, rgb.g, rgb.b}));
        const double a = static_cast<double>(colors.a[i]);
        const double b = static_cast<double>(colors.b[i]);
        const Rgb wanted = linear_of(gray_lightness(level), a, b);
        const bool in_gamut =
            std::min({wanted.r, wanted.g, wanted.b}) >= 0.0 && std::max({wanted.r, wanted.g, wanted.b}) <= 1.0;
        if (!in_gamut || std::max({rgb.r, rgb.g, rgb.b}) > 0.99 || std::min({rgb.r, rgb.g, rgb.b}) < 0.01) continue;
        const double r = to_linear(rgb.r);
        const double g = to_linear(rgb.g);
        const double blue = to_linear(rgb.b);
        const double fx = curve(0.4339463634 * r + 0.3762138731 * g + 0.1898250339 * blue);
        const double fy = curve(0.212671 * r + 0.715160 * g + 0.072169 * blue);
        const double fz = curve(0.0177566746 * r + 0.1094688794 * g + 0.8727046463 * blue);
        off.push_back(std::hypot(500 * (fx - fy) - a, 200 * (fy - fz) - b));
      }
      CHECK(worst_outside < static_cast<double>(color::detail::luma_slack) + 1e-5);
      REQUIRE(off.size() > 500);
      std::sort(off.begin(), off.end());
      const double p95 = off[off.size() * 95 / 100];
      CHECK(p95 < (largest < 20 ? 0.4 : largest < 40 ? 1.5 : 5.0));
    }
  }
}

TEST_CASE("chroma: grey is exactly neutral, whatever its luma") {
  for (YuvFormat format : formats) {
    const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
    Colors gray;
    for (int code = 0; code <= codes.largest; ++code) gray.codes.push_back(code);
    gray.a.assign(gray.codes.size(), 0.0f);
    gray.b = gray.a;
    const Colors chroma = chroma_of(gray, format);
    const auto width = static_cast<Index>(gray.codes.size());
    for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv444}) {
      format.subsampling = subsampling;
      for (const auto* plane : {&chroma.a, &chroma.b}) {
        std::vector<std::uint8_t> row(at(2 * width));
        const Index step = bytes_per_sample(format.depth);
        color::store_chroma_row({plane->data(), plane->data()}, width, format, row.data(), step);
        const Index samples = subsampling == ChromaSubsampling::yuv444 ? width : (width + 1) / 2;
        for (Index x = 0; x < samples; ++x) REQUIRE(code_at(row, x, format.depth, step) == codes.zero);
      }
    }
  }
}

TEST_CASE("chroma: samples are the rounded mean of their pixels, at any width and step, and nothing else is written") {
  std::mt19937 random(9);
  std::uniform_real_distribution<float> value(-0.5f, 0.5f);
  for (YuvFormat format : formats) {
    for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
      format.subsampling = subsampling;
      const image::YuvCodes codes = image::yuv_codes(format.depth, format.range);
      const Index bytes = bytes_per_sample(format.depth);
      for (const Index width : {1, 2, 3, 8, 21}) {
        for (const Index step : {bytes, 2 * bytes, Index{7}}) {
          std::vector<float> upper, lower;
          for (Index x = 0; x < width; ++x) {
            upper.push_back(value(random));
            lower.push_back(value(random));
          }
          upper[0] = lower[0] = 0.5f;
          upper.back() = lower.back() = -0.5f;
          const bool two = subsampling == ChromaSubsampling::yuv420;
          const float* second = two ? lower.data() : upper.data();
          const Index shared = subsampling == ChromaSubsampling::yuv444 ? 1 : 2;
          const Index samples = (width + shared - 1) / shared;
          std::vector<std::uint8_t> row(at(samples * step) + 2, 0xCD);
          color::store_chroma_row({upper.data(), second}, width, format, row.data(), step);
          for (Index i = 0; i < samples; ++i) {
            double sum = 0.0;
            double count = 0.0;
            for (Index x = shared * i; x < std::min(width, shared * (i + 1)); ++x) {
              sum += static_cast<double>(upper[at(x)]) + static_cast<double>(second[x]);
              count += 2;
            }
            const double exact =
                std::clamp(sum / count * codes.chroma + codes.zero, 0.0, static_cast<double>(codes.largest));
            CHECK(std::fabs(code_at(row, i, format.depth, step) - exact) <= 0.5001);
            for (Index gap = bytes; gap < step; ++gap) CHECK(row[at(i * step + gap)] == 0xCD);
          }
          CHECK(row.back() == 0xCD);
        }
      }
    }
  }
}

TEST_CASE("chroma: the same for every place in a row, step and width, and for values that are no colours") {
  std::mt19937 random(11);
  for (const YuvFormat& format : formats) {
    const Colors colors = random_colors(format, 40, 90.0f, random);
    const Colors whole = chroma_of(colors, format);
    const Colors spread = chroma_of(colors, format, 6);
    CHECK(spread.a == whole.a);
    CHECK(spread.b == whole.b);
    for (std::size_t i = 0; i < 40; ++i) {
      const Colors pixel = chroma_of({{colors.codes[i]}, {colors.a[i]}, {colors.b[i]}}, format);
      CHECK(pixel.a[0] == whole.a[i]);
      CHECK(pixel.b[0] == whole.b[i]);
    }
  }
  const Colors none = chroma_of({{100, 100, 100}, {NAN, INFINITY, 1e30f}, {0.0f, NAN, 0.0f}}, {});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(std::fabs(none.a[i]) < 1e-4f);
    CHECK(std::fabs(none.b[i]) < 1e-4f);
  }
}

TEST_CASE("luma: rows are copied bit for bit between any steps") {
  for (const YuvDepth depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
    const Index bytes = bytes_per_sample(depth);
    for (const Index from : {bytes, Index{4}}) {
      for (const Index to : {bytes, Index{5}}) {
        std::vector<std::uint8_t> source(at(9 * from)), target(at(9 * to) + 1, 0xCD);
        for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::uint8_t>(i * 37 + 200);
        color::copy_luma_row(source.data(), from, depth, target.data(), to, 9);
        for (Index x = 0; x < 9; ++x) {
          CHECK(std::memcmp(target.data() + x * to, source.data() + x * from, at(bytes)) == 0);
          for (Index gap = bytes; gap < to; ++gap) CHECK(target[at(x * to + gap)] == 0xCD);
        }
        CHECK(target.back() == 0xCD);
      }
    }
  }
}

}  // namespace yuv_rows_test
