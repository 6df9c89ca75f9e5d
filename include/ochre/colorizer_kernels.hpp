// Everything a Colorizer needs that depends on the instruction set. A program that was compiled for several chooses one
// of these at run time (dispatch.hpp); by default it is what the compiler's flags allow.
#pragma once

#include <ochre/color/color_kernels.hpp>
#include <ochre/engine/engine_kernels.hpp>

namespace ochre::inline v0 {

// What a Colorizer computes with: the functions of one instruction set, in tables that are there as long as the
// program runs.
struct ColorizerKernels {
  const EngineKernels* engine = nullptr;
  const ColorKernels* color = nullptr;
};

// The kernels of the instruction set Arch, compiled where this is called. WithBf16: Precision::bf16 too, where the
// build has the instruction.
template <class Arch = simd::DefaultArch, bool WithBf16 = false>
ColorizerKernels colorizer_kernels() noexcept {
  return {&engine_kernels<Arch, WithBf16>(), &color_kernels<Arch>()};
}

}  // namespace ochre::inline v0
