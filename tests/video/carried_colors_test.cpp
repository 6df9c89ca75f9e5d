// Colours carried along: the formulas of the header's head in double, on movements that are found, and by hand.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/parallel/thread_team.hpp>
#include <ochre/video/carried_colors.hpp>

#include "support/moving_texture.hpp"

namespace carried_colors_test {

namespace {

using namespace ochre;
using test::at;
using test::plane_of;
using test::textured;
using video::CarriedColors;
using video::Motion;

constexpr float many = 64.0f;

// What a network gave.
struct Look {
  std::vector<float> a, b;

  AbGridView view(Extent grid) const { return {a.data(), b.data(), nullptr, grid.w, grid.h}; }
};

Look flat_look(Extent grid, float a, float b) {
  return {std::vector<float>(at(grid.h * grid.w), a), std::vector<float>(at(grid.h * grid.w), b)};
}

Look random_look(Extent grid, std::mt19937& random) {
  std::uniform_real_distribution<float> ab(-60, 60);
  Look look = flat_look(grid, 0, 0);
  for (float& a : look.a) a = ab(random);
  for (float& b : look.b) b = ab(random);
  return look;
}

// A look that is done within its frame.
void see(CarriedColors& colors, const AbGridView& look, bool mirrored, float most) {
  colors.begin_look();
  colors.look(look, mirrored, most);
}

// ---- the head's formulas, in double ----

struct Cell {
  double a = 0, b = 0, q = 0, n = 0;
  double y = 0, x = 0, since = 0;  // where it was at the beginning of a look, and looks that hold since

  Cell mixed(const Cell& other, double share) const {
    const auto mix = [&](double own, double its) { return own + share * (its - own); };
    return {mix(a, other.a), mix(b, other.b), mix(q, other.q),        mix(n, other.n),
            mix(y, other.y), mix(x, other.x), mix(since, other.since)};
  }
};

struct Twin {
  Extent grid, working;
  std::vector<Cell> cells;

  Twin(Extent of, Extent pixels) : grid(of), working(pixels), cells(at(of.h * of.w)) {}

  void carry(const Motion& motion) {
    const std::vector<Cell> before = cells;
    for (Index y = 0; y < grid.h; ++y) {
      for (Index x = 0; x < grid.w; ++x) {
        const video::Movement d = motion.movements()[y * grid.w + x];
        const auto place = [](Index cell, Index moved, Index side, Index pixels) {
          const double exact =
              static_cast<double>(cell) + static_cast<double>(moved * side) / static_cast<double>(pixels);
          return std::clamp(exact, 0.0, static_cast<double>(side - 1));
        };
        const double down = place(y, d.y, grid.h, working.h);
        const double right = place(x, d.x, grid.w, working.w);
        const auto top = static_cast<Index>(down);
        const auto left = static_cast<Index>(right);
        const auto row = [&](Index v) {
          const Cell& first = before[at(v * grid.w + left)];
          const Cell& second = before[at(v * grid.w + std::min(left + 1, grid.w - 1))];
          return first.mixed(second, right - static_cast<double>(left));
        };
        Cell& cell = cells[at(y * grid.w + x)];
        cell = row(top).mixed(row(std::min(top + 1, grid.h - 1)), down - static_cast<double>(top));
        const auto holds = static_cast<double>(motion.looks_that_hold()[y * grid.w + x]);
        cell.n = std::min(cell.n, holds);
        cell.since = std::min(cell.since, holds);
      }
    }
  }

  void begin_look() {
    for (Index i = 0; i < grid.h * grid.w; ++i) {
      cells[at(i)].y = static_cast<double>(i / grid.w);
      cells[at(i)].x = static_cast<double>(i % grid.w);
      cells[at(i)].since = 1e30;
    }
  }

