// Hints: where they are told, how far they spread, and that the votes are those of reference/votes.hpp.
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/hints.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/parallel/thread_team.hpp>
#include <ochre/reference/votes.hpp>
#include "support/allocations.hpp"
#include "support/archs.hpp"
#include "support/at.hpp"

namespace {

using namespace ochre;
using test::at;
using HintNumbers = color::HintNumbers;

// Two surfaces side by side on a grid of 16 by 16, of a picture four times as large.
struct HintScene {
  Extent grid{16, 16};
  Extent picture{64, 64};
  Index depth = 6;
  color::CellKeys keys = color::CellKeys::create(grid, depth).value();
  std::vector<float> features = std::vector<float>(at(depth * 256));
  std::vector<float> a = std::vector<float>(256, 5.0f);
  std::vector<float> b = std::vector<float>(256, -5.0f);
  std::vector<float> lightness = std::vector<float>(256);

  HintScene() {
    RandomNumbers random(3);
    for (Index cell = 0; cell < 256; ++cell) {
      const bool left = cell % 16 < 8;
      for (Index d = 0; d < depth; ++d) {
        features[at(d * 256 + cell)] =
            (d == (left ? 0 : 3) ? 1.0f : 0.0f) + static_cast<float>(0.03 * random.uniform());
      }
      lightness[at(cell)] = (left ? 40.0f : 60.0f) + static_cast<float>(3 * random.uniform());
    }
    keys.read_features(TensorView<const float>{features.data(), {1, depth, 16, 16}}, {});
    keys.read_lightness(lightness.data());
  }

  MutableAbGridView view() { return {a.data(), b.data(), lightness.data(), 16, 16}; }

  // The L of each hint's pixel: its cell's.
  void read(color::Hints& hints) const {
    for (color::PixelHint& pixel : hints.pixels()) pixel.lightness = lightness[at(pixel.y / 4 * 16 + pixel.x / 4)];
  }

  template <class Arch = simd::DefaultArch>
  void tell(color::Hints& hints, const parallel::Team& team = {}) {
    read(hints);
    hints.settle(keys, true, view(), &color::vote_row<HintNumbers::values, Arch>, team);
  }
};

float ab_distance(const HintScene& scene, Index cell, const color::PixelHint& from) {
  return std::hypot(scene.a[at(cell)] - from.a, scene.b[at(cell)] - from.b);
}

}  // namespace

TEST_CASE("hints: the colour is told at its place, spreads over its surface and not to the other") {
  HintScene scene;
  const Hint hint{.x = 9, .y = 33, .red = 40, .green = 60, .blue = 200};
  const color::PixelHint wanted = color::pixel_hint(hint);
  auto hints = color::Hints::create(std::span(&hint, 1), scene.picture, scene.grid, scene.depth).value();
  scene.tell(hints);
  CHECK(hints.pixels()[0].taps.value(scene.a.data()) == doctest::Approx(static_cast<double>(wanted.a)).epsilon(1e-3));
  CHECK(hints.pixels()[0].taps.value(scene.b.data()) == doctest::Approx(static_cast<double>(wanted.b)).epsilon(1e-3));
  CHECK(ab_distance(scene, 9 * 16 + 3, wanted) < 0.15f * std::hypot(wanted.a, wanted.b));
  for (Index cell = 0; cell < 256; ++cell) {
    if (cell % 16 < 9) continue;
    CHECK(std::fabs(scene.a[at(cell)] - 5.0f) < 1.0f);
    CHECK(std::fabs(scene.b[at(cell)] + 5.0f) < 1.0f);
  }
}

TEST_CASE("hints: several, on one surface, in one cell, at corners: each has its colour at its own pixel") {
  HintScene scene;
  const Hint all[] = {{.x = 0, .y = 0, .red = 200, .green = 30, .blue = 30},
                      {.x = 63, .y = 63, .red = 30, .green = 200, .blue = 30},
                      {.x = 12, .y = 20, .red = 30, .green = 30, .blue = 200},
                      {.x = 18, .y = 20, .red = 200, .green = 200, .blue = 30},
                      {.x = 19, .y = 22, .red = 200, .green = 190, .blue = 40}};
  auto hints = color::Hints::create(all, scene.picture, scene.grid, scene.depth).value();
  scene.tell(hints);
  for (const color::PixelHint& pixel : hints.pixels()) {
    CHECK(std::hypot(pixel.taps.value(scene.a.data()) - pixel.a, pixel.taps.value(scene.b.data()) - pixel.b) < 1.0f);
  }
}

