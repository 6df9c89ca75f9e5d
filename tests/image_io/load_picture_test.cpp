// Picture files of every kind and depth, upright by EXIF, and everything that may be wrong with one. The hostile files
// are made here.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <doctest/doctest.h>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>

#include "support/picture_bytes.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using namespace std::string_view_literals;
using ochre::Index;
using ochre::LoadedPicture;
using ochre::PixelFormat;
using ochre::test::Bytes;
using ochre::test::contains;
using ochre::test::jpeg_segment;
using ochre::test::lacks;
using ochre::test::png;
using ochre::test::PngHeader;
using ochre::test::refusal;

std::vector<int> samples(const LoadedPicture& picture) {
  std::vector<int> values;
  const bool is_wide = ochre::bytes_per_sample(picture.format) == 2;
  for (Index i = 0; i < picture.pixels.size(); i += is_wide ? 2 : 1) {
    std::uint16_t wide = picture.pixels.data()[i];
    if (is_wide) std::memcpy(&wide, picture.pixels.data() + i, 2);
    values.push_back(wide);
  }
  return values;
}

// The first sample of that pixel, of an 8-bit picture.
int level(const LoadedPicture& picture, Index x, Index y) {
  return picture.view().row(y)[x * ochre::bytes_per_pixel(picture.format)];
}

// A JPEG of 32x16: the upper left quarter black, the lower left dark (80), the right half light (200).
Bytes jpeg() {
  static const Bytes file = [] {
    auto picture = LoadedPicture::create(32, 16, PixelFormat::gray8);
    REQUIRE(picture);
    for (Index y = 0; y < 16; ++y) {
      for (Index x = 0; x < 32; ++x) picture->view().row(y)[x] = x >= 16 ? 200 : y < 8 ? 0 : 80;
    }
    auto encoded = ochre::encode_picture(std::as_const(*picture).view(), ochre::PictureFileFormat::jpeg);
    REQUIRE(encoded);
    return *std::move(encoded);
  }();
  return file;
}

// The JPEG with an APP1 segment of that content after its first marker.
Bytes with_app1(const Bytes& picture, std::string_view content) {
  Bytes file = picture;
  const Bytes segment = bytes_of(jpeg_segment(0xE1, content));
  file.insert(file.begin() + 2, segment.begin(), segment.end());
  return file;
}

std::string exif(bool little, int orientation) {
  const char value = static_cast<char>(orientation);
  if (little) {
    return std::string("Exif\0\0II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x01\0\0\0abcd\x12\x01\x03\0\x01\0\0\0"sv) + value +
           std::string("\0\0\0\0\0\0\0"sv);
  }
  return std::string("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"sv) + value +
         std::string("\0\0\0\0\0\0"sv);
}

}  // namespace

