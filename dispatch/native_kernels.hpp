// Included before everything else in the tests, examples and benchmarks of this build: the kernels of the compiler's
// own instruction set are compiled once for all of them, in native_kernels.cpp, instead of once in each file.
#pragma once

#include <ochre/colorizer_kernels.hpp>

namespace ochre::inline v0 {

#if !defined(OCHRE_NATIVE_KERNELS)
#define OCHRE_NATIVE_KERNELS extern
#endif
OCHRE_NATIVE_KERNELS template const EngineKernels& engine_kernels<simd::DefaultArch, false>() noexcept;
OCHRE_NATIVE_KERNELS template const EngineKernels& engine_kernels<simd::DefaultArch, true>() noexcept;
OCHRE_NATIVE_KERNELS template const ColorKernels& color_kernels<simd::DefaultArch>() noexcept;

}  // namespace ochre::inline v0
