// The finer grid against the same in double, and what it promises: flat colour, means, range, edges, noise, threads.
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/refine_grid.hpp>
#include <ochre/parallel/thread_team.hpp>
#include "support/allocations.hpp"
#include "support/archs.hpp"
#include "support/at.hpp"
#include "support/exact_likeness.hpp"

namespace {

using namespace ochre;
using color::RefinedGrid;
using color::RefineNumbers;
using test::at;

template <class T>
struct CellPlane {
  Index width = 0, height = 0;
  std::vector<T> values;

  CellPlane() = default;
  CellPlane(Index w, Index h) : width(w), height(h), values(at(w * h)) {}
  T& operator()(Index x, Index y) { return values[at(y * width + x)]; }
  T operator()(Index x, Index y) const { return values[at(y * width + x)]; }
  T held(Index x, Index y) const {
    return values[at(std::clamp<Index>(y, 0, height - 1) * width + std::clamp<Index>(x, 0, width - 1))];
  }
};

struct GivenCells {
  CellPlane<float> a, b, lightness;
  AbGridView view() const { return {a.values.data(), b.values.data(), lightness.values.data(), a.width, a.height}; }
};

// L in steps of 1/16, so that differences and means of four are exact.
CellPlane<float> sixteenths(Index width, Index height, std::mt19937& random) {
  std::uniform_int_distribution<int> step(0, 1600);
  CellPlane<float> plane(width, height);
  for (float& value : plane.values) value = static_cast<float>(step(random)) / 16.0f;
  return plane;
}

GivenCells random_given(Index width, Index height, std::mt19937& random) {
  std::uniform_real_distribution<float> color(-100.0f, 100.0f);
  GivenCells cells{{width, height}, {width, height}, sixteenths(width, height, random)};
  for (float& value : cells.a.values) value = color(random);
  for (float& value : cells.b.values) value = color(random);
  return cells;
}

struct FinerColors {
  CellPlane<float> a, b;
};

template <class Arch = simd::DefaultArch>
FinerColors refine_given(RefinedGrid& refined, const GivenCells& cells, const CellPlane<float>& guide,
                         const parallel::Team& team = {}) {
  REQUIRE(refined.prepare({cells.a.height, cells.a.width}));
  const auto to = refined.guide();
  REQUIRE(to.size == Extent{guide.height, guide.width});
  for (Index y = 0; y < guide.height; ++y) {
    for (Index x = 0; x < guide.width; ++x) to.values[at(y * to.stride + x)] = guide.held(x, y);
  }
  const auto before = test::allocations();
  const color::StridedGrid finer = refined.refine(cells.view(), color::refine_kernels<Arch>(), team);
  CHECK(test::allocations() == before);
  FinerColors result{{finer.width, finer.height}, {finer.width, finer.height}};
  for (Index y = 0; y < finer.height; ++y) {
    for (Index x = 0; x < finer.width; ++x) {
      result.a(x, y) = finer.a[y * finer.stride + x];
      result.b(x, y) = finer.b[y * finer.stride + x];
      CHECK(finer.lightness[y * finer.stride + x] == guide.held(x, y));
    }
  }
  return result;
}

template <class Arch = simd::DefaultArch>
FinerColors refine_given(const GivenCells& cells, const CellPlane<float>& guide) {
  const Extent grid{cells.a.height, cells.a.width};
  auto refined = RefinedGrid::create(grid, {guide.height, guide.width}, 1).value();
  return refine_given<Arch>(refined, cells, guide);
}

CellPlane<double> halved_guide(const CellPlane<double>& fine) {
  CellPlane<double> plane(fine.width / 2, fine.height / 2);
  for (Index y = 0; y < plane.height; ++y) {
    for (Index x = 0; x < plane.width; ++x) {
      plane(x, y) = 0.25 * (fine.held(2 * x, 2 * y) + fine.held(2 * x + 1, 2 * y) + fine.held(2 * x, 2 * y + 1) +
                            fine.held(2 * x + 1, 2 * y + 1));
    }
  }
  return plane;
}

// The mean of the 3x3 cells around cell (x, y), by their likeness to `lightness`.
double exact_mean(const CellPlane<double>& values_of, const CellPlane<double>& from, Index x, Index y,
                  double lightness) {
  double sum = 0.0, weights = 0.0;
  for (Index v = y - 1; v <= y + 1; ++v) {
    for (Index u = x - 1; u <= x + 1; ++u) {
      const double weight = test::exact_likeness(lightness - from.held(u, v), 4.0);
      sum += weight * values_of.held(u, v);
      weights += weight;
    }
  }
  return sum / weights;
}

void exact_project(const CellPlane<double>& given, CellPlane<double>& fine) {
  const Index share = fine.width / given.width;
  for (Index y = 0; y < given.height; ++y) {
    for (Index x = 0; x < given.width; ++x) {
      double sum = 0.0;
      for (Index i = 0; i < share * share; ++i) sum += fine(x * share + i % share, y * share + i / share);
      const double lacks = given.held(x, y) - sum / static_cast<double>(share * share);
      double least = 1e9, most = -1e9;
      for (Index i = 0; i < 9; ++i) {
        least = std::min(least, given.held(x + i % 3 - 1, y + i / 3 - 1));
        most = std::max(most, given.held(x + i % 3 - 1, y + i / 3 - 1));
      }
      const double widen = std::min(0.25 * (most - least), 4.0);
      for (Index i = 0; i < share * share; ++i) {
        double& value = fine(x * share + i % share, y * share + i / share);
        value = std::clamp(value + lacks, least - widen, most + widen);
      }
    }
  }
}

CellPlane<double> plane_in_double(const CellPlane<float>& from) {
  CellPlane<double> plane(from.width, from.height);
  plane.values.assign(from.values.begin(), from.values.end());
  return plane;
}

// The head comment of refine_grid.hpp in double.
CellPlane<double> exact_finer(const CellPlane<float>& values_of, const CellPlane<float>& lightness,
                              const CellPlane<float>& guide) {
  const CellPlane<double> given = plane_in_double(values_of);
  std::vector<CellPlane<double>> guides{plane_in_double(guide)};
  while (guides.back().width > 2 * lightness.width) guides.push_back(halved_guide(guides.back()));
  guides.push_back(plane_in_double(lightness));
  CellPlane<double> now = given;
  for (std::size_t step = guides.size() - 1; step-- > 0;) {
    const CellPlane<double>& at_scale = guides[step];
    CellPlane<double> next(at_scale.width, at_scale.height);
    for (Index y = 0; y < next.height; ++y) {
      for (Index x = 0; x < next.width; ++x) {
        next(x, y) = exact_mean(now, guides[step + 1], x / 2, y / 2, at_scale.held(x, y));
      }
    }
    for (int round = 0; round < RefineNumbers::rounds; ++round) {
      now = next;
      for (Index y = 0; y < next.height; ++y) {
        for (Index x = 0; x < next.width; ++x) next(x, y) = exact_mean(now, at_scale, x, y, at_scale.held(x, y));
      }
      exact_project(given, next);
    }
    now = next;
  }
  return now;
}

// How far floats may be from exact_finer(): values up to 108, differences of L exact. A bracket is off by 3
// roundings, a weight by 4 times that, 9 weights and their sums by 20 more, and weights off by e move a mean by e of
// the spread; the mean of a part, and the difference from it, add 20 roundings and what the part itself is off by, once
// more.
double allowed_off(int doublings) {
  constexpr double epsilon = 0x1p-24;
  constexpr double mean = 12 * epsilon * 216.0 + 20 * epsilon * 108.0;
  double off = 0.0;
  for (int step = 0; step < doublings; ++step) {
    off += mean;
    for (int round = 0; round < RefineNumbers::rounds; ++round) off = 2 * (off + mean) + 20 * epsilon * 108.0;
  }
  return off;
}

double largest_off(const CellPlane<float>& found, const CellPlane<double>& expected) {
  REQUIRE(found.values.size() == expected.values.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    REQUIRE(std::isfinite(found.values[i]));
    largest = std::max(largest, std::fabs(static_cast<double>(found.values[i]) - expected.values[i]));
  }
  return largest;
}

}  // namespace

