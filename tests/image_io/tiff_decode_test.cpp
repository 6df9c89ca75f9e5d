// TIFFs of every kind, made by libtiff here: samples of any width, strips and tiles, planes, methods of compression,
// colours, pages; and files that lie.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
#include "support/temporary_folder.hpp"
#include "support/tiff_writer.hpp"

namespace tiff_decode_test {

namespace {

using ochre::Index;
using ochre::LoadedPicture;
using ochre::PixelFormat;
using ochre::test::Bytes;
using ochre::test::contains;
using ochre::test::lacks;
using ochre::test::refusal;
using ochre::test::tiff_of;
using ochre::test::TiffWish;

LoadedPicture shown(const std::vector<TiffWish>& pages, const char* mode = "w", Index page = 0) {
  auto picture = ochre::decode_picture(tiff_of(pages, mode), {}, page);
  if (!picture) FAIL(picture.error().message());
  return *std::move(picture);
}

std::vector<int> levels(const LoadedPicture& picture) {
  std::vector<int> all;
  const Index bytes = ochre::bytes_per_sample(picture.format);
  for (Index i = 0; i < picture.pixels.size(); i += bytes) {
    std::uint16_t level = picture.pixels.data()[i];
    if (bytes == 2) std::memcpy(&level, picture.pixels.data() + i, 2);
    all.push_back(level);
  }
  return all;
}

std::vector<std::uint8_t> ramp(int bytes) {
  std::vector<std::uint8_t> rows;
  for (int i = 0; i < bytes; ++i) rows.push_back(static_cast<std::uint8_t>(i * 7));
  return rows;
}

template <class T>
std::vector<std::uint8_t> bytes_of_numbers(const std::vector<T>& numbers) {
  std::vector<std::uint8_t> bytes(numbers.size() * sizeof(T));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

TiffWish row(int bits, std::vector<std::uint8_t> rows, int width) {
  return {.width = width, .height = 1, .bits = bits, .rows = std::move(rows)};
}

}  // namespace

TEST_CASE("tiff: every method of compression, strips and tiles, planes or not, both orders of bytes") {
  const auto rows = ramp(40 * 24 * 3);
  const std::vector<int> plain(rows.begin(), rows.end());
  for (const int method : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
                           COMPRESSION_PACKBITS, COMPRESSION_LZMA, COMPRESSION_ZSTD}) {
    for (const int tile : {0, 16}) {
      for (const bool planar : {false, true}) {
        CAPTURE(method);
        CAPTURE(tile);
        CAPTURE(planar);
        const TiffWish wish{.width = 40,
                            .height = 24,
                            .samples = 3,
                            .photometric = PHOTOMETRIC_RGB,
                            .compression = method,
                            .tile = tile,
                            .rows_per_strip = 5,
                            .planar = planar,
                            .rows = rows};
        const auto picture = shown({wish}, method == COMPRESSION_LZW ? "wb" : "wl");
        CHECK(picture.format == PixelFormat::rgb8);
        CHECK(picture.remark == "");
        auto found = levels(picture);
        if (planar) {  // back to planes
          auto planes = found;
          for (int i = 0; i < 40 * 24 * 3; ++i) {
            planes[static_cast<std::size_t>(i % 3 * 40 * 24 + i / 3)] = found[static_cast<std::size_t>(i)];
          }
          found = planes;
        }
        CHECK(found == plain);
      }
    }
  }
}

TEST_CASE("tiff: samples of 1 to 64 bits become 8 or 16") {
  CHECK(levels(shown({row(1, {0xA0}, 3)})) == std::vector<int>{255, 0, 255});
  CHECK(levels(shown({row(2, {0x1B}, 4)})) == std::vector<int>{0, 85, 170, 255});
  CHECK(levels(shown({row(4, {0x1F}, 2)})) == std::vector<int>{17, 255});
  CHECK(levels(shown({row(12, {0xFF, 0xF8, 0x00}, 2)})) == std::vector<int>{65535, 32776});
  CHECK(levels(shown({row(16, bytes_of_numbers<std::uint16_t>({1, 0xFEDC}), 2)})) == std::vector<int>{1, 0xFEDC});
  CHECK(levels(shown({row(16, bytes_of_numbers<std::uint16_t>({1, 0xFEDC}), 2)}, "wb")) == std::vector<int>{1, 0xFEDC});
  const auto long_numbers = shown({row(32, bytes_of_numbers<std::uint32_t>({0, 1000, 2000}), 3)});
  CHECK(levels(long_numbers) == std::vector<int>{0, 32768, 65535});
  CHECK(long_numbers.remark == "found values up to 2000, which is taken as white");
  TiffWish with_sign = row(16, bytes_of_numbers<std::int16_t>({-5, 100, 200}), 3);
  with_sign.kind = SAMPLEFORMAT_INT;
  CHECK(levels(shown({with_sign})) == std::vector<int>{0, 32768, 65535});
}

TEST_CASE("tiff: numbers with a point lie between 0 and 1, or the largest is white") {
  TiffWish wish = row(32, bytes_of_numbers<float>({-1.0f, 0.5f, 1.0f, 0.0f}), 4);
  wish.kind = SAMPLEFORMAT_IEEEFP;
  CHECK(levels(shown({wish})) == std::vector<int>{0, 32768, 65535, 0});
  wish.rows = bytes_of_numbers<float>({0.0f, 50.0f, 100.0f, 25.0f});
  const auto picture = shown({wish});
  CHECK(levels(picture) == std::vector<int>{0, 32768, 65535, 16384});
  CHECK(contains(picture.remark, "up to 100,"));
  wish = row(64, bytes_of_numbers<double>({0.25, 1.0}), 2);
  wish.kind = SAMPLEFORMAT_IEEEFP;
  CHECK(levels(shown({wish})) == std::vector<int>{16384, 65535});
  wish = row(16, bytes_of_numbers<std::uint16_t>({0x3800, 0x3C00, 0xBC00, 0x7E00}), 4);  // ½, 1, -1, no number
  wish.kind = SAMPLEFORMAT_IEEEFP;
  CHECK(levels(shown({wish})) == std::vector<int>{32768, 65535, 0, 0});
}

TEST_CASE("tiff: colours of every kind") {
  TiffWish white = row(8, {0, 100, 255}, 3);
  white.photometric = PHOTOMETRIC_MINISWHITE;
  CHECK(levels(shown({white})) == std::vector<int>{255, 155, 0});

  TiffWish palette = row(2, {0x1B}, 4);
  palette.photometric = PHOTOMETRIC_PALETTE;
  palette.palette = {0x0100, 0x0200, 0x0300, 0xFFFF, 0x1100, 0x1200, 0x1300, 0x1400, 0, 0, 0, 0x8000};
  CHECK(levels(shown({palette})) == std::vector<int>{1, 0x11, 0, 2, 0x12, 0, 3, 0x13, 0, 255, 0x14, 128});

  TiffWish inks = row(8, {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 51}, 4);
  inks.samples = 4;
  inks.photometric = PHOTOMETRIC_SEPARATED;
  CHECK(levels(shown({inks})) == std::vector<int>{255, 255, 255, 0, 255, 255, 0, 0, 0, 204, 204, 0});

  TiffWish alpha = row(8, {50, 100, 7, 0}, 2);
  alpha.samples = 2;
  alpha.extra = EXTRASAMPLE_UNASSALPHA;
  CHECK(levels(shown({alpha})) == std::vector<int>{50, 100, 7, 0});
  alpha.extra = EXTRASAMPLE_ASSOCALPHA;
  CHECK(levels(shown({alpha})) == std::vector<int>{128, 100, 7, 0});
  alpha.extra = EXTRASAMPLE_UNSPECIFIED;
  CHECK(levels(shown({alpha})) == std::vector<int>{50, 7});

  TiffWish lab = row(8, {255, 0, 0, 0, 0, 0, 137, 208, 195}, 3);  // white, black, and the green of sRGB 0,144,0 or so
  lab.samples = 3;
  lab.photometric = PHOTOMETRIC_CIELAB;
  const auto colors = levels(shown({lab}));
  CHECK(std::vector<int>(colors.begin(), colors.begin() + 6) == std::vector<int>{255, 255, 255, 0, 0, 0});
  CHECK(colors[7] > colors[6] + 60);
  CHECK(colors[8] > colors[7] - 20);
}

TEST_CASE("tiff: YCbCr, in JPEG or not, and fax") {
  TiffWish jpeg{.width = 16,
                .height = 16,
                .samples = 3,
                .photometric = PHOTOMETRIC_RGB,
                .compression = COMPRESSION_JPEG,
                .rows = std::vector<std::uint8_t>(16 * 16 * 3, 90)};
  const auto flat = levels(shown({jpeg}));
  CHECK(std::all_of(flat.begin(), flat.end(), [](int level) { return level >= 89 && level <= 91; }));
  TiffWish fax{.width = 16,
               .height = 2,
               .bits = 1,
               .photometric = PHOTOMETRIC_MINISWHITE,
               .compression = COMPRESSION_CCITTFAX4,
               .rows = {0xFF, 0x00, 0x00, 0xFF}};
  const auto page = levels(shown({fax}));
  CHECK(page[0] == 0);
  CHECK(page[8] == 255);
  CHECK(page[16] == 255);
  CHECK(page[24] == 0);
}

TEST_CASE("tiff: pages, and which of them count") {
  TiffWish first = row(8, {1, 2}, 2);
  TiffWish second = row(8, {3, 4, 5}, 3);
  const Bytes file = tiff_of({first, second});
  for (Index page = 0; page < 2; ++page) {
    const auto picture = ochre::decode_picture(file, {}, page);
    REQUIRE(picture);
    CHECK(picture->pages == 2);
    CHECK(picture->width == 2 + page);
    CHECK(picture->pixels.data()[0] == (page == 0 ? 1 : 3));
  }
  CHECK(contains(ochre::decode_picture(file, {}, 2).error().message(), "found page 2 asked for, expected one below 2"));
  const TemporaryFolder folder;
  const auto path = folder.write("a.tif", std::string(reinterpret_cast<const char*>(file.data()), file.size()));
  CHECK(*ochre::count_pages(path) == 2);
  CHECK(*ochre::count_pages(folder.write("a.pgm", "P5 1 1 255 a")) == 1);
  CHECK(contains(ochre::decode_picture(bytes_of("P5 1 1 255 a"), {}, 1).error().message(), "expected 0"));
}

TEST_CASE("tiff: upright by its orientation") {
  TiffWish wish = row(8, {1, 2, 3}, 3);
  wish.orientation = 6;
  const auto picture = shown({wish});
  CHECK(picture.width == 1);
  CHECK(picture.height == 3);
  CHECK(levels(picture) == std::vector<int>{1, 2, 3});
}

TEST_CASE("tiff: what is written comes back, of every format, and says sRGB") {
  for (const PixelFormat format : ochre::test::pixel_formats) {
    CAPTURE(static_cast<int>(format));
    const auto picture = ochre::test::noise(300, 201, format);
    const auto file = ochre::encode_picture(picture.view(), ochre::PictureFileFormat::tiff);
    REQUIRE(file);
    const auto again = ochre::decode_picture(*file);
    REQUIRE(again);
    CHECK(again->remark == "");
    CHECK(ochre::test::same(picture.view(), again->view()));
    CHECK(contains(std::string(reinterpret_cast<const char*>(file->data()), file->size()), "acsp"));
  }
}

TEST_CASE("tiff: cut anywhere it is refused or whole; a flipped byte never harms") {
  TiffWish wish{.width = 20, .height = 20, .compression = COMPRESSION_LZW, .rows_per_strip = 4, .rows = ramp(400)};
  const Bytes whole = tiff_of({wish});
  const auto expected = shown({wish});
  for (std::size_t length = 8; length < whole.size(); ++length) {
    const auto picture = ochre::decode_picture(std::span(whole).first(length));
    if (picture) CHECK(ochre::test::same(picture->view(), expected.view()));
    CAPTURE(length);
    if (!picture) CHECK(lacks(picture.error().message(), {"cut short"}) == "");
  }
  for (std::size_t at = 4; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= std::byte{0x55};
    const auto picture = ochre::decode_picture(damaged);
    if (picture) CHECK(picture->pixels.size() == picture->row_stride() * picture->height);
  }
}

TEST_CASE("tiff: methods that end the process, sizes that lie, samples that nobody knows") {
  TiffWish wish = row(8, {1, 2}, 2);
  Bytes file = tiff_of({wish});
  const auto with_tag = [&](int tag, std::uint32_t value) {
    Bytes changed = file;
    for (std::size_t at = 8; at + 12 <= changed.size(); ++at) {
      if (changed[at] != static_cast<std::byte>(tag & 0xFF) || changed[at + 1] != static_cast<std::byte>(tag >> 8)) {
        continue;
      }
      for (std::size_t i = 0; i < 4; ++i) changed[at + 8 + i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
    }
    return refusal(changed);
  };
  CHECK(lacks(with_tag(TIFFTAG_COMPRESSION, COMPRESSION_JBIG), {"compressed by method 34661", "expected none"}) == "");
  CHECK(lacks(with_tag(TIFFTAG_IMAGEWIDTH, 60000), {"found"}) == "");
  CHECK(lacks(with_tag(TIFFTAG_SAMPLESPERPIXEL, 65), {"65 samples a pixel, expected 1 to 64"}) == "");
  CHECK(lacks(with_tag(TIFFTAG_PHOTOMETRIC, 32803), {"colours that cannot be decoded"}) == "");
  CHECK(contains(refusal(bytes_of("II*")), "expected a JPEG"));
}

}  // namespace tiff_decode_test
