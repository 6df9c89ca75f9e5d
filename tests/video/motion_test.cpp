// Where things were a frame ago, on textures whose movement is known; what holds, whatever the light; what does not.
#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/parallel/thread_team.hpp>
#include <ochre/video/motion.hpp>

#include "support/moving_texture.hpp"

namespace motion_test {

namespace {

using namespace ochre;
using test::at;
using test::plane_of;
using test::textured;
using test::with_noise;
using video::Motion;
using video::MotionNumbers;

constexpr float all_looks = std::numeric_limits<float>::max();

// The middle of a cell, in pixels.
Index middle_of(Index cell, Index cells, Index pixels) { return (2 * cell + 1) * pixels / (2 * cells); }

// The cells for which `which`(row, column of the middle) is true, of whose looks `count` says how many it wants.
struct Cells {
  Index all = 0;
  Index moved_so = 0;  // as was asked
  Index unmoved = 0;
  Index hold = 0;   // all looks
  Index stay = 0;   // all looks, and unmoved
  Index least = 0;  // no look at all
};

template <class Which>
Cells count_cells(const Motion& motion, Extent working, Extent grid, const Which& which, Index down = 0,
                  Index right = 0) {
  Cells cells;
  for (Index i = 0; i < grid.h * grid.w; ++i) {
    if (!which(middle_of(i / grid.w, grid.h, working.h), middle_of(i % grid.w, grid.w, working.w))) continue;
    const video::Movement movement = motion.movements()[i];
    const float looks = motion.looks_that_hold()[i];
    ++cells.all;
    cells.moved_so += movement.y == -down && movement.x == -right ? 1 : 0;
    cells.unmoved += movement.y == 0 && movement.x == 0 ? 1 : 0;
    cells.hold += looks == all_looks ? 1 : 0;
    cells.stay += movement.y == 0 && movement.x == 0 && looks == all_looks ? 1 : 0;
    cells.least += looks == 0.0f ? 1 : 0;
  }
  REQUIRE(cells.all > 0);
  return cells;
}

bool everywhere(Index, Index) { return true; }

Motion motion_between(Extent working, Extent grid, const std::vector<float>& before, const std::vector<float>& now) {
  auto motion = Motion::create(working, grid).value();
  motion.follow(before.data(), {});
  motion.follow(now.data(), {});
  return motion;
}

}  // namespace

TEST_CASE("motion: a texture that moves by whole pixels is followed, on grids coarser and finer") {
  const Extent working{112, 131};
  for (const Extent grid : {Extent{28, 33}, {112, 131}, {7, 11}, {130, 200}}) {
    for (const auto& way : {std::pair<Index, Index>{-3, 3}, {5, -7}, {8, 8}, {-6, -9}, {12, 3}}) {
      const Index down = way.first;
      const Index right = way.second;
      CAPTURE(grid.h);
      CAPTURE(down);
      CAPTURE(right);
      const auto motion = motion_between(working, grid, textured(working), textured(working, down, right));
      // Blocks of 8 by 8 whose origin is in the picture, too.
      const Index border = 4 + std::max(std::abs(down), std::abs(right));
      const auto inside = [&](Index y, Index x) { return std::min({y, x, working.h - y, working.w - x}) > border; };
      const Cells cells = count_cells(motion, working, grid, inside, down, right);
      // The way down to the least difference may end in another hollow, the more so the longer it is.
      CHECK(cells.moved_so >= cells.all * 90 / 100);
      CHECK(cells.hold >= cells.all * 95 / 100);
    }
  }
}

TEST_CASE("motion: a pixel's way is followed, where most of the picture stands still") {
  const Extent working{112, 131};
  const auto window = [](Index y, Index x) { return y >= 30 && y < 82 && x >= 30 && x < 100; };
  const auto inside = [&](Index y, Index x) { return window(y - 6, x - 6) && window(y + 6, x + 6); };
  for (const Extent grid : {Extent{28, 33}, {112, 131}, {14, 16}, {130, 200}}) {
    for (const auto& way : {std::pair<Index, Index>{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, -2}, {-2, 2}}) {
      const Index down = way.first;
      const Index right = way.second;
      CAPTURE(grid.h);
      CAPTURE(down);
      CAPTURE(right);
      const auto still = textured(working);
      const auto whole = textured(working, down, right);
      const auto moved = plane_of(working, [&](Index y, Index x) {
        const auto& from = window(y, x) ? whole : still;
        return static_cast<double>(from[at(y * working.w + x)]);
      });
      const Cells cells = count_cells(motion_between(working, grid, still, moved), working, grid, inside, down, right);
      CHECK(cells.moved_so >= cells.all * 85 / 100);  // the texture is flat somewhere
      CHECK(cells.hold >= cells.all * 94 / 100);      // what is new at the window's rim matches by chance, or does not
    }
  }
}

TEST_CASE("motion: what goes on moving is followed up to the reach, and no further") {
  const Extent working{144, 176};
  const Extent grid{36, 44};
  const Index reach = MotionNumbers::reach;
  const auto inside = [&](Index y, Index x) { return std::min({y, x, working.h - y, working.w - x}) > 4 + reach; };
  for (const auto& way : {std::pair<Index, Index>{reach, 0}, {0, -reach}, {-reach, reach}, {17, -20}}) {
    const Index down = way.first;
    const Index right = way.second;
    CAPTURE(down);
    CAPTURE(right);
    auto motion = Motion::create(working, grid).value();
    for (Index frame = 0; frame < 6; ++frame) {
      motion.follow(textured(working, frame * down, frame * right).data(), {});
    }
    const Cells cells = count_cells(motion, working, grid, inside, down, right);
    CHECK(cells.moved_so >= cells.all * 90 / 100);
    CHECK(cells.hold >= cells.all * 90 / 100);
  }
  auto motion = Motion::create(working, grid).value();
  for (Index frame = 0; frame < 6; ++frame) motion.follow(textured(working, frame * (reach + 1), 0).data(), {});
  for (Index i = 0; i < grid.h * grid.w; ++i) {
    REQUIRE(std::abs(motion.movements()[i].y) <= reach);
    REQUIRE(std::abs(motion.movements()[i].x) <= reach);
  }
}

TEST_CASE("motion: where a picture stands still, noise moves nothing and all looks hold") {
  const Extent working{96, 128};
  for (const Extent grid : {Extent{24, 32}, {96, 128}, {5, 9}}) {
    for (const double sigma : {0.0, 0.3, 1.0, 1.3}) {  // in L; 1.3 are 3.3 codes, whose noise() is 3.7
      CAPTURE(sigma);
      for (const double swing : {0.0, 40.0}) {
        const auto still = textured(working, 0, 0, 50, swing);
        const auto motion = motion_between(working, grid, with_noise(still, sigma, 1), with_noise(still, sigma, 2));
        const Cells cells = count_cells(motion, working, grid, everywhere);
        // A block's mean is that of 64 differences: one in thousands is beyond 1.3 n, and a half for the rounding.
        const Index rare = sigma < 0.5 ? 0 : cells.all / 400;
        CHECK(cells.unmoved >= cells.all - rare);
        CHECK(cells.hold >= cells.all - rare);
      }
    }
  }
}

TEST_CASE("motion: the noise is the mean difference of two frames") {
  const Extent working{96, 128};
  const auto still = textured(working);
  for (const double sigma : {0.0, 0.4, 0.8, 1.2}) {
    const auto motion = motion_between(working, {24, 32}, with_noise(still, sigma, 3), with_noise(still, sigma, 4));
    // Of two numbers of deviation s each: 2 s/√π, the rounding to bytes in it; measured in quarters of a code, and the
    // median of blocks is some hundredths off their mean.
    const double codes = 2 * std::hypot(2.55 * sigma, sigma > 0 ? std::sqrt(1.0 / 12) : 0) / std::sqrt(3.14159265);
    CHECK(std::abs(static_cast<double>(motion.noise()) - codes) <= 0.125 + 0.06);
  }
  CHECK(motion_between(working, {24, 32}, still, textured(working, 7, 9)).noise() == MotionNumbers::most_noise);
}

TEST_CASE("motion: of something else no look holds, and of what is around it all do") {
  const Extent working{96, 128};
  const auto drawn = [&](double lightness, double stripes) {
    return plane_of(working, [&](Index y, Index x) {
      const bool inside = y >= 32 && y < 64 && x >= 40 && x < 88;
      return inside ? lightness + (x % 4 < 2 ? stripes : -stripes)
                    : 40 + 12 * test::texture(static_cast<double>(y), static_cast<double>(x));
    });
  };
  const auto ground = textured(working, 0, 0, 40, 12);
  const auto well_inside = [](Index y, Index x) { return y >= 36 && y < 60 && x >= 44 && x < 84; };
  const auto well_outside = [](Index y, Index x) { return y < 28 || y >= 68 || x < 36 || x >= 92; };
  for (const Extent grid : {Extent{24, 32}, {96, 128}}) {
    for (const double stripes : {0.0, 15.0}) {
      for (const bool appears : {true, false}) {
        const auto other = drawn(80, stripes);
        const auto motion = motion_between(working, grid, appears ? ground : other, appears ? other : ground);
        const Cells inside = count_cells(motion, working, grid, well_inside);
        // What stood behind a thing that is gone may be found beside it: then its colours come from there.
        if (appears) CHECK(inside.least == inside.all);
        CHECK(inside.stay == 0);
        const Cells outside = count_cells(motion, working, grid, well_outside);
        CHECK(outside.unmoved == outside.all);
        CHECK(outside.hold == outside.all);
      }
    }
  }
}

TEST_CASE("motion: a change of light leaves true what is known of details") {
  const Extent working{96, 128};
  const Extent grid{24, 32};
  const auto fine = [](Index y, Index x) {
    const double strength = (y * 7 + x * 5) % 11 < 5 ? 1.0 : 0.4;
    return strength * static_cast<double>((x / 2 + y / 3) % 3 - 1);
  };
  const auto in_light = [&](double factor, double offset) {
    return plane_of(working, [&](Index y, Index x) { return offset + factor * (40 + 15 * fine(y, x)); });
  };
  const auto day = in_light(1, 0);
  const Cells dense = count_cells(motion_between(working, grid, day, day), working, grid, everywhere);
  CHECK(dense.stay == dense.all);
  for (const auto& way : {std::pair{1.0, 2.0}, {1.0, 6.0}, {1.0, -6.0}, {1.2, 0.0}, {0.8, 0.0}}) {
    const double factor = way.first;
    const double offset = way.second;
    CAPTURE(factor);
    CAPTURE(offset);
    const auto motion = motion_between(working, grid, day, in_light(factor, offset));
    const Cells cells = count_cells(motion, working, grid, everywhere);
    CHECK(cells.stay >= cells.all * 95 / 100);
  }
  // Other details of the same light and strength are another thing.
  const auto other = plane_of(working, [&](Index y, Index x) { return 40 + 15 * fine(x + 1, y * 3 + x); });
  const Cells cells = count_cells(motion_between(working, grid, day, other), working, grid, everywhere);
  CHECK(cells.hold < cells.all / 20);
}

TEST_CASE("motion: a pan is found in one piece, another scene in pieces") {
  const Extent working{112, 131};
  const Extent grid{28, 33};
  const auto before = textured(working);
  const Motion pan = motion_between(working, grid, before, textured(working, 3, 7));
  CHECK(pan.all_changed());
  CHECK(pan.coherence() > 0.9f);
  const Motion other = motion_between(working, grid, before, textured(working, 5000, 7000));
  CHECK(other.all_changed());
  CHECK(other.coherence() < 0.45f);
  const Motion still = motion_between(working, grid, before, before);
  CHECK(!still.all_changed());
  CHECK(still.coherence() == 1.0f);
}

TEST_CASE("motion: where nothing has details, light that changes much is another thing, as much as the head says") {
  const Extent working{32, 48};
  const Extent grid{8, 12};
  for (const double shift : {1.0, 5.0, 10.0, 20.0, 40.0, 120.0}) {  // codes
    const auto flat = [&](double codes) { return plane_of(working, [&](Index, Index) { return codes / 2.55; }); };
    const auto motion = motion_between(working, grid, flat(60), flat(60 + shift));
    const double noise = std::min(shift + 0.125, 4.0);
    const double odd = std::max(0.3 * shift - 1.3 * noise, 0.0) / 2;
    for (Index i = 0; i < grid.h * grid.w; ++i) {
      const float looks = motion.looks_that_hold()[i];
      if (odd <= 0.25) {
        CHECK(looks == all_looks);
      } else {
        CHECK(static_cast<double>(looks) == doctest::Approx(std::max(4 / (odd * odd) - 1, 0.0)).epsilon(1e-4));
      }
      CHECK(motion.movements()[i].y == 0);
      CHECK(motion.movements()[i].x == 0);
    }
  }
}

TEST_CASE("motion: any size, down to a pixel, on any grid") {
  for (const Extent working : {Extent{1, 1}, {1, 70}, {70, 1}, {16, 16}, {33, 47}}) {
    for (const Extent grid : {Extent{1, 1}, {3, 5}, {16, 16}, {71, 64}}) {
      const auto still = textured(working);
      const Cells same = count_cells(motion_between(working, grid, still, still), working, grid, everywhere);
      CHECK(same.unmoved == same.all);
      CHECK(same.hold == same.all);
      const auto white = plane_of(working, [](Index, Index) { return 100.001; });  // as much as rounding adds
      const auto black = plane_of(working, [](Index, Index) { return 0.0; });
      const Cells other = count_cells(motion_between(working, grid, black, white), working, grid, everywhere);
      CHECK(other.least == other.all);
    }
  }
}

TEST_CASE("motion: the same for any number of threads, from one frame to the next") {
  const Extent working{75, 110};
  const Extent grid{38, 55};
  const Index cells = grid.h * grid.w;
  auto alone = Motion::create(working, grid).value();
  for (const int threads : {2, 3, 5}) {
    const auto team = parallel::ThreadTeam::create(threads).value();
    auto motion = Motion::create(working, grid).value();
    alone = Motion::create(working, grid).value();
    for (Index frame = 0; frame < 5; ++frame) {
      const auto shown = with_noise(textured(working, 3 * frame, -5 * frame), 0.8, static_cast<unsigned>(frame));
      alone.follow(shown.data(), {});
      motion.follow(shown.data(), team.team());
      CHECK(std::memcmp(motion.movements(), alone.movements(), at(cells) * sizeof(video::Movement)) == 0);
      CHECK(std::equal(motion.looks_that_hold(), motion.looks_that_hold() + cells, alone.looks_that_hold()));
      CHECK(motion.noise() == alone.noise());
    }
  }
}

}  // namespace motion_test
