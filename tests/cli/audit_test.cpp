// The verb audit: the JSON as agreed, a table that fits a terminal, exit codes.
#include <doctest/doctest.h>

#include <cmath>

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

const Words row_keys{"name",      "kind", "input_shape", "output_shape", "parameters", "macs",
                     "algorithm", "ms",   "max_error",   "bound",        "ratio",      "min",
                     "max",       "mean", "nan",         "inf",          "pass"};

// The first keys of an object: more may follow.
Words first_keys(const Json& object, std::size_t count) {
  Words keys;
  for (const auto& [key, value] : object.items()) {
    if (keys.size() < count) keys.push_back(key);
  }
  return keys;
}

// 24 x 12 pixels of grey.
std::string gray_picture() {
  std::string file = "P5\n24 12\n255\n";
  for (int i = 0; i < 24 * 12; ++i) file += static_cast<char>(i * 37 % 256);
  return file;
}

}  // namespace

TEST_CASE("audit: the embedded model holds, its JSON is as agreed, its table fits") {
  const TemporaryFolder folder;
  const std::string report = folder.path("report.json");
  const Outcome run = run_program({"audit", "embedded", "--size", "64", "--json", report});
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(run.err.empty());
  CHECK(run.out.find("91 of 91 layers hold") != std::string::npos);
  CHECK(run.out.find("conv4_1+2") != std::string::npos);
  CHECK(run.out.find("FAIL") == std::string::npos);
  CHECK(longest_line(run.out) <= 80);

  const Json audit = Json::parse(content_of(report));
  CHECK(first_keys(audit, 4) == Words{"model", "picture", "layers", "pass"});
  CHECK(audit["model"] == "embedded");
  CHECK(audit["picture"].is_null());
  CHECK(audit["pass"] == true);
  CHECK(audit["input_shape"] == Json{1, 1, 64, 64});
  CHECK(audit["whole"]["pass"] == true);
  CHECK(audit["peak_gflops"].get<double>() > 0);
  REQUIRE(audit["layers"].size() == 91);
  for (const Json& layer : audit["layers"]) {
    CHECK(first_keys(layer, row_keys.size()) == row_keys);
    CHECK(layer["pass"] == true);
    CHECK(layer["nan"] == 0);
    CHECK(layer["ratio"].get<double>() < 1);
    CHECK(layer["relative_bound"].get<double>() < 0.1);
  }
  const Json& conv = audit["layers"][1];
  CHECK(conv["name"] == "conv1_1");
  CHECK(conv["kind"] == "conv2d");
  CHECK(conv["input_shape"] == Json{1, 1, 64, 64});
  CHECK(conv["output_shape"] == Json{1, 16, 64, 64});
  CHECK(conv["parameters"] == 16 * 9);
  CHECK(conv["macs"] == 16 * 9 * 64 * 64);
  CHECK(conv["algorithm"] == "direct");
  CHECK(conv["ms"].get<double>() > 0);
  CHECK(conv["max_error"].get<double>() > 0);
  CHECK(audit["layers"][2]["algorithm"] == "fused into conv1_1");
  CHECK(audit["layers"][2]["ms"] == 0);

  const Outcome quiet = run_program({"audit", "embedded", "--size", "16", "--quiet"});
  CHECK(quiet.code == 0);
  CHECK(quiet.out.starts_with("91 of 91 layers hold"));
}

TEST_CASE("audit: a picture goes in at the working size") {
  const TemporaryFolder folder;
  const TinyModel tiny;
  const std::string model = folder.write("tiny.safetensors", tiny.bytes());
  const std::string picture = folder.write("grey.pgm", gray_picture());
  const std::string report = folder.path("report.json");
  const Outcome run = run_program({"audit", model, "--picture", picture, "--json", report, "--threads", "1"});
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(run.out.find("32x16, " + picture) != std::string::npos);
  const Json audit = Json::parse(content_of(report));
  CHECK(audit["picture"] == picture);
  CHECK(audit["threads"] == 1);
  CHECK(audit["input_shape"] == Json{1, 1, 16, 32});
  const Json& normalised = audit["layers"][0];  // the levels' mean is 127.5, a lightness of 50 or so
  CHECK(std::abs(normalised["mean"].get<double>()) < 0.1);
  CHECK(normalised["min"].get<double>() < -0.1);
  CHECK(normalised["max"].get<double>() > 0.1);
}

