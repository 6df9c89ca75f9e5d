// Index arithmetic at its limits.
#include <doctest/doctest.h>

#include <limits>

#include <ochre/base/checked.hpp>

namespace {

using ochre::Index;

constexpr Index largest = std::numeric_limits<Index>::max();
constexpr Index smallest = std::numeric_limits<Index>::min();

}  // namespace

TEST_CASE("checked: a sum or product is exact or nothing") {
  CHECK(ochre::checked_add(largest - 1, 1) == largest);
  CHECK_FALSE(ochre::checked_add(largest, 1));
  CHECK_FALSE(ochre::checked_add(smallest, -1));
  CHECK(ochre::checked_mul(largest, 1) == largest);
  CHECK(ochre::checked_mul(largest / 2, 2) == largest - 1);
  CHECK_FALSE(ochre::checked_mul(largest / 2 + 1, 2));
  CHECK_FALSE(ochre::checked_mul(smallest, -1));
  CHECK(ochre::checked_mul(Index{1} << 31, Index{1} << 31) == Index{1} << 62);
}

TEST_CASE("checked: a product of lengths") {
  CHECK(ochre::checked_product({}) == 1);
  CHECK(ochre::checked_product({2, 3, 7}) == 42);
  CHECK(ochre::checked_product({largest, 1, 0}) == 0);
  CHECK_FALSE(ochre::checked_product({3, -1}));
  CHECK_FALSE(ochre::checked_product({-1, -1}));
  CHECK_FALSE(ochre::checked_product({Index{1} << 32, Index{1} << 31}));
}

TEST_CASE("checked: ceil_div") {
  CHECK(ochre::ceil_div(0, 3) == 0);
  CHECK(ochre::ceil_div(6, 3) == 2);
  CHECK(ochre::ceil_div(7, 3) == 3);
  CHECK(ochre::ceil_div(largest, largest) == 1);
  CHECK(ochre::ceil_div(largest, 2) == largest / 2 + 1);
}
