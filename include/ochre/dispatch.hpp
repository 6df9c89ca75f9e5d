// One program for every CPU of a kind: the kernels compiled once for each instruction set, one chosen at run time.
//   auto isa = ochre::dispatch::choose();
//   auto colorizer = ochre::Colorizer::open(path, options, (*isa)->kernels);
// Opt-in: what is declared here lies in the library ochre::dispatch (dispatch/), not in the headers. The names are
// baseline, on x86-64 avx2, avx512 and avx512bf16, and on Linux amx, avx512bf16 with Intel's tile unit. Tested by
// dispatch_test.cpp, dispatch_objects_test.sh.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <span>

#include <ochre/colorizer_kernels.hpp>

namespace ochre::inline v0::dispatch {

// One instruction set and its kernels.
struct Isa {
  const char* name = "";  // kernels.engine->isa, too
  ColorizerKernels kernels;
  double (*fma_peak)(int threads) = nullptr;  // measured FLOP/s of its fused multiply-adds (audit/fma_peak.hpp)
};

// The instruction sets that this CPU and its operating system can run, the best first; the last is the baseline.
std::span<const Isa> available() noexcept;

// The instruction set of that name; without one, that which the environment's OCHRE_ISA names; without that, the best.
// Errors: a name that is unknown, or that this CPU cannot run.
Result<const Isa*> choose(const char* name = nullptr);

}  // namespace ochre::inline v0::dispatch

#include <ochre/base/macros_back.hpp>
