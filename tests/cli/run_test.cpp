// The verb run: arrays of numbers in and out.
#include <doctest/doctest.h>

#include <cmath>

#include <ochre/image_io/npy.hpp>

#include "support/program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;

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

  // What is not finite is said, of the input and of the result.
  input.data()[7] = std::nanf("");
  REQUIRE(save_npy(folder.path("x.npy"), input.view()).ok());
  for (const char* engine : {"fast", "readable"}) {
    const Outcome outcome = run({"--engine", engine});
    CHECK(outcome.code == 0);
    CHECK(outcome.says("x.npy: 1 of 12 numbers are NaN or infinite, the first at 7"));
    CHECK(outcome.says("y.npy: "));
    CHECK(outcome.says("may spread them") == (engine == std::string_view("fast")));
  }
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