TEST_CASE_TEMPLATE("refine grid: the finer grid is its definition in double", Arch, OCHRE_TEST_ARCHS) {
  std::mt19937 random(3);
  const Extent sizes[] = {{1, 1}, {1, 2}, {7, 1}, {5, 3}, {8, 8}, {4, 9}, {3, 16}, {6, 17}, {2, 33}};
  for (const Extent size : sizes) {
    const Index width = size.w;
    const Index height = size.h;
    for (const int doublings : {1, 2}) {
      CAPTURE(width);
      CAPTURE(height);
      CAPTURE(doublings);
      const GivenCells cells = random_given(width, height, random);
      const auto guide = sixteenths(width << doublings, height << doublings, random);
      const FinerColors found = refine_given<Arch>(cells, guide);
      CHECK(largest_off(found.a, exact_finer(cells.a, cells.lightness, guide)) < allowed_off(doublings));
      CHECK(largest_off(found.b, exact_finer(cells.b, cells.lightness, guide)) < allowed_off(doublings));
    }
  }
}

TEST_CASE("refine grid: flat colour stays flat to the last bit, and nothing leaves the range around it by 4") {
  std::mt19937 random(4);
  GivenCells cells = random_given(21, 11, random);
  for (float& value : cells.b.values) value = 37.3f;
  const FinerColors found = refine_given(cells, sixteenths(84, 44, random));
  for (const float value : found.b.values) REQUIRE(value == 37.3f);
  for (Index y = 0; y < 44; ++y) {
    for (Index x = 0; x < 84; ++x) {
      float least = 1e9f, most = -1e9f;
      for (Index i = 0; i < 9; ++i) {
        least = std::min(least, cells.a.held(x / 4 + i % 3 - 1, y / 4 + i / 3 - 1));
        most = std::max(most, cells.a.held(x / 4 + i % 3 - 1, y / 4 + i / 3 - 1));
      }
      REQUIRE(found.a(x, y) >= least - 4.001f);
      REQUIRE(found.a(x, y) <= most + 4.001f);
    }
  }
}

