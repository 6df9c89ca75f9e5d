// Each allocation of reading and writing a picture refused once: an error, whichever library of pictures was at work.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/weights/mapped_file.hpp>

#include "support/exif_block.hpp"
#include "support/noise_picture.hpp"
#include "support/refuse_memory.hpp"

namespace refused_memory_test {

TEST_CASE("picture files: no memory is an error, wherever it ends") {
  using ochre::PictureFileFormat;
  const auto picture = ochre::test::noise(40, 30, ochre::PixelFormat::rgb8);
  ochre::test::ExifWriter exif(true);
  exif.directory({{.tag = 0x10F, .type = 2, .text = "a camera of some kind"}, {.tag = 0x112, .type = 3, .value = 6}});
  ochre::PictureMetadata metadata;
  metadata.exif = exif.bytes();
  metadata.comment = "a comment that is longer than a short text";
  const ochre::EncodeOptions options{.metadata = &metadata};
  for (const auto kind : {PictureFileFormat::png, PictureFileFormat::jpeg, PictureFileFormat::tiff,
                          PictureFileFormat::webp, PictureFileFormat::ppm}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(ochre::test::refuse_each([&] { return ochre::encode_picture(picture.view(), kind, options); }) > 0);
    const auto file = ochre::encode_picture(picture.view(), kind, options);
    REQUIRE(file);
    CHECK(ochre::test::refuse_each([&] { return ochre::decode_picture(*file); }) > 0);
  }
}

// What the fuzzer of pictures starts from: every kind, sound and hostile.
TEST_CASE("picture files: no memory is an error in every kind of file") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(OCHRE_TEST_DATA "/../fuzz/corpus/load_picture")) {
    CAPTURE(entry.path().string());
    const auto file = ochre::MappedFile::open(entry.path().string());
    REQUIRE(file);
    ++files;
    for (std::int64_t number = 1, failed = 1; failed != 0; ++number) {
      const ochre::test::FailingAllocation failing(number);
      bool threw = false;
      try {
        static_cast<void>(ochre::decode_picture(file->bytes()));
      } catch (...) {
        threw = true;
      }
      failed = failing.failed() ? 1 : 0;
      CHECK(!threw);
    }
  }
  CHECK(files > 50);
}

}  // namespace refused_memory_test
