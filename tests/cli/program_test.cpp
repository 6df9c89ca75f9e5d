// What all verbs have in common: help, versions, the embedded model, models that cannot be used, instruction sets.
#include <doctest/doctest.h>

#include <ochre/base/version.hpp>
#include <ochre/image_io/npy.hpp>

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

const Words all_verbs{"colorize", "video", "import", "known", "info", "verify", "audit", "run", "bench", "eval"};

}  // namespace

TEST_CASE("the program: version, help, and verbs that there are not") {
  const Outcome version_run = run_program({"--version"});
  CHECK(version_run.code == 0);
  CHECK(version_run.out == std::string("ochre ") + version + "\n");
  const Outcome help = run_program({"--help"});
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  CHECK(longest_line(help.out) <= 80);
  for (const std::string& verb : all_verbs) {
    CAPTURE(verb);
    CHECK(help.out.find("\n  " + verb + " ") != std::string::npos);
    const Outcome verb_help = run_program({verb, "--help"});
    CHECK(verb_help.code == 0);
    CHECK(verb_help.out.find("Example:\n") != std::string::npos);
    CHECK(verb_help.out.find("ochre " + verb) != std::string::npos);
    CHECK(longest_line(verb_help.out) <= 80);
  }
  CHECK(run_program({}).code == 2);
  for (const char* verb : {"animate", "paint"}) {
    const Outcome unknown = run_program({verb, "x"});
    CHECK(unknown.code == 2);
    CHECK(unknown.says(std::string("no verb `") + verb + "`"));
    CHECK(unknown.out.empty());
  }
  CHECK(run_program({"--paint"}).code == 2);
  CHECK(run_program({"info"}).code == 2);
  CHECK(run_program({"info", "a", "b"}).code == 2);
}

TEST_CASE("the embedded model is there") {
  for (const Words& words : {Words{"info", "embedded"}, Words{"verify", "embedded"},
                             Words{"bench", "--model", "embedded", "--size", "32", "--runs", "1"}}) {
    const Outcome run = run_program(words);
    CAPTURE(run.err);
    CHECK(run.code == 0);
  }
}

TEST_CASE("the examples of --help work as printed") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("examples/pictures"));
  std::filesystem::copy(OCHRE_WEIGHTS_DIR "/../examples/pictures", folder.path("examples/pictures"));
  std::filesystem::create_directory(folder.path("weights"));
  std::filesystem::copy(OCHRE_WEIGHTS_DIR "/street.safetensors", folder.path("weights"));
  auto input = Tensor<float>::create({1, 1, 32, 32}).value();
  REQUIRE(save_npy(folder.path("x.npy"), input.view()).ok());  // what the line before, in Python, makes
  folder.write("grey.y4m", "YUV4MPEG2 W8 H8 F25:1 Cmono\nFRAME\n" + std::string(64, 'g'));  // what ffmpeg makes there
  for (const std::string& verb : all_verbs) {
    const std::string help = run_program({verb, "--help"}).out;
    int tried = 0;
    for (std::size_t at = help.find("Example:"); (at = help.find("\n  ochre ", at)) != std::string::npos;
         ++at, ++tried) {
      const std::size_t begin = at + 9;
      std::string line = help.substr(begin, help.find('\n', begin) - begin);
      CAPTURE(line);
      Words words;
      for (std::size_t end = 0; !line.empty(); line.erase(0, std::min(end, line.size() - 1) + 1)) {
        end = line.find(' ');
        words.push_back(line.substr(0, end));
        if (end == std::string::npos) break;
      }
      const Outcome run = run_program(words, {.folder = folder.path(".")});
      CAPTURE(run.err);
      CHECK(run.code == 0);
    }
    CHECK(tried > 0);
  }
}

TEST_CASE("info, verify, run: an unusable model has one line") {
  const TemporaryFolder folder;
  const std::string model = folder.write("bad.safetensors", "this is not a model");
  REQUIRE(save_npy(folder.path("x.npy"), Tensor<float>::create({1, 1, 2, 2}).value().view()).ok());
  for (const Words& verb :
       {Words{"info"}, Words{"verify"}, Words{"run", "--input", folder.path("x.npy"), "--output", folder.path("y")}}) {
    for (const std::string& path : {model, folder.path("missing"), folder.path(".")}) {
      Words words = verb;
      words.insert(words.begin() + 1, path);
      const Outcome run = run_program(words);
      CAPTURE(run.err);
      CHECK(run.code == 3);
      CHECK(run.says(path));
      CHECK(run.says("expected"));
      CHECK(run.error_lines() == 1);
      CHECK(run.out.empty());
    }
  }
  CHECK(folder.files() == 2);
}

TEST_CASE("the program: OCHRE_ISA chooses the kernels, or is an error") {
  const TemporaryFolder folder;
  const Words bench{"bench", "--network", "street", "--size", "16", "--runs", "1", "--quiet", "--json"};
  ::setenv("OCHRE_ISA", "baseline", 1);
  const Outcome chosen = run_program(bench);
  CHECK(chosen.code == 0);
  CHECK(Json::parse(chosen.out)["isa"] == "baseline");
  ::setenv("OCHRE_ISA", "avx1024", 1);
  const Outcome unknown = run_program(bench);
  CHECK(unknown.code == 2);
  CHECK(unknown.says("OCHRE_ISA names the instruction set `avx1024`"));
  CHECK(unknown.out.empty());
  CHECK(run_program({"--help"}).code == 0);
  ::unsetenv("OCHRE_ISA");
}
