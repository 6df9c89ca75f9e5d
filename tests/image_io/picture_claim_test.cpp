// Small files that ask for much, or for memory that nobody wrote: refused from their headers, by name, or read in time
// and memory that their length allows. The files are made here.
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/load_picture.hpp>

#include "support/picture_bytes.hpp"

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using ochre::Index;
using ochre::LoadLimits;
using ochre::PixelFormat;
using ochre::test::Bytes;
using ochre::test::jpeg_end;
using ochre::test::jpeg_scan;
using ochre::test::jpeg_segment;
using ochre::test::jpeg_start;
using ochre::test::lacks;
using ochre::test::png;
using ochre::test::refusal;

std::string refusal_of(const std::string& file, const LoadLimits& limits = {}) {
  return refusal(bytes_of(file), limits);
}

std::string little(unsigned value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value);
  return text;
}

// A BMP of that many bits a pixel; its pixels begin `gap` bytes after its headers, where the colours lie.
std::string bmp(unsigned width, unsigned height, unsigned bits, std::string_view colors, std::string_view pixels,
                int gap = -1) {
  const auto offset = static_cast<unsigned>(54 + (gap < 0 ? static_cast<int>(colors.size()) : gap));
  return "BM" + little(0, 4) + little(0, 4) + little(offset, 4) + little(40, 4) + little(width, 4) + little(height, 4) +
         little(1, 2) + little(bits, 2) + little(0, 24) + std::string(colors) + std::string(pixels);
}

// A progressive JPEG whose later scans hold nothing.
std::string scans_without_data(int count) {
  std::string file = jpeg_start({.process = 2}) + jpeg_scan({1}, 0, 0) + "\x7f";
  for (int i = 1; i < count; ++i) file += jpeg_scan({1}, 1, 63, i == 1 ? 0 : 0x10) + "\x3f";
  return file + std::string(jpeg_end);
}

}  // namespace

TEST_CASE("hostile png: an index beyond the palette is refused by pixel, at every depth, interlaced or not") {
  const auto colors = bytes_of("abcdef"sv);
  struct Case {
    ochre::test::PngHeader header;
    std::string_view rows;
    std::vector<std::string_view> parts;
  };
  const Case cases[] = {
      {{4, 1, 8, 3}, "\0\0\1\1\7"sv, {"pixel 3,0", "index 7", "one below 2"}},
      {{4, 2, 4, 3}, "\0\x01\x10\0\x00\x20"sv, {"pixel 2,1", "index 2", "one below 2"}},
      {{4, 1, 2, 3}, "\0\x1b"sv, {"pixel 2,0", "index 2", "one below 2"}},
      {{2, 2, 8, 3, 1}, "\0\0\0\1\0\1\xff"sv, {"pixel 1,1", "index 255", "one below 2"}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.header.depth);
    CHECK(lacks(refusal(png(test.header, test.rows, {{"PLTE", colors}})), test.parts) == "");
  }
  const auto palette = bytes_of("abc"sv);
  CHECK(lacks(refusal(png({8, 1, 1, 3}, "\0\x01"sv, {{"PLTE", palette}})), {"pixel 7,0", "index 1", "below 1"}) == "");
  CHECK(refusal(png({7, 1, 1, 3}, "\0\x01"sv, {{"PLTE", palette}})) == "accepted");  // the bit is padding
}