TEST_CASE_TEMPLATE("hints: what is told is the vote by its definition", Arch, OCHRE_TEST_ARCHS) {
  HintScene scene;
  const Hint all[] = {{.x = 9, .y = 33, .red = 40, .green = 60, .blue = 200},
                      {.x = 40, .y = 10, .red = 240, .green = 60, .blue = 20}};
  auto hints = color::Hints::create(all, scene.picture, scene.grid, scene.depth).value();
  const auto key_of = [&](Index cell) {
    std::vector<double> key;
    for (Index d = 0; d < scene.depth; ++d) key.push_back(static_cast<double>(scene.keys.plane(d)[cell]) / 0.25);
    key.push_back(static_cast<double>(scene.lightness[at(cell)]) / 20);
    return key;
  };
  std::vector<reference::VoteEntry> entries;
  for (const Hint& hint : all) {
    const color::PixelHint pixel = color::pixel_hint(hint);
    const Index cell = hint.y / 4 * 16 + hint.x / 4;
    reference::VoteEntry entry;
    entry.key = key_of(cell);
    for (Index i = 0; i < 16; ++i) {
      const auto nearness = [](Index apart) {
        return std::exp(-std::pow(static_cast<double>(apart) / 16 / 0.15, 2) / 2);
      };
      entry.rows.push_back(nearness(i - cell / 16));
      entry.columns.push_back(nearness(i - cell % 16));
    }
    const double shade = static_cast<double>(scene.lightness[at(cell)]) + 16;
    entry.values = {1, static_cast<double>(pixel.a) / shade, static_cast<double>(pixel.b) / shade};
    entries.push_back(entry);
  }
  scene.tell<Arch>(hints);
  for (Index cell = 0; cell < 256; ++cell) {
    bool corrected = false;  // a cell that a hint's pixel is interpolated from was moved afterwards
    for (const color::PixelHint& pixel : hints.pixels()) {
      for (const Index tap : pixel.taps.cells) corrected = corrected || tap == cell;
    }
    if (corrected) continue;
    const auto sums = reference::votes(key_of(cell), entries, 0.1, cell / 16, cell % 16, -80);
    const double told = std::min(1.0, 1.05 * sums[0].value / (sums[0].value + 0.05));
    const double voted = told * (static_cast<double>(scene.lightness[at(cell)]) + 16) / sums[0].value;
    CHECK(static_cast<double>(scene.a[at(cell)]) ==
          doctest::Approx(voted * sums[1].value + (1 - told) * 5).epsilon(1e-3));
    CHECK(static_cast<double>(scene.b[at(cell)]) ==
          doctest::Approx(voted * sums[2].value - (1 - told) * 5).epsilon(1e-3));
  }
}

TEST_CASE("hints: any number of threads gives the same bits, nothing is allocated, a hint outside is refused") {
  const Hint hint{.x = 9, .y = 33, .red = 40, .green = 60, .blue = 200};
  HintScene first;
  auto hints = color::Hints::create(std::span(&hint, 1), first.picture, first.grid, first.depth).value();
  const auto before = test::allocations();
  first.tell(hints);
  CHECK(test::allocations() == before);
  for (const int threads : {2, 5}) {
    auto pool = parallel::ThreadTeam::create(threads).value();
    HintScene scene;
    scene.tell(hints, pool.team());
    CHECK(scene.a == first.a);
    CHECK(scene.b == first.b);
  }
  for (const Hint outside : {Hint{.x = 64}, Hint{.y = 64}, Hint{.x = -1}, Hint{.y = -1}}) {
    const auto refused = color::Hints::create(std::span(&outside, 1), first.picture, first.grid, first.depth);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("outside the picture of 64x64") != std::string::npos);
  }
}
