#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/area_average.hpp>
#include "support/at.hpp"

using ochre::Extent;
using ochre::Index;
using ochre::color::AreaAverage;
using ochre::test::at;

namespace {

// weights[i][x]: what source sample x adds to target sample i, by the definition.
std::vector<std::vector<double>> axis_weights(Index from, Index to) {
  std::vector<std::vector<double>> weights(at(to), std::vector<double>(at(from), 0.0));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (Index i = 0; i < to; ++i) {
    if (to <= from) {
      const double begin = static_cast<double>(i) * step;
      const double end = begin + step;
      for (Index x = 0; x < from; ++x) {
        const double left = std::fmax(begin, static_cast<double>(x));
        const double right = std::fmin(end, static_cast<double>(x) + 1.0);
        weights[at(i)][at(x)] = std::fmax(right - left, 0.0) / step;
      }
    } else {
      const double place = (static_cast<double>(i) + 0.5) * step - 0.5;
      const auto cell = static_cast<Index>(std::floor(place));
      weights[at(i)][at(std::clamp<Index>(cell, 0, from - 1))] += 1.0 - (place - std::floor(place));
      weights[at(i)][at(std::clamp<Index>(cell + 1, 0, from - 1))] += place - std::floor(place);
    }
  }
  return weights;
}

std::vector<float> resize(const std::vector<float>& source, Extent from, Extent to) {
  std::vector<float> target(at(to.w * to.h), NAN);  // whatever was there must not matter
  std::vector<float> scratch(at(to.w), NAN);
  auto average = AreaAverage::create({.from = from, .to = to, .target = target, .scratch = scratch}).value();
  for (Index y = 0; y < from.h; ++y) average.add_row(&source[at(y * from.w)]);
  return target;
}

std::vector<float> random_plane(Extent size) {
  std::mt19937 random(static_cast<unsigned>(size.w * 131 + size.h));
  std::uniform_real_distribution<float> unit(0.0f, 100.0f);
  std::vector<float> plane(at(size.w * size.h));
  for (float& value : plane) value = unit(random);
  return plane;
}

double mean(const std::vector<float>& plane) {
  double sum = 0.0;
  for (const float value : plane) sum += static_cast<double>(value);
  return sum / static_cast<double>(plane.size());
}

}  // namespace

TEST_CASE("rows made apart, each of its own part of the source, are the same bits, and others are left alone") {
  for (const auto& [from, to] : {std::pair<Extent, Extent>{{37, 20}, {9, 7}}, {{16, 3}, {4, 3}}, {{5, 2}, {5, 1}}}) {
    std::vector<float> source(at(from.h * from.w));
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<float>(i * 37 % 101);
    const Index stride = to.w + 3;
    std::vector<float> whole(at(to.h * stride), -1.0f), parts = whole, scratch(at(to.w));
    auto all =
        AreaAverage::create({.from = from, .to = to, .target = whole, .scratch = scratch, .stride = stride}).value();
    for (Index y = 0; y < from.h; ++y) all.add_row(&source[at(y * from.w)]);
    for (Index begin = 0; begin < to.h; begin += 2) {
      auto part = AreaAverage::create({.from = from,
                                       .to = to,
                                       .target = parts,
                                       .scratch = scratch,
                                       .stride = stride,
                                       .first_row = begin,
                                       .end_row = std::min(begin + 2, to.h)})
                      .value();
      for (Index y = part.source_begin(); y < part.source_end(); ++y) part.add_row(&source[at(y * from.w)]);
    }
    CHECK(parts == whole);
    CHECK(parts.back() == (stride > to.w ? -1.0f : 0.0f));
  }
  std::vector<float> target(8), scratch(2);
  CHECK_FALSE(AreaAverage::create({.from = {2, 2}, .to = {4, 2}, .target = target, .scratch = scratch, .end_row = 2}));
  CHECK_FALSE(AreaAverage::create({.from = {8, 2}, .to = {4, 2}, .target = target, .scratch = scratch, .end_row = 5}));
}

TEST_CASE("the average is the definition in double, for axes that shrink, grow or stay") {
  const Extent sizes[] = {{1, 1}, {9, 1}, {1, 7}, {3, 5}, {16, 16}, {23, 17}, {40, 64}, {8, 33}, {50, 2}};
  for (const auto from : sizes) {
    const auto source = random_plane(from);
    for (const auto to : sizes) {
      CAPTURE(from.w);
      CAPTURE(from.h);
      CAPTURE(to.w);
      CAPTURE(to.h);
      const auto target = resize(source, from, to);
      const auto across = axis_weights(from.w, to.w);
      const auto down = axis_weights(from.h, to.h);
      double worst = 0.0;
      for (Index j = 0; j < to.h; ++j) {
        for (Index i = 0; i < to.w; ++i) {
          double exact = 0.0;
          for (Index y = 0; y < from.h; ++y) {
            for (Index x = 0; x < from.w; ++x) {
              exact += down[at(j)][at(y)] * across[at(i)][at(x)] * static_cast<double>(source[at(y * from.w + x)]);
            }
          }
          worst = std::fmax(worst, std::fabs(static_cast<double>(target[at(j * to.w + i)]) - exact));
        }
      }
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("the same size is the same plane, bit for bit, and a flat plane stays flat") {
  const Extent size{31, 49};
  const auto source = random_plane(size);
  CHECK(resize(source, size, size) == source);
  for (const Extent to : {Extent{5, 8}, Extent{7, 100}, Extent{90, 60}}) {
    for (const float value : resize(std::vector<float>(49 * 31, 42.5f), size, to)) {
      REQUIRE(std::fabs(value - 42.5f) < 2e-5f);
    }
  }
}

TEST_CASE("the mean of a plane is kept, up to a very wide one") {
  for (const auto from : {Extent{108, 1920}, Extent{3, 40000}, Extent{40000, 3}}) {
    const auto source = random_plane(from);
    const Extent to{std::min<Index>(from.h, 256), std::min<Index>(from.w, 344)};
    CHECK(mean(resize(source, from, to)) == doctest::Approx(mean(source)).epsilon(1e-6));
  }
}

TEST_CASE("memory that is too short is refused, not written past") {
  std::vector<float> target(12), scratch(4);
  const auto job = [&](Extent from, Extent to) {
    return ochre::color::AreaAverageJob{.from = from, .to = to, .target = target, .scratch = scratch};
  };
  CHECK(AreaAverage::create(job({9, 9}, {3, 4})));
  CHECK(!AreaAverage::create(job({9, 9}, {4, 4})));
  CHECK(!AreaAverage::create(job({9, 9}, {2, 5})));
  CHECK(!AreaAverage::create(job({9, 9}, {3, 0})));
  CHECK(!AreaAverage::create(job({0, 9}, {3, 4})));
  const Index huge = Index{1} << 62;
  CHECK(!AreaAverage::create(job({9, 9}, {huge, huge})));

  auto average = AreaAverage::create(job({1, 4}, {3, 4})).value();
  const std::vector<float> row(4, 1.0f);
  average.add_row(row.data());
  average.add_row(row.data());  // one too many: ignored
  CHECK(target == std::vector<float>(12, 1.0f));
}
