// One pixel's taps against the rows of upsample_ab.hpp, and what moves them.
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/pixel_taps.hpp>
#include <ochre/network/random_weights.hpp>
#include "support/at.hpp"

namespace {

using namespace ochre;
using test::at;

struct TapGrid {
  Index width, height;
  std::vector<float> a, b, lightness;

  TapGrid(Index w, Index h) : width(w), height(h) {
    RandomNumbers random(static_cast<std::uint64_t>(w * 100 + h));
    for (Index i = 0; i < w * h; ++i) {
      a.push_back(static_cast<float>(80 * random.uniform()));
      b.push_back(static_cast<float>(80 * random.uniform()));
      lightness.push_back(static_cast<float>(50 + 20 * random.uniform()));
    }
  }
  AbGridView view() const { return {a.data(), b.data(), lightness.data(), width, height}; }
};

// Of every pixel; the rows' own rounding of places and of 4 products.
constexpr float tap_tolerance = 0.02f;

}  // namespace

TEST_CASE("pixel taps: the value of every pixel is that of upsampled rows") {
  for (const auto& [width, height] : {std::pair<Index, Index>{9, 7}, {1, 1}, {2, 30}, {33, 3}}) {
    const TapGrid grid(width, height);
    for (const Extent picture : {Extent{40, 61}, Extent{7, 9}, Extent{3, 2}}) {
      std::vector<float> a(at(picture.w)), b(at(picture.w)), lightness(at(picture.w));
      for (Index y = 0; y < picture.h; ++y) {
        for (Index x = 0; x < picture.w; ++x) lightness[at(x)] = 50.0f + static_cast<float>((x * 7 + y * 3) % 40 - 20);
        color::upsample_ab_edge_aware_row(grid.view(), {picture}, y, lightness.data(), a.data(), b.data());
        for (Index x = 0; x < picture.w; ++x) {
          const auto taps = color::edge_aware_taps(grid.view(), picture, y, x, lightness[at(x)]);
          CHECK(std::fabs(taps.value(grid.a.data()) - a[at(x)]) < tap_tolerance);
          CHECK(std::fabs(taps.value(grid.b.data()) - b[at(x)]) < tap_tolerance);
        }
        color::upsample_ab_bilinear_row(grid.view(), {picture}, y, a.data(), b.data());
        for (Index x = 0; x < picture.w; ++x) {
          const auto taps = color::bilinear_taps(grid.view(), picture, y, x);
          CHECK(std::fabs(taps.value(grid.a.data()) - a[at(x)]) < tap_tolerance);
        }
      }
    }
  }
}

TEST_CASE("pixel taps: a moved pixel has what was wanted, at corners too, and cells beyond stay") {
  TapGrid grid(9, 7);
  const Extent picture{28, 36};
  for (const GridCell at_pixel : {GridCell{0, 0}, GridCell{27, 35}, GridCell{13, 17}, GridCell{0, 20}}) {
    const auto taps = color::edge_aware_taps(grid.view(), picture, at_pixel.y, at_pixel.x, 50.0f);
    const std::vector<float> before = grid.a;
    taps.move_to(33.0f, grid.a.data());
    CHECK(taps.value(grid.a.data()) == doctest::Approx(33.0).epsilon(1e-5));
    std::size_t changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) changed += before[i] != grid.a[i] ? 1u : 0u;
    CHECK(changed > 0);
    CHECK(changed <= 4);
  }
}
