// The convolutions of Intel's tile unit, for the kernels of avx512bf16; an object of its own as in isa.cpp.
#include <ochre/dispatch.hpp>

extern "C" void OCHRE_ISA_ENTRY(ochre::EngineKernels* kernels) noexcept {
  kernels->tile_unit = &ochre::engine::permitted_tile_unit<ochre::simd::DefaultArch>;
}
