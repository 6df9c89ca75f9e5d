// The verb bench: the JSON as agreed, its table, and that the output is checked.
#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

const Words bench_keys{"network",
                       "model",
                       "height",
                       "width",
                       "threads",
                       "isa",
                       "engine",
                       "runs",
                       "median_ms",
                       "min_ms",
                       "load_ms",
                       "peak_rss_bytes",
                       "gmac",
                       "gflops_effective",
                       "checked",
                       "first_ms",
                       "slowdown_of_memory_limit",
                       "precision"};

}  // namespace

TEST_CASE("bench: the JSON as agreed, and the output checked") {
  const Outcome run = run_program(
      {"bench", "--network", "street", "--height", "32", "--width", "48", "--runs", "2", "--threads", "1", "--json"});
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(run.err.empty());
  const Json bench = Json::parse(run.out);
  CHECK(keys_of(bench) == bench_keys);
  CHECK(bench["network"] == "street");
  CHECK(bench["model"].is_null());
  CHECK(bench["height"] == 32);
  CHECK(bench["width"] == 48);
  CHECK(bench["threads"] == 1);
  CHECK(bench["isa"].get<std::string>() != "");
  CHECK(bench["engine"] == "fast");
  CHECK(bench["first_ms"].get<double>() > 0);
  CHECK(bench["slowdown_of_memory_limit"] == 1);
  CHECK(bench["precision"] == "float");
  CHECK(bench["runs"] == 2);
  CHECK(bench["min_ms"].get<double>() > 0);
  CHECK(bench["median_ms"].get<double>() >= bench["min_ms"].get<double>());
  CHECK(bench["load_ms"].get<double>() > 0);
  CHECK(bench["peak_rss_bytes"].get<double>() > 8e6);  // street's weights alone
  CHECK(bench["gmac"].get<double>() == doctest::Approx(3.05 * 32 * 48 / 65536).epsilon(0.01));
  CHECK(bench["gflops_effective"].get<double>() > 0);
  CHECK(bench["checked"] == true);
}

TEST_CASE("bench: a model file, its layers, the table") {
  const TemporaryFolder folder;
  const std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());
  const Outcome run = run_program({"bench", "--model", model, "--size", "16", "--runs", "1", "--layers", "--json"});
  CAPTURE(run.err);
  CHECK(run.code == 0);
  const Json bench = Json::parse(run.out);
  CHECK(bench["network"] == "tiny");
  CHECK(bench["model"] == model);
  CHECK(bench["width"] == 16);
  CHECK(bench["checked"] == true);
  REQUIRE(bench["layers"].size() == 3);  // the input's scale, the colours, and back to planar
  CHECK(bench["layers"][1]["name"] == "colours");
  CHECK(bench["layers"][1]["algorithm"] == "direct");
  const Outcome table = run_program({"bench", "--model", model, "--size", "16", "--runs", "3", "--layers"});
  CHECK(table.code == 0);
  for (const char* part : {"colours", "median", "peak memory", "holds"}) {
    CHECK(table.out.find(part) != std::string::npos);
  }

  const auto refused = [&](const Words& words, int code) {
    Words all{"bench", "--runs", "1", "--size", "16"};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = run_program(all);
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(outcome.out.empty());
  };
  refused({"--network", "lenet"}, 2);
  refused({"--network", "street", "--model", model}, 2);
  refused({"--width", "16"}, 2);
  refused({"--engine", "slow"}, 2);
  refused({"--engine", "readable", "--memory", "100"}, 2);
  refused({"--algorithm", "conv4_1"}, 2);
  refused({"--algorithm", "conv4_1=f9"}, 2);
  refused({"--algorithm", "conv4_1=f42"}, 3);
  refused({"--algorithm", "conv9=f43"}, 3);
  refused({"--memory", "1"}, 3);
  refused({"--runs", "0"}, 2);
  refused({"--model", folder.path("missing")}, 3);
  refused({"--model", folder.write("bad", "x")}, 3);
}
