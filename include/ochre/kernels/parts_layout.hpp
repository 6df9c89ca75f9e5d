// Tensors of bf16 parts, what the tile unit's convolutions read (simd/bf16.hpp, tile_conv.hpp), of one picture:
//   [part][ceil(channels / 32)][top + h + bottom][left + w + right][32 numbers of 16 bits]
// The 32 channels of a pixel are one cache line and take the place of 16 floats, so that it is a blocked tensor of
// places like another (tensor/blocked.hpp), with border, slot and all. Channels past the last are zero.
// Tested by parts_layout_test.cpp.
#pragma once

#include <cstring>

#include <ochre/parallel/team.hpp>
#include <ochre/simd/bf16.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::kernels {

inline constexpr Index parts_block = 32;  // channels of a block

// How many channels of places a tensor of parts has: 16 a block.
inline Index places_of(Index channels, int parts) noexcept {
  return channel_block * parts * ceil_div(channels, parts_block);
}

// Floats from a part to the next.
inline Index part_stride(const BlockedLayout& places, int parts) noexcept {
  return places.blocks() / parts * places.block_stride();
}

// A number back from its parts.
inline float from_parts(BlockedView<const float> places, int parts, Index c, Index y, Index x) noexcept {
  const Index blocks = places.layout.blocks() / parts;
  float sum = 0.0f;
  for (int part = 0; part < parts; ++part) {
    const float* pixel = places.pixel(part * blocks + c / parts_block, y, x);
    std::uint16_t bits = 0;
    std::memcpy(&bits, reinterpret_cast<const unsigned char*>(pixel) + c % parts_block * 2, sizeof(bits));
    sum += simd::from_bf16(bits);
  }
  return sum;
}

// 32 numbers into a pixel's place of the first part; the others lie `apart` floats from each other.
template <class Arch>
[[gnu::always_inline]] inline void store_pixel(const float* numbers, float* place, int parts, Index apart) noexcept {
  auto* to = reinterpret_cast<std::uint16_t*>(place);
  if (parts == 1) {
    simd::store_parts<1, Arch>(numbers, to, 2 * apart);
  } else {
    simd::store_parts<2, Arch>(numbers, to, 2 * apart);
  }
}

// A blocked tensor of floats as one of parts.
template <class Arch>
void to_parts(BlockedView<const float> from, BlockedView<float> to, int parts, const parallel::Team& team) noexcept {
  const Extent extent = from.layout.extent;
  const Index blocks = to.layout.blocks() / parts;
  const Index apart = part_stride(to.layout, parts);
  parallel::for_ranges(team, blocks * extent.h, 4, [&](Index begin, Index end, int) noexcept {
    for (Index item = begin; item < end; ++item) {
      const Index block = item / extent.h;
      const Index y = item % extent.h;
      const bool whole = 2 * block + 1 < from.layout.blocks();
      const float* first = from.pixel(2 * block, y, 0);
      const float* second = whole ? from.pixel(2 * block + 1, y, 0) : nullptr;
      float* place = to.pixel(block, y, 0);
      for (Index x = 0; x < extent.w; ++x, first += channel_block, place += channel_block) {
        alignas(64) float numbers[parts_block] = {};
        std::memcpy(numbers, first, channel_block * sizeof(float));
        if (whole) std::memcpy(numbers + channel_block, second + x * channel_block, channel_block * sizeof(float));
        store_pixel<Arch>(numbers, place, parts, apart);
      }
    }
  });
}

}  // namespace ochre::inline v0::kernels
