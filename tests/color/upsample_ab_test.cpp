#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/upsample_ab.hpp>
#include "support/at.hpp"
#include "support/exact_likeness.hpp"
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
    color::upsample_ab_bilinear_row(grid.view(), {{height, width}}, y, a, b);
  });
}

Picture edge_aware(const Grid& grid, Index width, Index height, const std::vector<float>& lightness) {
  return upsample(width, height, [&](Index y, float* a, float* b) {
    color::upsample_ab_edge_aware_row(grid.view(), {{height, width}}, y, &lightness[at(y * width)], a, b);
  });
}

struct Sizes {
  Index grid_width, grid_height, width, height;
};

// What a and b may be at a pixel: the formula in double, for places as far off as they are rounded. The result is
// monotonous in a place between two cells and continuous from one to the next, so the ends bound what lies between.
struct ExactPixel {
  double least_a = 1e9, most_a = -1e9;
  double least_b = 1e9, most_b = -1e9;
  double spread = 0.0;  // of the taps, from the lowest to the highest
};

void add_place(const Grid& grid, double lightness, double place_x, double place_y, ExactPixel& pixel) {
  const double cell_x = std::floor(place_x);
  const double cell_y = std::floor(place_y);
  double sum = 0.0, a = 0.0, b = 0.0, low = 1e9, high = -1e9;
  for (const double ty : {cell_y, cell_y + 1}) {
    for (const double tx : {cell_x, cell_x + 1}) {
      const Index cell = std::clamp<Index>(static_cast<Index>(ty), 0, grid.height - 1) * grid.width +
                         std::clamp<Index>(static_cast<Index>(tx), 0, grid.width - 1);
      const double difference = lightness - static_cast<double>(grid.lightness[at(cell)]);
      const double weight = (1.0 - std::fabs(place_x - tx)) * (1.0 - std::fabs(place_y - ty)) *
                            ochre::test::exact_likeness(difference, 8.0);
      const double cell_a = static_cast<double>(grid.a[at(cell)]);
      const double cell_b = static_cast<double>(grid.b[at(cell)]);
      sum += weight;
      a += weight * cell_a;
      b += weight * cell_b;
      low = std::min({low, cell_a, cell_b});
      high = std::max({high, cell_a, cell_b});
    }
  }
  pixel.least_a = std::min(pixel.least_a, a / sum);
  pixel.most_a = std::max(pixel.most_a, a / sum);
  pixel.least_b = std::min(pixel.least_b, b / sum);
  pixel.most_b = std::max(pixel.most_b, b / sum);
  pixel.spread = std::max(pixel.spread, high - low);
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

TEST_CASE("edge aware is the formula in double, for pixels and for samples that share them") {
  std::mt19937 random(5);
  const Sizes cases[] = {{7, 5, 41, 23},    {1, 1, 9, 4},     {6, 1, 50, 3},  {1, 8, 3, 30},
                         {40, 9, 300, 33},  {30, 20, 11, 4},  {17, 3, 17, 3}, {16, 2, 64, 5},
                         {114, 4, 1920, 2}, {20, 20, 27, 25}, {15, 4, 100, 7}};
  constexpr double epsilon = 0x1p-24;
  for (const Sizes& sizes : cases) {
    for (const Index shared : {1, 2}) {
      const color::PictureSamples samples{{sizes.height, sizes.width}, shared, shared};
      CAPTURE(sizes.grid_width);
      CAPTURE(sizes.width);
      CAPTURE(shared);
      const Grid grid = random_grid(sizes.grid_width, sizes.grid_height, random);
      const Index width = samples.width();
      const Index height = samples.height();
      const auto lightness = random_plane(width * height, -2.0f, 102.0f, random);
      const Picture picture = upsample(width, height, [&](Index y, float* a, float* b) {
        color::upsample_ab_edge_aware_row(grid.view(), samples, y, &lightness[at(y * width)], a, b);
      });
      const double step_x = static_cast<double>(shared * sizes.grid_width) / static_cast<double>(sizes.width);
      const double step_y = static_cast<double>(shared * sizes.grid_height) / static_cast<double>(sizes.height);
      // A place is a fraction below 1 and up to 15 steps, each rounded, and so are the step and the sum.
      const double off = 3.0 * epsilon * (2.0 + 15.0 * step_x);
      double worst = 0.0;
      for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < width; ++x) {
          const std::size_t i = at(y * width + x);
          ExactPixel exact;
          for (const double nudge_x : {-off, 0.0, off}) {
            for (const double nudge_y : {-2 * epsilon, 0.0, 2 * epsilon}) {
              add_place(grid, static_cast<double>(lightness[i]),
                        (static_cast<double>(x) + 0.5) * step_x - 0.5 + nudge_x,
                        (static_cast<double>(y) + 0.5) * step_y - 0.5 + nudge_y, exact);
            }
          }
          // A bracket is off by 6 roundings, its power by 4 times that, the products and the sums by some more; weights
          // off by e move a mean by e of the spread. Values are up to 100.
          const double allowed = 34 * epsilon * exact.spread + 10 * epsilon * 100.0;
          const auto beyond = [&](float value, double least, double most) {
            const double found = static_cast<double>(value);
            return std::fmax(least - found, found - most) / allowed;
          };
          worst = std::fmax(worst, beyond(picture.a[i], exact.least_a, exact.most_a));
          worst = std::fmax(worst, beyond(picture.b[i], exact.least_b, exact.most_b));
        }
      }
      CHECK(worst < 1.0);
    }
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

TEST_CASE("colour follows an edge of lightness that falls between cells") {
  // Four cells of 8 pixels; the picture's edge lies at x = 18, two pixels inside the third cell.
  Grid grid{4, 1, {40, 40, -20, -40}, {0, 0, 0, 0}, {20, 20, 65, 80}};
  std::vector<float> lightness(32, 80.0f);
  std::fill_n(lightness.begin(), 18, 20.0f);
  const Picture sharp = edge_aware(grid, 32, 1, lightness);
  const Picture soft = bilinear(grid, 32, 1);
  CHECK(sharp.a[17] - sharp.a[18] > 40.0f);
  CHECK(soft.a[17] - soft.a[18] < 10.0f);
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
