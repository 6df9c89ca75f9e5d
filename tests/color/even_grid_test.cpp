// The pattern of a network's cells is evened out where lightness is even, and nowhere else.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include <ochre/color/even_grid.hpp>

#include "support/at.hpp"

namespace even_grid_test {

namespace {

using ochre::AbGridView;
using ochre::Index;
using ochre::test::at;

struct Cells {
  Index width, height;
  std::vector<float> a, b, lightness;

  Cells(Index w, Index h) : width(w), height(h), a(at(w * h)), b(at(w * h)), lightness(at(w * h), 50.0f) {}
  AbGridView view() const { return {a.data(), b.data(), lightness.data(), width, height}; }
};

Cells evened(const Cells& from, const ochre::parallel::Team& team = {}) {
  Cells to = from;
  ochre::color::even_out(from.view(), to.a.data(), to.b.data(), team);
  return to;
}

TEST_CASE("even grid: every other cell is gone, a slope and flat colour stay") {
  Cells cells(12, 9);
  for (Index i = 0; i < 12 * 9; ++i) {
    const Index x = i % 12;
    const Index y = i / 12;
    cells.a[at(i)] = (x + y) % 2 == 0 ? 10.0f : -6.0f;
    cells.b[at(i)] = 3.0f * static_cast<float>(x) - 2.0f * static_cast<float>(y);
  }
  const Cells even = evened(cells);
  for (Index y = 1; y < 8; ++y) {
    for (Index x = 1; x < 11; ++x) {
      CHECK(even.a[at(y * 12 + x)] == doctest::Approx(2.0));
      CHECK(even.b[at(y * 12 + x)] == doctest::Approx(cells.b[at(y * 12 + x)]));
    }
  }
  Cells flat(5, 4);
  flat.a.assign(20, 7.0f);
  CHECK(evened(flat).a == flat.a);
}

TEST_CASE("even grid: the formula in double, on any size, and the same bits for any number of threads") {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> unit(-50.0f, 50.0f);
  for (const Index width : {1, 2, 7, 33}) {
    for (const Index height : {1, 3, 20}) {
      Cells cells(width, height);
      for (std::size_t i = 0; i < cells.a.size(); ++i) {
        cells.a[i] = unit(random);
        cells.b[i] = unit(random);
        cells.lightness[i] = 50.0f + unit(random) * 0.3f;
      }
      const Cells even = evened(cells);
      for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < width; ++x) {
          double sum = 0;
          double sum_a = 0;
          for (int i = 0; i < 9; ++i) {
            const Index row = std::min(std::max<Index>(y + i / 3 - 1, 0), height - 1);
            const Index column = std::min(std::max<Index>(x + i % 3 - 1, 0), width - 1);
            const std::size_t other = at(row * width + column);
            const double apart =
                static_cast<double>(cells.lightness[other]) - static_cast<double>(cells.lightness[at(y * width + x)]);
            const double weight = (i / 3 == 1 ? 2 : 1) * (i % 3 == 1 ? 2 : 1) / std::pow(1 + apart * apart / 32, 2);
            sum += weight;
            sum_a += weight * static_cast<double>(cells.a[other]);
          }
          // A mean of nine: some roundings of its largest.
          CHECK(std::abs(static_cast<double>(even.a[at(y * width + x)]) - sum_a / sum) <= 50 * 30 * 6e-8);
        }
      }
    }
  }
}

TEST_CASE("even grid: across an edge of lightness next to nothing is mixed") {
  Cells cells(8, 6);
  for (std::size_t i = 0; i < cells.a.size(); ++i) {
    const bool right = i % 8 >= 4;
    cells.a[i] = right ? 40.0f : -40.0f;
    cells.lightness[i] = right ? 80.0f : 20.0f;
  }
  const Cells even = evened(cells);
  for (std::size_t i = 0; i < cells.a.size(); ++i) CHECK(std::abs(even.a[i] - cells.a[i]) < 0.1f);
}

}  // namespace

}  // namespace even_grid_test