  // Between the cells of a look, whose columns count from the other side where it is mirrored.
  double between(const std::vector<float>& plane, double y, double x, bool mirrored) const {
    const auto value = [&](Index v, Index u) {
      const Index column = mirrored ? grid.w - 1 - u : u;
      return static_cast<double>(plane[at(v * grid.w + column)]);
    };
    const auto top = static_cast<Index>(y);
    const auto left = static_cast<Index>(x);
    const auto row = [&](Index v) {
      return std::lerp(value(v, left), value(v, std::min(left + 1, grid.w - 1)), x - static_cast<double>(left));
    };
    return std::lerp(row(top), row(std::min(top + 1, grid.h - 1)), y - static_cast<double>(top));
  }

  void look(const Look& colors, bool mirrored, double most) {
    for (Cell& cell : cells) {
      if (cell.since < 0.5) continue;
      const double a = between(colors.a, cell.y, cell.x, mirrored);
      const double b = between(colors.b, cell.y, cell.x, mirrored);
      cell.a += (a - cell.a) / (cell.n + 1);
      cell.b += (b - cell.b) / (cell.n + 1);
      cell.q += (a * a + b * b - cell.q) / (cell.n + 1);
      cell.n = std::min(cell.n + 1, most);
    }
  }

  double unseen() const {
    const auto none = [](const Cell& cell) { return cell.n < 0.5; };
    return static_cast<double>(std::count_if(cells.begin(), cells.end(), none)) / static_cast<double>(cells.size());
  }

  static Cell shown(const Cell& cell) {
    const double chroma = cell.a * cell.a + cell.b * cell.b;
    const double variance = std::max(cell.q - chroma, 0.0);
    const double calmed = chroma == 0 ? 0 : chroma / (chroma + 2 * variance);
    const double factor = calmed * (1 + 0.1 * std::min(cell.n / 16, 1.0));
    return {factor * cell.a, factor * cell.b};
  }
};

struct Shown {
  std::vector<float> a, b;
};

Shown show(const CarriedColors& colors, Extent grid) {
  Shown shown{std::vector<float>(at(grid.h * grid.w)), std::vector<float>(at(grid.h * grid.w))};
  colors.show(shown.a.data(), shown.b.data());
  return shown;
}

// In float q and |m|² are rounded by a part in 10^7 of what they are, up to 7200, a few operations long; v is their
// difference, so that ab comes to be off by |m|² · 2 Δv / (|m|² + 2 v)² · |m|: 10^-3 at most.
void check_as(const CarriedColors& colors, const Twin& twin) {
  const Shown shown = show(colors, twin.grid);
  double worst = 0;
  for (std::size_t i = 0; i < twin.cells.size(); ++i) {
    const Cell expected = Twin::shown(twin.cells[i]);
    worst = std::fmax(worst, std::fabs(static_cast<double>(shown.a[i]) - expected.a));
    worst = std::fmax(worst, std::fabs(static_cast<double>(shown.b[i]) - expected.b));
    REQUIRE(std::isfinite(shown.a[i]));
    REQUIRE(std::isfinite(shown.b[i]));
  }
  CHECK(worst < 2e-3);
}

// A ground that moves, and on it, from the third frame on, something that was not there.
std::vector<float> filmed(Extent working, Index frame, Index down, Index right) {
  auto plane = textured(working, frame * down, frame * right, 40, 30);
  for (Index y = 0; y < working.h && frame >= 2; ++y) {
    for (Index x = 0; x < working.w; ++x) {
      if (y >= working.h / 2 && x >= working.w / 3 && x < 2 * working.w / 3) plane[at(y * working.w + x)] = 95;
    }
  }
  return plane;
}

// The mean of some looks at one cell, by hand.
double shown_a(const std::vector<float>& looks, float most = many) {
  auto colors = CarriedColors::create({1, 1}, {16, 16}).value();
  for (const float look : looks) see(colors, flat_look({1, 1}, look, 0).view({1, 1}), false, most);
  return static_cast<double>(show(colors, {1, 1}).a[0]);
}

}  // namespace

TEST_CASE("carried colors: looks, by hand") {
  CHECK(shown_a({}) == 0.0);
  CHECK(shown_a({30}) == doctest::Approx(30 * (1 + 0.1 / 16)));
  // m = 20, |m|² = 400, q = 500, v = 100
  CHECK(shown_a({30, 10}) == doctest::Approx(20 * 400.0 / 600 * (1 + 0.2 / 16)));
  CHECK(shown_a({30, -30}) == doctest::Approx(0.0));
  CHECK(shown_a(std::vector<float>(16, 25)) == doctest::Approx(25 * 1.1));
  CHECK(shown_a(std::vector<float>(100, 25)) == doctest::Approx(25 * 1.1));
  // A mean of at most 1 look: each next one counts a half. m = 15, q = 250, v = 25; it is of one look.
  CHECK(shown_a({20, 10}, 1) == doctest::Approx(15 * 225.0 / 275 * (1 + 0.1 / 16)));
}

TEST_CASE("carried colors: a mean of as many looks as allowed goes on taking its share of each next") {
  for (const int most : {1, 3, 64}) {
    std::vector<float> looks(80, 10.0f);
    looks.push_back(20.0f);
    const double m = 10 + 10.0 / (most + 1);
    const double q = 100 + 300.0 / (most + 1);
    const double expected = m * m * m / (m * m + 2 * (q - m * m)) * (1 + 0.1 * std::min(most / 16.0, 1.0));
    CHECK(shown_a(looks, static_cast<float>(most)) == doctest::Approx(expected).epsilon(1e-5));
  }
}

TEST_CASE("carried colors: a mirrored look is seen from the other side") {
  const Extent grid{2, 3};
  const Look look{{1, 2, 3, 4, 5, 6}, {-1, -2, -3, -4, -5, -6}};
  auto colors = CarriedColors::create(grid, {32, 48}).value();
  see(colors, look.view(grid), true, many);
  const Shown shown = show(colors, grid);
  const double gain = 1 + 0.1 / 16;
  const std::vector<double> expected{3, 2, 1, 6, 5, 4};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(static_cast<double>(shown.a[i]) == doctest::Approx(gain * expected[i]));
    CHECK(static_cast<double>(shown.b[i]) == doctest::Approx(-gain * expected[i]));
  }
}