TEST_CASE("audit: layers that the output does not need are audited, too") {
  const TemporaryFolder folder;
  TinyModel tiny;
  tiny.network.insert(tiny.network.find("output"), "tanh behind\nrelu beside from=normalise\n");
  const Outcome run = run_program({"audit", folder.write("m", tiny.bytes()), "--json", folder.path("report.json")});
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(run.out.find("4 of 4 layers hold") != std::string::npos);
  const Json report = Json::parse(content_of(folder.path("report.json")));
  for (const Json& layer : report["layers"]) {
    CHECK(layer["algorithm"] != "");
    CHECK(layer["pass"] == true);
  }
}

TEST_CASE("audit: a layer that does not hold is exit code 1") {
  const TemporaryFolder folder;
  TinyModel tiny;  // beyond float, not beyond double
  tiny.slope[0] = 3e38f;
  tiny.bias[0] = 3e38f;
  const Outcome run = run_program({"audit", folder.write("m", tiny.bytes()), "--json", folder.path("report.json")});
  CAPTURE(run.err);
  CHECK(run.code == 1);
  CHECK(run.says("layer colours"));
  CHECK(run.says("not finite"));
  CHECK(run.error_lines() == 1);
  CHECK(run.out.find("FAIL") != std::string::npos);
  CHECK(run.out.find("layers hold") == std::string::npos);
  CHECK(longest_line(run.out) <= 80);
  const Json audit = Json::parse(content_of(folder.path("report.json")));
  CHECK(audit["pass"] == false);
  CHECK(audit["layers"][0]["pass"] == true);
  CHECK(audit["layers"][1]["pass"] == false);
  CHECK(audit["layers"][1]["inf"].get<int>() > 0);
  CHECK(audit["layers"][1]["nan"] == 0);
}

TEST_CASE("audit: memory beyond what a small machine has is said before it is taken") {
  const TemporaryFolder folder;
  TinyModel tiny;
  tiny.network.insert(tiny.network.find("output"), "upsample wide factor=43000\ndownsample back stride=43000\n");
  tiny.network.replace(tiny.network.find("output colours"), 14, "output back");
  const std::string model = folder.write("m", tiny.bytes());
  const Outcome run = run_program({"audit", model});
  CHECK(run.code == 3);
  CHECK(run.says(model + ": takes about "));
  CHECK(run.says(" GB of memory\n"));
  CHECK_FALSE(run_program({"audit", model, "--quiet"}).says("takes about"));
  CHECK_FALSE(run_program({"audit", folder.write("small", TinyModel{}.bytes())}).says("takes about"));
}

TEST_CASE("audit: what it cannot use") {
  const TemporaryFolder folder;
  const std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());
  const std::string text = folder.write("text.png", "no picture");
  const auto refused = [&](const Words& words, int code, const std::string& says) {
    Words all{"audit"};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome run = run_program(all);
    CAPTURE(run.err);
    CHECK(run.code == code);
    CHECK(run.says(says));
    CHECK(run.out.empty());
  };
  refused({}, 2, "MODEL");
  refused({model, "--html", "page.html"}, 2, "--html");
  refused({model, "--size", "4"}, 2, "--size");
  refused({model, "--threads", "-1"}, 2, "--threads");
  refused({folder.path("missing")}, 3, "found no such file");
  refused({text}, 3, text);
  refused({model, "--picture", folder.path("missing.png")}, 3, "missing.png");
  refused({model, "--picture", text}, 3, text);
  refused({model, "--json", folder.path("no/report.json")}, 3, "report.json");
  CHECK(folder.files() == 2);
}
