// y = r(x0 + x1 + …) of blocked tensors, in the inputs' order, as the readable engine's add and its rectifier round it.
// r as in epilogue.hpp. Tested by blocked_sum_test.cpp.
#pragma once

#include <span>

#include <ochre/kernels/epilogue.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::kernels {

namespace detail {

// Whole blocks of channels: loops of a constant length, which compilers turn into vectors by themselves.
template <class Change>
void for_each_pixel(float* to, const float* from, Index pixels, Change change) noexcept {
  for (Index x = 0; x < pixels; ++x, to += channel_block, from += channel_block) {
    for (Index c = 0; c < channel_block; ++c) to[c] = change(to[c], from[c]);
  }
}

}  // namespace detail

// Rows first … last-1 of all blocks' rows, counted through: row y of block b is b·h + y. All have channel_block
// channels a block and the same extent; borders may differ.
inline void sum_blocked(std::span<const BlockedView<const float>> inputs, BlockedView<float> output,
                        Rectifier rectifier, float slope, Index first, Index last) noexcept {
  const Extent extent = output.layout.extent;
  for (Index row = first; row < last; ++row) {
    const Index block = row / extent.h;
    const Index y = row % extent.h;
    float* to = output.pixel(block, y, 0);
    const auto apply = [&](const float* from, auto change) { detail::for_each_pixel(to, from, extent.w, change); };
    apply(inputs[0].pixel(block, y, 0), [](float, float x) { return x; });
    for (const auto& input : inputs.subspan(1)) {
      apply(input.pixel(block, y, 0), [](float sum, float x) { return sum + x; });
    }
    if (rectifier == Rectifier::relu) apply(to, [](float sum, float) { return sum < 0.0f ? 0.0f : sum; });
    if (rectifier == Rectifier::leaky) apply(to, [=](float sum, float) { return sum < 0.0f ? slope * sum : sum; });
  }
}

}  // namespace ochre::inline v0::kernels
