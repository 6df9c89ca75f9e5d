// The channels of all inputs, one after the other, of blocked tensors: whole blocks are copied as they are where an
// input begins at a block of the output, single channels elsewhere. Tested by blocked_concat_test.cpp.
#pragma once

#include <algorithm>
#include <span>

#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::kernels {

namespace detail {

// Row y of channels first … first+count-1 of `from` (at most a block) to the lanes from `to` on, pixel by pixel.
inline void copy_channels(BlockedView<const float> from, Index first, Index count, Index y, float* to) noexcept {
  const Index pixels = from.layout.extent.w;
  if (first % channel_block == 0 && count == channel_block) {
    std::copy_n(from.pixel(first / channel_block, y, 0), pixels * channel_block, to);
    return;
  }
  for (Index c = first; c < first + count; ++c, ++to) {
    const float* row = from.pixel(c / channel_block, y, 0) + c % channel_block;
    for (Index x = 0; x < pixels; ++x) to[x * channel_block] = row[x * channel_block];
  }
}

}  // namespace detail

// Rows first … last-1 of all blocks' rows of the output, counted through: row y of block b is b·h + y. All have
// channel_block channels a block and the same extent; borders may differ. Channels past the last become zero.
inline void concat_blocked(std::span<const BlockedView<const float>> inputs, BlockedView<float> output, Index first,
                           Index last) noexcept {
  const Extent extent = output.layout.extent;
  for (Index row = first; row < last; ++row) {
    const Index y = row % extent.h;
    const Index begin = row / extent.h * channel_block;  // the block's channels
    const Index end = std::min(begin + channel_block, output.layout.channels);
    float* to = output.pixel(row / extent.h, y, 0);
    Index offset = 0;  // the first channel of the input in the output
    for (const auto& input : inputs) {
      const Index from = std::max(begin, offset);
      const Index past = std::min(end, offset + input.layout.channels);
      if (from < past) detail::copy_channels(input, from - offset, past - from, y, to + (from - begin));
      offset += input.layout.channels;
    }
    for (Index lane = end - begin; lane < channel_block; ++lane) {
      for (Index x = 0; x < extent.w; ++x) to[x * channel_block + lane] = 0.0f;
    }
  }
}

}  // namespace ochre::inline v0::kernels
