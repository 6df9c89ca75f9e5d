// The netpbm kin: text, bits, bytes, and PAM, sound and damaged.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/load_picture.hpp>

#include "support/picture_bytes.hpp"

namespace pnm_decode_test {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using ochre::PixelFormat;
using ochre::test::lacks;
using ochre::test::refusal;

struct Expected {
  PixelFormat format;
  std::vector<int> levels;
};

void check(std::string_view file, const Expected& expected) {
  CAPTURE(file);
  const auto picture = ochre::decode_picture(bytes_of(file));
  REQUIRE(picture);
  CHECK(picture->format == expected.format);
  std::vector<int> levels;
  const ochre::Index bytes = ochre::bytes_per_sample(picture->format);
  for (ochre::Index i = 0; i < picture->pixels.size(); i += bytes) {
    std::uint16_t level = picture->pixels.data()[i];
    if (bytes == 2) std::memcpy(&level, picture->pixels.data() + i, 2);
    levels.push_back(level);
  }
  CHECK(levels == expected.levels);
}

}  // namespace

TEST_CASE("pnm: bitmaps, as digits and as bits; 1 is black") {
  check("P1\n# a comment\n3 2\n1 0 1\n010\n"sv, {PixelFormat::gray8, {0, 255, 0, 255, 0, 255}});
  check("P1 2 1 1# between\n0"sv, {PixelFormat::gray8, {0, 255}});
  check("P4 9 2\n\x80\x80\x01\x00"sv,
        {PixelFormat::gray8, {0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 0, 255}});
}

TEST_CASE("pnm: grey and colours as text") {
  check("P2 3 1\n255\n0 128\n255"sv, {PixelFormat::gray8, {0, 128, 255}});
  check("P2 2 1 15 7 # half\n15"sv, {PixelFormat::gray8, {119, 255}});
  check("P2 1 1 65535 4660"sv, {PixelFormat::gray16, {4660}});
  check("P3#c\n1 1 255 1 2 3"sv, {PixelFormat::rgb8, {1, 2, 3}});
}

TEST_CASE("pnm: PAM of every depth; its lines in any order, with comments") {
  check("P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\1\0"sv,
        {PixelFormat::gray8, {255, 0}});
  check("P7\nDEPTH 2\n# here\nMAXVAL 255\n\nHEIGHT 1\nWIDTH 1\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\1\2"sv,
        {PixelFormat::gray_alpha8, {1, 2}});
  check("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 65535\nENDHDR\n\1\2\3\4\5\6"sv,
        {PixelFormat::rgb16, {0x0102, 0x0304, 0x0506}});
  check("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n\1\2\3\4"sv,
        {PixelFormat::rgba8, {1, 2, 3, 4}});
}

TEST_CASE("pnm: damaged headers, missing and foreign samples") {
  for (const std::string_view file :
       {"P1 1"sv, "P4 1 1"sv, "P2 1 1 0 1"sv, "P3 1 1 65536 1 1 1"sv, "P7\nWIDTH 1\n"sv,
        "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde"sv,
        "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 0\nENDHDR\na"sv, "P7\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\na"sv}) {
    CAPTURE(file);
    CHECK(lacks(refusal(bytes_of(file)), {"damaged PNM header"}) == "");
  }
  CHECK(lacks(refusal(bytes_of("P4 9 2\nabc"sv)), {"found 3 bytes", "expected 4", "cut short"}) == "");
  CHECK(lacks(refusal(bytes_of("P2 2 2 255 1 2 3"sv)), {"cut short"}) == "");
  CHECK(lacks(refusal(bytes_of("P2 2 2 255 1 2 3   "sv)), {"than 4 numbers"}) == "");
  CHECK(lacks(refusal(bytes_of("P3 1 1 255 1 x 3 "sv)), {"than 3 numbers"}) == "");
  CHECK(lacks(refusal(bytes_of("P1 2 1 012"sv)), {"accepted"}) == "");
  CHECK(lacks(refusal(bytes_of("P1 3 1 012"sv)), {"than 3 numbers"}) == "");
  CHECK(lacks(refusal(bytes_of("P1 99999 99999 0"sv)), {"99999x99999", "268435456"}) == "");
  CHECK(lacks(refusal(bytes_of("P8 1 1 255 a"sv)), {"expected a JPEG, PNG, TIFF, WebP, BMP or PNM"}) == "");
}

}  // namespace pnm_decode_test
