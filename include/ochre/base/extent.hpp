// Height and width together, and the window of a convolution.
#pragma once

#include <optional>
#include <string>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

// Height and width of a picture, a grid, a kernel; as everywhere in the field the height comes first.
struct Extent {
  Index h = 1;
  Index w = 1;

  friend bool operator==(const Extent&, const Extent&) = default;
};

// A size as people say it, the width first: "640x480".
inline std::string width_by_height(Extent size) { return std::to_string(size.w) + "x" + std::to_string(size.h); }

// One direction of a Window: its numbers for rows alone, or for columns alone.
struct WindowSide {
  Index kernel = 1;
  Index stride = 1;
  Index padding = 0;
  Index dilation = 1;
};

// Where a convolution looks: kernel size, stride, zero padding on each side, spacing of the taps.
struct Window {
  Extent kernel;
  Extent stride;
  Extent padding{0, 0};
  Extent dilation;

  WindowSide rows() const noexcept { return {kernel.h, stride.h, padding.h, dilation.h}; }
  WindowSide columns() const noexcept { return {kernel.w, stride.w, padding.w, dilation.w}; }

  friend bool operator==(const Window&, const Window&) = default;
};

// Length of one side after a convolution, floor((in + 2·padding − dilation·(kernel−1) − 1) / stride) + 1;
// nothing if that is below 1. The window's numbers are at most 2^16 (layers/attributes.hpp), so nothing overflows.
constexpr std::optional<Index> convolved_length(Index in, const WindowSide& window) {
  const Index room = in + 2 * window.padding - window.dilation * (window.kernel - 1) - 1;
  if (room < 0) return std::nullopt;
  return room / window.stride + 1;
}

// Length of one side after a transposed convolution, (in−1)·stride − 2·padding + dilation·(kernel−1) + output_padding +
// 1; nothing if that is below 1 or overflows.
constexpr std::optional<Index> transposed_length(Index in, const WindowSide& window, Index output_padding) {
  Index spread = 0;
  if (__builtin_mul_overflow(in - 1, window.stride, &spread)) return std::nullopt;
  const Index reach = window.dilation * (window.kernel - 1) + output_padding + 1 - 2 * window.padding;
  Index out = 0;
  if (__builtin_add_overflow(spread, reach, &out)) return std::nullopt;
  if (out < 1) return std::nullopt;
  return out;
}

}  // namespace ochre::inline v0
