// The one header that names xsimd. Everything above works on simd::Batch<T, Arch>: a register of T under instruction
// set Arch, with + - * / and comparisons, and max, min, exp, select, reduce_max … found by argument.
// Arch is always a template argument, so code of two instruction sets never shares a symbol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xsimd/xsimd.hpp>

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

// Name of the instruction set, for reports: "avx512bw", "fma3+avx2", …
template <class Arch = DefaultArch>
constexpr const char* arch_name() noexcept {
  return Arch::name();
}

}  // namespace ochre::inline v0::simd
