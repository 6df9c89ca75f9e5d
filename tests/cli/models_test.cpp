// The verbs that look into a model (info, verify, run), and what all verbs have in common.
#include <doctest/doctest.h>

#include <cmath>

#include <ochre/base/version.hpp>
#include <ochre/image_io/npy.hpp>
#include <ochre/weights/sha256.hpp>

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

const Words all_verbs{"colorize", "import", "known", "info", "verify", "audit", "run", "bench", "eval"};

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
  for (const char* verb : {"video", "paint"}) {
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

TEST_CASE("info: an origin of six lines, and the whole story when it is asked for") {
  const Outcome brief = run_program({"info", "embedded"});
  const std::string origin = brief.out.substr(brief.out.find("\norigin") + 1);
  CHECK(std::count(origin.begin(), origin.begin() + static_cast<std::ptrdiff_t>(origin.find("\nlicence") + 1), '\n') <=
        6);
  CHECK(!contains(brief.out, "\nhistory"));
  const Outcome whole = run_program({"info", "embedded", "--history"});
  CHECK(contains(whole.out, "\nhistory     Trained from scratch"));
  CHECK(whole.out.size() > brief.out.size() + 10'000);
  CHECK(!Json::parse(run_program({"info", "embedded", "--json"}).out).contains("history"));
  CHECK(Json::parse(run_program({"info", "embedded", "--json", "--history"}).out)["history"].is_string());
}

TEST_CASE("the examples of --help work as printed") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("examples/pictures"));
  std::filesystem::copy(OCHRE_WEIGHTS_DIR "/../examples/pictures", folder.path("examples/pictures"));
  std::filesystem::create_directory(folder.path("weights"));
  std::filesystem::copy(OCHRE_WEIGHTS_DIR "/street.safetensors", folder.path("weights"));
  auto input = Tensor<float>::create({1, 1, 32, 32}).value();
  REQUIRE(save_npy(folder.path("x.npy"), input.view()).ok());  // what the line before, in Python, makes
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

TEST_CASE("info: the JSON as agreed") {
  const TemporaryFolder folder;
  TinyModel tiny;
  tiny.metadata["proof"] = tiny.proof().dump();
  const std::string bytes = tiny.bytes();
  const std::string model = folder.write("tiny.safetensors", bytes);
  const Outcome run = run_program({"info", model, "--json"});
  CHECK(run.code == 0);
  CHECK(run.err.empty());
  const Json info = Json::parse(run.out);
  CHECK(keys_of(info) ==
        Words{"network", "source", "licence", "sha256", "parameters", "gmac", "layers", "tensors", "proof"});
  CHECK(info["network"] == "tiny");
  CHECK(info["source"] == "tests");
  CHECK(info["licence"] == "MIT");
  CHECK(info["sha256"] == sha256_hex(std::as_bytes(std::span(bytes))));
  CHECK(info["parameters"] == 4);
  CHECK(info["gmac"].get<double>() == doctest::Approx(2 * 16 * 16 / 1e9));
  CHECK(info["layers"] == Json::parse(R"([{"name":"normalise","kind":"scale","shape":[1,1,16,16]},
                                          {"name":"colours","kind":"conv2d","shape":[1,2,16,16]}])"));
  CHECK(info["tensors"] == Json::parse(R"([{"name":"colours.bias","dtype":"F32","shape":[2]},
                                           {"name":"colours.weight","dtype":"F32","shape":[2,1,1,1]}])"));
  CHECK(info["proof"] == true);

  TinyModel bare;
  bare.metadata.clear();
  const Json unknown = Json::parse(run_program({"info", folder.write("bare", bare.bytes()), "--json"}).out);
  CHECK(unknown["source"].is_null());
  CHECK(unknown["licence"].is_null());
  CHECK(unknown["proof"] == false);
}

TEST_CASE("info: a table of 80 columns, whatever the file says of itself") {
  const TemporaryFolder folder;
  TinyModel tiny;
  tiny.metadata["origin"] = std::string(300, 'x') + " \x1b[2J\n" + std::string(50, 'y');
  tiny.metadata["proof"] = "{";
  const Outcome run = run_program({"info", folder.write("m", tiny.bytes())});
  CHECK(run.code == 0);
  CHECK(longest_line(run.out) <= 80);
  CHECK(run.out.find('\x1b') == std::string::npos);
  for (const char* part : {"tiny: 2 layers, 4 parameters", "damaged", "colours", "MIT", "Two layers."}) {
    CAPTURE(part);
    CHECK(run.out.find(part) != std::string::npos);
  }
}

TEST_CASE("info: megabytes of words do not flood the terminal, nor take the time to lay them out") {
  const TemporaryFolder folder;
  TinyModel tiny;
  tiny.metadata["description"] = "";
  for (int i = 0; i < 600'000; ++i) tiny.metadata["description"] += "word ";
  const Outcome run = run_program({"info", folder.write("m", tiny.bytes())});
  CHECK(run.code == 0);
  CHECK(longest_line(run.out) <= 80);
  std::size_t words = 0;
  for (std::size_t at = 0; (at = run.out.find("word", at)) != std::string::npos; ++at) ++words;
  CHECK(words == 80);  // six lines of 68 columns, or a little less
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

TEST_CASE("info: results that cannot be written are an error") {
  const TemporaryFolder folder;
  const std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());
  const Outcome run = run_program({"info", model}, {.standard_output = "/dev/full"});
  CHECK(run.code == 3);
  CHECK(run.says("standard output"));
}

TEST_CASE("verify: exit 0 only if every layer holds") {
  const TemporaryFolder folder;
  const auto verify = [&](const TinyModel& tiny, const Json& proof, const Words& more = {}) {
    TinyModel with_proof = tiny;
    if (!proof.is_null()) with_proof.metadata["proof"] = proof.dump();
    Words words{"verify", folder.write("m", with_proof.bytes())};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  };
  const TinyModel tiny;
  const Json proof = tiny.proof();
  const Outcome good = verify(tiny, proof);
  CAPTURE(good.err);
  CHECK(good.code == 0);
  CHECK(good.out.find("2 of 2 layers hold") != std::string::npos);
  CHECK(longest_line(good.out) <= 80);
  CHECK(verify(tiny, proof, {"--quiet"}).out.find("2 of 2 layers hold") == 0);

  TinyModel changed = tiny;
  changed.slope[1] = std::nextafter(changed.slope[1], 0.0f);
  const Outcome wrong_weight = verify(changed, proof);
  CHECK(wrong_weight.code == 1);
  CHECK(wrong_weight.says("layer colours: "));
  CHECK(wrong_weight.says("expected"));
  CHECK(wrong_weight.out.find("FAILS") != std::string::npos);
  CHECK(wrong_weight.out.find("layers hold") == std::string::npos);
  CHECK(wrong_weight.error_lines() == 1);

  Json wrong = proof;
  wrong["layers"][0]["samples"][1][1] = 0.5;
  const Outcome wrong_sample = verify(tiny, wrong);
  CHECK(wrong_sample.code == 1);
  CHECK(wrong_sample.says("layer normalise: sample at 5: found -0.375, expected 0.5"));

  wrong = proof;
  wrong["layers"].erase(1);
  CHECK(verify(tiny, wrong).code == 1);
  CHECK(verify(tiny, wrong).says("layer colours"));

  // What takes too much to be replayed is no failed check.
  TinyModel tower;
  tower.network.insert(tower.network.find("output"), "upsample wide from=normalise factor=43000\n");
  Json claim = proof;
  claim["layers"].push_back(claim["layers"][0]);
  claim["layers"][2]["name"] = "wide";
  claim["layers"][2]["shape"] = {1, 1, 2 * 43000, 3 * 43000};
  const Outcome too_large = verify(tower, claim);
  CHECK(too_large.code == 3);
  CHECK(too_large.says("proof: the layers on an input [1,1,2,3] take"));
  CHECK(too_large.error_lines() == 1);

  const Outcome none = verify(tiny, nullptr);
  CHECK(none.code == 1);
  CHECK(none.says("\"proof\": found none"));
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

TEST_CASE("run: numbers in, numbers out") {
  const TemporaryFolder folder;
  const TinyModel tiny;
  const std::string model = folder.write("tiny.safetensors", tiny.bytes());
  auto input = Tensor<float>::create({2, 1, 2, 3}).value();
  for (Index i = 0; i < 12; ++i) input.data()[i] = static_cast<float>(8 * i);
  REQUIRE(save_npy(folder.path("x.npy"), input.view()).ok());
  const auto run = [&](Words words) {
    words.insert(words.begin(), {"run", model, "--input", folder.path("x.npy"), "--output", folder.path("y.npy")});
    return run_program(words);
  };
  const auto check = [&](const Words& words, double tolerance) {
    const Outcome outcome = run(words);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.empty());
    const auto output = load_npy<double>(folder.path("y.npy")).value();
    REQUIRE(output.shape() == Shape{2, 2, 2, 3});
    for (Index n = 0; n < 2; ++n) {
      for (int channel = 0; channel < 2; ++channel) {
        for (Index i = 0; i < 6; ++i) {
          const double expected = tiny.color(channel, static_cast<double>(input.data()[6 * n + i]));
          CHECK(std::abs(output.view().plane(n, channel)[i] - expected) <= tolerance);
        }
      }
    }
  };
  check({}, 1e-5);
  check({"--engine", "fast", "--threads", "2"}, 1e-5);
  check({"--engine", "readable", "--threads", "2"}, 1e-5);
  check({"--precision", "double"}, 1e-13);
  CHECK(run({"--layer", "normalise"}).code == 0);
  const auto normalised = load_npy<float>(folder.path("y.npy")).value();
  CHECK(normalised.shape() == Shape{2, 1, 2, 3});
  CHECK(normalised.data()[3] == doctest::Approx(0.24 - 0.5));
  std::filesystem::remove(folder.path("y.npy"));

  const auto refused = [&](const Words& words, int code, const char* says) {
    const Outcome outcome = run(words);
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(outcome.says(says));
    CHECK(!std::filesystem::exists(folder.path("y.npy")));
  };
  refused({"--layer", "sky"}, 2, "no such layer");
  refused({"--engine", "fast", "--precision", "double"}, 2, "only --engine readable");
  refused({"--engine", "readable", "--precision", "bf16"}, 2, "only --engine fast");
  refused({"--engine", "quick"}, 2, "--engine");
  refused({"--precision", "half"}, 2, "--precision");
  REQUIRE(save_npy(folder.path("x.npy"), Tensor<float>::create({1, 3, 2, 3}).value().view()).ok());
  refused({}, 3, "expected 1 channels");
  folder.write("x.npy", "no array");
  refused({}, 3, "x.npy: found");
  std::filesystem::remove(folder.path("x.npy"));
  refused({}, 3, "found no such file");
}
