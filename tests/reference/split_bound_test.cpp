// The bound of convolutions in bf16 parts: it holds for sums that round as the tile unit does, to the last of its
// terms, and is fed what must break it: a part that is missing, a product that is left out.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <ochre/network/random_weights.hpp>
#include <ochre/reference/split_bound.hpp>
#include <ochre/simd/bf16.hpp>

namespace {

using namespace ochre;

constexpr auto of_float = reference::arithmetic_of<float>();

// high and low part of a number, in double.
struct Parts {
  double high;
  double low;

  explicit Parts(double number, int parts) {
    high = static_cast<double>(simd::from_bf16(simd::to_bf16(static_cast<float>(number))));
    low = parts == 1 ? 0 : static_cast<double>(simd::from_bf16(simd::to_bf16(static_cast<float>(number - high))));
  }
};

struct Sum {
  double exact = 0;
  double made = 0;   // as the unit does, without its roundings of sums
  double sizes = 0;  // Σ |w||x|
};

// drop: leave the weights' low part out.
Sum sum_of(int count, int parts, std::uint64_t seed, bool drop = false) {
  RandomNumbers random(seed);
  Sum sum;
  for (int k = 0; k < count; ++k) {
    const Parts x(random.uniform(), parts);
    const double weight = random.uniform();
    const Parts w(weight, parts);
    sum.exact += (x.high + x.low) * weight;
    sum.made += x.high * w.high + x.low * w.high + (drop ? 0 : x.high * w.low);
    sum.sizes += std::abs((x.high + x.low) * weight);
  }
  return sum;
}

TEST_CASE("split bound: holds for one part and for two, and is of their size") {
  for (const int parts : {1, 2}) {
    const auto growth = reference::parts_growth(288, 32, parts, 0, of_float);
    CHECK(growth.products > (parts == 1 ? 0x1p-8 : 0x1p-15));
    CHECK(growth.products < (parts == 1 ? 0x1p-7 : 0x1p-14));
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const Sum sum = sum_of(288, parts, seed);
      CHECK(std::abs(sum.made - sum.exact) <= growth.products * sum.sizes);
    }
  }
}

TEST_CASE("split bound: one product alone, the worst there is, meets most of it") {
  // 1 + 2^-8 - 2^-15 is all but a tie: its low part is 2^-8 of it, and low·low what the unit leaves out.
  const double number = 1 + 0x1p-8 - 0x1p-15;
  const Parts x(number, 2);
  const double made = x.high * x.high + 2 * x.low * x.high;
  const double error = std::abs(made - number * number);
  const auto growth = reference::parts_growth(1, 1, 2, 0, of_float);
  CHECK(error <= growth.products * number * number);
  CHECK(error > 0.4 * growth.products * number * number);
  const Parts w(number, 1);
  const auto coarse = reference::parts_growth(1, 1, 1, 0, of_float);
  CHECK(std::abs(w.high - number) <= coarse.products * number);
  CHECK(std::abs(w.high - number) > 0.9 * coarse.products * number);
}

TEST_CASE("split bound: a low part that is left out breaks it; one part is beyond two's") {
  const auto growth = reference::parts_growth(288, 32, 2, 0, of_float);
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Sum without = sum_of(288, 2, seed, true);
    broken += std::abs(without.made - without.exact) > growth.products * without.sizes;
    const Sum coarse = sum_of(288, 1, seed);
    broken += std::abs(coarse.made - coarse.exact) > growth.products * coarse.sizes;
  }
  CHECK(broken > 50);
}

TEST_CASE("split bound: more channels, more segments, more roundings") {
  const auto growth = [](Index products, Index channels, Index roundings) {
    return reference::parts_growth(products, channels, 2, roundings, of_float).sums;
  };
  CHECK(growth(9 * 32, 32, 0) == reference::gamma(9 * 3 + 19, of_float.unit));
  CHECK(growth(9 * 33, 33, 0) == reference::gamma(9 * 2 * 3 + 19, of_float.unit));
  CHECK(growth(9 * 32, 32, 3) == reference::gamma(9 * 3 + 22, of_float.unit));
}

TEST_CASE("split bound: what storing adds") {
  for (const int parts : {1, 2}) {
    RandomNumbers random(4);
    for (int i = 0; i < 200; ++i) {
      const double number = std::ldexp(random.uniform(), static_cast<int>(random.next() % 60) - 30);
      const double float_number = static_cast<double>(static_cast<float>(number));
      const Parts stored(float_number, parts);
      CHECK(std::abs(stored.high + stored.low - float_number) <=
            reference::parts_rounding(float_number, 0, parts, of_float));
    }
  }
  CHECK(reference::parts_rounding(1, 0.5, 1, of_float) >= 0.5 + 1.5 * 0x1p-8);
}

}  // namespace
