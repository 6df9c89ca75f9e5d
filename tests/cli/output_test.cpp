// Where the program's results go: links, modes, full disks, and places that cannot be written to.
#include <doctest/doctest.h>

#include <filesystem>

#include <sys/stat.h>

#include "support/program.hpp"
#include "support/ramp_picture.hpp"
#include "support/tiny_model.hpp"

namespace output_test {

using namespace ochre::test;
namespace fs = std::filesystem;

struct Place {
  TemporaryFolder folder;
  std::string model = folder.write("m.safetensors", TinyModel{}.bytes());
  std::string picture = save_ramp(folder.path("a.png"));

  std::string path(const std::string& name) const { return folder.path(name); }

  // Every verb that writes a file of its own, to that name.
  std::vector<Words> writers(const std::string& output) const {
    return {{"colorize", picture, "-o", output, "--model", model},
            {"import", model, "-o", output},
            {"audit", model, "--size", "16", "--json", output},
            {"video", path("v.y4m"), "-o", path("v2.y4m"), "--model", model, "--json", output}};
  }
};

std::string video() { return "YUV4MPEG2 W8 H8 F25:1 Cmono\nFRAME\n" + std::string(64, 'g'); }

}  // namespace output_test

TEST_CASE("outputs: a link stays and what it leads to is written; a file keeps its mode") {
  using namespace output_test;
  const Place place;
  place.folder.write("v.y4m", video());
  fs::create_directory(place.path("store"));
  for (const Words& command : place.writers(place.path("link.png"))) {
    CAPTURE(command[0]);
    fs::remove(place.path("link.png"));
    place.folder.write("store/old", "old");
    REQUIRE(::chmod(place.path("store/old").c_str(), 0640) == 0);
    fs::create_symlink("store/old", place.path("link.png"));
    const Outcome run = run_program(command);
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(fs::is_symlink(place.path("link.png")));
    CHECK(place.folder.read("store/old") != "old");
    CHECK(fs::status(place.path("store/old")).permissions() == fs::perms(0640));

    fs::remove(place.path("store/old"));  // a link that leads nowhere yet
    CHECK(run_program(command).code == 0);
    CHECK(fs::is_symlink(place.path("link.png")));
    CHECK(fs::exists(place.path("store/old")));
  }
}

TEST_CASE("outputs: within a folder a link is replaced, for it leads where nobody said") {
  using namespace output_test;
  const Place place;
  fs::create_directory(place.path("out"));
  place.folder.write("precious", "precious");
  fs::create_symlink(place.path("precious"), place.path("out/a.png"));
  CHECK(run_program({"colorize", place.picture, "-o", place.path("out"), "--model", place.model}).code == 0);
  CHECK(!fs::is_symlink(place.path("out/a.png")));
  CHECK(place.folder.read("precious") == "precious");
}

TEST_CASE("outputs: a place that cannot be written to is said once, before the work") {
  using namespace output_test;
  const Place place;
  for (int i = 0; i < 5; ++i) save_ramp(place.path("in/" + std::to_string(i) + ".png"));
  place.folder.write("file", "");
  const Outcome folder =
      run_program({"colorize", place.path("in"), "-o", place.path("file/out"), "--model", place.path("none")});
  CHECK(folder.code == 3);
  CHECK(folder.says("file/out: found "));  // and nothing of the model that is not there
  CHECK(folder.error_lines() == 1);
  const Words commands[] = {
      {"colorize", place.picture, "-o", place.path("none/o.png"), "--model", place.path("none")},
      {"learn", place.picture, "-o", place.path("none/c.safetensors"), "--model", place.path("none")},
      {"import", place.model, "-o", place.path("none/n.safetensors"), "--network", place.path("none")},
      {"audit", place.model, "--json", place.path("none/j"), "--picture", place.path("none")},
      {"run", place.model, "--input", place.path("none"), "--output", place.path("none/y.npy")},
  };
  for (const Words& command : commands) {
    CAPTURE(command[0]);
    const Outcome run = run_program(command);
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(run.says("none/"));
    CHECK(run.says("expected a folder that can be written to"));
    CHECK(run.error_lines() == 1);
  }
}

TEST_CASE("outputs: a limit of the file's size is an error, not the end") {
  using namespace output_test;
  const Place place;
  const std::string large = save_ramp(place.path("large.ppm"), RampColors::gray, 100);
  const std::size_t files = place.folder.files();
  const Outcome run = run_program({"colorize", large, "-o", place.path("o.ppm"), "--model", place.model},
                                  {.file_bytes = 16384});  // libomp writes 1 kB of its own
  CHECK(run.code == 3);
  CHECK(run.says("o.ppm: found File too large, expected room for 31"));
  CHECK(place.folder.files() == files);
}
