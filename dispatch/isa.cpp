// The kernels of one instruction set: compiled once for each, with its flags, OCHRE_ISA_NAME and OCHRE_ISA_ENTRY. Of
// the object that comes of it every symbol but the entry is made local (CMakeLists.txt), so that no function which was
// compiled for one instruction set is ever called by code of another.
#include <ochre/audit/fma_peak.hpp>
#include <ochre/dispatch.hpp>

extern "C" void OCHRE_ISA_ENTRY(ochre::dispatch::Isa* isa) noexcept {
  static const ochre::EngineKernels engine = [] {
    auto named = ochre::engine_kernels<ochre::simd::DefaultArch, true>();
    named.isa = OCHRE_ISA_NAME;
    return named;
  }();
  *isa = {OCHRE_ISA_NAME, {&engine, &ochre::color_kernels<ochre::simd::DefaultArch>()}, &ochre::audit::fma_peak<float>};
}
