// The register tile of the GEMM micro-kernel, one row per instruction set: `rows` broadcast values of A times
// `vectors` registers of B. Every tuning number of the readable engine stands here.
//
// From above: rows*vectors accumulators + `vectors` of B + one broadcast must fit the register file (32 registers for
// AVX-512, 16 for the others; without FMA one more for the product). From below: rows*vectors independent FMAs must
// cover latency x throughput (4 cycles x 2 a cycle = 8). rows divides the usual channel counts (16, 32, 64 …).
#pragma once

#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::simd {

template <class Arch>
struct Tile {
  static constexpr Index rows = is_avx512<Arch> ? 8 : 4;
  static constexpr Index vectors = is_avx512<Arch> || has_fma<Arch> ? 3 : 2;

  template <class T>
  static constexpr Index columns = vectors* lanes<T, Arch>;
};

// Depth of a block of the inner dimension: rows*depth floats of A (8 KiB) stay in the first-level cache while B streams
// past; deeper than 256 they would crowd it, shallower the tile of C is loaded and stored too often.
inline constexpr Index gemm_depth = 256;

// Bytes of packed B that one worker sweeps per block: half of a second-level cache of 512 KiB.
inline constexpr Index gemm_block_bytes = 256 * 1024;

}  // namespace ochre::inline v0::simd
