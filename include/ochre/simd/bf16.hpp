// A number as a sum of parts of bf16 (base/bf16.hpp), each the nearest to what those before it leave: one part is off
// by 2^-8 of the number, two (a high and a low one) by 2^-16. Parts below the normal numbers are zero, as the
// instructions that make and multiply them have it. Tested by bf16_test.cpp.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include <ochre/base/bf16.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::simd {

using base::from_bf16;
using base::to_bf16;

// A number below the normal ones as the zero of its sign.
inline float without_subnormal(float value) noexcept {
  constexpr float least = std::numeric_limits<float>::min();
  return value > -least && value < least ? std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & 0x80000000u)
                                         : value;
}

// The next part of `rest`, which becomes what is left. Of an infinity nothing that is a number is left.
inline std::uint16_t next_part(float& rest) noexcept {
  const std::uint16_t part = to_bf16(without_subnormal(rest));
  rest -= from_bf16(part);
  return part;
}

// 32 numbers, a block of the tile unit's (tile_unit.hpp), as `Parts` rows of 32 parts, `apart` numbers of 16 bits from
// row to row.
template <int Parts, class Arch>
[[gnu::always_inline]] inline void store_parts(const float* numbers, std::uint16_t* to, Index apart) noexcept {
#if defined(__AVX512BF16__)
  if constexpr (is_avx512<Arch>) {
    __m512 first = _mm512_loadu_ps(numbers);
    __m512 second = _mm512_loadu_ps(numbers + 16);
#pragma GCC unroll 2
    for (int part = 0; part < Parts; ++part, to += apart) {
      const auto rounded = (__m512i)_mm512_cvtne2ps_pbh(second, first);
      _mm512_storeu_si512(to, rounded);
      const auto as_floats = [](__m256i half) {
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
      };
      first = _mm512_sub_ps(first, as_floats(_mm512_castsi512_si256(rounded)));
      second = _mm512_sub_ps(second, as_floats(_mm512_extracti64x4_epi64(rounded, 1)));
    }
    return;
  }
#endif
  for (Index k = 0; k < 32; ++k) {
    float rest = numbers[k];
    for (int part = 0; part < Parts; ++part) to[part * apart + k] = next_part(rest);
  }
}

}  // namespace ochre::inline v0::simd
