// What a product of the fast engine is made of. A block of 16 input channels takes `block` places of the size of a
// float.
//   FloatProducts: 16 floats, one fused multiply-add for each.
//   Bf16Products: 16 numbers of 8 significant bits, two to a place; one instruction adds the products of both pairs,
//     exact, to a float (AVX512_BF16). Opt-in: 2^-8 of every weight and value is lost.
// Tested by products_test.cpp.
#pragma once

#include <bit>
#include <cstdint>

#include <ochre/simd/bf16.hpp>
#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::simd {

struct FloatProducts {
  static constexpr Index per_place = 1;
  static constexpr Index block = 16;

  template <class T, class Arch>
  [[gnu::always_inline]] static Batch<T, Arch> multiply_add(const Batch<T, Arch>& a, const Batch<T, Arch>& b,
                                                            const Batch<T, Arch>& sum) noexcept {
    return fmadd(a, b, sum);
  }

  // Lanes `lane` … of a block.
  template <class Arch>
  [[gnu::always_inline]] static void store(float* block_begin, Index lane, const Batch<float, Arch>& value) noexcept {
    simd::store(block_begin + lane, value);
  }

  // Number k of a row of `width` outputs that follow the rows before it; places[k / per_place · width + column].
  static void put(float* places, Index width, Index k, Index column, float value) noexcept {
    places[k * width + column] = value;
  }
};

// Has this build the instruction?
template <class Arch>
inline constexpr bool has_bf16_products =
#if defined(__AVX512BF16__)
    is_avx512<Arch>;
#else
    false;
#endif

#if defined(__AVX512BF16__)
struct Bf16Products {
  static constexpr Index per_place = 2;
  static constexpr Index block = 8;

  template <class Arch>
  [[gnu::always_inline]] static Batch<float, Arch> multiply_add(const Batch<float, Arch>& a,
                                                                const Batch<float, Arch>& b,
                                                                const Batch<float, Arch>& sum) noexcept {
    return _mm512_dpbf16_ps(sum, (__m512bh)__m512(a), (__m512bh)__m512(b));
  }

  template <class Arch>
  [[gnu::always_inline]] static void store(float* block_begin, Index, const Batch<float, Arch>& value) noexcept {
    const __m256bh rounded = _mm512_cvtneps_pbh(value);
    _mm256_storeu_ps(block_begin, (__m256)rounded);
  }

  static void put(float* places, Index width, Index k, Index column, float value) noexcept {
    float& place = places[k / 2 * width + column];
    auto bits = std::bit_cast<std::uint32_t>(place);
    const std::uint32_t half = to_bf16(value);
    bits = k % 2 == 0 ? (bits & 0xFFFF0000u) | half : (bits & 0x0000FFFFu) | half << 16;
    place = std::bit_cast<float>(bits);
  }
};
#else
struct Bf16Products : FloatProducts {};  // named, never run
#endif

}  // namespace ochre::inline v0::simd
