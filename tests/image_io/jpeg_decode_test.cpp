// JPEGs that are odd or damaged but that libjpeg shows: shown, with a remark where something is wrong. What is cut, or
// of a process that libjpeg does not know, is refused by its true name.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/load_picture.hpp>

#include "support/jpeg_writer.hpp"
#include "support/picture_bytes.hpp"

namespace jpeg_decode_test {

namespace {

using namespace std::string_view_literals;
using ochre::Index;
using ochre::LoadedPicture;
using ochre::test::Bytes;
using ochre::test::contains;
using ochre::test::jpeg_of;
using ochre::test::JpegWish;
using ochre::test::lacks;
using ochre::test::refusal;

LoadedPicture shown(const Bytes& file) {
  auto picture = ochre::decode_picture(file);
  REQUIRE(picture);
  return *std::move(picture);
}

bool same_pixels(const LoadedPicture& left, const LoadedPicture& right) {
  return left.format == right.format &&
         std::equal(left.pixels.span().begin(), left.pixels.span().end(), right.pixels.span().begin());
}

// Where that marker is, from `from` on; its end if it is not there.
std::ptrdiff_t find_marker(const Bytes& file, int marker, std::ptrdiff_t from = 0) {
  const Bytes wanted{std::byte{0xFF}, static_cast<std::byte>(marker)};
  return std::search(file.begin() + from, file.end(), wanted.begin(), wanted.end()) - file.begin();
}

Bytes with_bytes(Bytes file, std::ptrdiff_t at, std::string_view bytes) {
  const Bytes more = bytes_of(bytes);
  file.insert(file.begin() + at, more.begin(), more.end());
  return file;
}

Bytes without_tables(Bytes file) {
  for (auto at = find_marker(file, 0xC4); at < std::ssize(file); at = find_marker(file, 0xC4)) {
    const auto length = std::to_integer<int>(file[static_cast<std::size_t>(at) + 2]) * 256 +
                        std::to_integer<int>(file[static_cast<std::size_t>(at) + 3]);
    file.erase(file.begin() + at, file.begin() + at + 2 + length);
  }
  return file;
}

int farthest(const LoadedPicture& picture, auto&& expected) {
  int worst = 0;
  for (Index y = 0; y < picture.height; ++y) {
    for (Index x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int level = picture.view().row(y)[3 * x + c];
        worst = std::max(worst, std::abs(level - expected(static_cast<unsigned>(x), static_cast<unsigned>(y), c)));
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("odd jpeg: a frame of a Motion-JPEG camera has no tables, the standard ones apply") {
  const Bytes whole = jpeg_of({});
  const Bytes bare = without_tables(whole);
  REQUIRE(bare.size() < whole.size());
  const auto picture = shown(bare);
  CHECK(picture.remark == "");
  CHECK(same_pixels(picture, shown(whole)));
}

TEST_CASE("odd jpeg: bytes before a restart marker, more restart markers, a marker 00 and what cameras append") {
  const Bytes whole = jpeg_of({.restart_rows = 1});
  const auto expected = shown(whole);
  CHECK(expected.remark == "");
  const auto restart = find_marker(whole, 0xD0);
  const auto end = find_marker(whole, 0xD9);
  const auto before = shown(with_bytes(whole, restart, "abcdefgh"));
  CHECK(same_pixels(before, expected));
  CHECK(contains(before.remark, "found damage (Corrupt JPEG data: 8 extraneous bytes before marker 0xd0)"));
  CHECK(same_pixels(shown(with_bytes(whole, end, "\xff\xd3\xff\xd4"sv)), expected));
  CHECK(same_pixels(shown(with_bytes(whole, end, "\xff\x00"sv)), expected));
  Bytes twice = whole;
  twice.resize(static_cast<std::size_t>(end));  // no end of image, then another picture
  const Bytes other = jpeg_of({.width = 8, .height = 8});
  twice.insert(twice.end(), other.begin(), other.end());
  CHECK(same_pixels(shown(twice), expected));
}

TEST_CASE("odd jpeg: damage within is shown with the first warning, once") {
  const Bytes whole = jpeg_of({.width = 256, .height = 256, .restart_rows = 1});
  Bytes damaged = whole;
  const auto fourth = find_marker(whole, 0xD3);
  damaged.erase(damaged.begin() + fourth - 20, damaged.begin() + fourth);
  const auto picture = shown(damaged);
  CHECK(contains(picture.remark, "found damage ("));
  CHECK(picture.remark.find("found damage", 1) == std::string::npos);
  CHECK(std::equal(picture.pixels.data(), picture.pixels.data() + 256 * 3 * 8, shown(whole).pixels.data()));
}

TEST_CASE("odd jpeg: no end-of-image marker is no harm, missing data is a cut file, in every process") {
  for (const JpegWish& wish : {JpegWish{}, JpegWish{.progressive = true}, JpegWish{.restart_rows = 1},
                               JpegWish{.space = JCS_GRAYSCALE}, JpegWish{.arithmetic = true}}) {
    CAPTURE(wish.progressive);
    CAPTURE(wish.arithmetic);
    const Bytes whole = jpeg_of(wish);
    const auto expected = shown(whole);
    for (std::size_t length = 3; length < whole.size(); ++length) {
      CAPTURE(length);
      const auto picture = ochre::decode_picture(std::span(whole).first(length));
      if (!picture) {
        CHECK(contains(picture.error().message(), "cut short"));
        continue;
      }
      CHECK(same_pixels(*picture, expected));  // of the last bytes some hold no pixel
      CHECK(length > whole.size() - 8);
    }
    if (!wish.arithmetic) CHECK(refusal(std::span(whole).first(whole.size() - 2)) == "accepted");
  }
}

TEST_CASE("odd jpeg: arithmetic coding is read like any other") {
  for (const bool progressive : {false, true}) {
    const auto picture = shown(jpeg_of({.arithmetic = true, .progressive = progressive}));
    CHECK(same_pixels(picture, shown(jpeg_of({.progressive = progressive}))));
  }
}

TEST_CASE("odd jpeg: CMYK and YCCK, as Adobe stores them and as others do") {
  const auto light = [](int color, int black) { return (color * black + 127) / 255; };
  for (const J_COLOR_SPACE space : {JCS_CMYK, JCS_YCCK}) {
    for (const bool adobe : {true, false}) {
      if (space == JCS_YCCK && !adobe) continue;  // only the marker says that it is YCCK
      CAPTURE(adobe);
      const auto picture = shown(jpeg_of({.space = space, .adobe = adobe}));
      const int worst = farthest(picture, [&](unsigned x, unsigned y, int c) {
        const int color = ochre::test::jpeg_sample(x, y, c);
        const int black = ochre::test::jpeg_sample(x, y, 3);
        return adobe ? light(color, black) : light(255 - color, 255 - black);
      });
      CHECK(worst <= 6);
    }
  }
}

TEST_CASE("odd jpeg: what libjpeg does not know is refused by its name") {
  const Bytes whole = jpeg_of({});
  const auto frame = static_cast<std::size_t>(find_marker(whole, 0xC0));
  const auto changed = [&](std::size_t at, int value) {
    Bytes file = whole;
    file[frame + at] = static_cast<std::byte>(value);
    return refusal(file);
  };
  CHECK(lacks(changed(4, 12), {"found a JPEG of 12 bits a sample", "expected 8"}) == "");
  CHECK(lacks(changed(1, 0xC3), {"lossless coding"}) == "");
  CHECK(lacks(changed(1, 0xCB), {"lossless coding"}) == "");
  CHECK(lacks(changed(1, 0xC5), {"hierarchical coding"}) == "");
  CHECK(lacks(changed(1, 0xCE), {"hierarchical coding"}) == "");
}

}  // namespace jpeg_decode_test
