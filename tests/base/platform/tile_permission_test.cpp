// The permission for the tile unit: what the CPU is said to have and what is given agree; and where there is a unit and
// the build has its instructions: threads that were there before can use it, so can a child of fork(), and a signal
// stack that is too small means "no tile unit", not a crash.
#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <csignal>
#endif

#include <ochre/simd/tile_check.hpp>
#include <ochre/simd/tile_unit.hpp>

#include "support/child_process.hpp"

namespace {

using namespace ochre;

TEST_CASE("tile permission: none without the CPU's unit, and the same answer again") {
  const bool has = platform::has_tile_unit();
  const bool permitted = platform::permit_tiles();
  CHECK((has || !permitted));
  CHECK(platform::permit_tiles() == permitted);
#if defined(__linux__)
  std::ifstream file("/proc/cpuinfo");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!text.empty()) CHECK(has == (text.find("amx_bf16") != std::string::npos));
#endif
}

#if defined(OCHRE_TILE_UNIT)

bool has_permission() {
  unsigned long granted = 0;
  return ::syscall(SYS_arch_prctl, 0x1022, &granted) == 0 && (granted >> 18 & 1) != 0;
}

TEST_CASE("tile permission: a signal stack that is too small is no crash") {
  if (!platform::has_tile_unit() || has_permission()) return;  // once it is given it stays
  CHECK(test::returned_by_child([] {
          static char stack[4096];
          stack_t alternative{};
          alternative.ss_sp = stack;
          alternative.ss_size = sizeof(stack);
          if (::sigaltstack(&alternative, nullptr) != 0) return 0;
          return platform::permit_tiles() && !simd::multiplies_integers<simd::TileUnit>() ? 1 : 0;
        }) == 0);
}

TEST_CASE("tile permission: for threads that were there before, and for a child of fork()") {
  if (!platform::has_tile_unit()) return;
  std::atomic<bool> asked{false};
  std::atomic<int> right{-1};
  std::thread earlier([&] {
    while (!asked) std::this_thread::yield();
    if (platform::permit_tiles()) right = simd::multiplies_integers<simd::TileUnit>() ? 1 : 0;
  });
  const bool permitted = platform::permit_tiles();
  asked = true;
  earlier.join();
  if (!permitted) return;
  CHECK(right == 1);
  CHECK(simd::multiplies_integers<simd::TileUnit>());
  CHECK(test::returned_by_child([] { return simd::multiplies_integers<simd::TileUnit>() ? 0 : 1; }) == 0);
}

#endif

}  // namespace