TEST_CASE("hostile png: palettes and transparent colours that do not fit") {
  const auto colors = bytes_of("abcdef"sv);
  const auto refused = [](const ochre::test::PngHeader& header,
                          const std::vector<std::pair<std::string_view, Bytes>>& chunks) {
    return refusal(png(header, "\0\0\0\0\0\0\0\0\0"sv, chunks));
  };
  const ochre::test::PngHeader palette{1, 1, 8, 3};
  CHECK(lacks(refused(palette, {}), {"chunk IDAT", "found no palette", "PLTE"}) == "");
  CHECK(lacks(refused(palette, {{"PLTE", {}}}), {"chunk PLTE at byte 33", "found 0 bytes"}) == "");
  CHECK(lacks(refused(palette, {{"PLTE", bytes_of("abcd"sv)}}), {"PLTE", "found 4 bytes"}) == "");
  CHECK(lacks(refused({1, 1, 1, 3}, {{"PLTE", bytes_of("abcdefghi"sv)}}), {"found 9 bytes", "at most 6"}) == "");
  CHECK(lacks(refused(palette, {{"PLTE", colors}, {"PLTE", colors}}), {"PLTE", "expected one palette"}) == "");
  CHECK(lacks(refused(palette, {{"PLTE", colors}, {"tRNS", bytes_of("abc"sv)}}), {"tRNS", "found 3 bytes"}) == "");
  CHECK(lacks(refused(palette, {{"tRNS", bytes_of("a"sv)}, {"PLTE", colors}}), {"tRNS", "found 1 bytes"}) == "");
  CHECK(lacks(refused({1, 1, 8, 6}, {{"tRNS", bytes_of("ab"sv)}}), {"tRNS"}) == "");
  CHECK(lacks(refused({1, 1, 8, 0}, {{"tRNS", bytes_of("abc"sv)}}), {"tRNS"}) == "");
  CHECK(lacks(refused({1, 1, 3, 0}, {}), {"colour type 0 with 3 bits"}) == "");
  CHECK(lacks(refused({1, 1, 16, 3}, {{"PLTE", colors}}), {"colour type 3 with 16 bits"}) == "");

  Bytes flipped = png(palette, "\0\0"sv, {{"PLTE", colors}, {"tRNS", bytes_of("\x10"sv)}});
  REQUIRE(refusal(flipped) == "accepted");
  flipped[33 + 18 + 8] ^= std::byte{1};  // the alpha
  CHECK(lacks(refusal(flipped), {"chunk tRNS", "checksum"}) == "");
}

TEST_CASE("hostile png: a transparent colour becomes alpha, of every kind that may have one") {
  const auto decoded = [](const ochre::test::PngHeader& header, std::string_view rows, std::string_view color) {
    const auto picture = ochre::decode_picture(png(header, rows, {{"tRNS", bytes_of(color)}}));
    REQUIRE(picture);
    const auto span = picture->pixels.span();
    return std::pair(picture->format, std::vector<int>(span.begin(), span.end()));
  };
  using Pixels = std::vector<int>;
  CHECK(decoded({2, 1, 8, 0}, "\0\5\6"sv, "\0\6"sv) == std::pair(PixelFormat::gray_alpha8, Pixels{5, 255, 6, 0}));
  CHECK(decoded({2, 1, 4, 0}, "\0\x1f"sv, "\0\1"sv) == std::pair(PixelFormat::gray_alpha8, Pixels{17, 0, 255, 255}));
  CHECK(decoded({1, 1, 8, 2}, "\0\1\2\3"sv, "\0\1\0\2\0\3"sv) == std::pair(PixelFormat::rgba8, Pixels{1, 2, 3, 0}));
  CHECK(decoded({1, 1, 16, 0}, "\0\1\2"sv, "\1\2"sv).first == PixelFormat::gray_alpha16);
  CHECK(decoded({1, 1, 16, 2}, "\0\1\2\3\4\5\6"sv, "\1\2\3\4\5\6"sv) ==
        std::pair(PixelFormat::rgba16, Pixels{2, 1, 4, 3, 6, 5, 0, 0}));
}

TEST_CASE("hostile png: what is not of the pixels is not read, however large, and how they are cut does not matter") {
  const std::string rows("\0ab\0cd", 6);
  std::vector<std::pair<std::string_view, Bytes>> chunks(3000, {"zTXt", bytes_of("a\0\0not zlib"sv)});
  chunks.push_back({"iCCP", bytes_of("a\0\0not zlib"sv)});
  chunks.push_back({"tEXt", Bytes(9'000'000)});  // longer than libpng would keep
  const auto picture = ochre::decode_picture(png({2, 2, 8, 0}, rows, chunks));
  REQUIRE(picture);
  CHECK(picture->pixels.data()[3] == 'd');
  CHECK(lacks(refusal(png({1, 1'000'001, 1, 0}, "\0a"sv)), {"1x1000001", "at most 1000000 a side"}) == "");
}