TEST_CASE("carried colors: unseen is the share of cells of whose looks none holds") {
  const Extent working{64, 96};
  for (const Extent grid : {Extent{16, 24}, {64, 96}, {5, 7}}) {
    auto colors = CarriedColors::create(grid, working).value();
    CHECK(colors.unseen() == 1.0f);
    see(colors, flat_look(grid, 20, 20).view(grid), false, many);
    CHECK(colors.unseen() == 0.0f);
    auto motion = Motion::create(working, grid).value();
    motion.follow(filmed(working, 0, 0, 0).data(), {});
    motion.follow(filmed(working, 2, 0, 0).data(), {});
    colors.carry(motion, {});
    Index lost = 0;
    for (Index i = 0; i < grid.h * grid.w; ++i) lost += motion.looks_that_hold()[i] < 0.5f ? 1 : 0;
    CHECK(lost > grid.h * grid.w / 9);
    CHECK(lost < grid.h * grid.w / 3);
    CHECK(colors.unseen() == doctest::Approx(static_cast<double>(lost) / static_cast<double>(grid.h * grid.w)));
    // Its colours are the past's until there is a look, which then is all that counts.
    CHECK(static_cast<double>(show(colors, grid).a[at(grid.h * grid.w - grid.w / 2)]) > 19.9);
    see(colors, flat_look(grid, -40, 0).view(grid), false, many);
    CHECK(colors.unseen() == 0.0f);
    const Shown shown = show(colors, grid);
    for (Index i = 0; i < grid.h * grid.w; ++i) {
      if (motion.looks_that_hold()[i] == 0.0f)
        CHECK(static_cast<double>(shown.a[at(i)]) == doctest::Approx(-40 * 1.00625));
    }
    colors.forget();
    CHECK(colors.unseen() == 1.0f);
    CHECK(show(colors, grid).a == std::vector<float>(at(grid.h * grid.w)));
  }
}

