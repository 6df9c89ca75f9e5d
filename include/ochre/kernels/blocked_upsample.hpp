// Upsampling of blocked tensors by whole factors (sample_position.hpp), all channels of a block at once; the same
// roundings as the readable engine's layer, so the same bits. Tested by blocked_upsample_test.cpp.
#pragma once

#include <ochre/kernels/sample_position.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::kernels {

namespace detail {

// One pixel's channels; loops of a constant length, which compilers turn into vectors by themselves.
inline void mix_pixel(const float* const (&corners)[4], float x, float y, float* to) noexcept {
  for (Index c = 0; c < channel_block; ++c) {
    const float upper = mix(corners[0][c], corners[1][c], x);
    const float lower = mix(corners[2][c], corners[3][c], x);
    to[c] = mix(upper, lower, y);
  }
}

}  // namespace detail

// Rows first … last-1 of all blocks' rows of the output, counted through: row y of block b is b·h + y. Both have
// channel_block channels a block; the output's extent is a multiple of the input's.
inline void upsample_blocked(BlockedView<const float> input, BlockedView<float> output, Interpolation mode, Index first,
                             Index last) noexcept {
  const Extent in = input.layout.extent;
  const Extent out = output.layout.extent;
  const UpsampledSide width{in.w, out.w / in.w};
  const UpsampledSide height{in.h, out.h / in.h};
  constexpr Index strip = 64;  // columns
  for (Index left = 0; left < out.w; left += strip) {
    // Where a column lies is worked out once for all rows: the division costs more than the mixing.
    SamplePosition columns[strip];
    const Index count = std::min(strip, out.w - left);
    for (Index i = 0; i < count; ++i) columns[i] = sample_position(mode, width, left + i);
    for (Index row = first; row < last; ++row) {
      const Index block = row / out.h;
      const SamplePosition y = sample_position(mode, height, row % out.h);
      float* to = output.pixel(block, row % out.h, left);
      for (Index i = 0; i < count; ++i, to += channel_block) {
        const SamplePosition& x = columns[i];
        const float* const corners[4] = {input.pixel(block, y.index, x.index), input.pixel(block, y.index, x.next),
                                         input.pixel(block, y.next, x.index), input.pixel(block, y.next, x.next)};
        detail::mix_pixel(corners, static_cast<float>(x.fraction), static_cast<float>(y.fraction), to);
      }
    }
  }
}

}  // namespace ochre::inline v0::kernels
