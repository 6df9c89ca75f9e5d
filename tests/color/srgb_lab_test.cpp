#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/srgb_lab.hpp>
#include "support/at.hpp"
#include "support/golden.hpp"

namespace color = ochre::color;
using ochre::Index;
using ochre::PixelFormat;
using ochre::test::at;

namespace {

constexpr std::array all_formats{PixelFormat::gray8, PixelFormat::gray_alpha8, PixelFormat::rgb8,
                                 PixelFormat::rgba8, PixelFormat::gray16,      PixelFormat::gray_alpha16,
                                 PixelFormat::rgb16, PixelFormat::rgba16};
constexpr std::array color_formats{PixelFormat::rgb8, PixelFormat::rgba8, PixelFormat::rgb16, PixelFormat::rgba16};

const ochre::test::GoldenTensors& golden() {
  static const auto file = ochre::test::load_golden_file("color.safetensors");
  return file.tensors;
}

const std::vector<double>& golden(const char* name) { return golden().at(name).values; }

struct LabRow {
  std::vector<float> lightness, a, b;
  explicit LabRow(Index width) : lightness(at(width)), a(at(width)), b(at(width)) {}
};

LabRow to_lab(const std::vector<std::uint8_t>& row, PixelFormat format, Index width) {
  LabRow lab(width);
  color::srgb_to_lab_row(row.data(), format, width, lab.lightness.data(), lab.a.data(), lab.b.data());
  return lab;
}

// Packs samples (0…255 or 0…65535) of r, g, b, alpha into a row; a grey format takes r.
std::vector<std::uint8_t> pack(const std::vector<std::array<int, 4>>& pixels, PixelFormat format) {
  std::vector<std::uint8_t> row;
  const auto push = [&](int sample) {
    if (bytes_per_sample(format) == 1) return row.push_back(static_cast<std::uint8_t>(sample));
    const auto wide = static_cast<std::uint16_t>(sample);
    std::uint8_t bytes[2];
    std::memcpy(bytes, &wide, 2);
    row.insert(row.end(), bytes, bytes + 2);
  };
  for (const auto& pixel : pixels) {
    for (std::size_t c = 0; c < (has_color(format) ? 3u : 1u); ++c) push(pixel[c]);
    if (has_alpha(format)) push(pixel[3]);
  }
  return row;
}

int sample_at(const std::vector<std::uint8_t>& row, PixelFormat format, Index x, Index channel) {
  const Index sample = x * channels(format) + channel;
  if (bytes_per_sample(format) == 1) return row[at(sample)];
  std::uint16_t wide = 0;
  std::memcpy(&wide, &row[at(2 * sample)], 2);
  return wide;
}

struct Rgb {
  double r, g, b;
};

// Linear sRGB of Lab in double, by the definition.
Rgb exact_linear(double lightness, double a, double b) {
  const auto inverse = [](double f) { return f > 0.2068966 ? f * f * f : (f - 16.0 / 116.0) / 7.787; };
  const double fy = (lightness + 16.0) / 116.0;
  const double x = inverse(fy + a / 500.0);
  const double y = inverse(fy);
  const double z = inverse(fy - b / 200.0);
  return {3.079980302289446 * x - 1.537151516271849 * y - 0.542821307986000 * z,
          -0.921247752273000 * x + 1.875990001489000 * y + 0.045247339486000 * z,
          0.052890461108000 * x - 0.204041338366000 * y + 1.151232012006000 * z};
}

bool inside(const Rgb& rgb, double slack) {
  return std::min({rgb.r, rgb.g, rgb.b}) >= -slack && std::max({rgb.r, rgb.g, rgb.b}) <= 1.0 + slack;
}

struct Worst {
  double lightness = 0.0;
  double ab = 0.0;
  void add(const LabRow& lab, const std::vector<double>& expected) {
    for (std::size_t i = 0; i < lab.a.size(); ++i) {
      lightness = std::fmax(lightness, std::fabs(static_cast<double>(lab.lightness[i]) - expected[3 * i]));
      ab = std::fmax(ab, std::fabs(static_cast<double>(lab.a[i]) - expected[3 * i + 1]));
      ab = std::fmax(ab, std::fabs(static_cast<double>(lab.b[i]) - expected[3 * i + 2]));
    }
  }
};

std::vector<std::array<int, 4>> golden_pixels(const char* name) {
  std::vector<std::array<int, 4>> pixels;
  const auto& values = golden(name);
  for (std::size_t i = 0; i < values.size(); i += 3) {
    pixels.push_back(
        {static_cast<int>(values[i]), static_cast<int>(values[i + 1]), static_cast<int>(values[i + 2]), 7});
  }
  return pixels;
}

}  // namespace

