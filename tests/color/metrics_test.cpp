#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/metrics.hpp>
#include "support/golden.hpp"

namespace color = ochre::color;
using ochre::Index;

namespace {

std::vector<std::uint8_t> bytes(const std::vector<double>& values) {
  std::vector<std::uint8_t> result;
  for (const double value : values) result.push_back(static_cast<std::uint8_t>(value));
  return result;
}

// [..., 2] to its two planes.
struct Planes {
  std::vector<float> a, b;
  explicit Planes(const std::vector<double>& pairs) {
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      a.push_back(static_cast<float>(pairs[i]));
      b.push_back(static_cast<float>(pairs[i + 1]));
    }
  }
};

color::AucScore score(const std::vector<double>& ab, const std::vector<double>& true_ab) {
  const Planes guess(ab);
  const Planes truth(true_ab);
  color::AucScore result;
  result.add_row(guess.a.data(), guess.b.data(), truth.a.data(), truth.b.data(), static_cast<Index>(guess.a.size()));
  return result;
}

}  // namespace

TEST_CASE("the scores of two pictures are NumPy's and scikit-image's") {
  const auto golden = ochre::test::load_golden_file("color.safetensors").tensors;
  const auto value = [&](const char* name) { return golden.at(name).values.at(0); };
  const Planes guess(golden.at("score.ab").values);
  const Planes truth(golden.at("score.true_ab").values);
  const auto rgb = bytes(golden.at("score.rgb").values);
  const auto true_rgb = bytes(golden.at("score.true_rgb").values);
  const Index height = 40;
  const Index width = 60;
  color::AucScore auc;
  color::PsnrScore psnr;
  color::ColorfulnessScore colorfulness;
  for (Index row = 0; row < 2 * height; ++row) {
    const Index pixel = row * width;
    auc.add_row(&guess.a[static_cast<std::size_t>(pixel)], &guess.b[static_cast<std::size_t>(pixel)],
                &truth.a[static_cast<std::size_t>(pixel)], &truth.b[static_cast<std::size_t>(pixel)], width);
    psnr.add_row(rgb.data() + 3 * pixel, true_rgb.data() + 3 * pixel, width);
    colorfulness.add_row(rgb.data() + 3 * pixel, width);
    if (row % height == height - 1) {
      psnr.finish_picture();
      colorfulness.finish_picture();
    }
  }
  CHECK(auc.pixels() == 2 * width * height);
  CHECK(auc.auc() == doctest::Approx(value("score.auc")).epsilon(1e-10));
  CHECK(auc.auc_rebalanced() == doctest::Approx(value("score.auc_rebalanced")).epsilon(1e-10));
  CHECK(psnr.mean() == doctest::Approx(value("score.psnr")).epsilon(1e-12));
  CHECK(colorfulness.mean() == doctest::Approx(value("score.colourfulness")).epsilon(1e-12));
}

TEST_CASE("AuC counts the thresholds that an error meets") {
  CHECK(score({0, 0}, {0, 0}).auc() == 100.0);
  CHECK(score({3, 4}, {0, 0}).auc() == doctest::Approx(100.0 * 146 / 151));    // 5 … 150
  CHECK(score({5.5, 0}, {0, 0}).auc() == doctest::Approx(100.0 * 145 / 151));  // 6 … 150
  CHECK(score({150, 0}, {0, 0}).auc() == doctest::Approx(100.0 / 151));
  CHECK(score({150.5, 0}, {0, 0}).auc() == 0.0);
  CHECK(score({NAN, 0}, {0, 0}).auc() == 0.0);
  CHECK(score({0, INFINITY}, {0, 0}).auc() == 0.0);
  CHECK(color::AucScore{}.auc() == 0.0);
  CHECK(color::AucScore{}.auc_rebalanced() == 0.0);
}

TEST_CASE("rebalanced AuC counts each colour once, however many pixels it has, and ignores a trace") {
  std::vector<double> ab;
  std::vector<double> truth;
  const auto add = [&](int pixels, double true_a, double error) {
    for (int i = 0; i < pixels; ++i) {
      ab.insert(ab.end(), {true_a + error, 0.0});
      truth.insert(truth.end(), {true_a, 0.0});
    }
  };
  add(20000, 0.0, 0.0);  // grey, right
  add(100, 60.0, 75.0);  // red, half wrong: meets 76 of 151
  CHECK(score(ab, truth).auc() > 99.0);
  CHECK(score(ab, truth).auc_rebalanced() == doctest::Approx(50.0 * (1.0 + 76.0 / 151.0)));
  add(2, -60.0, 150.0);  // less than 0.01 %
  CHECK(score(ab, truth).auc_rebalanced() == doctest::Approx(50.0 * (1.0 + 76.0 / 151.0)));
}

TEST_CASE("equal pictures have infinite PSNR; grey has no colourfulness") {
  const std::vector<std::uint8_t> gray(30, 99);
  color::PsnrScore psnr;
  color::ColorfulnessScore colorfulness;
  CHECK(psnr.mean() == 0.0);
  CHECK(colorfulness.mean() == 0.0);
  psnr.add_row(gray.data(), gray.data(), 10);
  psnr.finish_picture();
  colorfulness.add_row(gray.data(), 10);
  colorfulness.finish_picture();
  CHECK(std::isinf(psnr.mean()));
  CHECK(colorfulness.mean() == 0.0);
}