TEST_CASE("load png: each kind and depth, samples as they are in the file") {
  struct Case {
    PngHeader header;
    std::string_view rows;
    PixelFormat format;
    std::vector<int> expected;
  };
  const Case cases[] = {
      {{2, 2, 8, 0}, "\0\x01\x02\0\x03\xff"sv, PixelFormat::gray8, {1, 2, 3, 255}},
      {{2, 1, 8, 4}, "\0\x01\x02\x03\x04"sv, PixelFormat::gray_alpha8, {1, 2, 3, 4}},
      {{1, 2, 8, 2}, "\0\x01\x02\x03\0\x04\x05\x06"sv, PixelFormat::rgb8, {1, 2, 3, 4, 5, 6}},
      {{1, 1, 8, 6}, "\0\x01\x02\x03\x04"sv, PixelFormat::rgba8, {1, 2, 3, 4}},
      {{2, 1, 16, 0}, "\0\x01\x02\xff\xfe"sv, PixelFormat::gray16, {0x0102, 0xfffe}},
      {{1, 1, 16, 4}, "\0\x01\x02\x03\x04"sv, PixelFormat::gray_alpha16, {0x0102, 0x0304}},
      {{1, 1, 16, 2}, "\0\x01\x02\x03\x04\x05\x06"sv, PixelFormat::rgb16, {0x0102, 0x0304, 0x0506}},
      {{1, 1, 16, 6}, "\0\x01\x02\x03\x04\x05\x06\x07\x08"sv, PixelFormat::rgba16, {0x0102, 0x0304, 0x0506, 0x0708}},
      {{9, 1, 1, 0}, "\0\xa5\x80"sv, PixelFormat::gray8, {255, 0, 255, 0, 0, 255, 0, 255, 255}},
      {{3, 1, 2, 0}, "\0\x1b"sv, PixelFormat::gray8, {0, 85, 170}},
      {{2, 1, 4, 0}, "\0\x1f"sv, PixelFormat::gray8, {17, 255}},
      {{2, 2, 8, 0, 1}, "\0\x01\0\x02\0\x03\x04"sv, PixelFormat::gray8, {1, 2, 3, 4}},  // interlaced
      {{2, 2, 8, 0}, "\x01\x01\x02\x02\x03\xff"sv, PixelFormat::gray8, {1, 3, 4, 2}},   // filters sub and up
  };
  for (const Case& test : cases) {
    CAPTURE(test.header.depth);
    CAPTURE(test.header.color_type);
    const auto picture = ochre::decode_picture(png(test.header, test.rows));
    REQUIRE(picture);
    CHECK(picture->format == test.format);
    CHECK(picture->width == test.header.width);
    CHECK(picture->height == test.header.height);
    CHECK(samples(*picture) == test.expected);
  }
  const auto palette = bytes_of("\x0a\x0b\x0c\x14\x15\x16"sv);
  const auto picture = ochre::decode_picture(png({3, 1, 8, 3}, "\0\x01\x00\x01"sv, {{"PLTE", palette}}));
  REQUIRE(picture);
  CHECK(picture->format == PixelFormat::rgb8);
  CHECK(samples(*picture) == std::vector<int>{20, 21, 22, 10, 11, 12, 20, 21, 22});
  const auto see_through =
      ochre::decode_picture(png({1, 1, 8, 3}, "\0\x01"sv, {{"PLTE", palette}, {"tRNS", bytes_of("\xff\x07"sv)}}));
  REQUIRE(see_through);
  CHECK(see_through->format == PixelFormat::rgba8);
  CHECK(samples(*see_through) == std::vector<int>{20, 21, 22, 7});
}

TEST_CASE("load pnm: scaled to the whole range") {
  const auto load = [](std::string_view text) {
    auto picture = ochre::decode_picture(bytes_of(text));
    REQUIRE(picture);
    return *std::move(picture);
  };
  CHECK(samples(load("P5 2 1 255 \x01\xff"sv)) == std::vector<int>{1, 255});
  CHECK(samples(load("P5\n# a comment\n3\t1 # another\n15\n\x00\x07\x0f"sv)) == std::vector<int>{0, 119, 255});
  CHECK(samples(load("P6 1 1 65535\n\x01\x02\x03\x04\xff\xff"sv)) == std::vector<int>{0x0102, 0x0304, 0xffff});
  CHECK(samples(load("P5 3 1 1023\n\x00\x00\x03\xff\x7f\xff"sv)) == std::vector<int>{0, 65535, 65535});
  CHECK(samples(load("P5 2 1 7\n\x03\x04"sv)) == std::vector<int>{109, 146});  // rounded to nearest
  CHECK(load("P6 1 1 255\nabc").format == PixelFormat::rgb8);
  CHECK(load("P5 1 1 256\nab").format == PixelFormat::gray16);
  CHECK(lacks(refusal(bytes_of("P5 2 2 255\nabc")), {"found 3 bytes", "expected 4", "2x2", "cut short"}) == "");
  CHECK(lacks(refusal(bytes_of("P5 0 2 255\nabc")), {"0x2", "at least 1x1"}) == "");
  CHECK(lacks(refusal(bytes_of("P6 99999 99999 255\nabc")), {"99999x99999", "268435456"}) == "");
  for (const char* text : {"P5", "P5 1", "P5 1 1", "P5 1 1 0\na", "P5 1 1 65536\na", "P5 -1 1 255\na", "P5 1 1 255",
                           "P5 99999999999999999999 1 255\na", "P5 # no end"}) {
    CAPTURE(text);
    CHECK(lacks(refusal(bytes_of(text)), {"damaged PNM header"}) == "");
  }
}

