#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/area_average.hpp>
#include "support/at.hpp"

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

std::vector<float> resize(const std::vector<float>& source, AreaAverage::Size from, AreaAverage::Size to) {
  std::vector<float> target(at(to.width * to.height), NAN);  // whatever was there must not matter
  std::vector<float> scratch(at(to.width), NAN);
  auto average = AreaAverage::create(from, to, target, scratch).value();
  for (Index y = 0; y < from.height; ++y) average.add_row(&source[at(y * from.width)]);
  return target;
}

std::vector<float> random_plane(AreaAverage::Size size) {
  std::mt19937 random(static_cast<unsigned>(size.width * 131 + size.height));
  std::uniform_real_distribution<float> unit(0.0f, 100.0f);
  std::vector<float> plane(at(size.width * size.height));
  for (float& value : plane) value = unit(random);
  return plane;
}

double mean(const std::vector<float>& plane) {
  double sum = 0.0;
  for (const float value : plane) sum += static_cast<double>(value);
  return sum / static_cast<double>(plane.size());
}

}  // namespace

TEST_CASE("the average is the definition in double, for axes that shrink, grow or stay") {
  const AreaAverage::Size sizes[] = {{1, 1}, {1, 9}, {7, 1}, {5, 3}, {16, 16}, {17, 23}, {64, 40}, {33, 8}, {2, 50}};
  for (const auto from : sizes) {
    const auto source = random_plane(from);
    for (const auto to : sizes) {
      CAPTURE(from.width);
      CAPTURE(from.height);
      CAPTURE(to.width);
      CAPTURE(to.height);
      const auto target = resize(source, from, to);
      const auto across = axis_weights(from.width, to.width);
      const auto down = axis_weights(from.height, to.height);
      double worst = 0.0;
      for (Index j = 0; j < to.height; ++j) {
        for (Index i = 0; i < to.width; ++i) {
          double exact = 0.0;
          for (Index y = 0; y < from.height; ++y) {
            for (Index x = 0; x < from.width; ++x) {
              exact += down[at(j)][at(y)] * across[at(i)][at(x)] * static_cast<double>(source[at(y * from.width + x)]);
            }
          }
          worst = std::fmax(worst, std::fabs(static_cast<double>(target[at(j * to.width + i)]) - exact));
        }
      }
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("the same size is the same plane, bit for bit, and a flat plane stays flat") {
  const AreaAverage::Size size{49, 31};
  const auto source = random_plane(size);
  CHECK(resize(source, size, size) == source);
  for (const AreaAverage::Size to : {AreaAverage::Size{8, 5}, AreaAverage::Size{100, 7}, AreaAverage::Size{60, 90}}) {
    for (const float value : resize(std::vector<float>(49 * 31, 42.5f), size, to)) {
      REQUIRE(std::fabs(value - 42.5f) < 2e-5f);
    }
  }
}

TEST_CASE("the mean of a plane is kept, up to a very wide one") {
  for (const auto from : {AreaAverage::Size{1920, 108}, AreaAverage::Size{40000, 3}, AreaAverage::Size{3, 40000}}) {
    const auto source = random_plane(from);
    const AreaAverage::Size to{std::min<Index>(from.width, 344), std::min<Index>(from.height, 256)};
    CHECK(mean(resize(source, from, to)) == doctest::Approx(mean(source)).epsilon(1e-6));
  }
}

TEST_CASE("memory that is too short is refused, not written past") {
  std::vector<float> target(12), scratch(4);
  CHECK(AreaAverage::create({9, 9}, {4, 3}, target, scratch));
  CHECK(!AreaAverage::create({9, 9}, {4, 4}, target, scratch));
  CHECK(!AreaAverage::create({9, 9}, {5, 2}, target, scratch));
  CHECK(!AreaAverage::create({9, 9}, {0, 3}, target, scratch));
  CHECK(!AreaAverage::create({9, 0}, {4, 3}, target, scratch));
  const Index huge = Index{1} << 62;
  CHECK(!AreaAverage::create({9, 9}, {huge, huge}, target, scratch));

  auto average = AreaAverage::create({4, 1}, {4, 3}, target, scratch).value();
  const std::vector<float> row(4, 1.0f);
  average.add_row(row.data());
  average.add_row(row.data());  // one too many: ignored
  CHECK(target == std::vector<float>(12, 1.0f));
}