TEST_CASE("Lab of 8-bit and 16-bit sRGB is scikit-image's") {
  for (const bool wide : {false, true}) {
    CAPTURE(wide);
    const auto pixels = golden_pixels(wide ? "rgb16" : "rgb8");
    const auto format = wide ? PixelFormat::rgba16 : PixelFormat::rgba8;
    Worst worst;
    worst.add(to_lab(pack(pixels, format), format, static_cast<Index>(pixels.size())), golden(wide ? "lab16" : "lab8"));
    CHECK(worst.lightness < 2e-5);
    CHECK(worst.ab < 1e-4);
  }
}

TEST_CASE("sRGB of Lab inside the gamut is scikit-image's, rounded to nearest") {
  const auto& lab = golden("inside.lab");
  const auto& rgb = golden("inside.rgb");
  const auto width = static_cast<Index>(lab.size() / 3);
  LabRow row(width);
  for (Index x = 0; x < width; ++x) {
    row.lightness[at(x)] = static_cast<float>(lab[at(3 * x)]);
    row.a[at(x)] = static_cast<float>(lab[at(3 * x + 1)]);
    row.b[at(x)] = static_cast<float>(lab[at(3 * x + 2)]);
  }
  for (const PixelFormat format : color_formats) {
    CAPTURE(static_cast<int>(format));
    std::vector<std::uint8_t> out(at(width * bytes_per_pixel(format)));
    color::lab_to_srgb_row(row.lightness.data(), row.a.data(), row.b.data(), width, out.data(), format);
    const bool wide = bytes_per_sample(format) == 2;
    const double largest = wide ? 65535.0 : 255.0;
    double worst = 0.0;
    for (Index x = 0; x < width; ++x) {
      for (Index c = 0; c < 3; ++c) {
        worst = std::fmax(worst, std::fabs(sample_at(out, format, x, c) - largest * rgb[at(3 * x + c)]));
      }
    }
    CHECK(worst < (wide ? 1.0 : 0.501));  // half a step is rounding, the rest the float chain
  }
}

TEST_CASE("8-bit colours come back exactly from Lab") {
  std::vector<std::array<int, 4>> pixels(256);
  std::vector<std::uint8_t> out(256 * 3);
  int changed = 0;
  for (int r = 0; r < 256; r += 5) {
    for (int g = 0; g < 256; ++g) {
      for (int b = 0; b < 256; ++b) pixels[at(b)] = {r, g, b, 0};
      const auto row = pack(pixels, PixelFormat::rgb8);
      const LabRow lab = to_lab(row, PixelFormat::rgb8, 256);
      color::lab_to_srgb_row(lab.lightness.data(), lab.a.data(), lab.b.data(), 256, out.data(), PixelFormat::rgb8);
      changed += row != out;
    }
  }
  CHECK(changed == 0);
}

TEST_CASE("lightness survives 8-bit samples to 0.26, in the gamut and after chroma is reduced") {
  const Index width = 89;
  LabRow row(width);
  std::vector<std::uint8_t> out(at(width * 3));
  double worst_inside = 0.0;
  double worst_outside = 0.0;
  for (double lightness = 0.0; lightness <= 100.0; lightness += 0.37) {
    for (double a = -110.0; a <= 110.0; a += 2.5) {
      for (Index x = 0; x < width; ++x) {
        row.lightness[at(x)] = static_cast<float>(lightness);
        row.a[at(x)] = static_cast<float>(a);
        row.b[at(x)] = static_cast<float>(-110.0 + 2.5 * static_cast<double>(x));
      }
      color::lab_to_srgb_row(row.lightness.data(), row.a.data(), row.b.data(), width, out.data(), PixelFormat::rgb8);
      const LabRow back = to_lab(out, PixelFormat::rgb8, width);
      for (Index x = 0; x < width; ++x) {
        const double error = std::fabs(static_cast<double>(back.lightness[at(x)] - row.lightness[at(x)]));
        const bool is_inside = inside(exact_linear(lightness, a, static_cast<double>(row.b[at(x)])), 0.0);
        double& worst = is_inside ? worst_inside : worst_outside;
        worst = std::fmax(worst, error);
      }
    }
  }
  CHECK(worst_inside < 0.26);
  CHECK(worst_outside < 0.26);
}

