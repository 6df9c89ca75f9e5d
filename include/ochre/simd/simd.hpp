// The one header that names xsimd. Everything above works on simd::Batch<T, Arch>: a register of T under instruction
// set Arch, with + - * / and comparisons, and max, min, exp, select, reduce_max … found by argument.
// Arch is always a template argument, so code of two instruction sets never shares a symbol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

// g++ 12 takes the deliberately undefined registers in its AVX-512 headers for uninitialised ones (GCC PR105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <ochre/base/checked.hpp>

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
inline constexpr bool has_fma = is_avx512<Arch> || requires {
  []<class A>(xsimd::fma3<A>) {}(Arch{});
};

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
    return xsimd::fma(x, y, z);
  }
}

// The bits of a float as an integer, and back.
template <class Arch>
[[gnu::always_inline]] inline Batch<std::int32_t, Arch> to_bits(const Batch<float, Arch>& value) noexcept {
#if XSIMD_VERSION_MAJOR < 10
  return xsimd::bitwise_cast<Batch<std::int32_t, Arch>>(value);
#else
  return xsimd::bitwise_cast<std::int32_t>(value);
#endif
}

template <class Arch>
[[gnu::always_inline]] inline Batch<float, Arch> from_bits(const Batch<std::int32_t, Arch>& bits) noexcept {
#if XSIMD_VERSION_MAJOR < 10
  return xsimd::bitwise_cast<Batch<float, Arch>>(bits);
#else
  return xsimd::bitwise_cast<float>(bits);
#endif
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
