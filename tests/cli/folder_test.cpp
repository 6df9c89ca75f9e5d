// Folders as they are: names that meet, files of other kinds, folders that cannot be read, results among the originals.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include <sys/stat.h>

#include "../../tools/ochre/distinct_names.hpp"
#include "support/program.hpp"
#include "support/ramp_picture.hpp"
#include "support/tiny_model.hpp"

namespace folder_test {

using namespace ochre::test;
namespace fs = std::filesystem;
using Names = std::set<std::string>;

struct Folders {
  TemporaryFolder folder;
  std::string model = folder.write("m.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }
  void pictures(const Words& names) const {
    for (const std::string& name : names) save_ramp(path(name));
  }

  Outcome colorize(const Words& words, const RunLimits& limits = {}) const {
    Words all{"colorize", "--model", model, "--threads", "1"};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all, limits);
  }

  Names names_in(const std::string& name) const {
    Names names;
    if (!fs::exists(path(name))) return names;
    for (const auto& entry : fs::recursive_directory_iterator(path(name))) {
      if (!entry.is_directory()) names.insert(fs::relative(entry.path(), path(name)).string());
    }
    return names;
  }
};

}  // namespace folder_test

TEST_CASE("folders: where two pictures have one name, each keeps the whole of it, in every run and shard") {
  using namespace folder_test;
  const Folders here;
  here.pictures({"in/a.jpg", "in/a.png", "in/b.png", "in/c.ppm", "in/deep/a.jpg", "in/d.png", "in/d.ppm"});
  fs::copy(here.path("in/b.png"), here.path("in/a.jpg.bmp"));  // told by its content; its name meets a.jpg's
  const Names all{"a.jpg.png", "a.png.png", "b.png", "c.png", "deep/a.png", "d.png.png", "d.ppm.png", "a.jpg.bmp.png"};
  CHECK(here.colorize({here.path("in"), "-o", here.path("out"), "--recursive"}).code == 0);
  CHECK(here.names_in("out") == all);
  CHECK(here.colorize({here.path("in"), "-o", here.path("out"), "--recursive", "--skip-existing"}).says("8 skipped"));
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    CHECK(here.colorize({here.path("in"), "-o", here.path("parts"), "--recursive", "--shard", shard}).code == 0);
  }
  CHECK(here.names_in("parts") == all);
}

TEST_CASE("folders: a long name may be another's short one") {
  using ochre::program::distinct_names;
  CHECK(distinct_names({{"a.mkv", "a.ts.mkv"}, {"b.mp4", "b.mp4.mkv"}}) == folder_test::Words{"a.mkv", "b.mp4"});
  CHECK(distinct_names({{"a.mkv", "a.ts.mkv"}, {"a.mkv", "a.mkv.mkv"}, {"a.ts.mkv", "a.ts.flv.mkv"}}) ==
        folder_test::Words{"a.ts.mkv", "a.mkv.mkv", "a.ts.flv.mkv"});
  CHECK(distinct_names({{"a", "b"}, {"a", "b"}}) == folder_test::Words{"b", "b"});
}

TEST_CASE("folders: what comes later meets no earlier result") {
  using namespace folder_test;
  const Folders here;
  here.pictures({"in/a.jpg"});
  const Words command{here.path("in"), "-o", here.path("out"), "--skip-existing"};
  CHECK(here.colorize(command).says("1 picture coloured"));
  here.pictures({"in/a.png"});
  CHECK(here.colorize(command).says("2 pictures coloured"));
  CHECK(here.names_in("out") == Names{"a.png", "a.jpg.png", "a.png.png"});
}

TEST_CASE("folders: what is named twice is coloured once") {
  using namespace folder_test;
  const Folders here;
  here.pictures({"in/a.png", "in/deep/b.png"});
  fs::create_directory_symlink(here.path("in"), here.path("also"));
  const std::string a = here.path("in/a.png");
  CHECK(here.colorize({a, a, here.path("in/deep/../a.png"), here.path("also/a.png"), "-o", here.path("o.png")})
            .says("1 picture coloured"));
  CHECK(fs::is_regular_file(here.path("o.png")));
  const Outcome run = here.colorize(
      {here.path("in"), here.path("also/"), here.path("in/deep"), a, "-o", here.path("out"), "--recursive"});
  CHECK(run.says("2 pictures coloured"));
  CHECK(here.names_in("out") == Names{"a.png", "deep/b.png"});
}