TEST_CASE("carried colors: what moves takes its colours along, as the formulas say, on coarse grids and fine ones") {
  const Extent working{64, 96};
  std::mt19937 random(7);
  for (const Extent grid : {Extent{16, 24}, {64, 96}, {21, 37}, {90, 100}, {1, 5}}) {
    for (const auto& way : {std::pair<Index, Index>{0, 0}, {3, 0}, {-2, 5}, {0, -9}, {14, 14}}) {
      const Index down = way.first;
      const Index right = way.second;
      CAPTURE(grid.h);
      CAPTURE(down);
      auto motion = Motion::create(working, grid).value();
      auto colors = CarriedColors::create(grid, working).value();
      Twin twin(grid, working);
      motion.follow(filmed(working, 0, down, right).data(), {});
      Index moved = 0;
      for (Index frame = 1; frame < 8; ++frame) {
        const Look look = random_look(grid, random);
        const float most = frame < 4 ? many : 2.5f;
        if (frame != 5) see(colors, look.view(grid), frame % 2 == 0, most);
        if (frame != 5) twin.begin_look();
        if (frame != 5) twin.look(look, frame % 2 == 0, static_cast<double>(most));
        motion.follow(filmed(working, frame, down, right).data(), {});
        colors.carry(motion, {});
        twin.carry(motion);
        check_as(colors, twin);
        CHECK(colors.unseen() == doctest::Approx(twin.unseen()).epsilon(0.005));  // of a cell whose looks are 1/2
        for (Index i = 0; i < grid.h * grid.w; ++i)
          moved += motion.movements()[i].y != 0 || motion.movements()[i].x != 0;
      }
      if (down != 0 || right != 0) CHECK(moved > grid.h * grid.w);
    }
  }
}

TEST_CASE("carried colors: a look that takes several frames is of its first, where each cell was then") {
  const Extent working{64, 96};
  std::mt19937 random(8);
  for (const Extent grid : {Extent{16, 24}, {64, 96}, {21, 37}, {1, 5}}) {
    for (const auto& pair : {std::pair<Index, Index>{0, 0}, {2, 0}, {-1, 3}, {0, -6}}) {
      const auto down = pair.first;
      const auto right = pair.second;
      for (const bool mirrored : {false, true}) {
        CAPTURE(grid.h);
        CAPTURE(down);
        CAPTURE(right);
        auto motion = Motion::create(working, grid).value();
        auto colors = CarriedColors::create(grid, working).value();
        Twin twin(grid, working);
        const auto follow = [&](Index frame) {
          motion.follow(filmed(working, frame, down, right).data(), {});
          if (frame == 0) return;
          colors.carry(motion, {});
          twin.carry(motion);
        };
        follow(0);
        const Look earlier = flat_look(grid, 30, -30);
        see(colors, earlier.view(grid), false, many);
        twin.begin_look();
        twin.look(earlier, false, 64);
        colors.begin_look();
        twin.begin_look();
        for (Index frame = 1; frame < 5; ++frame) {  // with the third something comes that was not there
          follow(frame);
          check_as(colors, twin);
        }
        Look ramp = flat_look(grid, 30, 0);
        for (Index i = 0; i < grid.h * grid.w; ++i) ramp.b[at(i)] = static_cast<float>(i % grid.w - grid.w / 2);
        colors.look(ramp.view(grid), mirrored, many);
        twin.look(ramp, mirrored, 64);
        check_as(colors, twin);
        const auto newer =
            std::count_if(twin.cells.begin(), twin.cells.end(), [](const Cell& c) { return c.since < 0.5; });
        if (grid.h > 1) CHECK(newer > grid.h * grid.w / 12);
        CHECK(newer < grid.h * grid.w / 2);
        // What came later has the colours of its place's past, and its next look counts alone.
        const Look next = random_look(grid, random);
        see(colors, next.view(grid), false, many);
        twin.begin_look();
        twin.look(next, false, 64);
        check_as(colors, twin);
      }
    }
  }
}

