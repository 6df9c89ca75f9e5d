// EXIF: the orientation of every integer type, what no longer holds is rewritten, and directories move to and from
// TIFF.
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/exif_directory.hpp>

#include "support/exif_block.hpp"

namespace exif_test {

namespace {

using namespace ochre::detail;
using ochre::test::ExifEntryWish;
using ochre::test::ExifWriter;

int number_of(const std::vector<std::byte>& bytes, std::size_t directory, std::uint32_t tag) {
  const auto block = ExifBlock::open(bytes);
  REQUIRE(block);
  return static_cast<int>(block->integer(block->find(directory, tag)).value_or(0));
}

}  // namespace

TEST_CASE("exif: an orientation of any integer type, in either order of bytes") {
  for (const bool little : {true, false}) {
    for (const std::uint32_t type : {1u, 3u, 4u, 6u, 8u, 9u}) {
      CAPTURE(type);
      ExifWriter writer(little);
      writer.directory({{.tag = 0x10F, .type = 2, .text = "a camera"}, {.tag = 0x112, .type = type, .value = 6}});
      CHECK(exif_orientation(writer.bytes()) == 6);
    }
    for (const std::uint32_t value : {0u, 9u, 65535u}) {
      ExifWriter writer(little);
      writer.directory({{.tag = 0x112, .type = 4, .value = value}});
      CHECK(exif_orientation(writer.bytes()) == 0);
    }
  }
}

TEST_CASE("exif: upright, sRGB, of its true size, and without a thumbnail") {
  for (const bool little : {true, false}) {
    ExifWriter writer(little);
    const std::size_t first =
        writer.directory({{.tag = 0x112, .type = 4, .value = 8}, {.tag = 0x8769, .type = 4, .value = 38}}, 80);
    const std::size_t second = writer.directory({{.tag = 0xA001, .type = 3, .value = 65535},
                                                 {.tag = 0xA002, .type = 3, .value = 40},
                                                 {.tag = 0xA003, .type = 4, .value = 30}});
    REQUIRE(second == 38);
    auto bytes = writer.bytes();
    make_exif_upright(bytes, 70000, 50);
    CHECK(number_of(bytes, first, 0x112) == 1);
    CHECK(number_of(bytes, second, 0xA001) == 1);
    CHECK(number_of(bytes, second, 0xA002) == 40);  // a number that has no room
    CHECK(number_of(bytes, second, 0xA003) == 50);
    const auto block = ExifBlock::open(bytes);
    CHECK(block->number32(first + 2 + 24) == 0);
  }
}

TEST_CASE("exif: a block whose directories lie in each other, or in its head, is left out") {
  const auto upright = [](ExifWriter& writer) {
    auto bytes = writer.bytes();
    make_exif_upright(bytes, 70000, 50);
    return bytes;
  };
  for (const bool little : {true, false}) {
    for (std::uint32_t offset = 0; offset < 60; ++offset) {
      ExifWriter at(little);
      at.directory({{.tag = 0x8769, .type = 4, .value = offset}, {.tag = 0x112, .type = 3, .value = 6}});
      const auto once = upright(at);
      auto twice = once;
      if (!once.empty()) make_exif_upright(twice, 70000, 50);
      CHECK(twice == once);
    }
    ExifWriter head(little);
    head.directory({{.tag = 0x112, .type = 3, .value = 6}});
    auto bytes = head.bytes();
    for (std::uint32_t offset = 0; offset < 8; ++offset) {
      for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = std::byte{0};
      bytes[little ? 4 : 7] = static_cast<std::byte>(offset);
      auto edited = bytes;
      make_exif_upright(edited, 70000, 50);
      CHECK(edited.empty());
    }
  }
}

TEST_CASE("exif: no byte of a block can harm") {
  ExifWriter writer(true);
  writer.directory({{.tag = 0x112, .type = 3, .value = 6},
                    {.tag = 0x11A, .type = 5, .value = 300},
                    {.tag = 0x8769, .type = 4, .value = 8},
                    {.tag = 0x10E, .type = 2, .text = "a text"}});
  const auto good = writer.bytes();
  CHECK(exif_resolution(good).across == 300);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0, 1, 127, 255}) {
      auto bad = good;
      bad[at] = static_cast<std::byte>(value);
      exif_orientation(bad);
      exif_resolution(bad);
      CHECK(exif_of_tiff(bad, 8).size() <= (1 << 21));
      make_exif_upright(bad, 10, 10);
      CHECK((bad.empty() || bad.size() == good.size()));
    }
  }
  for (std::size_t length = 0; length <= good.size(); ++length) {
    std::vector<std::byte> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    exif_orientation(cut);
    exif_of_tiff(cut, 8);
    make_exif_upright(cut, 10, 10);
  }
}

TEST_CASE("exif: a TIFF's directory becomes a block of what is about the picture") {
  for (const bool little : {true, false}) {
    ExifWriter writer(little);
    writer.directory({{.tag = 0x100, .type = 4, .value = 640},  // its width: not about the picture
                      {.tag = 0x10F, .type = 2, .text = "a maker"},
                      {.tag = 0x8769, .type = 4, .value = 58}});
    const std::size_t exif = writer.directory({{.tag = 0x9003, .type = 2, .text = "2020:01:02 03:04:05"}});
    REQUIRE(exif == 58);
    const auto block_bytes = exif_of_tiff(writer.bytes(), 8);
    const auto block = ExifBlock::open(block_bytes);
    REQUIRE(block);
    CHECK(block->little == little);
    CHECK(!block->find(block->first_directory(), 0x100));
    CHECK(exif_text(*block, 0x10F) == "a maker");
    const auto directory = block->integer(block->find(block->first_directory(), 0x8769));
    REQUIRE(directory);
    CHECK(block->find(*directory, 0x9003));
  }
}

}  // namespace exif_test
