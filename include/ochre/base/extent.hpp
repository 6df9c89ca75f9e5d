// Height and width together, and the window of a convolution.
#pragma once

#include <optional>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

struct Extent {
  Index h = 1;
  Index w = 1;

  friend bool operator==(const Extent&, const Extent&) = default;
};

// Where a convolution looks: kernel size, stride, zero padding on each side, spacing of the taps.
struct Window {
  Extent kernel;
  Extent stride;
  Extent padding{0, 0};
  Extent dilation;

  friend bool operator==(const Window&, const Window&) = default;
};

// Length of one side after a convolution, floor((in + 2·padding − dilation·(kernel−1) − 1) / stride) + 1;
// nothing if that is below 1. The window's numbers are at most 2^16 (layers/attributes.hpp), so nothing overflows.
constexpr std::optional<Index> convolved_length(Index in, Index kernel, Index stride, Index padding, Index dilation) {
  const Index room = in + 2 * padding - dilation * (kernel - 1) - 1;
  if (room < 0) return std::nullopt;
  return room / stride + 1;
}

// Length of one side after a transposed convolution, (in−1)·stride − 2·padding + dilation·(kernel−1) + output_padding +
// 1; nothing if that is below 1 or overflows.
constexpr std::optional<Index> transposed_length(Index in, Index kernel, Index stride, Index padding, Index dilation,
                                                 Index output_padding) {
  Index spread = 0;
  if (__builtin_mul_overflow(in - 1, stride, &spread)) return std::nullopt;
  Index out = 0;
  if (__builtin_add_overflow(spread, dilation * (kernel - 1) + output_padding + 1 - 2 * padding, &out)) {
    return std::nullopt;
  }
  if (out < 1) return std::nullopt;
  return out;
}

}  // namespace ochre::inline v0