TEST_CASE("load bmp: as written by hand, and cut") {
  std::string file = "BM" + std::string("\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0"sv) +
                     std::string(24, '\0') + std::string("\x01\x02\x03\x04\x05\x06\0\0\x07\x08\x09\x0a\x0b\x0c\0\0"sv);
  const auto picture = ochre::decode_picture(bytes_of(file));
  REQUIRE(picture);
  CHECK(picture->format == PixelFormat::rgb8);
  CHECK(samples(*picture) == std::vector<int>{9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4});  // bottom-up, blue first
  for (std::size_t length = 2; length < file.size(); ++length) {
    CAPTURE(length);
    CHECK(lacks(refusal(bytes_of(file.substr(0, length))), {"cut short"}) == "");
  }
  file[30] = 1;
  CHECK(lacks(refusal(bytes_of(file)), {"a compressed BMP"}) == "");
}

TEST_CASE("load jpeg: turned upright as the camera held it") {
  // By the definition: the side on which the stored picture's first row and first column are to be seen.
  struct Case {
    int orientation;
    const char* first_row;
    const char* first_column;
  };
  const Case cases[] = {{1, "top", "left"}, {2, "top", "right"}, {3, "bottom", "right"}, {4, "bottom", "left"},
                        {5, "left", "top"}, {6, "right", "top"}, {7, "right", "bottom"}, {8, "left", "bottom"}};
  for (const Case& test : cases) {
    for (const bool little : {true, false}) {
      CAPTURE(test.orientation);
      CAPTURE(little);
      const auto picture = ochre::decode_picture(with_app1(jpeg(), exif(little, test.orientation)));
      REQUIRE(picture);
      const bool rows_across = test.orientation >= 5;
      REQUIRE(picture->width == (rows_across ? 16 : 32));
      REQUIRE(picture->height == (rows_across ? 32 : 16));
      // The middle of the upper left quarter of the stored picture is black; where is it seen?
      const auto is_side = [&](const char* side) {
        return test.first_row == std::string_view(side) || test.first_column == std::string_view(side);
      };
      const Index x = is_side("left") ? picture->width / 4 : picture->width * 3 / 4;
      const Index y = is_side("top") ? picture->height / 4 : picture->height * 3 / 4;
      CHECK(level(*picture, x, y) < 20);
      // The half of the first column is dark (0 and 80), the other light (200).
      const bool column_is_vertical = !rows_across;
      const bool first = test.first_column == "left"sv || test.first_column == "top"sv;
      const Index far_x = column_is_vertical ? (first ? picture->width - 2 : 1) : picture->width / 2;
      const Index far_y = column_is_vertical ? picture->height / 2 : (first ? picture->height - 2 : 1);
      CHECK(level(*picture, far_x, far_y) > 180);
    }
  }
}

TEST_CASE("load jpeg: damaged or foreign EXIF is passed over") {
  const std::string good = exif(true, 6);
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto picture = ochre::decode_picture(with_app1(jpeg(), good.substr(0, length)));
    REQUIRE(picture);
    CHECK((picture->width == 32 || length >= 40));
  }
  for (std::size_t at = 0; at < good.size(); ++at) {  // every byte damaged in turn
    for (const int damage : {0, 1, 0x7f, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(damage);
      CHECK(ochre::decode_picture(with_app1(jpeg(), bad)));
    }
  }
  for (const int orientation : {0, 9, 255})
    CHECK(ochre::decode_picture(with_app1(jpeg(), exif(false, orientation)))->width == 32);
  CHECK(ochre::decode_picture(with_app1(with_app1(jpeg(), exif(true, 1)), exif(true, 6)))->width == 16);  // the first
  CHECK(ochre::decode_picture(with_app1(with_app1(jpeg(), exif(true, 6)), exif(true, 1)))->width == 32);
  std::string twice = exif(true, 6);
  twice[twice.size() - 12] = 2;  // two values where there is room for one meaning
  CHECK(ochre::decode_picture(with_app1(jpeg(), twice))->width == 32);
  CHECK(ochre::decode_picture(with_app1(jpeg(), "http://ns.adobe.com/xap/1.0/"))->width == 32);
}