TEST_CASE("hostile bmp: an index beyond the palette is refused by pixel, at every depth") {
  const std::string two = "abc\0def\0"s;
  CHECK(refusal_of(bmp(3, 1, 8, two, "\0\1\1\0"sv)) == "accepted");
  CHECK(refusal_of(bmp(3, 1, 8, two, "\0\1\1\7"sv)) == "accepted");  // the last is padding
  CHECK(lacks(refusal_of(bmp(3, 1, 8, two, "\0\1\2\0"sv)), {"pixel 2", "row 0", "index 2", "below 2"}) == "");
  CHECK(lacks(refusal_of(bmp(3, 2, 4, two, "\0\0\0\0\x11\x20\0\0"sv)), {"pixel 2", "row 1", "index 2"}) == "");
  CHECK(refusal_of(bmp(3, 1, 4, two, "\x11\x12\0\0"sv)) == "accepted");  // the last half is padding
  CHECK(lacks(refusal_of(bmp(9, 1, 1, "abc\0"sv, "\0\x80\0\0"sv)), {"pixel 8", "index 1", "below 1"}) == "");
  CHECK(refusal_of(bmp(9, 1, 1, "abc\0"sv, "\0\x7f\0\0"sv)) == "accepted");
}

TEST_CASE("hostile bmp: no palette, one that would lie within the headers, an unknown depth") {
  const std::string pixels(64, '\0');
  for (const int gap : {-54, -40, -3, 0, 3}) {
    CAPTURE(gap);
    CHECK(lacks(refusal_of(bmp(4, 1, 8, "", pixels, gap)), {"found pixels at byte", "1 to 256 colours"}) == "");
  }
  CHECK(lacks(refusal_of(bmp(4, 1, 8, std::string(257 * 4, 'a'), pixels)), {"1 to 256 colours"}) == "");
  CHECK(lacks(refusal_of(bmp(0, 0x7fffffff, 8, "abc\0"sv, pixels)), {"0x2147483647", "at least 1x1"}) == "");
  for (const unsigned bits : {0u, 2u, 12u, 48u}) {
    CAPTURE(bits);
    CHECK(lacks(refusal_of(bmp(4, 1, bits, "abc\0"sv, pixels)), {"bits a pixel", "expected 1, 4, 8"}) == "");
  }
}

TEST_CASE("hostile jpeg: scans beyond what an honest file has") {
  const int most = ochre::detail::most_jpeg_scans;
  CHECK(refusal_of(scans_without_data(most)) == "accepted");
  CHECK(lacks(refusal_of(scans_without_data(most + 1)), {"more than 64 scans"}) == "");
}

TEST_CASE("hostile jpeg: any number of segments before the frame is passed over") {
  std::string segments;
  for (int i = 0; i < 3000; ++i) {
    segments += jpeg_segment(0xE1, "Exif\0\0"sv) + jpeg_segment(0xFE, "x") + jpeg_segment(0xDB, std::string(65, '\1'));
  }
  std::string file = jpeg_start({}) + jpeg_scan({1}) + "\x3f" + std::string(jpeg_end);
  REQUIRE(refusal_of(file) == "accepted");
  file.insert(2, segments);
  CHECK(refusal_of(file) == "accepted");
}

TEST_CASE("hostile jpeg: coded data that ends before the picture does, and processes that nobody writes") {
  const std::string file =
      jpeg_start({.width = 4000, .height = 4000}) + jpeg_scan({1}) + "\x3f" + std::string(jpeg_end);
  const auto picture = ochre::decode_picture(bytes_of(file));
  REQUIRE(picture);
  CHECK(ochre::test::contains(picture->remark, "premature end of data segment"));
  for (const int process : {3, 5, 15}) {
    CAPTURE(process);
    CHECK(lacks(refusal_of(jpeg_start({.process = process}) + jpeg_scan({1}) + "\x3f" + std::string(jpeg_end)),
                {process == 5 ? "hierarchical" : "lossless"}) == "");
  }
  CHECK(lacks(refusal_of(jpeg_start({.sampling = {0x11, 0x11}}) + jpeg_scan({1, 2}) + "\x3f" + std::string(jpeg_end)),
              {"2 components"}) == "");
  CHECK(lacks(refusal_of("\xff\xd8" + jpeg_scan({1}) + "a" + std::string(jpeg_end)), {"scan without a frame"}) == "");
}

