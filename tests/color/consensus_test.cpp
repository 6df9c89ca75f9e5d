// The consensus against its formulas in double, and what it is for: one colour for what looks alike.
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/consensus.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/parallel/thread_team.hpp>
#include "support/archs.hpp"
#include "support/at.hpp"
#include "support/consensus_parameters.hpp"

namespace {

using namespace ochre;
using test::at;
using Numbers = color::ConsensusNumbers;

struct SceneGrid {
  Extent size;
  Index channels;
  std::vector<float> features;  // [channels][h·w]
  std::vector<float> means;     // [3][h·w]

  Index cells() const { return size.h * size.w; }
  float& feature(Index c, Index cell) { return features[at(c * cells() + cell)]; }
  void paint(Index cell, float a, float b, float variance) {
    means[at(cell)] = a;
    means[at(cells() + cell)] = b;
    means[at(2 * cells() + cell)] = a * a + b * b + variance;
  }

  SceneGrid(Extent of, Index deep) : size(of), channels(deep), features(at(deep * cells())), means(at(3 * cells())) {}
};

// Features of a few kinds of surface with noise, as they come behind a ReLU, and noisy colours.
SceneGrid random_scene_grid(Extent size, Index channels) {
  SceneGrid grid(size, channels);
  RandomNumbers random(static_cast<std::uint64_t>(size.h * 100 + size.w));
  const auto next = [&](double from, double to) { return static_cast<float>(from + (to - from) * random.uniform()); };
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    const Index kind = cell * 5 / grid.cells();
    for (Index c = 0; c < channels; ++c) {
      grid.feature(c, cell) = std::max(0.0f, next(-0.5, 0.5) + ((c + kind) % 3 == 0 ? 1.0f : 0.0f));
    }
    grid.paint(cell, next(-60, 60), next(-60, 60), next(0, 900));
  }
  return grid;
}

struct Colors {
  std::vector<float> a, b;
};

template <class Arch, class Features>
Colors agreed(const SceneGrid& grid, const Features& features, const parallel::Team& team = {}) {
  auto keys = color::CellKeys::create(grid.size, grid.channels).value();
  auto consensus = color::Consensus::create(grid.size, keys.depth()).value();
  Colors colors{std::vector<float>(at(grid.cells())), std::vector<float>(at(grid.cells()))};
  for (int again = 0; again < 2; ++again) {  // nothing of the picture before is left
    keys.read_features(features, team);
    consensus.settle(keys, grid.means.data(), colors.a.data(), colors.b.data(), &color::vote_row<Numbers::values, Arch>,
                     team);
  }
  return colors;
}

TensorView<const float> planar(const SceneGrid& grid) {
  return {grid.features.data(), {1, grid.channels, grid.size.h, grid.size.w}};
}

double double_of(float value) { return static_cast<double>(value); }

reference::AbPlanes expected(const SceneGrid& grid, Index block) {
  const std::vector<double> features(grid.features.begin(), grid.features.end());
  const std::vector<double> means(grid.means.begin(), grid.means.end());
  return reference::consensus(test::consensus_parameters(grid.size, grid.channels, block), features, means);
}

// In ab. Of colours up to 90 the float sums' rounding leaves some 1e-5 of a share's weight, the difference of |o|² and
// |m|², of some thousands each, some 1e-3 of a variance that counts a twentieth.
constexpr double tolerance = 5e-3;

double distance(const Colors& colors, const reference::AbPlanes& exact) {
  double worst = 0;
  for (std::size_t i = 0; i < exact.a.size(); ++i) {
    const double error = std::hypot(double_of(colors.a[i]) - exact.a[i], double_of(colors.b[i]) - exact.b[i]);
    if (!(error <= worst) && !std::isnan(worst)) worst = error;
  }
  return worst;
}

}  // namespace