TEST_CASE("load jpeg: tables that no decoder may take on trust") {
  const auto find_marker = [](Bytes& file, int marker) {
    const Bytes wanted{std::byte{0xFF}, static_cast<std::byte>(marker)};
    const auto at = std::search(file.begin(), file.end(), wanted.begin(), wanted.end());
    REQUIRE(at != file.end());
    return at;
  };
  Bytes too_many_codes = jpeg();
  find_marker(too_many_codes, 0xC4)[6] = std::byte{0xFF};
  CHECK(lacks(refusal(too_many_codes), {"cannot be decoded", "Huffman table"}) == "");
  Bytes one_too_many = jpeg();  // a table of 2 codes of 15 bits and 255 of 16, all there
  const Bytes table =
      bytes_of(std::string("\xff\xc4\x01\x14"sv) + std::string(15, '\0') + "\x02\xff" + std::string(257, '\1'));
  one_too_many.insert(one_too_many.begin() + 2, table.begin(), table.end());
  CHECK(lacks(refusal(one_too_many), {"cannot be decoded", "Huffman table"}) == "");
  for (const int sampling : {0x00, 0x01, 0x10, 0x32, 0x23}) {
    Bytes odd_sampling = jpeg();
    const auto frame = find_marker(odd_sampling, 0xC0);
    frame[11] = static_cast<std::byte>(sampling);
    frame[14] = std::byte{0x22};
    CAPTURE(sampling);
    CHECK(lacks(refusal(odd_sampling), {"cannot be decoded", "ampling"}) == "");
  }
  Bytes more_components = jpeg();
  find_marker(more_components, 0xC0)[9] = std::byte{4};
  CHECK(lacks(refusal(more_components), {"frame header"}) == "");
}

TEST_CASE("load jpeg: what is odd but spoils no pixel is shown, with a remark") {
  const auto picture = ochre::decode_picture(jpeg()).value();
  CHECK(picture.remark == "");
  Bytes odd_scan = jpeg();
  const Bytes scan{std::byte{0xFF}, std::byte{0xDA}};
  const auto start = std::search(odd_scan.begin(), odd_scan.end(), scan.begin(), scan.end());
  REQUIRE(start != odd_scan.end());
  const auto length = std::to_integer<std::ptrdiff_t>(start[3]);
  start[2 + length - 2] = std::byte{0};  // the last coefficient: a sequential scan has all 64
  const auto same = ochre::decode_picture(odd_scan).value();
  CHECK(contains(same.remark, "Invalid SOS parameters for sequential JPEG"));
  CHECK(std::equal(picture.pixels.span().begin(), picture.pixels.span().end(), same.pixels.span().begin()));
}

TEST_CASE("load: cut anywhere, a PNG is refused as cut or as something else; what a camera appends is let be") {
  const Bytes whole = png({4, 4, 8, 0}, "\0abcd\0efgh\0ijkl\0mnop"sv);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const std::string message = refusal(std::span(whole).first(length));
    CHECK(message != "accepted");
    if (length > 12) CHECK(lacks(message, {"cut short"}) == "");
  }
  for (Bytes longer : {whole, jpeg()}) {
    longer.resize(longer.size() + 100);
    CHECK(refusal(longer) == "accepted");
  }
}

TEST_CASE("load: what a picture will take is told before it is taken, if its claim is believed") {
  std::vector<ochre::Index> told;
  const auto note = [&](ochre::Index bytes) { told.push_back(bytes); };
  ochre::LoadLimits limits;
  limits.on_claim = note;
  CHECK(refusal(png({4, 4, 8, 0}, "\0abcd\0efgh\0ijkl\0mnop"sv), limits) == "accepted");
  CHECK(told == std::vector<ochre::Index>{2 * 3 * 16});
  CHECK(refusal(png({4000, 4000, 8, 2}, "\0abc"sv), limits) != "accepted");  // a lie, but a small one
  CHECK(told.size() == 2);
  CHECK(refusal(png({40000, 40000, 8, 2}, "\0abc"sv), limits) != "accepted");
  CHECK(told.size() == 2);
}