TEST_CASE("a colour outside the gamut keeps L and hue and goes no farther in than the edge") {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0.0f, 1.0f);
  const Index width = 20000;
  LabRow row(width);
  for (Index x = 0; x < width; ++x) {
    row.lightness[at(x)] = 2.0f + 90.0f * unit(random);  // above lies the yellow tip, where the edge is met twice
    row.a[at(x)] = 240.0f * unit(random) - 120.0f;
    row.b[at(x)] = 240.0f * unit(random) - 120.0f;
  }
  std::vector<std::uint8_t> out(at(width * 6));
  color::lab_to_srgb_row(row.lightness.data(), row.a.data(), row.b.data(), width, out.data(), PixelFormat::rgb16);
  const LabRow back = to_lab(out, PixelFormat::rgb16, width);
  int reduced = 0;
  int clipped = 0;
  for (Index x = 0; x < width; ++x) {
    const double lightness = static_cast<double>(row.lightness[at(x)]);
    const double a = static_cast<double>(row.a[at(x)]);
    const double b = static_cast<double>(row.b[at(x)]);
    const double out_a = static_cast<double>(back.a[at(x)]);
    const double out_b = static_cast<double>(back.b[at(x)]);
    const double factor = (out_a * a + out_b * b) / (a * a + b * b);
    const double off_hue = std::hypot(out_a - factor * a, out_b - factor * b);
    // Near black a step of 1e-5 in linear light is the gamut's tolerance and already 0.01 of L, 0.1 of a and b.
    const bool held = std::fabs(static_cast<double>(back.lightness[at(x)]) - lightness) < 0.02 && off_hue < 0.2;
    const double edge = factor + 0.4 / std::hypot(a, b);  // 2^-12 of the chroma and the rounding of 16 bits
    const bool is_inside = inside(exact_linear(lightness, a, b), 0.0);
    const bool reaches = is_inside ? std::fabs(factor - 1.0) * std::hypot(a, b) < 0.2
                                   : factor < 1.01 && !inside(exact_linear(lightness, edge * a, edge * b), 0.0);
    reduced += !is_inside;
    clipped += !(held && reaches);
  }
  CHECK(reduced > width / 4);
  CHECK(reduced < width);
  CHECK(clipped == 0);
}

TEST_CASE("every format, width and odd address reads and writes only its own row") {
  std::mt19937 random(3);
  for (const PixelFormat format : all_formats) {
    const int largest = bytes_per_sample(format) == 2 ? 65535 : 255;
    for (Index width = 1; width <= 2 * ochre::simd::lanes<float> + 3; ++width) {
      CAPTURE(static_cast<int>(format));
      CAPTURE(width);
      std::vector<std::array<int, 4>> pixels;
      for (Index x = 0; x < width; ++x) {
        std::array<int, 4> pixel{};
        for (int& sample : pixel) sample = static_cast<int>(random() % static_cast<unsigned>(largest + 1));
        if (!has_color(format)) pixel[1] = pixel[2] = pixel[0];
        pixels.push_back(pixel);
      }
      auto row = pack(pixels, format);
      const LabRow lab = to_lab(row, format, width);

      // From an odd address, with the end of the memory right behind: the sanitiser watches it.
      std::vector<std::uint8_t> odd(row.size() + 1);
      std::copy(row.begin(), row.end(), odd.begin() + 1);
      std::vector<float> lightness(at(width + 1), -5.0f);
      color::read_lightness_row(odd.data() + 1, format, width, lightness.data());
      CHECK(lightness[at(width)] == -5.0f);

      // The same colours in 8-bit or 16-bit RGB, one pixel at a time.
      const auto plain = largest == 255 ? PixelFormat::rgb8 : PixelFormat::rgb16;
      for (Index x = 0; x < width; ++x) {
        const LabRow pixel = to_lab(pack({pixels[at(x)]}, plain), plain, 1);
        REQUIRE(lab.lightness[at(x)] == pixel.lightness[0]);
        REQUIRE(lab.a[at(x)] == pixel.a[0]);
        REQUIRE(lab.b[at(x)] == pixel.b[0]);
        REQUIRE(std::fabs(lightness[at(x)] - pixel.lightness[0]) < 3e-5f);
      }

      // Writing touches the colour samples, and not alpha or what lies behind the row.
      std::vector<std::uint8_t> out(row.size() + 2, 0xAB);
      color::lab_to_srgb_row(lab.lightness.data(), lab.a.data(), lab.b.data(), width, out.data() + 1, format);
      CHECK(out.front() == 0xAB);
      CHECK(out.back() == 0xAB);
      out.erase(out.begin());
      out.pop_back();
      for (Index x = 0; x < width; ++x) {
        for (Index c = 0; c < channels(format); ++c) {
          const bool is_alpha = has_alpha(format) && c == channels(format) - 1;
          const int untouched = largest == 255 ? 0xAB : 0xABAB;
          const int expected = is_alpha || !has_color(format) ? untouched : sample_at(row, format, x, c);
          REQUIRE(std::abs(sample_at(out, format, x, c) - expected) <=
                  (largest == 255 || expected == untouched ? 0 : 1));
        }
      }
    }
  }
}

