// EXIF, XMP, resolution and comment from file to file, in every format that can hold them; colours that a PNG states.
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>

#include "support/exif_block.hpp"
#include "support/noise_picture.hpp"
#include "support/picture_bytes.hpp"

namespace picture_metadata_test {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using ochre::LoadedPicture;
using ochre::PictureFileFormat;
using ochre::PictureMetadata;
using ochre::PixelFormat;
using ochre::test::Bytes;
using ochre::test::contains;
using ochre::test::ExifWriter;
using ochre::test::png;

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ExifWriter exif() {
  ExifWriter writer(false);
  writer.directory({{.tag = 0x10F, .type = 2, .text = "a maker"},
                    {.tag = 0x112, .type = 3, .value = 6},
                    {.tag = 0x8769, .type = 4, .value = 58}});
  writer.directory({{.tag = 0x9003, .type = 2, .text = "2020:01:02 03:04:05"}});
  return writer;
}

LoadedPicture decoded(const Bytes& file) {
  auto picture = ochre::decode_picture(file);
  if (!picture) FAIL(picture.error().message());
  return *std::move(picture);
}

}  // namespace

TEST_CASE("metadata: from a JPEG through every format and back") {
  const auto picture = ochre::test::noise(24, 16, PixelFormat::rgb8);
  const auto plain = ochre::encode_picture(picture.view(), PictureFileFormat::jpeg);
  REQUIRE(plain);
  const std::string xmp = "<x:xmpmeta><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>";
  std::string file = text_of(*plain);
  file.insert(20, ochre::test::jpeg_segment(0xE1, "Exif\0\0"s + exif().text()) +
                      ochre::test::jpeg_segment(0xE1, "http://ns.adobe.com/xap/1.0/\0"s + xmp) +
                      ochre::test::jpeg_segment(0xFE,
                                                "Gr\xfc\xdf"
                                                "e"));
  file.replace(13, 5, "\x01\x01\x2c\x00\x96"sv);  // 300 by 150 dots an inch
  auto original = decoded(bytes_of(file));
  CHECK(original.width == 16);  // turned
  for (const PictureFileFormat format : {PictureFileFormat::jpeg, PictureFileFormat::png, PictureFileFormat::tiff,
                                         PictureFileFormat::webp, PictureFileFormat::png}) {
    CAPTURE(static_cast<int>(format));
    const auto* read_only = &original;
    const auto saved = ochre::encode_picture(read_only->view(), format, {.metadata = &original.metadata});
    REQUIRE(saved);
    const auto again = decoded(*saved);
    CHECK(again.width == 16);
    const PictureMetadata& kept = again.metadata;
    CHECK(contains(text_of(kept.exif), "a maker"));
    CHECK(contains(text_of(kept.exif), "2020:01:02 03:04:05"));
    CHECK(contains(text_of(kept.xmp), "<tiff:Orientation>1<"));
    if (format == PictureFileFormat::webp) continue;  // which has neither
    CHECK(kept.comment == "Grüße");
    CHECK(std::abs(kept.dpi_across - 150) < 0.1);
    CHECK(std::abs(kept.dpi_down - 300) < 0.1);
  }
}

TEST_CASE("metadata: a PNG's texts, packed or not, its resolution and orientation") {
  const auto block = exif().bytes();
  const auto shown = decoded(png({2, 1, 8, 0}, "\0\1\2"sv,
                                 {{"eXIf", block},
                                  {"pHYs", bytes_of("\0\0\x0b\x13\0\0\x0b\x13\1"sv)},
                                  {"tEXt", bytes_of("Comment\0a \xe9t\xe9"sv)},
                                  {"iTXt", bytes_of("XML:com.adobe.xmp\0\0\0\0\0<x/>"sv)}}));
  CHECK(shown.width == 1);
  CHECK(shown.metadata.comment == "a été");
  CHECK(text_of(shown.metadata.xmp) == "<x/>");
  CHECK(std::abs(shown.metadata.dpi_across - 72) < 0.01);
  const auto alone = decoded(
      png({2, 1, 8, 0}, "\0\1\2"sv, {{"iTXt", bytes_of("XML:com.adobe.xmp\0\0\0\0\0<a tiff:Orientation=\"6\"/>"sv)}}));
  CHECK(alone.width == 1);  // XMP counts where EXIF says nothing
  std::string digits;
  for (const char c : "Exif\0\0"s + exif().text()) {
    constexpr char hexadecimal[] = "0123456789abcdef";
    digits += {hexadecimal[static_cast<unsigned char>(c) >> 4], hexadecimal[c & 15]};
    if (digits.size() % 73 == 72) digits += '\n';
  }
  const auto raw = bytes_of("Raw profile type exif\0\nexif\n  92\n"s + digits + "\n");
  CHECK(decoded(png({2, 1, 8, 0}, "\0\1\2"sv, {{"tEXt", raw}})).width == 1);  // of ImageMagick
  CHECK(decoded(png({2, 1, 8, 0}, "\0\1\2"sv, {{"acTL", bytes_of("\0\0\0\3\0\0\0\0"sv)}})).remark ==
        "found an animation of 3 pictures, of which the first is taken");
}

TEST_CASE("metadata: a PNG's gamma, primaries and code points") {
  const auto level = [](const std::vector<std::pair<std::string_view, Bytes>>& chunks) {
    return int{decoded(png({1, 1, 8, 0}, "\0\x64"sv, chunks)).pixels.data()[0]};
  };
  CHECK(level({}) == 100);
  CHECK(level({{"gAMA", bytes_of("\0\0\xb1\x8f"sv)}}) == 100);                              // 1/2.2
  CHECK(std::abs(level({{"gAMA", bytes_of("\0\1\x86\xa0"sv)}}) - 168) <= 1);                // light itself
  CHECK(level({{"sRGB", bytes_of("\0"sv)}, {"gAMA", bytes_of("\0\1\x86\xa0"sv)}}) == 100);  // sRGB precedes
  CHECK(std::abs(level({{"cICP", bytes_of("\1\x08\0\1"sv)}, {"sRGB", bytes_of("\0"sv)}}) - 168) <= 1);
  const auto unknown = decoded(png({1, 1, 8, 0}, "\0\x64"sv, {{"cICP", bytes_of("\x09\x10\0\1"sv)}}));
  CHECK(unknown.pixels.data()[0] == 100);
  CHECK(contains(unknown.remark, "H.273's kinds 9 and 16"));
  const auto green = decoded(png({1, 1, 8, 2}, "\0\0\xc8\0"sv, {{"cICP", bytes_of("\x0c\x0d\0\1"sv)}}));
  CHECK(green.pixels.data()[1] > 200);  // P3's green is greener
}

}  // namespace picture_metadata_test