TEST_CASE("folders: what is left alone is named") {
  using namespace folder_test;
  const Folders here;
  here.pictures({"in/a.png"});
  fs::copy(here.path("in/a.png"), here.path("in/b.jfif"));
  for (const char* name : {"in/1.txt", "in/2.mov", "in/3.txt", "in/4.txt", "in/.hidden.txt"})
    here.folder.write(name, "");
  fs::create_directory(here.path("in/deep"));
  REQUIRE(::mkfifo(here.path("in/pipe.png").c_str(), 0600) == 0);  // nobody waits for it
  const Outcome run = here.colorize({here.path("in"), "-o", here.path("out")});
  CHECK(run.code == 0);
  CHECK(run.says("in: 5 other files (1.txt, 2.mov, 3.txt, ...) and 1 folder left alone\n"));
  CHECK(here.names_in("out") == Names{"a.png", "b.png"});
  CHECK(here.colorize({here.path("in"), "-o", here.path("out"), "--quiet"}).err.empty());
  fs::create_directory(here.path("none"));
  here.folder.write("none/x.mov", "");
  const Outcome none = here.colorize({here.path("none"), "-o", here.path("out")});
  CHECK(none.code == 3);
  CHECK(none.says("found no picture directly in it, but 1 other file (x.mov), expected .jpg"));
  CHECK(none.error_lines() == 1);
}

TEST_CASE("folders: one within that cannot be read has its line, the rest is done") {
  using namespace folder_test;
  if (::geteuid() == 0) return;  // root may read everything
  const Folders here;
  here.pictures({"in/a.png", "in/lost/b.png"});
  REQUIRE(::chmod(here.path("in/lost").c_str(), 0) == 0);
  const Outcome run = here.colorize({here.path("in"), "-o", here.path("out"), "--recursive"});
  REQUIRE(::chmod(here.path("in/lost").c_str(), 0700) == 0);
  CHECK(run.code == 4);
  CHECK(run.says("in/lost: found Permission denied"));
  CHECK(run.says("1 picture coloured"));
  CHECK(here.names_in("out") == Names{"a.png"});
}

TEST_CASE("folders: an interrupted run among the originals goes on") {
  using namespace folder_test;
  const Folders here;
  here.pictures({"in/1.jpg", "in/2.png", "in/1.png"});
  const Words whole{here.path("in"), "-o", here.path("in"), "--suffix", "_c", "--skip-existing"};
  REQUIRE(here.colorize({here.path("in/2.png"), "-o", here.path("in"), "--suffix", "_c"}).code == 0);
  CHECK(here.colorize(whole).says("2 pictures coloured"));
  CHECK(here.colorize(whole).says("0 pictures coloured"));
  CHECK(here.names_in("in") == Names{"1.jpg", "1.jpg_c.png", "1.png", "1.png_c.png", "2.png", "2_c.png"});
  CHECK(here.colorize({here.path("in"), "-o", here.path("in"), "--suffix", "_c"}).says("or --skip-existing"));
}

TEST_CASE("folders: --format and --quality") {
  using namespace folder_test;
  const Folders here;
  save_ramp(here.path("in/a.png"), RampColors::gray, 100);
  for (const char* quality : {"20", "90"}) {
    CHECK(here.colorize({here.path("in"), "-o", here.path(quality), "--format", "jpg", "--quality", quality}).code ==
          0);
  }
  CHECK(fs::file_size(here.path("20/a.jpg")) < fs::file_size(here.path("90/a.jpg")));
  CHECK(here.colorize({here.path("in"), "-o", here.path("out"), "--format", "ppm", "--suffix", "_c"}).code == 0);
  CHECK(here.names_in("out") == Names{"a_c.ppm"});
}
