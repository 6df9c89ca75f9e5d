// WebP: what is written comes back, lossless bit for bit; animations, cut files, and chunks that lie.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>

#include "support/noise_picture.hpp"
#include "support/picture_bytes.hpp"

namespace webp_decode_test {

namespace {

using ochre::EncodeOptions;
using ochre::LoadedPicture;
using ochre::PictureFileFormat;
using ochre::PixelFormat;
using ochre::test::Bytes;
using ochre::test::contains;
using ochre::test::lacks;
using ochre::test::noise;
using ochre::test::refusal;

Bytes webp(const LoadedPicture& picture, const EncodeOptions& options = {}) {
  auto file = ochre::encode_picture(picture.view(), PictureFileFormat::webp, options);
  REQUIRE(file);
  return *std::move(file);
}

// An animation of one picture, whose upper left corner is at x, y (even) of a canvas.
Bytes animation(const Bytes& picture, unsigned width, unsigned height, unsigned x, unsigned y, unsigned canvas) {
  std::vector<std::byte> file = bytes_of("RIFF....WEBP");
  std::vector<std::byte> header;
  ochre::detail::append_little_endian(header, 0x02, 4);
  ochre::detail::append_little_endian(header, canvas - 1, 3);
  ochre::detail::append_little_endian(header, canvas - 1, 3);
  ochre::detail::append_webp_chunk(file, "VP8X", header);
  ochre::detail::append_webp_chunk(file, "ANIM", std::vector<std::byte>(6));
  std::vector<std::byte> frame;
  for (const unsigned value : {x / 2, y / 2, width - 1, height - 1, 100u}) {
    ochre::detail::append_little_endian(frame, value, 3);
  }
  frame.push_back(std::byte{0});
  frame.insert(frame.end(), picture.begin() + 12, picture.end());
  ochre::detail::append_webp_chunk(file, "ANMF", frame);
  const auto length = file.size() - 8;
  for (std::size_t i = 0; i < 4; ++i) file[4 + i] = static_cast<std::byte>(length >> (8 * i) & 0xFF);
  return file;
}

}  // namespace

TEST_CASE("webp: lossless comes back bit for bit, with and without alpha") {
  for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::rgba8}) {
    const auto picture = noise(37, 21, format);
    const auto again = ochre::decode_picture(webp(picture));
    REQUIRE(again);
    CHECK(ochre::test::same(picture.view(), again->view()));
    const ochre::PictureView inner{picture.view().row(9), 13, 9, -picture.row_stride(), format};
    const auto turned = ochre::encode_picture(inner, PictureFileFormat::webp);
    REQUIRE(turned);
    const auto same = ochre::decode_picture(*turned);
    REQUIRE(same);
    CHECK(ochre::test::same(inner, same->view()));
  }
}

TEST_CASE("webp: a quality makes it lossy, and smaller") {
  const auto picture = noise(64, 48, PixelFormat::rgb8);
  CHECK(webp(picture, {.quality = 30}).size() < webp(picture, {.quality = 90}).size());
  CHECK(webp(picture, {.quality = 90}).size() < webp(picture).size());
  const auto lossy = ochre::decode_picture(webp(picture, {.quality = 90}));
  REQUIRE(lossy);
  CHECK(!ochre::test::same(picture.view(), std::as_const(*lossy).view()));
  CHECK(!ochre::encode_picture(picture.view(), PictureFileFormat::webp, {.quality = 0}));
}

TEST_CASE("webp: of an animation the first picture, where it lies on its canvas") {
  const auto picture = noise(6, 4, PixelFormat::rgb8);
  const auto shown = ochre::decode_picture(animation(webp(picture), 6, 4, 2, 4, 10));
  REQUIRE(shown);
  CHECK(contains(shown->remark, "found an animation, of which the first picture is taken"));
  REQUIRE(shown->format == PixelFormat::rgba8);
  CHECK(shown->width == 10);
  const auto* first = std::as_const(*shown).view().row(4) + 2 * 4;
  CHECK(std::equal(first, first + 3, picture.pixels.data()));
  CHECK(first[3] == 255);
  CHECK(std::as_const(*shown).view().row(3)[2 * 4 + 3] == 0);
  CHECK(lacks(refusal(animation(webp(picture), 6, 4, 6, 0, 10)), {"outside of its canvas"}) == "");
}

TEST_CASE("webp: cut anywhere it is refused as cut; a flipped byte never harms") {
  for (const EncodeOptions& options : {EncodeOptions{}, EncodeOptions{.quality = 80}}) {
    const Bytes whole = webp(noise(24, 24, PixelFormat::rgba8), options);
    for (std::size_t length = 12; length < whole.size(); ++length) {
      CAPTURE(length);
      CHECK(contains(refusal(std::span(whole).first(length)), "cut short"));
    }
    for (std::size_t at = 12; at < whole.size(); ++at) {
      Bytes damaged = whole;
      damaged[at] ^= std::byte{0x2A};
      const auto picture = ochre::decode_picture(damaged);
      if (picture) CHECK(picture->pixels.size() == picture->row_stride() * picture->height);
    }
  }
}

TEST_CASE("webp: what it cannot hold") {
  const auto refused = [](const LoadedPicture& picture) {
    const auto file = ochre::encode_picture(picture.view(), PictureFileFormat::webp);
    return file ? std::string("accepted") : file.error().message();
  };
  CHECK(contains(refused(noise(4, 4, PixelFormat::gray8)), "gray8, expected rgb8"));
  CHECK(contains(refused(noise(4, 4, PixelFormat::rgb16)), "rgb16, expected rgb8"));
  CHECK(contains(refused(noise(16384, 1, PixelFormat::rgb8)), "16384x1 pixels, expected at most 16383 a side"));
}

}  // namespace webp_decode_test
