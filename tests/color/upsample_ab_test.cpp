#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/upsample_ab.hpp>
#include "support/at.hpp"
#include "support/golden.hpp"

namespace color = ochre::color;
using ochre::Index;
using ochre::test::at;

namespace {

struct Grid {
  Index width, height;
  std::vector<float> a, b, lightness;
  ochre::AbGridView view() const { return {a.data(), b.data(), lightness.data(), width, height}; }
};

struct Picture {
  Index width, height;
  std::vector<float> a, b;
};

std::vector<float> random_plane(Index count, float low, float high, std::mt19937& random) {
  std::uniform_real_distribution<float> unit(low, high);
  std::vector<float> plane(at(count));
  for (float& value : plane) value = unit(random);
  return plane;
}

Grid random_grid(Index width, Index height, std::mt19937& random) {
  const Index count = width * height;
  return {width, height, random_plane(count, -100.0f, 100.0f, random), random_plane(count, -100.0f, 100.0f, random),
          random_plane(count, 0.0f, 100.0f, random)};
}

// Rows are written one float apart, so that a row that runs over shows in the next one.
template <class Row>
Picture upsample(Index width, Index height, const Row& row) {
  Picture picture{width, height, {}, {}};
  for (Index y = 0; y < height; ++y) {
    std::vector<float> a(at(width + 1), -777.0f);
    std::vector<float> b(at(width + 1), -777.0f);
    row(y, a.data(), b.data());
    CHECK(a.back() == -777.0f);
    CHECK(b.back() == -777.0f);
    picture.a.insert(picture.a.end(), a.begin(), a.end() - 1);
    picture.b.insert(picture.b.end(), b.begin(), b.end() - 1);
  }
  return picture;
}

Picture bilinear(const Grid& grid, Index width, Index height) {
  return upsample(width, height, [&](Index y, float* a, float* b) {
    color::upsample_ab_bilinear_row(grid.view(), {height, width}, y, a, b);
  });
}

Picture edge_aware(const Grid& grid, Index width, Index height, const std::vector<float>& lightness) {
  return upsample(width, height, [&](Index y, float* a, float* b) {
    color::upsample_ab_edge_aware_row(grid.view(), {height, width}, y, &lightness[at(y * width)], a, b);
  });
}

struct Sizes {
  Index grid_width, grid_height, width, height;
};

struct ExactPixel {
  double a, b;
  double spread;  // of the taps that weigh, from the lowest to the highest
};

// The formula in double, with std::exp.
ExactPixel exact_edge_aware(const Grid& grid, Index width, Index height, double lightness, Index x, Index y,
                            double nudge_x, double nudge_y) {
  const double place_x =
      (static_cast<double>(x) + 0.5) * static_cast<double>(grid.width) / static_cast<double>(width) - 0.5 + nudge_x;
  const double place_y =
      (static_cast<double>(y) + 0.5) * static_cast<double>(grid.height) / static_cast<double>(height) - 0.5 + nudge_y;
  const auto cell_x = static_cast<Index>(std::floor(place_x));
  const auto cell_y = static_cast<Index>(std::floor(place_y));
  double sum = 0.0;
  double a = 0.0;
  double b = 0.0;
  double low = 1e9;
  double high = -1e9;
  for (Index ty = cell_y - 1; ty <= cell_y + 2; ++ty) {
    for (Index tx = cell_x - 1; tx <= cell_x + 2; ++tx) {
      const Index cell =
          std::clamp<Index>(ty, 0, grid.height - 1) * grid.width + std::clamp<Index>(tx, 0, grid.width - 1);
      const double dx = place_x - static_cast<double>(tx);
      const double dy = place_y - static_cast<double>(ty);
      const double difference = lightness - static_cast<double>(grid.lightness[at(cell)]);
      const double weight = std::exp(-(dx * dx + dy * dy) / (2 * 0.25)) *
                            std::fmax(std::exp(-difference * difference / (2 * 25.0)), std::exp(-8.0));
      const double cell_a = static_cast<double>(grid.a[at(cell)]);
      const double cell_b = static_cast<double>(grid.b[at(cell)]);
      sum += weight;
      a += weight * cell_a;
      b += weight * cell_b;
      low = std::min({low, cell_a, cell_b});
      high = std::max({high, cell_a, cell_b});
    }
  }
  return {a / sum, b / sum, high - low};
}

}  // namespace

TEST_CASE("bilinear is PyTorch's, for grids smaller and larger than the picture") {
  const auto golden = ochre::test::load_golden_file("color.safetensors").tensors;
  int cases = 0;
  for (const auto& entry : golden) {
    const std::string& name = entry.first;  // no structured binding: clang++ 14's lambdas cannot capture one
    const auto& grid_values = entry.second;
    if (!name.starts_with("bilinear.") || !name.ends_with(".grid")) continue;
    CAPTURE(name);
    ++cases;
    const auto& expected = golden.at(name.substr(0, name.size() - 4) + "picture");
    const auto floats = grid_values.floats();
    const Index cells = grid_values.shape[1] * grid_values.shape[2];
    const Grid grid{grid_values.shape[2],
                    grid_values.shape[1],
                    {floats.begin(), floats.begin() + cells},
                    {floats.begin() + cells, floats.end()},
                    {}};
    const Picture picture = bilinear(grid, expected.shape[2], expected.shape[1]);
    const std::size_t pixels = picture.a.size();
    REQUIRE(2 * pixels == expected.values.size());
    double worst = 0.0;
    for (std::size_t i = 0; i < pixels; ++i) {
      worst = std::fmax(worst, std::fabs(static_cast<double>(picture.a[i]) - expected.values[i]));
      worst = std::fmax(worst, std::fabs(static_cast<double>(picture.b[i]) - expected.values[pixels + i]));
    }
    CHECK(worst < 2e-4);  // values up to 100, places to 2^-23 of a vector's cells
  }
  CHECK(cases == 5);
}

