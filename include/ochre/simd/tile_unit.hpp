// The tile unit of Intel's CPUs (AMX, since Sapphire Rapids) behind six calls: configure, zero, load, multiply, store,
// release. Eight registers, "tiles", hold 16 rows of 64 bytes: 16 x 16 floats, or 16 rows of 32 bf16. One instruction,
//   sum[i][n] += Σ_k left[i][2k] · right[k][2n] + left[i][2k+1] · right[k][2n+1],   i < rows, n < 16, k < 16
// makes 8,192 products in 16 cycles, eight times what vectors do. Tiles 0 to 3 are for sums, 4 and 5 for the left
// factor (pixels), 6 and 7 for the right one (weights, whose rows are pairs of input channels); configure(rows) says
// how many rows the first six have. A thread must configure before it loads, and release before it goes on to other
// work. The unit rounds to nearest and takes subnormal numbers for zero, whatever the thread's own mode is. The
// instructions are written down here, since the compilers' own functions leave out what they do to memory. TileModel
// does the same in plain C++. Tested by tile_model_test.cpp, on machines that have it.
#pragma once

#include <ochre/base/platform/tile_permission.hpp>
#include <ochre/simd/tile_model.hpp>

namespace ochre::inline v0::simd {

// g++ spells the macros one way, clang++ the other.
#if defined(OCHRE_TILE_PERMISSION) && (defined(__AMX_BF16__) || defined(__AMXBF16__))
#define OCHRE_TILE_UNIT 1

class TileUnit {
 public:
  void configure(int rows) noexcept {
    struct alignas(64) Configuration {
      std::uint8_t palette = 1;
      std::uint8_t start_row = 0;
      std::uint8_t reserved[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {};
    };
    static_assert(sizeof(Configuration) == 64);
    Configuration configuration;
    for (int tile = 0; tile < 6; ++tile) configuration.rows[tile] = static_cast<std::uint8_t>(rows);
    configuration.rows[6] = configuration.rows[7] = 16;
    asm volatile("ldtilecfg %0" : : "m"(configuration));
  }

  void release() noexcept { asm volatile("tilerelease" : : : "memory"); }

  template <int Tile>
  [[gnu::always_inline]] void zero() noexcept {
    asm volatile("tilezero %%tmm%c0" : : "i"(Tile));
  }

  template <int Tile>
  [[gnu::always_inline]] void load(const void* from, Index stride) noexcept {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(Tile) : "memory");
  }

  template <int Sum, int Left, int Right>
  [[gnu::always_inline]] void multiply() noexcept {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(Left), "i"(Right));
  }

  template <int Tile>
  [[gnu::always_inline]] void store(float* to, Index stride) const noexcept {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(Tile) : "memory");
  }
};
#endif

}  // namespace ochre::inline v0::simd
