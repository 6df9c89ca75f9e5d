// May this process use the tile unit (AMX)? The CPU must have it, the system must keep its registers, and Linux wants
// to be asked once, for all threads of the process, as its signal frames grow by 11 KB then. It refuses where the
// thread that asks has an alternative signal stack too small for that, as programs with a crash handler or another
// language's run time may have. Any failure means "no tile unit". Tested by tile_permission_test.cpp.
#pragma once

#include <ochre/base/platform/system.hpp>

#if defined(__linux__) && defined(__x86_64__)
#define OCHRE_TILE_PERMISSION 1
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ochre::inline v0::platform {

#if defined(OCHRE_TILE_PERMISSION)

// CPU and system, before anything is asked.
inline bool has_tile_unit() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned saves_registers = 1u << 27;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & saves_registers) == 0) return false;
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned tile_state = 3u << 17;  // configuration and data
  if ((low & tile_state) != tile_state) return false;
  constexpr unsigned bf16 = 1u << 22, tiles = 1u << 24;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & (bf16 | tiles)) != (bf16 | tiles)) return false;
  // Palette 1: eight tiles of 16 rows of 64 bytes.
  if (__get_cpuid_count(0x1d, 1, &a, &b, &c, &d) == 0) return false;
  return (b & 0xffff) >= 64 && (b >> 16) >= 8 && (c & 0xffff) >= 16;
}

inline bool permit_tiles() noexcept {
  constexpr long request_permission = 0x1023, tile_data = 18;
  return has_tile_unit() && ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

#else

inline bool has_tile_unit() noexcept { return false; }
inline bool permit_tiles() noexcept { return false; }

#endif

}  // namespace ochre::inline v0::platform
