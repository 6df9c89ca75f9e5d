// A picture file in memory: what is encoded decodes to the same picture, what a file's kind cannot hold is refused, and
// save_picture writes the very same bytes.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "support/noise_picture.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace encode_picture_test {

namespace {

using ochre::PictureFileFormat;
using ochre::PixelFormat;

constexpr PictureFileFormat lossless[] = {PictureFileFormat::png, PictureFileFormat::pgm, PictureFileFormat::ppm,
                                          PictureFileFormat::tiff, PictureFileFormat::webp};

std::string reason(const ochre::PictureView& picture, PictureFileFormat file,
                   const ochre::EncodeOptions& options = {}) {
  const auto encoded = ochre::encode_picture(picture, file, options);
  REQUIRE(!encoded);
  return encoded.error().message();
}

}  // namespace

TEST_CASE("encode: what a file's kind can hold comes back bit for bit, all else is refused") {
  for (const PictureFileFormat file : lossless) {
    for (const PixelFormat format : ochre::test::pixel_formats) {
      CAPTURE(static_cast<int>(file));
      CAPTURE(static_cast<int>(format));
      const auto picture = ochre::test::noise(13, 5, format);
      const PixelFormat savable = ochre::savable_format(file, format);
      if (savable != format) {
        CHECK(ochre::test::contains(reason(picture.view(), file), "for this kind of file"));
        continue;
      }
      const auto encoded = ochre::encode_picture(picture.view(), file);
      REQUIRE(encoded);
      const auto decoded = ochre::decode_picture(*encoded);
      REQUIRE(decoded);
      CHECK(ochre::test::same(picture.view(), decoded->view()));
    }
  }
}

TEST_CASE("encode: a JPEG's quality decides its size and its error") {
  const auto picture = ochre::test::noise(64, 48, PixelFormat::rgb8);
  const auto bytes = [&](int quality) {
    const auto encoded = ochre::encode_picture(picture.view(), PictureFileFormat::jpeg, {.quality = quality});
    REQUIRE(encoded);
    const auto decoded = ochre::decode_picture(*encoded);
    REQUIRE(decoded);
    CHECK(decoded->width == 64);
    CHECK(decoded->height == 48);
    return encoded->size();
  };
  CHECK(bytes(1) < bytes(50));
  CHECK(bytes(50) < bytes(100));
  CHECK(ochre::encode_picture(picture.view(), PictureFileFormat::jpeg)->size() == bytes(95));
  for (const int quality : {0, 101, -1}) {
    const std::string message = "found a quality of " + std::to_string(quality) + ", expected 1 to 100";
    CHECK(reason(picture.view(), PictureFileFormat::jpeg, {.quality = quality}) == message);
    CHECK(ochre::encode_picture(picture.view(), PictureFileFormat::png, {.quality = quality}));  // not its matter
  }
}

TEST_CASE("encode: no picture, a stride too short, a side too long, a format that is none") {
  const auto picture = ochre::test::noise(4, 4, PixelFormat::gray8);
  CHECK(reason({}, PictureFileFormat::png) == "the picture: the pixel pointer is null");
  CHECK(ochre::test::contains(reason({picture.pixels.data(), 4, 4, 3, PixelFormat::gray8}, PictureFileFormat::pgm),
                              "the row stride is 3 bytes"));
  const auto tall = ochre::test::noise(1, 65536, PixelFormat::gray8);
  CHECK(ochre::test::contains(reason(tall.view(), PictureFileFormat::jpeg), "expected at most 65500 a side"));
  CHECK(ochre::test::contains(reason(picture.view(), static_cast<PictureFileFormat>(9)), "of number 9"));
  CHECK(ochre::test::contains(reason(picture.view(), static_cast<PictureFileFormat>(-1)), "of number -1"));
}

TEST_CASE("encode: a saved file holds the same bytes") {
  const TemporaryFolder folder;
  const auto picture = ochre::test::noise(20, 10, PixelFormat::rgb8);
  for (const auto& [name, file] : {std::pair<const char*, PictureFileFormat>{"a.png", PictureFileFormat::png},
                                   {"a.jpg", PictureFileFormat::jpeg},
                                   {"a.TIF", PictureFileFormat::tiff},
                                   {"a.webp", PictureFileFormat::webp},
                                   {"a.jfif", PictureFileFormat::jpeg},
                                   {"a.ppm", PictureFileFormat::ppm}}) {
    const ochre::EncodeOptions options{.quality = 70};
    REQUIRE(ochre::save_picture(folder.path(name), picture.view(), options));
    const auto encoded = ochre::encode_picture(picture.view(), file, options);
    REQUIRE(encoded);
    CHECK(folder.read(name) == std::string(reinterpret_cast<const char*>(encoded->data()), encoded->size()));
  }
}

}  // namespace encode_picture_test
