// --limit N of the verbs that read pictures: megapixels instead of the limits that a file's own length sets.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "support/picture_bytes.hpp"
#include "support/program.hpp"
#include "support/tiny_model.hpp"

using ochre::test::Bytes;
using ochre::test::Outcome;
using ochre::test::png;
using ochre::test::run_program;
using ochre::test::TinyModel;
using ochre::test::Words;

TEST_CASE("colorize: more than 2 GB of memory are said before they are taken") {
  const TemporaryFolder folder;
  const std::string none = folder.path("none.png");
  const Outcome large = run_program({"colorize", none, "-o", folder.path("o.png"), "--size", "4096"});
  CHECK(large.code == 3);
  CHECK(large.says("embedded: takes about "));
  CHECK(large.says(" GB of memory\n"));
  CHECK(!run_program({"colorize", none, "-o", folder.path("o.png"), "--size", "4096", "--quiet"}).says("GB"));
  CHECK(!run_program({"colorize", none, "-o", folder.path("o.png")}).says("GB"));
}

TEST_CASE("colorize, eval and audit: --limit lifts what a small file may claim, and sets another limit") {
  const TemporaryFolder folder;
  const std::string model = folder.write("m", TinyModel{}.bytes());
  std::filesystem::create_directories(folder.path("set"));
  // 36 megapixels, of which next to nothing is there: read at all, it is refused for that.
  const Bytes file = png({6000, 6000, 8, 2}, std::string(1000, '\0'));
  const std::string picture = folder.write("set/a.png", {reinterpret_cast<const char*>(file.data()), file.size()});
  const Words verbs[] = {{"colorize", picture, "-o", folder.path("out.png"), "--model", model},
                         {"eval", folder.path("set"), "--model", model},
                         {"audit", model, "--picture", picture}};
  for (const Words& verb : verbs) {
    CAPTURE(verb[0]);
    const auto run = [&](const Words& more) {
      Words words = verb;
      words.insert(words.end(), more.begin(), more.end());
      return run_program(words);
    };
    const Outcome by_default = run({});
    CHECK(by_default.code == 3);
    CHECK(by_default.says("a.png: found a picture of 6000x6000 pixels, 108000000 bytes decoded, expected at most "));
    CHECK(by_default.says("; --limit N "));
    const Outcome lifted = run({"--limit", "36"});
    CHECK(lifted.code == 3);
    CHECK(lifted.says("cannot be decoded"));
    const Outcome lower = run({"--limit", "35"});
    CHECK(lower.says("expected at most 35000000 pixels"));
    CHECK(run({"--limit", "0"}).code == 2);
  }
}
