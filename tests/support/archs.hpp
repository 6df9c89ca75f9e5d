// The instruction sets that a test of kernels runs for: those that this compilation allows, one of each kind, and the
// emulated widths, so that each width runs on each machine.
#pragma once

#include <ochre/simd/simd.hpp>

#if !defined(OCHRE_EMULATED_ARCHS)  // slow machines take fewer
#define OCHRE_EMULATED_ARCHS ochre::simd::Emulated<128>, ochre::simd::Emulated<256>, ochre::simd::Emulated<512>
#endif

#if defined(__AVX512BW__)
#define OCHRE_NATIVE_ARCHS ochre::simd::DefaultArch, xsimd::fma3<xsimd::avx2>, xsimd::sse2
#elif defined(__AVX2__) && defined(__FMA__)
#define OCHRE_NATIVE_ARCHS ochre::simd::DefaultArch, xsimd::sse2
#else
#define OCHRE_NATIVE_ARCHS ochre::simd::DefaultArch
#endif

#define OCHRE_TEST_ARCHS OCHRE_NATIVE_ARCHS, OCHRE_EMULATED_ARCHS
