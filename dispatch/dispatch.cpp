#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include <ochre/base/platform/tile_permission.hpp>
#include <ochre/dispatch.hpp>

// isa.cpp, once for each instruction set.
extern "C" {
void ochre_v0_isa_baseline(ochre::dispatch::Isa*) noexcept;
#if defined(OCHRE_DISPATCH_X86_64)
void ochre_v0_isa_avx2(ochre::dispatch::Isa*) noexcept;
void ochre_v0_isa_avx512(ochre::dispatch::Isa*) noexcept;
void ochre_v0_isa_avx512bf16(ochre::dispatch::Isa*) noexcept;
#endif
#if defined(OCHRE_DISPATCH_AMX)
void ochre_v0_isa_amx(ochre::EngineKernels*) noexcept;
#endif
}

namespace ochre::inline v0::dispatch {

namespace {

struct Compiled {
  bool (*runs)();
  void (*get)(Isa*) noexcept;
};

#if defined(OCHRE_DISPATCH_X86_64)
// What the flags in CMakeLists.txt allow the compiler to use; asks the operating system as well.
bool runs_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool runs_avx512() {
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
bool runs_avx512bf16() { return runs_avx512() && __builtin_cpu_supports("avx512bf16"); }
#endif

#if defined(OCHRE_DISPATCH_AMX)
bool runs_amx() { return runs_avx512bf16() && platform::has_tile_unit(); }

// All of avx512bf16's, and the tile unit's convolutions.
void get_amx(Isa* isa) noexcept {
  ochre_v0_isa_avx512bf16(isa);
  static EngineKernels kernels;
  kernels = *isa->kernels.engine;
  kernels.isa = isa->name = "amx";
  ochre_v0_isa_amx(&kernels);
  isa->kernels.engine = &kernels;
}
#endif

// The best first.
constexpr Compiled compiled[] = {
#if defined(OCHRE_DISPATCH_AMX)
    {&runs_amx, &get_amx},
#endif
#if defined(OCHRE_DISPATCH_X86_64)
    {&runs_avx512bf16, &ochre_v0_isa_avx512bf16},
    {&runs_avx512, &ochre_v0_isa_avx512},
    {&runs_avx2, &ochre_v0_isa_avx2},
#endif
    {[] { return true; }, &ochre_v0_isa_baseline},
};

struct Available {
  std::array<Isa, std::size(compiled)> list;
  std::size_t count = 0;

  Available() noexcept {
    for (const Compiled& isa : compiled) {
      if (isa.runs()) isa.get(&list[count++]);
    }
  }
};

}  // namespace

std::span<const Isa> available() noexcept {
  static const Available isas;
  return {isas.list.data(), isas.count};
}

Result<const Isa*> choose(const char* name) {
  const char* const asked = name != nullptr ? name : std::getenv("OCHRE_ISA");
  const auto list = available();
  if (asked == nullptr || (name == nullptr && *asked == '\0')) return &list.front();
  std::string names;
  for (const Isa& isa : list) {
    if (std::string_view(asked) == isa.name) return &isa;
    names += (names.empty() ? "" : ", ") + std::string(isa.name);
  }
  return Error{ErrorCode::unsupported, (name == nullptr ? "OCHRE_ISA names" : "asked for") +
                                           (" the instruction set `" + std::string(asked)) +
                                           "`, expected one that this CPU can run: " + names};
}

}  // namespace ochre::inline v0::dispatch
