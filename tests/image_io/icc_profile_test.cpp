// Colour profiles: sRGB's own is recognised, others give the colours that their definitions say, and no byte can harm.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/srgb_curve.hpp>
#include <ochre/image_io/icc_profile.hpp>
#include <ochre/image_io/inks.hpp>
#include <ochre/image_io/srgb_profile.hpp>
#include <ochre/image_io/to_srgb.hpp>

#include "support/noise_picture.hpp"

namespace icc_profile_test {

namespace {

using namespace ochre::detail;
using namespace std::string_literals;
using ochre::PixelFormat;

std::string big(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

// A profile of one tag.
std::vector<std::byte> profile(const std::string& device, const std::string& space, const std::string& tag,
                               const std::string& data) {
  std::string file(128, '\0');
  file.replace(16, 4, device);
  file.replace(20, 4, space);
  file.replace(36, 4, "acsp");
  file += big(1, 4) + tag + big(144, 4) + big(static_cast<std::uint32_t>(data.size()), 4) + data;
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  return {bytes, bytes + file.size()};
}

std::string gamma_curve(double gamma) {
  return "curv"s + big(0, 4) + big(1, 4) + big(static_cast<std::uint32_t>(gamma * 256), 2);
}

// lut8 of CMYK to L*a*b*, two points an input: white without ink, else black.
std::string ink_table() {
  std::string table = "mft1"s + big(0, 4) + "\x04\x03\x02"s + '\0' + std::string(36, '\0');
  for (int curve = 0; curve < 4; ++curve) {
    for (int i = 0; i < 256; ++i) table += static_cast<char>(i);
  }
  for (int point = 0; point < 16; ++point) table += (point == 0 ? "\xff"s : "\x00"s) + "\x80\x80"s;
  for (int curve = 0; curve < 3; ++curve) {
    for (int i = 0; i < 256; ++i) table += static_cast<char>(i);
  }
  return table;
}

}  // namespace

TEST_CASE("profile: what is written for sRGB is read as sRGB, and pixels stay") {
  for (const bool colors : {true, false}) {
    const auto model = IccProfile::read(srgb_profile(colors));
    REQUIRE(model);
    CHECK(is_srgb(ToSrgb(*model), colors ? PixelFormat::rgb8 : PixelFormat::gray8));
    for (const PixelFormat format : {PixelFormat::gray8, PixelFormat::gray_alpha16, PixelFormat::rgba8}) {
      if (ochre::has_color(format) != colors) continue;
      auto picture = ochre::test::noise(20, 20, format);
      const auto before = ochre::test::noise(20, 20, format);
      CHECK(convert_to_srgb(picture, *model));
      CHECK(ochre::test::same(std::as_const(picture).view(), before.view()));
    }
  }
}

TEST_CASE("profile: Display P3's primaries give the known levels of sRGB, and leave grey as it is") {
  const Primaries p3{.red = {0.680, 0.320}, .green = {0.265, 0.690}};
  ToSrgb to_srgb(rgb_model(p3, srgb_curve));
  for (const bool prepared : {false, true}) {
    if (prepared) to_srgb.prepare();
    std::uint8_t color[3] = {200, 100, 50};
    to_srgb.convert(color, 1, PixelFormat::rgb8);
    CHECK(std::abs(color[0] - 215) <= 1);
    CHECK(std::abs(color[1] - 93) <= 1);
    CHECK(std::abs(color[2] - 31) <= 2);
    std::uint16_t gray[3] = {30000, 30000, 30000};  // grey stays grey
    to_srgb.convert(gray, 1, PixelFormat::rgb16);
    for (const int level : gray) CHECK(std::abs(level - 30000) <= 8);
  }
}

TEST_CASE("profile: grey of gamma 1.8 and of gamma 1") {
  for (const double gamma : {1.8, 1.0}) {
    const auto model = IccProfile::read(profile("GRAY", "XYZ ", "kTRC", gamma_curve(gamma)));
    REQUIRE(model);
    auto picture = ochre::test::noise(40, 10, PixelFormat::gray_alpha8);
    const auto before = ochre::test::noise(40, 10, PixelFormat::gray_alpha8);
    REQUIRE(convert_to_srgb(picture, *model));
    for (ochre::Index i = 0; i < picture.pixels.size(); i += 2) {
      const double light =
          std::pow(before.pixels.data()[i] / 255.0, static_cast<double>(static_cast<int>(gamma * 256)) / 256);
      CHECK(std::abs(picture.pixels.data()[i] - 255 * ochre::color::srgb_of_linear(light)) <= 1);
      CHECK(picture.pixels.data()[i + 1] == before.pixels.data()[i + 1]);  // alpha
    }
  }
}

TEST_CASE("profile: inks by their table, and without one") {
  const std::uint8_t inks[] = {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 51, 0, 0, 0};
  std::uint8_t rgb[12];
  InksToRgb(profile("CMYK", "Lab ", "A2B0", ink_table())).convert(inks, rgb, 4);
  CHECK(std::abs(rgb[0] - 255) <= 1);
  CHECK(rgb[3] == 0);
  CHECK(rgb[6] == 0);
  CHECK(std::abs(rgb[9] - 197) <= 3);  // L* 80
  InksToRgb({}).convert(inks, rgb, 4);
  CHECK(rgb[0] == 255);
  CHECK(rgb[3] == 0);
  CHECK(rgb[4] == 255);
  CHECK(rgb[9] == 204);
}

TEST_CASE("profile: of another kind of colour it is not used, grey of an RGB profile is") {
  auto colors = ochre::test::noise(4, 4, PixelFormat::rgb8);
  CHECK(!convert_to_srgb(colors, *IccProfile::read(profile("GRAY", "XYZ ", "kTRC", gamma_curve(1.8)))));
  auto gray = ochre::test::noise(4, 4, PixelFormat::gray8);
  CHECK(convert_to_srgb(gray, rgb_model({}, {.gamma = 1})));
}

TEST_CASE("profile: cut or damaged it is none, or some colours") {
  for (const auto& whole : {srgb_profile(true), srgb_profile(false), profile("CMYK", "Lab ", "A2B0", ink_table())}) {
    for (std::size_t length = 0; length < whole.size(); length += length < 400 ? 1 : 37) {
      IccProfile::read(std::span(whole).first(length));
    }
    for (std::size_t at = 0; at < std::min<std::size_t>(whole.size(), 700); ++at) {
      for (const int damage : {0x00, 0x01, 0x7F, 0xFF}) {
        auto bad = whole;
        bad[at] = static_cast<std::byte>(damage);
        const auto model = IccProfile::read(bad);
        if (!model) continue;
        const float levels[] = {0.3f, 0.6f, 0.9f, 1.0f};
        const Color3 color = ToSrgb(*model)(levels);
        CHECK(std::all_of(color.begin(), color.end(), [](float level) { return level >= 0 && level <= 1; }));
      }
    }
  }
}

}  // namespace icc_profile_test
