// Channel-blocked tensors of one picture, the fast engine's layout:
//   [ceil(channels / block)][top + h + bottom][left + w + right][block],   block = 16, or 1 for a network's input
// 16 floats are one AVX-512 register, two of AVX2, four of NEON: the same tensors for every instruction set. Channels
// past the last are zero. The border is zero and wide enough for every reader, so that no kernel tests for an edge.
// Tested by blocked_test.cpp.
#pragma once

#include <algorithm>
#include <optional>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0 {

// Channels that lie side by side at each pixel of a blocked tensor.
inline constexpr Index channel_block = 16;

// How many rows and columns of zeros lie around a tensor's interior.
struct Border {
  Index top = 0;
  Index left = 0;
  Index bottom = 0;
  Index right = 0;

  friend bool operator==(const Border&, const Border&) = default;
};

namespace tensor {

// Wide enough for both.
inline Border widest(const Border& first, const Border& second) noexcept {
  return {std::max(first.top, second.top), std::max(first.left, second.left), std::max(first.bottom, second.bottom),
          std::max(first.right, second.right)};
}

}  // namespace tensor

// Where each number of a blocked tensor lies.
struct BlockedLayout {
  Index channels = 1;
  Extent extent;
  Border border{};
  Index block = channel_block;

  friend bool operator==(const BlockedLayout&, const BlockedLayout&) = default;

  Index blocks() const noexcept { return ceil_div(channels, block); }
  Index rows() const noexcept { return border.top + extent.h + border.bottom; }
  Index row_stride() const noexcept { return (border.left + extent.w + border.right) * block; }
  Index block_stride() const noexcept { return rows() * row_stride(); }
  Index size() const noexcept { return blocks() * block_stride(); }  // only of a layout that passed checked_size()

  // Where pixel (y, x) of the first block begins; the border has negative coordinates.
  Index offset(Index y, Index x) const noexcept { return (border.top + y) * row_stride() + (border.left + x) * block; }

  // Number of elements; nothing if it could not be addressed.
  std::optional<Index> checked_size() const noexcept {
    const auto h = checked_add(extent.h, border.top + border.bottom);
    const auto w = checked_add(extent.w, border.left + border.right);
    if (!h || !w) return std::nullopt;
    const auto bytes = checked_product({blocks(), *h, *w, block, Index{8}});
    if (!bytes) return std::nullopt;
    return *bytes / 8;
  }
};

// A blocked tensor of somebody else.
template <class T>
struct BlockedView {
  T* data = nullptr;  // of the border's first pixel
  BlockedLayout layout;

  T* pixel(Index block, Index y, Index x) const noexcept {
    return data + block * layout.block_stride() + layout.offset(y, x);
  }
  T& at(Index c, Index y, Index x) const noexcept { return pixel(c / layout.block, y, x)[c % layout.block]; }
  operator BlockedView<const T>() const noexcept requires(!std::is_const_v<T>) { return {data, layout}; }
};

namespace tensor {

// factor·x + offset of channels first … last-1 of a planar picture [1,C,h,w] into the interior.
inline void to_blocked(TensorView<const float> from, BlockedView<float> to, Index first, Index last,
                       float factor = 1.0f, float offset = 0.0f) noexcept {
  const BlockedLayout& layout = to.layout;
  for (Index c = first; c < last; ++c) {
    for (Index y = 0; y < layout.extent.h; ++y) {
      const float* row = from.plane(0, c) + y * layout.extent.w;
      float* target = to.pixel(c / layout.block, y, 0) + c % layout.block;
      for (Index x = 0; x < layout.extent.w; ++x) target[x * layout.block] = row[x] * factor + offset;
    }
  }
}

}  // namespace tensor

// Copies channels first … last-1 of the interior into a planar picture.
inline void to_planar(BlockedView<const float> from, TensorView<float> to, Index first, Index last) noexcept {
  const BlockedLayout& layout = from.layout;
  for (Index y = 0; y < layout.extent.h; ++y) {
    for (Index c = first; c < last; ++c) {
      const float* row = from.pixel(c / layout.block, y, 0) + c % layout.block;
      float* target = to.plane(0, c) + y * layout.extent.w;
      for (Index x = 0; x < layout.extent.w; ++x) target[x] = row[x * layout.block];
    }
  }
}

namespace tensor {

// Zeros around the interior of blocks first … last-1.
inline void clear_border(BlockedView<float> to, Index first, Index last) noexcept {
  const BlockedLayout& layout = to.layout;
  const Index row = layout.row_stride();
  const Index left = layout.border.left * layout.block;
  const Index right = layout.border.right * layout.block;
  for (Index b = first; b < last; ++b) {
    float* at = to.data + b * layout.block_stride();
    std::fill_n(at, layout.border.top * row, 0.0f);
    for (Index y = 0; y < layout.extent.h; ++y) {
      float* begin = at + (layout.border.top + y) * row;
      std::fill_n(begin, left, 0.0f);
      std::fill_n(begin + row - right, right, 0.0f);
    }
    std::fill_n(at + (layout.border.top + layout.extent.h) * row, layout.border.bottom * row, 0.0f);
  }
}

}  // namespace tensor

}  // namespace ochre::inline v0