TEST_CASE("alpha is copied between any two formats, and opaque where there was none") {
  const std::vector<std::array<int, 4>> narrow{{1, 2, 3, 0}, {4, 5, 6, 255}, {7, 8, 9, 100}};
  const std::vector<std::array<int, 4>> wide{{1, 2, 3, 0}, {4, 5, 6, 65535}, {7, 8, 9, 25700 + 128}};
  for (const PixelFormat from : all_formats) {
    for (const PixelFormat to : all_formats) {
      CAPTURE(static_cast<int>(from));
      CAPTURE(static_cast<int>(to));
      const auto source = pack(bytes_per_sample(from) == 1 ? narrow : wide, from);
      const std::vector<std::array<int, 4>> blank(3, {0x11, 0x11, 0x11, 0x11});
      auto target = pack(blank, to);
      color::copy_alpha_row(source.data(), from, target.data(), to, 3);
      auto expected = pack(blank, to);
      if (has_alpha(to)) {
        std::vector<std::array<int, 4>> pixels = blank;
        const bool to_wide = bytes_per_sample(to) == 2;
        for (std::size_t x = 0; x < 3; ++x) {
          if (!has_alpha(from)) {
            pixels[x][3] = to_wide ? 65535 : 255;
          } else if (bytes_per_sample(from) == 1) {
            pixels[x][3] = to_wide ? narrow[x][3] * 257 : narrow[x][3];
          } else {
            pixels[x][3] = to_wide ? wide[x][3] : narrow[x][3];  // 25828 / 257 = 100.498 rounds to 100
          }
        }
        expected = pack(pixels, to);
      }
      CHECK(target == expected);
    }
  }
}

TEST_CASE("values that are no colours still write defined samples") {
  const float inf = INFINITY;
  const std::vector<float> lightness{50.0f, 50.0f, 50.0f, NAN, inf, -inf, 50.0f, 1000.0f, -3.0f};
  const std::vector<float> a{NAN, inf, -inf, 0.0f, 0.0f, 0.0f, 1e30f, 0.0f, 0.0f};
  const std::vector<float> b{0.0f, 0.0f, NAN, 0.0f, 0.0f, 0.0f, 1e30f, 0.0f, 0.0f};
  const std::vector<int> expected{119, 119, 119, 0, 255, 0, 119, 255, 0};  // L 50 is grey 119
  std::vector<std::uint8_t> out(lightness.size() * 3);
  color::lab_to_srgb_row(lightness.data(), a.data(), b.data(), static_cast<Index>(lightness.size()), out.data(),
                         PixelFormat::rgb8);
  for (std::size_t x = 0; x < expected.size(); ++x) {
    for (std::size_t c = 0; c < 3; ++c) CHECK(out[3 * x + c] == expected[x]);
  }
}
