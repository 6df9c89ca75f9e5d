// The scores of surfaces against numbers worked out by hand, and against the definition on random cells.
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/surface_score.hpp>
#include "support/at.hpp"

using ochre::Extent;
using ochre::Index;
using ochre::color::SurfaceScore;
using ochre::test::at;

namespace {

struct Cell {
  float a, b, true_a, true_b;
};

// A picture of cells.h by cells.w cells and some pixels more, all pixels of a cell alike.
void add_picture(SurfaceScore& score, Extent cells, const std::vector<Cell>& of) {
  const Index width = cells.w * SurfaceScore::cell + 3;
  std::vector<float> rows[4];
  for (Index y = 0; y < cells.h * SurfaceScore::cell + 2; ++y) {
    for (auto& row : rows) row.assign(at(width), 99.0f);  // what is left over must not count
    for (Index x = 0; x < cells.w * SurfaceScore::cell && y < cells.h * SurfaceScore::cell; ++x) {
      const Cell& cell = of[at(y / SurfaceScore::cell * cells.w + x / SurfaceScore::cell)];
      rows[0][at(x)] = cell.a;
      rows[1][at(x)] = cell.b;
      rows[2][at(x)] = cell.true_a;
      rows[3][at(x)] = cell.true_b;
    }
    score.add_row(rows[0].data(), rows[1].data(), rows[2].data(), rows[3].data());
  }
  score.finish_picture();
}

SurfaceScore score_of(Extent cells) {
  return SurfaceScore::create({cells.h * SurfaceScore::cell + 2, cells.w * SurfaceScore::cell + 3}).value();
}

double difference(float x, float y) { return static_cast<double>(x) - static_cast<double>(y); }

}  // namespace

TEST_CASE("surfaces: four scores of one row of cells, worked out by hand") {
  auto score = score_of({1, 5});
  // Of five cells two are neutral, painted with chroma 5 and 25; one of them is red where chroma is below 10. Cells 0
  // and 4 are alike in truth, (0, 0) and (0, 2), and painted 20 apart.
  const std::vector<Cell> cells{{4, 3, 0, 0}, {30, 0, 30, 0}, {20, 0, 9, 0}, {0, 0, 0, 50}, {24, 3, 0, 2}};
  add_picture(score, {1, 5}, cells);
  CHECK(score.neutral_chroma() == doctest::Approx((5 + std::hypot(24, 3)) / 2));
  CHECK(score.false_red() == doctest::Approx(20));
  CHECK(score.patchiness() == doctest::Approx(20));
  CHECK(score.mean_ab_error() == doctest::Approx((5 + 0 + 11 + 50 + std::hypot(24, 1)) / 5));
}

TEST_CASE("surfaces: a mean over pictures, of those that have what is counted") {
  auto score = score_of({1, 5});
  const std::vector<Cell> colored(5, {10, 0, 40, 0});  // no neutral cell; every pair alike
  const std::vector<Cell> neutral{
      {6, 0, 0, 0}, {6, 0, 0, 0}, {6, 0, 0, 0}, {6, 0, 0, 0}, {6, 0, 0, 3}};  // 3 is no less
  add_picture(score, {1, 5}, colored);
  CHECK(score.neutral_chroma() == 0);
  CHECK(score.patchiness() == 0);
  add_picture(score, {1, 5}, neutral);
  CHECK(score.neutral_chroma() == doctest::Approx(6));
  CHECK(score.patchiness() == 0);  // of the first alone
  CHECK(score.mean_ab_error() == doctest::Approx((30 + (4 * 6 + std::hypot(6, 3)) / 5) / 2));
}

TEST_CASE("surfaces: the definition, on random cells") {
  const Extent size{7, 9};
  std::mt19937 random(5);
  std::uniform_real_distribution<float> value(-12.0f, 30.0f);
  std::vector<Cell> cells(at(size.h * size.w));
  for (Cell& cell : cells) cell = {value(random), value(random), value(random) / 4, value(random) / 4};
  auto score = score_of(size);
  add_picture(score, size, cells);

  double neutral = 0, chroma = 0, red = 0, error = 0, pairs = 0, moved = 0;
  for (Index i = 0; i < size.h * size.w; ++i) {
    const Cell& cell = cells[at(i)];
    const double true_chroma = std::hypot(cell.true_a, cell.true_b);
    neutral += true_chroma < 6 ? 1 : 0;
    chroma += true_chroma < 6 ? static_cast<double>(std::hypot(cell.a, cell.b)) : 0;
    red += true_chroma < 10 && cell.a > 20 ? 1 : 0;
    error += std::hypot(difference(cell.a, cell.true_a), difference(cell.b, cell.true_b));
    for (Index j = 0; j < size.h * size.w; ++j) {
      const bool right = j == i + 4 && i % size.w + 4 < size.w;
      if (!right && j != i + 4 * size.w) continue;
      const Cell& other = cells[at(j)];
      if (std::hypot(difference(cell.true_a, other.true_a), difference(cell.true_b, other.true_b)) >= 3) continue;
      pairs += 1;
      moved += std::hypot(difference(cell.a, other.a), difference(cell.b, other.b));
    }
  }
  REQUIRE(neutral > 5);
  REQUIRE(red > 3);
  REQUIRE(pairs > 10);
  CHECK(score.neutral_chroma() == doctest::Approx(chroma / neutral).epsilon(1e-6));
  CHECK(score.false_red() == doctest::Approx(100 * red / static_cast<double>(size.h * size.w)));
  CHECK(score.patchiness() == doctest::Approx(moved / pairs).epsilon(1e-6));
  CHECK(score.mean_ab_error() == doctest::Approx(error / static_cast<double>(size.h * size.w)).epsilon(1e-6));
}

TEST_CASE("surfaces: a picture smaller than a cell is refused") {
  CHECK(!SurfaceScore::create({3, 100}));
  CHECK(!SurfaceScore::create({100, 3}));
  CHECK(SurfaceScore::create({4, 4}));
}