TEST_CASE("refine grid: two colours that meet along an edge of lightness inside the cells come back") {
  // 8x8 cells of 4x4 finer ones; the edge is a slanted line. The given colours are the true means.
  const Index size = 32;
  const auto left = [](Index x, Index y) { return 3 * x + y < 67; };
  CellPlane<float> guide(size, size), truth(size, size);
  GivenCells cells{{8, 8}, {8, 8}, {8, 8}};
  for (Index y = 0; y < size; ++y) {
    for (Index x = 0; x < size; ++x) {
      guide(x, y) = left(x, y) ? 30.0f : 70.0f;
      truth(x, y) = left(x, y) ? 40.0f : -20.0f;
      cells.lightness(x / 4, y / 4) += guide(x, y) / 16.0f;
      cells.a(x / 4, y / 4) += truth(x, y) / 16.0f;
    }
  }
  FinerColors found = refine_given(cells, guide);
  double off = 0.0, blocky = 0.0;
  for (Index y = 0; y < size; ++y) {
    for (Index x = 0; x < size; ++x) {
      off += static_cast<double>(std::fabs(found.a(x, y) - truth(x, y)));
      blocky += static_cast<double>(std::fabs(cells.a(x / 4, y / 4) - truth(x, y)));
    }
  }
  CHECK(off < 0.1 * blocky);
  for (Index cell = 0; cell < 64; ++cell) {
    float sum = 0.0f;
    for (Index i = 0; i < 16; ++i) sum += found.a(cell % 8 * 4 + i % 4, cell / 8 * 4 + i / 4) / 16.0f;
    CHECK(std::fabs(sum - cells.a.values[at(cell)]) < 2.0f);  // but for what was held to the range
  }
}

TEST_CASE("refine grid: noise in lightness moves colours less than a tenth of its own size") {
  std::mt19937 random(9);
  std::normal_distribution<float> noise(0.0f, 3.0f / 2.55f);
  CellPlane<float> guide(128, 64);
  GivenCells cells{{32, 16}, {32, 16}, {32, 16}};
  for (Index y = 0; y < 64; ++y) {
    for (Index x = 0; x < 128; ++x) {
      guide(x, y) = 50.0f + noise(random);
      cells.lightness(x / 4, y / 4) += guide(x, y) / 16.0f;
    }
  }
  for (Index y = 0; y < 16; ++y) {
    for (Index x = 0; x < 32; ++x) cells.a(x, y) = static_cast<float>(x);  // 1 a cell
  }
  const FinerColors found = refine_given(cells, guide);
  CellPlane<float> still(128, 64);
  for (float& value : still.values) value = 50.0f;
  for (float& value : cells.lightness.values) value = 50.0f;
  const FinerColors clean = refine_given(cells, still);
  double moved = 0.0;
  for (std::size_t i = 0; i < found.a.values.size(); ++i) {
    moved += static_cast<double>(std::fabs(found.a.values[i] - clean.a.values[i]));
  }
  CHECK(moved / static_cast<double>(found.a.values.size()) < 0.1 * 3.0 / 2.55);
}

TEST_CASE("refine grid: any number of threads gives the same bits") {
  std::mt19937 random(5);
  const GivenCells cells = random_given(19, 23, random);
  const auto guide = sixteenths(76, 92, random);
  const FinerColors alone = refine_given(cells, guide);
  for (const int threads : {2, 5}) {
    auto pool = parallel::ThreadTeam::create(threads).value();
    auto refined = RefinedGrid::create({23, 19}, {92, 76}, threads).value();
    for (int again = 0; again < 2; ++again) {
      const FinerColors found = refine_given(refined, cells, guide, pool.team());
      CHECK(found.a.values == alone.a.values);
      CHECK(found.b.values == alone.b.values);
    }
  }
}

TEST_CASE("refine grid: doublings end at the picture, at two, and where the memory does") {
  CHECK(color::doublings({10, 10}, {1000, 1000}) == 2);
  CHECK(color::doublings({10, 10}, {40, 40}) == 2);
  CHECK(color::doublings({10, 10}, {40, 39}) == 1);
  CHECK(color::doublings({10, 10}, {19, 100}) == 0);
  CHECK_FALSE(RefinedGrid().prepare({3, 3}));
  auto refined = RefinedGrid::create({16, 16}, {100, 100}, 2).value();
  CHECK(refined.bytes() == RefinedGrid::bytes_for({16, 16}, {100, 100}, 2));
  CHECK(refined.prepare({16, 16}));
  CHECK(refined.prepare({2, 9}));
  CHECK_FALSE(refined.prepare({24, 24}));  // two doublings of it need more
  CHECK_FALSE(refined.prepare({60, 2}));   // 100 rows are fewer than 120
  CHECK(RefinedGrid::create({16, 16}, {20, 20}, 2).value().bytes() == 0);
  const Index huge = Index{1} << 24;
  CHECK_FALSE(RefinedGrid::create({huge, huge}, {huge * 64, huge * 64}, 1));
}