TEST_CASE_TEMPLATE("consensus: the formulas in double", Arch, OCHRE_TEST_ARCHS) {
  for (const auto& grid : {random_scene_grid({16, 16}, 128), random_scene_grid({7, 19}, 5),
                           random_scene_grid({1, 1}, 1), random_scene_grid({13, 33}, 130)}) {
    CAPTURE(grid.size.w);
    CHECK(distance(agreed<Arch>(grid, planar(grid)), expected(grid, Numbers::least_block)) < tolerance);
  }
}

TEST_CASE("consensus: the comparison notices another number") {
  const SceneGrid grid = random_scene_grid({16, 16}, 128);
  const Colors colors = agreed<simd::DefaultArch>(grid, planar(grid));
  CHECK(distance(colors, expected(grid, Numbers::least_block)) < tolerance);
  CHECK(distance(colors, expected(grid, 5)) > 20 * tolerance);
  SceneGrid other = grid;
  other.feature(17, 33) += 0.2f;
  CHECK(distance(colors, expected(other, Numbers::least_block)) > tolerance);
  other = grid;
  other.means[33] += 1.0f;
  CHECK(distance(colors, expected(other, Numbers::least_block)) > tolerance);
}

TEST_CASE("consensus: a large grid has larger blocks, 512 at most") {
  const SceneGrid grid = random_scene_grid({70, 150}, 3);  // blocks of 4 by 4 would be 684
  CHECK(distance(agreed<simd::DefaultArch>(grid, planar(grid)), expected(grid, 5)) < tolerance);
}

TEST_CASE("consensus: blocked features, and any number of threads: the same bits") {
  const SceneGrid grid = random_scene_grid({13, 33}, 40);
  const Colors colors = agreed<simd::DefaultArch>(grid, planar(grid));
  const BlockedLayout layout{grid.channels, grid.size, {1, 2, 0, 1}, channel_block};
  std::vector<float> memory(at(layout.size()), NAN);
  const BlockedView<float> blocked{memory.data(), layout};
  for (Index c = 0; c < grid.channels; ++c) {
    for (Index cell = 0; cell < grid.cells(); ++cell) {
      blocked.at(c, cell / grid.size.w, cell % grid.size.w) = grid.features[at(c * grid.cells() + cell)];
    }
  }
  const BlockedView<const float> read_only{memory.data(), layout};
  for (const int threads : {1, 2, 5}) {
    auto pool = parallel::ThreadTeam::create(threads).value();
    const Colors same = agreed<simd::DefaultArch>(grid, read_only, pool.team());
    CHECK(same.a == colors.a);
    CHECK(same.b == colors.b);
  }
}

TEST_CASE("consensus: a patch on a surface takes the surface's colour, another surface keeps its own") {
  SceneGrid grid({32, 32}, 8);
  for (Index cell = 0; cell < grid.cells(); ++cell) {
    const bool road = cell % 32 < 16;
    grid.feature(road ? 0 : 1, cell) = 1.0f;
    grid.paint(cell, road ? 1.0f : -20.0f, road ? 2.0f : 25.0f, 20.0f);
  }
  for (Index y = 10; y < 14; ++y) {
    for (Index x = 4; x < 8; ++x) grid.paint(y * 32 + x, 50.0f, 30.0f, 400.0f);  // red, and not sure of it
  }
  const Colors colors = agreed<simd::DefaultArch>(grid, planar(grid));
  const std::size_t patch = 12 * 32 + 6;
  CHECK(std::hypot(colors.a[patch], colors.b[patch]) < 6);
  const std::size_t lawn = 12 * 32 + 24;
  CHECK(colors.a[lawn] == doctest::Approx(-20 * 1.4).epsilon(0.1));
  CHECK(colors.b[lawn] == doctest::Approx(25 * 1.4).epsilon(0.1));
}

TEST_CASE("consensus: no features and no colour are no division by zero; NaN shows") {
  SceneGrid grid({8, 8}, 4);
  Colors colors = agreed<simd::DefaultArch>(grid, planar(grid));
  for (const float value : colors.a) CHECK(value == 0.0f);
  grid.paint(20, NAN, 0, 0);
  colors = agreed<simd::DefaultArch>(grid, planar(grid));
  CHECK(std::isnan(colors.a[20]));
}
