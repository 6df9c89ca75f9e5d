// Kinds of pictures through the program: pages, remarks, what else a file says, and the names in a folder.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "support/noise_picture.hpp"
#include "support/program.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiff_writer.hpp"
#include "support/tiny_model.hpp"

namespace picture_kinds_test {

namespace {

using ochre::LoadedPicture;
using ochre::PixelFormat;
using ochre::test::Outcome;
using ochre::test::TiffWish;
using ochre::test::TinyModel;
using ochre::test::Words;

struct Studio {
  TemporaryFolder folder;
  std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }

  Outcome colorize(const Words& words) const {
    Words all{"colorize", "--model", model, "--threads", "1"};
    all.insert(all.end(), words.begin(), words.end());
    return ochre::test::run_program(all);
  }

  std::string pages(const std::string& name, int count) const {
    std::vector<TiffWish> all;
    for (int page = 0; page < count; ++page) {
      all.push_back({.width = 20 + page, .height = 16, .rows = std::vector<std::uint8_t>(16u * 30u, 90)});
    }
    const auto file = ochre::test::tiff_of(all);
    return folder.write(name, {reinterpret_cast<const char*>(file.data()), file.size()});
  }

  std::string save(const std::string& name, const ochre::EncodeOptions& options = {}) const {
    const LoadedPicture picture = ochre::test::noise(20, 16, PixelFormat::rgb8);
    REQUIRE(ochre::save_picture(path(name), picture.view(), options).ok());
    return path(name);
  }
};

}  // namespace

TEST_CASE("colorize: each page of a TIFF becomes a picture, beside the first or in the folder") {
  const Studio studio;
  const std::string scan = studio.pages("scan.tif", 3);
  CHECK(studio.colorize({scan, "-o", studio.path("out.png")}).says("3 pictures coloured"));
  const char* const names[] = {"out.png", "out-2.png", "out-3.png"};
  for (int page = 0; page < 3; ++page) {
    CAPTURE(page);
    const auto picture = ochre::load_picture(studio.path(names[page]));
    REQUIRE(picture);
    CHECK(picture->width == 20 + page);
  }
  std::filesystem::create_directory(studio.path("in"));
  studio.pages("in/scan.TIFF", 2);
  CHECK(studio.colorize({studio.path("in"), "-o", studio.path("out"), "--suffix", "_c.tif"}).code == 0);
  CHECK(studio.has("out/scan_c.tif"));
  CHECK(studio.has("out/scan_c-2.tif"));
  studio.save("in/scan-2.jpg");  // whose result would have the second page's name
  const Outcome twice = studio.colorize({studio.path("in"), "-o", studio.path("out")});
  CHECK(twice.code == 2);
  CHECK(twice.says("would be written twice"));
}

TEST_CASE("colorize: a remark is a warning, once, and the picture is coloured") {
  const Studio studio;
  const std::string whole = studio.save("whole.jpg");
  std::string bytes = studio.folder.read("whole.jpg");
  const std::string odd = studio.folder.write("odd.jpg", bytes.substr(0, bytes.size() - 2));
  const Outcome run = studio.colorize({odd, "-o", studio.path("out.png"), "--quiet"});
  CHECK(run.code == 0);
  CHECK(run.says("warning: " + odd + ": found no end-of-image marker, but all of the picture\n"));
  CHECK(run.error_lines() == 1);
  CHECK(studio.has("out.png"));
  const std::string cut = studio.folder.write("cut.jpg", bytes.substr(0, bytes.size() / 2));
  const Outcome refused = studio.colorize({cut, "-o", studio.path("cut.png")});
  CHECK(refused.code == 3);
  CHECK(refused.says("cut short"));
}

TEST_CASE("colorize: comment and resolution go along, into each kind of file; a folder takes every name") {
  const Studio studio;
  std::filesystem::create_directory(studio.path("in"));
  const ochre::PictureMetadata metadata{.comment = "kept", .dpi_across = 300, .dpi_down = 300};
  for (const char* name : {"in/a.JFIF", "in/b.webp", "in/c.tif", "in/d.jpe"})
    studio.save(name, {.metadata = &metadata});
  for (const char* suffix : {".png", ".jpg", ".tif"}) {
    CAPTURE(suffix);
    const std::string out = studio.path(std::string("out") + suffix);
    CHECK(studio.colorize({studio.path("in"), "-o", out, "--suffix", suffix}).says("4 pictures coloured"));
    for (const char* stem : {"a", "c", "d"}) {
      const auto picture = ochre::load_picture(out + "/" + stem + suffix);
      REQUIRE(picture);
      CHECK(picture->metadata.comment == "kept");
      CHECK(picture->metadata.dpi_across == doctest::Approx(300).epsilon(0.001));
    }
  }
}

}  // namespace picture_kinds_test
