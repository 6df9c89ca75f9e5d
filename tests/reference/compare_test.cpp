// The comparison itself: everything wrong that it is fed here has to fail.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <ochre/reference/compare.hpp>

namespace {

using namespace ochre;
using reference::compare;
using reference::Comparison;
using reference::Grade;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Case {
  std::vector<double> expected{1.0, -2.0, 0.5, -0.25, 3.0, 8.0};
  std::vector<double> bound = std::vector<double>(6, 1e-3);

  Comparison of(const std::vector<double>& actual) const {
    return compare(std::span<const double>(actual), expected, bound);
  }
  Comparison of_floats(const std::vector<double>& actual) const {
    const std::vector<float> floats(actual.begin(), actual.end());
    return compare(std::span<const float>(floats), expected, bound);
  }
};

}  // namespace

TEST_CASE("equal numbers pass, and near ones are graded by their distance") {
  const Case c;
  CHECK(c.of(c.expected).grade == Grade::pass);
  CHECK(c.of(c.expected).worst_ratio == 0.0);
  CHECK(c.of(c.expected).decisive);
  CHECK(c.of_floats(c.expected).grade == Grade::pass);

  auto near = c.expected;
  near[3] += 0.4e-3;
  CHECK(c.of(near).grade == Grade::pass);
  CHECK(c.of(near).index == 3);
  CHECK(c.of(near).worst_ratio == doctest::Approx(0.4));
  near[3] += 0.4e-3;
  CHECK(c.of(near).grade == Grade::marginal);
  CHECK(c.of(near).holds());
  near[3] += 0.4e-3;
  CHECK(c.of(near).grade == Grade::fail);
  CHECK(c.of(near).worst_error == doctest::Approx(1.2e-3));
  CHECK(c.of_floats(near).grade == Grade::fail);
}

TEST_CASE("a number that is not finite fails, wherever it stands") {
  for (const double wrong : {nan_value, -nan_value, infinity, -infinity}) {
    for (std::size_t k = 0; k < 6; ++k) {
      CAPTURE(wrong);
      CAPTURE(k);
      Case c;
      auto actual = c.expected;
      actual[k] = wrong;
      CHECK_FALSE(c.of(actual).holds());
      CHECK_FALSE(c.of_floats(actual).holds());
      CHECK(c.of(actual).index == static_cast<Index>(k));
      c.expected[k] = wrong;  // even when it is the expected one
      CHECK_FALSE(c.of(actual).holds());
      CHECK_FALSE(c.of(Case{}.expected).holds());
      Case blind;
      blind.bound[k] = wrong;
      CHECK_FALSE(blind.of(blind.expected).holds());
    }
  }
}

TEST_CASE("one wrong sign, one flipped element, one flipped bit and all zeros fail") {
  const Case c;
  for (std::size_t k = 0; k < 6; ++k) {
    CAPTURE(k);
    auto sign = c.expected;
    sign[k] = -sign[k];
    CHECK_FALSE(c.of(sign).holds());
    auto zero = c.expected;
    zero[k] = 0.0;
    CHECK_FALSE(c.of(zero).holds());
    auto exchanged = c.expected;
    std::swap(exchanged[k], exchanged[(k + 1) % 6]);
    CHECK_FALSE(c.of(exchanged).holds());
    CHECK(c.of(sign).index == static_cast<Index>(k));
  }
  CHECK_FALSE(c.of(std::vector<double>(6, 0.0)).holds());
  CHECK_FALSE(c.of_floats(std::vector<double>(6, 0.0)).holds());
}

TEST_CASE("lengths that differ, and nothing at all, fail") {
  const Case c;
  CHECK_FALSE(c.of({1.0, -2.0, 0.5, -0.25, 3.0}).holds());
  CHECK_FALSE(c.of({1.0, -2.0, 0.5, -0.25, 3.0, 8.0, 8.0}).holds());
  CHECK_FALSE(c.of({}).holds());
  const Case empty{.expected = {}, .bound = {}};
  CHECK_FALSE(empty.of({}).holds());
  Case short_bound;
  short_bound.bound.pop_back();
  CHECK_FALSE(short_bound.of(short_bound.expected).holds());
}

TEST_CASE("shapes that differ fail, though the numbers agree") {
  const Case c;
  const TensorView<const double> actual{c.expected.data(), {1, 1, 2, 3}};
  const TensorView<const double> same{c.expected.data(), {1, 1, 2, 3}};
  const TensorView<const double> turned{c.expected.data(), {1, 1, 3, 2}};
  const TensorView<const double> bound{c.bound.data(), {1, 1, 2, 3}};
  CHECK(compare(actual, same, bound).holds());
  CHECK_FALSE(compare(actual, turned, bound).holds());
  CHECK_FALSE(compare(turned, same, bound).holds());
  CHECK_FALSE(compare(actual, same, {c.bound.data(), {1, 1, 3, 2}}).holds());
}

TEST_CASE("a bound of zero demands the very number") {
  Case c;
  c.bound.assign(6, 0.0);
  CHECK(c.of(c.expected).grade == Grade::pass);
  auto next = c.expected;
  next[5] = std::nextafter(next[5], 9.0);
  CHECK_FALSE(c.of(next).holds());
  CHECK(c.of(next).worst_ratio == infinity);
  c.bound[2] = -1e-3;
  CHECK_FALSE(c.of(c.expected).holds());
}

TEST_CASE("a comparison that zeros would pass says that it proves nothing") {
  Case c;
  c.bound.assign(6, 10.0);
  CHECK(c.of(std::vector<double>(6, 0.0)).holds());
  CHECK_FALSE(c.of(c.expected).decisive);
  c.bound[1] = 1.0;
  CHECK(c.of(c.expected).decisive);
}
