// The verb info: the JSON as agreed, a table that fits a terminal, the words of a file in moderation.
#include <doctest/doctest.h>

#include <ochre/weights/sha256.hpp>

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

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

TEST_CASE("info: results that cannot be written are an error") {
  const TemporaryFolder folder;
  const std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());
  const Outcome run = run_program({"info", model}, {.standard_output = "/dev/full"});
  CHECK(run.code == 3);
  CHECK(run.says("standard output"));
}
