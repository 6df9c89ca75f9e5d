// The tile unit in plain C++, bit for bit (tile_unit.hpp): what its kernels are tested with on machines that have none.
// Measured on Intel's: of each pair of 16-bit numbers the first ones' products and the second ones' are summed apart,
// from zero, in order, each addition rounded once; then sum = sum + (first + second). Whatever is below the normal
// numbers, going in or coming out, is zero. Tested by tile_model_test.cpp.
#pragma once

#include <cstdint>
#include <cstring>

#include <ochre/simd/bf16.hpp>

namespace ochre::inline v0::simd {

class TileModel {
 public:
  void configure(int rows) noexcept { rows_ = rows; }
  void release() noexcept { rows_ = 0; }

  template <int Tile>
  void zero() noexcept {
    std::memset(tiles_[Tile], 0, sizeof(tiles_[Tile]));
  }

  // stride: bytes from row to row.
  template <int Tile>
  void load(const void* from, Index stride) noexcept {
    const auto* row = static_cast<const unsigned char*>(from);
    for (int i = 0; i < rows_of(Tile); ++i, row += stride) std::memcpy(tiles_[Tile][i], row, row_bytes);
  }

  template <int Sum, int Left, int Right>
  void multiply() noexcept {
    for (int i = 0; i < rows_; ++i) {
      float sums[16];
      std::memcpy(sums, tiles_[Sum][i], row_bytes);
      float first[16] = {};
      float second[16] = {};
      for (int k = 0; k < 16; ++k) {
        const float a = half(tiles_[Left][i][k], 0);
        const float b = half(tiles_[Left][i][k], 16);
        for (int column = 0; column < 16; ++column) {
          first[column] = added(first[column], a, half(tiles_[Right][k][column], 0));
          second[column] = added(second[column], b, half(tiles_[Right][k][column], 16));
        }
      }
      for (int column = 0; column < 16; ++column) {
        const float both = without_subnormal(first[column] + second[column]);
        sums[column] = without_subnormal(without_subnormal(sums[column]) + both);
      }
      std::memcpy(tiles_[Sum][i], sums, row_bytes);
    }
  }

  template <int Tile>
  void store(float* to, Index stride) const noexcept {
    auto* row = reinterpret_cast<unsigned char*>(to);
    for (int i = 0; i < rows_of(Tile); ++i, row += stride) std::memcpy(row, tiles_[Tile][i], row_bytes);
  }

 private:
  static constexpr std::size_t row_bytes = 64;

  int rows_of(int tile) const noexcept { return tile < 6 ? rows_ : 16; }

  static float half(std::uint32_t pair, int shift) noexcept {
    return without_subnormal(from_bf16(static_cast<std::uint16_t>(pair >> shift)));
  }

  // sum + a·b, rounded once: the product of two bf16 is exact in double, and a sum of numbers of 24 bits that is
  // rounded to 53 first is rounded to 24 as if at once (53 >= 2·24 + 2).
  static float added(float sum, float a, float b) noexcept {
    const double exact = static_cast<double>(a) * static_cast<double>(b);
    return without_subnormal(static_cast<float>(exact + static_cast<double>(sum)));
  }

  int rows_ = 0;
  std::uint32_t tiles_[8][16][16] = {};
};

}  // namespace ochre::inline v0::simd
