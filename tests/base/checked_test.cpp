// Index arithmetic at its limits.
#include <doctest/doctest.h>

#include <limits>

#include <ochre/base/checked.hpp>

namespace {

using ochre::Index;

constexpr Index largest_index = std::numeric_limits<Index>::max();
constexpr Index smallest_index = std::numeric_limits<Index>::min();

}  // namespace

TEST_CASE("checked: a sum or product is exact or nothing") {
  CHECK(ochre::checked_add(largest_index - 1, 1) == largest_index);
  CHECK_FALSE(ochre::checked_add(largest_index, 1));
  CHECK_FALSE(ochre::checked_add(smallest_index, -1));
  CHECK(ochre::checked_mul(largest_index, 1) == largest_index);
  CHECK(ochre::checked_mul(largest_index / 2, 2) == largest_index - 1);
  CHECK_FALSE(ochre::checked_mul(largest_index / 2 + 1, 2));
  CHECK_FALSE(ochre::checked_mul(smallest_index, -1));
  CHECK(ochre::checked_mul(Index{1} << 31, Index{1} << 31) == Index{1} << 62);
}

TEST_CASE("checked: a product of lengths") {
  CHECK(ochre::checked_product({}) == 1);
  CHECK(ochre::checked_product({2, 3, 7}) == 42);
  CHECK(ochre::checked_product({largest_index, 1, 0}) == 0);
  CHECK_FALSE(ochre::checked_product({3, -1}));
  CHECK_FALSE(ochre::checked_product({-1, -1}));
  CHECK_FALSE(ochre::checked_product({Index{1} << 32, Index{1} << 31}));
}

TEST_CASE("checked: ceil_div") {
  CHECK(ochre::ceil_div(0, 3) == 0);
  CHECK(ochre::ceil_div(6, 3) == 2);
  CHECK(ochre::ceil_div(7, 3) == 3);
  CHECK(ochre::ceil_div(largest_index, largest_index) == 1);
  CHECK(ochre::ceil_div(largest_index, 2) == largest_index / 2 + 1);
}