TEST_CASE("hostile jpeg: a component without a scan") {
  const std::string start = jpeg_start({.sampling = {0x11, 0x11, 0x11}});
  const auto scan = [](int component) { return jpeg_scan({component}) + "\x3f"; };
  const std::string two = start + scan(1) + scan(3);
  CHECK(lacks(refusal_of(two + std::string(jpeg_end)), {"without a scan of 1 of its components"}) == "");
  CHECK(refusal_of(two + scan(2) + std::string(jpeg_end)) == "accepted");
}

TEST_CASE(
    "hostile claims: a small file is believed up to a size, a larger one in proportion, and LoadLimits lifts it") {
  const Bytes file = png({40, 40, 8, 2}, std::string(40 * 121, '\0'));
  REQUIRE(file.size() < 200);
  const auto length = static_cast<Index>(file.size());
  CHECK(refusal(file) == "accepted");
  CHECK(lacks(refusal(file, {.max_pixels = 1599}), {"40x40", "at most 1599 pixels (LoadLimits::max_pixels)"}) == "");
  CHECK(refusal(file, {.max_bytes = 4800}) == "accepted");
  CHECK(lacks(refusal(file, {.max_bytes = 4799}), {"4800 bytes", "at most 4799 (LoadLimits::max_bytes)"}) == "");
  CHECK(refusal(file, {.small_file_bytes = 4800, .bytes_per_file_byte = 0}) == "accepted");
  CHECK(lacks(refusal(file, {.small_file_bytes = 4799, .bytes_per_file_byte = 1}),
              {"4800 bytes", "at most 4799 of a file of " + std::to_string(length) + " bytes",
               "(LoadLimits::small_file_bytes)"}) == "");
  CHECK(refusal(file, {.small_file_bytes = 0, .bytes_per_file_byte = 4800 / length + 1}) == "accepted");
  CHECK(refusal(file, {.small_file_bytes = 0, .bytes_per_file_byte = std::numeric_limits<Index>::max()}) == "accepted");

  // A grey pixel counts as the three bytes that it becomes, a wide one as what it is.
  const Bytes gray = png({40, 40, 1, 0}, std::string(40 * 6, '\0'));
  CHECK(lacks(refusal(gray, {.max_bytes = 4799}), {"4800 bytes"}) == "");
  const Bytes wide = png({40, 40, 16, 6}, std::string(40 * 321, '\0'));
  CHECK(lacks(refusal(wide, {.max_bytes = 12799}), {"12800 bytes"}) == "");
  CHECK(lacks(refusal_of("P5 40 40 255\n" + std::string(1600, 'a'), {.max_bytes = 4799}), {"4800 bytes"}) == "");
  CHECK(lacks(refusal_of(bmp(40, 40, 24, "", std::string(4800, 'a')), {.max_bytes = 4799}), {"4800 bytes"}) == "");
}

TEST_CASE("hostile claims: a JPEG's coefficients count, where the decoder must hold all of them") {
  // 64x64: 4096 samples a component, two bytes each; in units of 4x4 blocks, 64x64 too.
  const auto refused = [](const std::string& start, const std::vector<int>& first_scan) {
    std::string file = start + jpeg_scan(first_scan, 0, 0);
    for (int component = 1; component <= 4; ++component) file += jpeg_scan({component}, 0, 0);
    return refusal_of(file + std::string(jpeg_end), {.max_bytes = 12'288});
  };
  const auto header = [](int process, std::vector<int> sampling) {
    return jpeg_start({.process = process, .width = 64, .height = 64, .sampling = std::move(sampling)});
  };
  CHECK(lacks(refused(header(2, {0x11}), {1}), {"cannot be decoded"}) == "");
  CHECK(lacks(refused(header(2, {0x11, 0x11, 0x11}), {1, 2, 3}), {"24576 bytes", "max_bytes"}) == "");
  CHECK(refused(header(0, {0x11, 0x11, 0x11}), {1, 2, 3}) == "accepted");  // held row by row
  CHECK(lacks(refused(header(0, {0x11, 0x11, 0x11}), {1}), {"24576 bytes", "max_bytes"}) == "");
  CHECK(lacks(refused(header(2, {0x44, 0x11, 0x11}), {1}), {"cannot be decoded"}) == "");
  CHECK(lacks(refused(header(2, {0x44, 0x44, 0x44, 0x44}), {1}), {"32768 bytes", "max_bytes"}) == "");
}
