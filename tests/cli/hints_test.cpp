// What is known of a picture's colours, from the command line: --hint and --hints.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include <ochre/image_io/load_picture.hpp>

#include "support/place_picture.hpp"
#include "support/program.hpp"

using namespace ochre;
using namespace ochre::test;

namespace {

struct Lab {
  float l, a, b;
};

Lab pixel(const LoadedPicture& picture, Index x, Index y) {
  Lab lab{};
  color::srgb_to_lab_row(picture.view().row(y) + x * bytes_per_pixel(picture.format), picture.format, 1, &lab.l, &lab.a,
                         &lab.b);
  return lab;
}

struct Asked {
  TemporaryFolder folder;
  std::string gray = write_place(folder.path("gray.png"), {.in_color = false});

  Outcome run(Words more) const {
    more.insert(more.begin(), {"colorize", gray, "-o", folder.path("out.png"), "--size", "64"});
    return run_program(more);
  }
  LoadedPicture result() const { return load_picture(folder.path("out.png")).value(); }
};

}  // namespace

TEST_CASE("hints: a told colour is there at its place, and beyond the surface nothing changes much") {
  const Asked asked;
  REQUIRE(asked.run({}).code == 0);
  const LoadedPicture alone = asked.result();
  const Outcome run = asked.run({"--hint", "20,30,#3050a0", "--hint", "70,50,#a04030"});
  CAPTURE(run.err);
  REQUIRE(run.code == 0);
  const LoadedPicture told = asked.result();
  const std::uint8_t blue[3] = {0x30, 0x50, 0xa0};
  Lab wanted{};
  color::srgb_to_lab_row(blue, PixelFormat::rgb8, 1, &wanted.l, &wanted.a, &wanted.b);
  const Lab found = pixel(told, 20, 30);
  CHECK(std::hypot(found.a - wanted.a, found.b - wanted.b) < 3);
  CHECK(std::fabs(found.l - pixel(alone, 20, 30).l) < 0.5f);  // the picture's own lightness stays
  CHECK(std::hypot(pixel(alone, 20, 30).a - wanted.a, pixel(alone, 20, 30).b - wanted.b) > 20);
}

TEST_CASE("hints: of a picture of hints the opaque pixels count") {
  const Asked asked;
  auto hints = LoadedPicture::create(96, 64, PixelFormat::rgba8).value();
  std::uint8_t* at = hints.view().row(30) + 4 * 20;
  at[0] = 0x30, at[1] = 0x50, at[2] = 0xa0, at[3] = 255;
  at[7] = 254;  // the next pixel, black, is not quite opaque: no hint
  const auto* read_only = &hints;
  REQUIRE(save_picture(asked.folder.path("hints.png"), read_only->view()).ok());
  REQUIRE(asked.run({"--hints", asked.folder.path("hints.png")}).code == 0);
  const LoadedPicture by_picture = asked.result();
  REQUIRE(asked.run({"--hint", "20,30,#3050A0"}).code == 0);
  CHECK(color_distance(by_picture, asked.result()) == 0);
}

TEST_CASE("hints: what is no hint is refused by name, and nothing is written") {
  const Asked asked;
  for (const char* text : {"20,30", "20,30,3050a0", "20,30,#3050a", "20,30,#3050a01", "-1,2,#000000", "a,b,#000000",
                           "1,2,#00000g", "99999999999,2,#000000", "1,2,#000000 ", ""}) {
    CAPTURE(text);
    const Outcome run = asked.run({std::string("--hint=") + text});
    CHECK(run.code == 2);
    CHECK(run.error_lines() <= 2);
  }
  const Outcome outside = asked.run({"--hint", "96,0,#000000"});
  CHECK(outside.code == 3);
  CHECK(outside.says("outside the picture of 96x64"));
  const Outcome opaque = asked.run({"--hints", asked.gray});
  CHECK(opaque.code == 3);
  CHECK(opaque.says("without transparency"));
  auto other = LoadedPicture::create(95, 64, PixelFormat::rgba8).value();
  const auto* read_only = &other;
  REQUIRE(save_picture(asked.folder.path("other.png"), read_only->view()).ok());
  CHECK(asked.run({"--hints", asked.folder.path("other.png")}).says("95x64 for a picture of 96x64"));
  auto empty = LoadedPicture::create(96, 64, PixelFormat::rgba8).value();
  read_only = &empty;
  REQUIRE(save_picture(asked.folder.path("empty.png"), read_only->view()).ok());
  CHECK(asked.run({"--hints", asked.folder.path("empty.png")}).says("no opaque pixel"));
  CHECK_FALSE(std::filesystem::exists(asked.folder.path("out.png")));
  write_place(asked.folder.path("second.png"), {.in_color = false});
  const Outcome several = run_program({"colorize", asked.gray, asked.folder.path("second.png"), "-o",
                                       asked.folder.path("out"), "--hint", "1,1,#000000"});
  CHECK(several.code == 2);
  CHECK(several.says("are for one picture, found 2"));
}
