// The register tiles of the micro-kernels, one row per instruction set: all that depends on its registers. Blocks for
// the caches stand beside their loops (kernels/), costs beside the choice that they make (conv_choice.hpp).
//
// From above: rows·vectors accumulators + `vectors` of B + one broadcast must fit the register file (32 registers for
// AVX-512 and NEON, 16 for the others; without FMA one more for the product). From below: rows·vectors independent FMAs
// must cover latency x throughput (4 cycles x 2 a cycle = 8).
#pragma once

#include <ochre/simd/simd.hpp>

namespace ochre::inline v0::simd {

// The readable engine's GEMM: `rows` values of A, broadcast, times `vectors` registers of B. rows divides the usual
// channel counts (16, 32, 64 …).
template <class Arch>
struct Tile {
  static constexpr Index rows = is_avx512<Arch> ? 8 : 4;
  static constexpr Index vectors = is_avx512<Arch> || has_fma<Arch> ? 3 : 2;

  template <class T>
  static constexpr Index columns = vectors* lanes<T, Arch>;
};

// The fast engine's micro-kernel: at most `rows` pixels (or Winograd tiles) times a panel of `vectors` registers of
// output channels. A panel is a multiple of the channel block of 16.
template <class Arch>
struct ConvTile {
  static constexpr Index width = lanes<float, Arch>;
  static constexpr Index vectors = width >= 8 ? 2 : 4;
  static constexpr Index rows = width >= 16 ? 13 : width >= 8 || has_32_registers<Arch> ? 6 : 3;
  static constexpr Index panel = vectors * width;
  static_assert(panel % 16 == 0);
};

// Depth of a block of the inner dimension: rows*depth floats of A (8 KiB) stay in the first-level cache while B streams
// past; deeper than 256 they would crowd it, shallower the tile of C is loaded and stored too often.
inline constexpr Index gemm_depth = 256;

// Bytes of packed B that one worker sweeps per block: half of a second-level cache of 512 KiB.
inline constexpr Index gemm_block_bytes = 256 * 1024;

// Winograd: bytes of V and M of one block of tiles of one worker. They should lie in a second-level cache of 1 MiB
// beside a panel of weights of 64 KiB.
inline constexpr Index winograd_block_bytes = 768 * 1024;

// Tiles of a block that all workers share: enough that a panel of weights from memory meets several register tiles;
// with 512 channels V and M then take 10 MB of the third-level cache.
inline constexpr Index winograd_tiles = 65;

// Bytes of packed weights up to which each worker may read all of them for each of its own blocks.
inline constexpr Index winograd_shared_weights = 4 << 20;

// What one float of V or M costs (written, read and transformed), in fused multiply-adds of the products: both run from
// the second and third-level cache at 9 GB/s a core where the products reach 105 GFLOP/s (AVX-512, Zen 4).
inline constexpr double winograd_transform_cost = 22;
// The same where V and M stay in the second-level cache: 16 to 64 channels.
inline constexpr double winograd_transform_cost_near = 5;

// With fewer pixels (or tiles) than this for each weight, reading the weights from memory takes longer than the
// products: 4 bytes at 10 GB/s a core, when a core does 50 multiply-adds a nanosecond, are 20; half of it is hidden.
inline constexpr double rows_per_weight = 12;

}  // namespace ochre::inline v0::simd
