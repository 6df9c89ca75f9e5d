// bf16 and parts of it: the rounding, what two parts leave, and rows of 32 by every instruction set.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <ochre/network/random_weights.hpp>
#include <ochre/simd/bf16.hpp>

#include "support/archs.hpp"

namespace {

using namespace ochre;

TEST_CASE("bf16: the nearest, ties to even") {
  const auto value = [](float number) { return simd::from_bf16(simd::to_bf16(number)); };
  CHECK(value(1.0f) == 1.0f);
  CHECK(value(-2.5f) == -2.5f);
  CHECK(value(1.0f + 0x1p-8f) == 1.0f);            // a tie: down to the even one
  CHECK(value(1.0f + 0x3p-8f) == 1.0f + 0x1p-6f);  // a tie: up
  CHECK(value(1.0f + 0x1.1p-8f) == 1.0f + 0x1p-7f);
  CHECK(value(3.4e38f) == HUGE_VALF);
  CHECK(value(-HUGE_VALF) == -HUGE_VALF);
  CHECK(std::isnan(value(std::nanf("1"))));
  RandomNumbers random(1);
  for (int i = 0; i < 1000; ++i) {
    const auto number = static_cast<float>(random.uniform());
    CHECK(std::abs(value(number) - number) <= 0x1p-8f * std::abs(number));
  }
}

TEST_CASE("bf16: two parts leave 2^-16, and nothing lies below the normal numbers") {
  RandomNumbers random(2);
  for (int i = 0; i < 1000; ++i) {
    const auto number = std::ldexp(static_cast<float>(random.uniform()), static_cast<int>(random.next() % 200) - 100);
    float rest = number;
    simd::next_part(rest);
    CHECK(std::abs(rest) <= 0x1p-8f * std::abs(number));
    simd::next_part(rest);
    CHECK(std::abs(rest) <= 0x1p-16f * std::abs(number));
  }
  float rest = 1e-39f;
  CHECK(simd::next_part(rest) == 0);
  CHECK(simd::without_subnormal(-1e-39f) == 0.0f);
  CHECK(std::signbit(simd::without_subnormal(-1e-39f)));
  CHECK(simd::without_subnormal(0x1p-126f) == 0x1p-126f);
  CHECK(std::isnan(simd::without_subnormal(std::nanf("1"))));
}

TEST_CASE_TEMPLATE("bf16: rows of 32, the same by every instruction set", Arch, OCHRE_NATIVE_ARCHS) {
  RandomNumbers random(3);
  for (int round = 0; round < 50; ++round) {
    float numbers[32];
    for (float& number : numbers) {
      number = std::ldexp(static_cast<float>(random.uniform()), static_cast<int>(random.next() % 270) - 140);
    }
    numbers[7] = 0.0f;
    numbers[20] = 1.0f + 0x1p-8f;
    std::uint16_t rows[2][40] = {};
    simd::store_parts<2, Arch>(numbers, rows[0], 40);
    std::uint16_t alone[32];
    simd::store_parts<1, Arch>(numbers, alone, 0);
    for (int k = 0; k < 32; ++k) {
      CAPTURE(numbers[k]);
      float rest = numbers[k];
      const std::uint16_t high = simd::next_part(rest);
      CHECK(rows[0][k] == high);
      CHECK(alone[k] == high);
      CHECK(rows[1][k] == simd::next_part(rest));
    }
    for (int k = 32; k < 40; ++k) CHECK((rows[0][k] == 0 && rows[1][k] == 0));
  }
}

}  // namespace
