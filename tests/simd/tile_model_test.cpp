// The tile unit's model: the product by its definition, exactly on small integers; its order of sums, its zeros below
// the normal numbers and what is not finite, as they were measured on the unit itself; and on machines that have the
// unit, the same bits from it.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <ochre/network/random_weights.hpp>
#include <ochre/simd/tile_unit.hpp>

namespace {

using namespace ochre;

struct Operands {
  std::uint16_t left[16][32] = {};
  std::uint16_t right[16][32] = {};  // [pair][2·column + which of the pair]
  float sums[16][16] = {};

  void put(int k, float a, float b) {
    left[0][k] = simd::to_bf16(a);
    right[k / 2][k % 2] = simd::to_bf16(b);
  }
};

// Every number by a call.
template <class Number>
Operands filled_with(Number number) {
  Operands operands;
  for (auto& row : operands.left) {
    for (auto& part : row) part = simd::to_bf16(number());
  }
  for (auto& row : operands.right) {
    for (auto& part : row) part = simd::to_bf16(number());
  }
  for (auto& row : operands.sums) {
    for (float& sum : row) sum = number();
  }
  return operands;
}

template <class Unit>
Operands multiplied(Operands operands, int rows = 16) {
  Unit unit;
  unit.configure(rows);
  unit.template load<0>(operands.sums, 64);
  unit.template load<4>(operands.left, 64);
  unit.template load<6>(operands.right, 64);
  unit.template multiply<0, 4, 6>();
  unit.template store<0>(operands.sums[0], 64);
  unit.release();
  return operands;
}

float first_of(const Operands& operands) { return multiplied<simd::TileModel>(operands).sums[0][0]; }

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

TEST_CASE("tile model: integers exactly, row by row, column by column") {
  RandomNumbers random(1);
  const auto integer = [&] { return std::round(8 * static_cast<float>(random.uniform())); };
  for (const int rows : {1, 7, 16}) {
    const Operands operands = filled_with(integer);
    const Operands result = multiplied<simd::TileModel>(operands, rows);
    for (int i = 0; i < 16; ++i) {
      for (int n = 0; n < 16; ++n) {
        double sum = static_cast<double>(operands.sums[i][n]);
        for (int k = 0; k < 32 && i < rows; ++k) {
          sum += static_cast<double>(simd::from_bf16(operands.left[i][k])) *
                 static_cast<double>(simd::from_bf16(operands.right[k / 2][2 * n + k % 2]));
        }
        CHECK(static_cast<double>(result.sums[i][n]) == sum);
      }
    }
  }
}

TEST_CASE("tile model: the first ones of the pairs are summed apart from the second ones, then both onto the sum") {
  Operands operands;
  operands.sums[0][0] = 1.0f;
  operands.put(0, 0x1p-24f, 1.0f);  // each half alone would be lost beside 1, both together are not
  operands.put(1, 0x1p-24f, 1.0f);
  CHECK(first_of(operands) == 1.0f + 0x1p-23f);
  operands = {};
  operands.put(0, 1.0f, 1.0f);
  operands.put(2, 0x1p-24f, 1.0f);  // rounded away in the first ones' sum: ties to even
  operands.put(1, 0x1p-24f, 1.0f);
  operands.put(3, 0x1p-24f, 1.0f);
  CHECK(first_of(operands) == 1.0f + 0x1p-23f);
}

TEST_CASE("tile model: what is below the normal numbers is zero, coming in and going out") {
  Operands operands;
  operands.sums[0][0] = 1e-40f;
  CHECK(bits(first_of(operands)) == 0);
  operands.sums[0][0] = -0.0f;
  CHECK(bits(first_of(operands)) == 0);
  operands = {};
  operands.left[0][0] = 0x0040;  // a subnormal bf16
  operands.right[0][0] = simd::to_bf16(0x1p120f);
  CHECK(first_of(operands) == 0.0f);
  operands = {};
  operands.put(0, 0x1p-70f, 0x1p-70f);
  CHECK(first_of(operands) == 0.0f);
  operands.sums[0][0] = 0x1p-126f;
  CHECK(first_of(operands) == 0x1p-126f);
}

TEST_CASE("tile model: infinities and NaN as in float") {
  constexpr float endless = std::numeric_limits<float>::infinity();
  Operands operands;
  operands.put(0, endless, 1.0f);
  CHECK(first_of(operands) == endless);
  operands.put(1, -endless, 1.0f);
  CHECK(std::isnan(first_of(operands)));
  operands = {};
  operands.put(0, endless, 0.0f);
  CHECK(std::isnan(first_of(operands)));
  operands = {};
  operands.put(0, 3e38f, 2.0f);
  CHECK(first_of(operands) == endless);
  operands = {};
  operands.put(5, std::nanf("1"), 1.0f);
  CHECK(std::isnan(first_of(operands)));
}

#if defined(OCHRE_TILE_UNIT)
TEST_CASE("tile unit: the model's bits, for numbers of every size") {
  if (!platform::permit_tiles()) return;
  RandomNumbers random(2);
  for (const int spread : {0, 4, 20, 120}) {
    for (int round = 0; round < 200; ++round) {
      const auto number = [&] {
        const auto value = static_cast<float>(random.uniform());
        return std::ldexp(
            value, spread == 0 ? 0 : static_cast<int>(random.next() % static_cast<unsigned>(2 * spread + 1)) - spread);
      };
      const Operands operands = filled_with(number);
      const int rows = 1 + round % 16;
      const Operands model = multiplied<simd::TileModel>(operands, rows);
      const Operands unit = multiplied<simd::TileUnit>(operands, rows);
      for (int i = 0; i < 256; ++i) {
        const float expected = model.sums[i / 16][i % 16];
        const float actual = unit.sums[i / 16][i % 16];
        CHECK((bits(expected) == bits(actual) || (std::isnan(expected) && std::isnan(actual))));
      }
    }
  }
}
#endif

}  // namespace
