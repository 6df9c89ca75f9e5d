// The one header that names xsimd. Everything above works on simd::Batch<T, Arch>: a register of T under instruction
// set Arch, with + - * / and comparisons, and max, min, exp, select, reduce_max … found by argument.
// Arch is always a template argument, so code of two instruction sets never shares a symbol. Beside xsimd's there are
// Emulated<128>, <256> and <512> (emulated.hpp), which every machine can run.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

// g++ 12 takes the deliberately undefined registers in its AVX-512 headers for uninitialised ones (GCC PR105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#if defined(__AVX512BW__) && !defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__)
// Without optimisation g++ makes macros of these, whose casts no class outlives; xsimd 8 hands them batches.
#include <immintrin.h>
#undef _mm512_mask_blend_epi8
#undef _mm512_mask_blend_epi16
#define _mm512_mask_blend_epi8(mask, a, b) \
  ((__m512i)__builtin_ia32_blendmb_512_mask((__v64qi)(__m512i)(a), (__v64qi)(__m512i)(b), (__mmask64)(mask)))
#define _mm512_mask_blend_epi16(mask, a, b) \
  ((__m512i)__builtin_ia32_blendmw_512_mask((__v32hi)(__m512i)(a), (__v32hi)(__m512i)(b), (__mmask32)(mask)))
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <ochre/base/checked.hpp>
#include <ochre/simd/emulated.hpp>

namespace ochre::inline v0::simd {

// What the user's compiler flags allow.
using DefaultArch = xsimd::default_arch;

template <class T, class Arch = DefaultArch>
using Batch = xsimd::batch<T, Arch>;

template <class T, class Arch = DefaultArch>
using Mask = xsimd::batch_bool<T, Arch>;

template <class T, class Arch = DefaultArch>
inline constexpr Index lanes = static_cast<Index>(Batch<T, Arch>::size);

template <class Arch, class T>
[[gnu::always_inline]] inline Batch<T, Arch> load(const T* from) noexcept {
  return Batch<T, Arch>::load_unaligned(from);
}

template <class T, class Arch>
[[gnu::always_inline]] inline void store(T* to, const Batch<T, Arch>& value) noexcept {
  value.store_unaligned(to);
}

template <class Arch, class T>
[[gnu::always_inline]] inline Batch<T, Arch> broadcast(T value) noexcept {
  return Batch<T, Arch>(value);
}

template <class Arch>
inline constexpr bool is_avx512 = std::is_base_of_v<xsimd::avx512f, Arch>;

// Has the instruction set a fused multiply-add of three operands?
template <class Arch>
inline constexpr bool has_fma = is_avx512<Arch> || std::is_base_of_v<xsimd::neon64, Arch>;
template <class Base>
inline constexpr bool has_fma<xsimd::fma3<Base>> = true;
template <int Bits>
inline constexpr bool has_fma<Emulated<Bits>> = true;

// 32 vector registers, not 16.
template <class Arch>
inline constexpr bool has_32_registers = is_avx512<Arch> || std::is_base_of_v<xsimd::neon64, Arch>;

// x * y + z with one rounding where the instruction set has it. xsimd 8.1 lacks it for AVX-512.
template <class T, class Arch>
[[gnu::always_inline]] inline Batch<T, Arch> fmadd(const Batch<T, Arch>& x, const Batch<T, Arch>& y,
                                                   const Batch<T, Arch>& z) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch> && std::is_same_v<T, float>) {
    return _mm512_fmadd_ps(x, y, z);
  } else if constexpr (is_avx512<Arch> && std::is_same_v<T, double>) {
    return _mm512_fmadd_pd(x, y, z);
  } else
#endif
  {
    return fma(x, y, z);
  }
}

// Ask for the cache line at `from`; any address is allowed. Into all levels: what does not stay in the first is found
// in the second, and asking for the second alone made whole networks 3 % slower (Zen 5).
[[gnu::always_inline]] inline void prefetch(const float* from) noexcept { __builtin_prefetch(from, 0, 3); }
// Into the second level and those behind it: for what is read once by a unit that the first would crowd.
[[gnu::always_inline]] inline void prefetch_into_second(const void* from) noexcept { __builtin_prefetch(from, 0, 2); }

// The bits of a float as an integer, and back.
template <class Arch>
[[gnu::always_inline]] inline Batch<std::int32_t, Arch> to_bits(const Batch<float, Arch>& value) noexcept {
  return std::bit_cast<Batch<std::int32_t, Arch>>(value);
}

template <class Arch>
[[gnu::always_inline]] inline Batch<float, Arch> from_bits(const Batch<std::int32_t, Arch>& bits) noexcept {
  return std::bit_cast<Batch<float, Arch>>(bits);
}

// table[index] per lane, 0 <= index < lanes, all lanes of the table readable: one permutation of a register where the
// instruction set has it, since a gather costs an access per lane.
template <class Arch>
[[gnu::always_inline]] inline Batch<float, Arch> lookup(const float* table,
                                                        const Batch<std::int32_t, Arch>& index) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_avx512<Arch>) {
    return _mm512_permutexvar_ps(index, load<Arch>(table));
  } else
#endif
#if defined(__AVX2__)
      if constexpr (std::is_base_of_v<xsimd::avx2, Arch>) {
    return _mm256_permutevar8x32_ps(load<Arch>(table), index);
  } else
#endif
  {
    return Batch<float, Arch>::gather(table, index);
  }
}

// The first `count` lanes from memory, 0 < count <= lanes; the others are zero. For the end of a row.
template <class Arch, class T>
inline Batch<T, Arch> load_partial(const T* from, Index count) noexcept {
  if (count == lanes<T, Arch>) return load<Arch>(from);
  T buffer[static_cast<std::size_t>(lanes<T, Arch>)] = {};
  for (Index lane = 0; lane < count; ++lane) buffer[lane] = from[lane];
  return load<Arch>(static_cast<const T*>(buffer));
}

template <class T, class Arch>
inline void store_partial(T* to, const Batch<T, Arch>& value, Index count) noexcept {
  if (count == lanes<T, Arch>) return simd::store(to, value);
  T buffer[static_cast<std::size_t>(lanes<T, Arch>)];
  simd::store(static_cast<T*>(buffer), value);
  for (Index lane = 0; lane < count; ++lane) to[lane] = buffer[lane];
}

// Name of the instruction set, for reports: "avx512bw", "fma3+avx2", …
template <class Arch = DefaultArch>
constexpr const char* arch_name() noexcept {
  return Arch::name();
}

}  // namespace ochre::inline v0::simd
