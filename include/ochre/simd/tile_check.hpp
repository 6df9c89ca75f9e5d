// Does a tile unit do what it says? For a virtual machine that promises what it has not. Tested by tile_check_test.cpp.
#pragma once

#include <ochre/simd/bf16.hpp>

namespace ochre::inline v0::simd {

// One product of small integers, exactly.
template <class Unit>
bool multiplies_integers() noexcept {
  alignas(64) std::uint16_t left[16][32];
  alignas(64) std::uint16_t right[16][32];
  alignas(64) float sums[16][16] = {};
  for (int i = 0; i < 16 * 32; ++i) {
    left[i / 32][i % 32] = to_bf16(static_cast<float>(i % 7 - 3));
    right[i / 32][i % 32] = to_bf16(static_cast<float>(i % 5 - 2));
  }
  Unit unit;
  unit.configure(16);
  unit.template zero<0>();
  unit.template load<4>(left, 64);
  unit.template load<6>(right, 64);
  unit.template multiply<0, 4, 6>();
  unit.template store<0>(sums[0], 64);
  unit.release();
  for (int i = 0; i < 16 * 16; ++i) {
    int expected = 0;
    for (int k = 0; k < 32; ++k) {
      const int at = k / 2 * 32 + i % 16 * 2 + k % 2;
      expected += ((i / 16 * 32 + k) % 7 - 3) * (at % 5 - 2);
    }
    if (sums[i / 16][i % 16] != static_cast<float>(expected)) return false;
  }
  return true;
}

}  // namespace ochre::inline v0::simd