TEST_CASE("load: a flipped bit in a PNG is found by its checksum") {
  const Bytes whole = png({4, 4, 8, 0}, "\0abcd\0efgh\0ijkl\0mnop"sv);
  for (std::size_t at = 8; at < whole.size(); ++at) {
    Bytes flipped = whole;
    flipped[at] ^= std::byte{4};
    CAPTURE(at);
    CHECK(refusal(flipped) != "accepted");
  }
  Bytes flipped = whole;
  flipped[45] ^= std::byte{1};
  CHECK(lacks(refusal(flipped), {"chunk IDAT at byte 33", "checksum"}) == "");
}

TEST_CASE("load: claimed sizes are checked before anything is allocated") {
  CHECK(lacks(refusal(png({40000, 40000, 8, 2}, "\0abc"sv)), {"40000x40000", "at most 268435456 pixels"}) == "");
  CHECK(lacks(refusal(png({0xFFFFFFFF, 0xFFFFFFFF, 8, 2}, "\0abc"sv)), {"4294967295x4294967295", "at most"}) == "");
  CHECK(lacks(refusal(png({0, 5, 8, 0}, "\0abc"sv)), {"0x5", "at least 1x1"}) == "");
  CHECK(lacks(refusal(png({100, 100, 8, 0}, "\0abc"sv), {.max_pixels = 9999}), {"100x100", "at most 9999"}) == "");
  CHECK(lacks(refusal(png({4000, 4000, 8, 2}, "\0abc"sv)), {"cannot be decoded"}) == "");  // within the limits, a lie
  Bytes wide = jpeg();
  const Bytes start_of_frame{std::byte{0xFF}, std::byte{0xC0}};
  const auto frame = std::search(wide.begin(), wide.end(), start_of_frame.begin(), start_of_frame.end());
  REQUIRE(frame != wide.end());
  for (int i = 5; i < 9; ++i) frame[i] = std::byte{0xFF};
  CHECK(lacks(refusal(wide), {"65535x65535", "at most 268435456"}) == "");
  for (int i = 5; i < 9; ++i) frame[i] = std::byte{0};
  CHECK(lacks(refusal(wide), {"0x0", "at least 1x1"}) == "");
}

TEST_CASE("load: a PNG that inflates to far more than its pixels is stopped") {
  const std::string zeros(100'000'000, '\0');  // 97 kB compressed
  const std::string message = refusal(png({1, 1, 8, 0}, zeros));
  CHECK(lacks(message, {"compressed data goes on where a row, or the picture, should end"}) == "");
}

TEST_CASE("load: files that are no picture say what they are, by content and not by name") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& path, const std::vector<std::string_view>& parts) {
    const auto picture = ochre::load_picture(path);
    REQUIRE(!picture);
    const std::string& message = picture.error().message();
    CHECK(message.find(path + ": found ") == 0);
    CHECK(contains(message, ", expected "));
    CHECK(lacks(message, parts) == "");
  };
  const std::string jpeg_text(reinterpret_cast<const char*>(jpeg().data()), jpeg().size());
  CHECK(ochre::load_picture(folder.write("really_a_jpeg.png", jpeg_text)));
  refused(folder.write("a.jpg", "<!DOCTYPE html><html>"), {"an HTML page", "JPEG, PNG, TIFF, WebP, BMP or PNM"});
  refused(folder.write("b.jpg", "just words\n"), {"plain text"});
  refused(folder.write("c.png", "GIF89a...."), {"a GIF picture"});
  refused(folder.write("d.png", "RIFF....AVI LIST"), {"an AVI video"});
  refused(folder.write("e.jpg", ""), {"0 bytes"});
  refused(folder.write("f.jpg", "\xff\xd8\xff\xd9"), {"without a frame"});
  refused(folder.write("g.png", "\x89PNG\r\n\x1a\n"), {"IEND", "cut short"});
  refused(folder.path(""), {"a directory"});
  refused(folder.path("none.png"), {"no such file"});
  refused("/dev/zero", {"a device"});
  REQUIRE(::mkfifo(folder.path("fifo.png").c_str(), 0600) == 0);
  refused(folder.path("fifo.png"), {"a FIFO"});
}