TEST_CASE("edge aware is the formula in double, to the stated error of its exponential") {
  std::mt19937 random(5);
  const Sizes cases[] = {{7, 5, 41, 23},    {1, 1, 9, 4},     {6, 1, 50, 3},  {1, 8, 3, 30},
                         {40, 9, 300, 33},  {30, 20, 11, 4},  {17, 3, 17, 3}, {16, 2, 64, 5},
                         {114, 4, 1920, 2}, {20, 20, 27, 25}, {15, 4, 100, 7}};
  for (const Sizes& sizes : cases) {
    const Index grid_width = sizes.grid_width;
    const Index grid_height = sizes.grid_height;
    const Index width = sizes.width;
    const Index height = sizes.height;
    CAPTURE(grid_width);
    CAPTURE(width);
    const Grid grid = random_grid(grid_width, grid_height, random);
    const auto lightness = random_plane(width * height, -2.0f, 102.0f, random);
    const Picture picture = edge_aware(grid, width, height, lightness);
    double worst = 0.0;
    for (Index y = 0; y < height; ++y) {
      for (Index x = 0; x < width; ++x) {
        const std::size_t i = at(y * width + x);
        // A pixel on a cell's very centre may take that cell as its first or its second: rounding decides.
        double least = 1e9;
        for (const double nudge_x : {-1e-5, 1e-5}) {
          for (const double nudge_y : {-1e-5, 1e-5}) {
            const auto lightness_here = static_cast<double>(lightness[i]);
            const auto exact = exact_edge_aware(grid, width, height, lightness_here, x, y, nudge_x, nudge_y);
            // Weights w·(1 + e), 0 <= e <= 0.0615, move a mean by at most 0.0615 / 4 of the spread of its values.
            const double allowed = 0.0155 * exact.spread + 1e-2;
            const double off_a = std::fabs(static_cast<double>(picture.a[i]) - exact.a);
            const double off_b = std::fabs(static_cast<double>(picture.b[i]) - exact.b);
            least = std::fmin(least, std::fmax(off_a, off_b) / allowed);
          }
        }
        worst = std::fmax(worst, least);
      }
    }
    CHECK(worst < 1.0);
  }
}

TEST_CASE("flat colour stays flat and no colour leaves the range of the grid") {
  std::mt19937 random(6);
  Grid grid = random_grid(23, 13, random);
  std::fill(grid.b.begin(), grid.b.end(), 37.5f);
  const auto lightness = random_plane(200 * 90, 0.0f, 100.0f, random);
  const Picture soft = bilinear(grid, 200, 90);
  const Picture sharp = edge_aware(grid, 200, 90, lightness);
  const auto [low, high] = std::minmax_element(grid.a.begin(), grid.a.end());
  for (const Picture& picture : {soft, sharp}) {
    for (const float b : picture.b) REQUIRE(std::fabs(b - 37.5f) < 1e-4f);
    for (const float a : picture.a) REQUIRE((a >= *low - 1e-3f && a <= *high + 1e-3f));
  }
}

TEST_CASE("colour follows an edge of lightness that falls inside a cell") {
  // Four cells of 8 pixels; the picture's edge lies at x = 13, inside the second cell.
  Grid grid{4, 1, {40, 15, -40, -40}, {0, 0, 0, 0}, {20, 42.5, 80, 80}};
  std::vector<float> lightness(32, 80.0f);
  std::fill_n(lightness.begin(), 13, 20.0f);
  const Picture sharp = edge_aware(grid, 32, 1, lightness);
  const Picture soft = bilinear(grid, 32, 1);
  CHECK(sharp.a[12] - sharp.a[13] > 20.0f);
  CHECK(soft.a[12] - soft.a[13] < 10.0f);
}

TEST_CASE("far to the right of a wide picture the places are as exact as at its left") {
  // ab = the cell's number, so the result is the place itself.
  const Index width = 40000;
  Grid grid{5000, 1, {}, {}, {}};
  for (int cell = 0; cell < 5000; ++cell) grid.a.push_back(static_cast<float>(cell));
  grid.b = grid.a;
  const Picture picture = bilinear(grid, width, 1);
  double worst = 0.0;
  for (Index x = 4; x < width - 4; ++x) {
    const double place = (static_cast<double>(x) + 0.5) / 8.0 - 0.5;
    worst = std::fmax(worst, std::fabs(static_cast<double>(picture.a[at(x)]) - place));
  }
  CHECK(worst < 5e-4);  // one rounding of a float near 5000
}

TEST_CASE("a NaN in the grid reaches the pixels around it") {
  std::mt19937 random(8);
  Grid grid = random_grid(20, 4, random);
  grid.a[at(1 * 20 + 10)] = NAN;
  const auto lightness = random_plane(160 * 32, 0.0f, 100.0f, random);
  CHECK(std::isnan(bilinear(grid, 160, 32).a[at(12 * 160 + 84)]));
  CHECK(std::isnan(edge_aware(grid, 160, 32, lightness).a[at(12 * 160 + 84)]));
  CHECK(!std::isnan(edge_aware(grid, 160, 32, lightness).b[at(12 * 160 + 84)]));
}
