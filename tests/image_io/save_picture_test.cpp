// What is saved reads back (the encoder is ours, the decoder is stb's), and what cannot be saved leaves nothing behind.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include <sys/resource.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "support/noise_picture.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using ochre::Index;
using ochre::LoadedPicture;
using ochre::PictureView;
using ochre::PixelFormat;
using ochre::test::contains;
using ochre::test::noise;
using ochre::test::pixel_formats;
using ochre::test::same;

// Smooth: brighter to the right and downwards.
LoadedPicture slope(Index width, Index height, PixelFormat format) {
  auto picture = LoadedPicture::create(width, height, format);
  REQUIRE(picture);
  const Index row = picture->row_stride();
  for (Index i = 0; i < height * row; ++i) {
    picture->pixels.data()[i] = static_cast<std::uint8_t>(40 + i % row / 2 + i / row);
  }
  return *std::move(picture);
}

PictureView view(const LoadedPicture& picture) { return picture.view(); }

std::string refusal(const std::string& path, const PictureView& picture) {
  const ochre::Status status = ochre::save_picture(path, picture);
  REQUIRE(!status);
  CHECK(status.error().message().find(path + ": ") == 0);
  return status.error().message();
}

}  // namespace

TEST_CASE("save png: every format at odd sizes, bit for bit") {
  const TemporaryFolder folder;
  for (const PixelFormat format : pixel_formats) {
    for (const auto& size : {std::pair<Index, Index>{1, 1}, {1, 7}, {7, 1}, {13, 5}, {64, 3}, {300, 200}}) {
      CAPTURE(static_cast<int>(format));
      CAPTURE(size.first);
      const LoadedPicture picture = noise(size.first, size.second, format);
      REQUIRE(ochre::save_picture(folder.path("a.png"), view(picture)));
      const auto loaded = ochre::load_picture(folder.path("a.png"));
      REQUIRE(loaded);
      CHECK(same(view(picture), view(*loaded)));
    }
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("save png: flat and smooth pictures, larger than the encoder's buffers") {
  const TemporaryFolder folder;
  for (const int step : {0, 1}) {
    auto picture = LoadedPicture::create(500, 400, PixelFormat::rgb8);
    REQUIRE(picture);
    for (Index i = 0; i < picture->pixels.size(); ++i) {
      picture->pixels.data()[i] = static_cast<std::uint8_t>(step * (i / 1500 + i % 1500 / 3));
    }
    REQUIRE(ochre::save_picture(folder.path("a.png"), view(*picture)));
    const auto loaded = ochre::load_picture(folder.path("a.png"));
    REQUIRE(loaded);
    CHECK(same(view(*picture), view(*loaded)));
    CHECK(folder.read("a.png").size() < 30000);  // of 600000
  }
}

TEST_CASE("save: padded and bottom-up rows") {
  const TemporaryFolder folder;
  const LoadedPicture whole = noise(20, 10, PixelFormat::rgb16);
  const PictureView inner{whole.view().row(8), 13, 9, -whole.row_stride(), PixelFormat::rgb16};
  for (const char* name : {"a.png", "a.ppm"}) {
    REQUIRE(ochre::save_picture(folder.path(name), inner));
    const auto loaded = ochre::load_picture(folder.path(name));
    REQUIRE(loaded);
    CHECK(same(inner, view(*loaded)));
  }
}

TEST_CASE("save pgm and ppm: bit for bit") {
  const TemporaryFolder folder;
  for (const PixelFormat format : {PixelFormat::gray8, PixelFormat::gray16, PixelFormat::rgb8, PixelFormat::rgb16}) {
    const std::string path = folder.path(ochre::has_color(format) ? "a.ppm" : "a.pgm");
    const LoadedPicture picture = noise(17, 9, format);
    REQUIRE(ochre::save_picture(path, view(picture)));
    const auto loaded = ochre::load_picture(path);
    REQUIRE(loaded);
    CHECK(same(view(picture), view(*loaded)));
  }
  CHECK(folder.read("a.pgm").substr(0, 14) == "P5\n17 9\n65535\n");
}

TEST_CASE("save jpeg: close to the picture, in colour and in grey") {
  const TemporaryFolder folder;
  for (const PixelFormat format : {PixelFormat::gray8, PixelFormat::rgb8}) {
    const LoadedPicture picture = slope(67, 45, format);
    for (const char* name : {"a.jpg", "a.JPEG"}) {
      REQUIRE(ochre::save_picture(folder.path(name), view(picture)));
      const auto loaded = ochre::load_picture(folder.path(name));
      REQUIRE(loaded);
      REQUIRE(loaded->format == PixelFormat::rgb8);  // grey as three equal channels
      REQUIRE(loaded->width == 67);
      REQUIRE(loaded->height == 45);
      const Index samples = ochre::channels(format);
      int worst = 0;
      for (Index i = 0; i < loaded->pixels.size(); ++i) {
        const Index source = samples == 3 ? i : i / 3;
        worst = std::max(worst, std::abs(loaded->pixels.data()[i] - picture.pixels.data()[source]));
      }
      CHECK(worst <= 8);
    }
  }
}

TEST_CASE("save: the name decides, and what it cannot hold is refused") {
  const TemporaryFolder folder;
  const LoadedPicture gray = noise(4, 4, PixelFormat::gray8);
  for (const char* name : {"a.gif", "a.bmp", "a", "a.png.txt", ".png/a", "a."}) {
    CAPTURE(name);
    CHECK(contains(refusal(folder.path(name), view(gray)), "expected .png, .jpg, .tif, .webp or .ppm"));
  }
  CHECK(contains(refusal(folder.path("a.jpg"), view(noise(4, 4, PixelFormat::rgba8))), "rgba8, expected rgb8"));
  CHECK(contains(refusal(folder.path("a.jpg"), view(noise(4, 4, PixelFormat::rgb16))), "rgb16, expected rgb8"));
  CHECK(contains(refusal(folder.path("a.ppm"), view(gray)), "gray8, expected rgb8"));
  CHECK(contains(refusal(folder.path("a.pgm"), view(noise(4, 4, PixelFormat::gray_alpha16))), "expected gray16"));
  CHECK(*ochre::savable_format("a.png", PixelFormat::gray_alpha16) == PixelFormat::gray_alpha16);
  CHECK(*ochre::savable_format("a.jpg", PixelFormat::rgba16) == PixelFormat::rgb8);
  CHECK(*ochre::savable_format("a.jpg", PixelFormat::gray_alpha16) == PixelFormat::gray8);
  CHECK(!ochre::savable_format("a.bmp", PixelFormat::rgb8));
  CHECK(contains(refusal(folder.path("a.png"), {}), "null"));
  CHECK(contains(refusal(folder.path("a.png"), {gray.pixels.data(), 0, 4, 4, PixelFormat::gray8}), "0x4"));
  CHECK(contains(refusal(folder.path("a.png"), {gray.pixels.data(), 4, 4, 3, PixelFormat::gray8}), "stride"));
  const LoadedPicture tall = noise(1, 65536, PixelFormat::gray8);
  CHECK(contains(refusal(folder.path("a.jpg"), view(tall)), "1x65536 pixels, expected at most 65500 a side"));
  CHECK(folder.files() == 0);
}

TEST_CASE("save: a folder in the way, no folder, a full disk") {
  const TemporaryFolder folder;
  const LoadedPicture picture = noise(64, 64, PixelFormat::rgb8);
  REQUIRE(::mkdir(folder.path("folder.png").c_str(), 0700) == 0);
  CHECK(contains(refusal(folder.path("folder.png"), view(picture)), "found a directory"));
  CHECK(contains(refusal(folder.path("none/a.png"), view(picture)), "no such file or folder"));

  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{1000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const ochre::Status status = ochre::save_picture(folder.path("a.png"), view(picture));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE(!status);
  CHECK(contains(status.error().message(), "a.png: found"));
  CHECK(folder.files() == 1);  // the folder in the way
}