TEST_CASE("carried colors: what is known is shown as it is, and counts as many looks") {
  const Extent grid{3, 4};
  std::mt19937 random(5);
  const Look known = random_look(grid, random);
  for (const float most : {1.0f, 6.0f, 16.0f, 64.0f}) {
    CAPTURE(most);
    auto colors = CarriedColors::create(grid, {48, 64}).value();
    see(colors, random_look(grid, random).view(grid), false, most);
    colors.know(known.a.data(), known.b.data(), most);
    CHECK(colors.unseen() == 0.0f);
    const Shown before = show(colors, grid);
    for (std::size_t i = 0; i < 12; ++i) {
      CHECK(before.a[i] == doctest::Approx(static_cast<double>(known.a[i])).epsilon(1e-5));
      CHECK(before.b[i] == doctest::Approx(static_cast<double>(known.b[i])).epsilon(1e-5));
    }
    see(colors, flat_look(grid, 0, 0).view(grid), false, most);
    const Shown after = show(colors, grid);
    const double m = static_cast<double>(most);
    const double share = m / (m + 1);  // left of m, of |m|^2 and of q, which is |m|^2: v = (share - share^2) |m|^2
    const double expected = share * share / (share * share + 2 * (share - share * share));
    for (std::size_t i = 0; i < 12; ++i) {
      CHECK(after.a[i] == doctest::Approx(share * expected * static_cast<double>(known.a[i])).epsilon(1e-4));
    }
  }
}

TEST_CASE("carried colors: beyond the border there is the border's colour") {
  const Extent working{64, 64};
  const Extent grid{64, 64};
  auto motion = Motion::create(working, grid).value();
  for (const Index frame : {0, 1, 2}) motion.follow(textured(working, 0, 9 * frame).data(), {});
  auto colors = CarriedColors::create(grid, working).value();
  Look look = flat_look(grid, 0, 0);
  for (Index i = 0; i < 64 * 64; ++i) look.a[at(i)] = static_cast<float>(i % 64 + 20);  // by columns
  see(colors, look.view(grid), false, many);
  colors.carry(motion, {});
  const Shown shown = show(colors, grid);
  const double gain = 1 + 0.1 / 16;
  Index clamped = 0;
  for (Index y = 0; y < 64; ++y) {
    for (Index x = 0; x < 64; ++x) {
      const Index d = motion.movements()[y * 64 + x].x;
      if (motion.looks_that_hold()[y * 64 + x] < 1.0f) continue;
      const Index from = std::clamp<Index>(x + d, 0, 63);
      clamped += x + d < 0 || x + d > 63 ? 1 : 0;
      CHECK(static_cast<double>(shown.a[at(y * 64 + x)]) == doctest::Approx(gain * static_cast<double>(from + 20)));
    }
  }
  CHECK(clamped > 64);
}

TEST_CASE("carried colors: the same for any number of threads") {
  const Extent working{64, 96};
  const Extent grid{33, 50};
  std::mt19937 random(9);
  const Look look = random_look(grid, random);
  const auto team = parallel::ThreadTeam::create(4).value();
  auto motion = Motion::create(working, grid).value();
  for (Index frame = 0; frame < 4; ++frame) motion.follow(filmed(working, frame, 3, -5).data(), {});
  auto alone = CarriedColors::create(grid, working).value();
  auto shared = CarriedColors::create(grid, working).value();
  for (int frame = 0; frame < 3; ++frame) {
    see(alone, look.view(grid), false, many);
    see(shared, look.view(grid), false, many);
    alone.carry(motion, {});
    shared.carry(motion, team.team());
    CHECK(show(alone, grid).a == show(shared, grid).a);
    CHECK(show(alone, grid).b == show(shared, grid).b);
  }
}

}  // namespace carried_colors_test
