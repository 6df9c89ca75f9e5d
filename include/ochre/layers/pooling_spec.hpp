// What pools have in common in the network's text, and where their windows lie, one side at a time: window o begins at
// o·stride − padding. By the rules of PyTorch and ONNX the padding is at most half of what the kernel spans, and with
// `ceil` a last window may reach beyond the padding, if it begins before the padding behind the picture. Proven in
// layers_test.cpp and description_parser_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>

namespace ochre::inline v0::layers {

// A range of whole numbers, perhaps empty: [begin, end).
struct IndexRange {
  Index begin = 0;
  Index end = 0;
};

// How many windows a side of `in` pixels has; nothing if not one fits. Not more than in + 1, as padding is limited.
constexpr std::optional<Index> pooled_length(Index in, WindowSide side, bool ceil) noexcept {
  const Index beyond = ceil ? side.stride - 1 : 0;
  const Index room = in + 2 * side.padding + beyond - side.dilation * (side.kernel - 1) - 1;
  if (room < 0) return std::nullopt;
  const Index windows = room / side.stride + 1;
  return ceil && (windows - 1) * side.stride >= in + side.padding ? windows - 1 : windows;
}

// The taps of window o that lie in the picture.
constexpr IndexRange taps_inside(const WindowSide& side, Index in, Index o) noexcept {
  const Index begin = o * side.stride - side.padding;
  const Index first = begin < 0 ? ceil_div(-begin, side.dilation) : 0;
  const Index end = begin < in ? std::min(side.kernel, (in - 1 - begin) / side.dilation + 1) : 0;
  return {first, std::max(first, end)};
}

// The windows of [0, out) whose tap k lies in the picture.
constexpr IndexRange windows_inside(const WindowSide& side, Index in, Index out, Index k) noexcept {
  const Index first_at = k * side.dilation - side.padding;  // of window 0
  const Index first = first_at < 0 ? ceil_div(-first_at, side.stride) : 0;
  const Index end = first_at < in ? std::min(out, (in - 1 - first_at) / side.stride + 1) : 0;
  return {first, std::max(first, end)};
}

// Taps that are further apart than the picture is long may all miss it.
constexpr bool every_window_sees(const WindowSide& side, Index in, Index out) noexcept {
  if (in >= side.dilation) return true;
  for (Index o = 0; o < out && o * side.stride < side.padding; ++o) {
    const IndexRange taps = taps_inside(side, in, o);
    if (taps.begin == taps.end) return false;
  }
  return true;
}

struct PoolingSpec : PointwiseSpec {
  Window window;
  bool ceil = false;

  // Takes `kernel`, `stride`, `padding` and `ceil`.
  void read(Attributes& from) {
    window.kernel = from.extent("kernel", 1);
    window.stride = from.extent("stride", 1, Extent{1, 1});
    window.padding = from.extent("padding", 0, Extent{0, 0});
    ceil = from.flag("ceil", false);
  }

  // When all that read() and a kind of its own take is known.
  void check_padding(Attributes& from) const {
    for (const WindowSide& side : {window.rows(), window.columns()}) {
      if (2 * side.padding > side.dilation * (side.kernel - 1) + 1) {
        from.fail("`padding` is more than half of what the kernel spans: a window could miss the picture");
      }
    }
  }

  Result<Extent> output_extent(Extents extents) const {
    const Extent in = extents[0];
    const auto h = pooled_length(in.h, window.rows(), ceil);
    const auto w = pooled_length(in.w, window.columns(), ceil);
    const std::string input = "the padded input " + std::to_string(in.h) + "x" + std::to_string(in.w);
    if (!h || !w) return Error{ErrorCode::invalid_argument, input + " is smaller than the kernel"};
    if (every_window_sees(window.rows(), in.h, *h) && every_window_sees(window.columns(), in.w, *w)) {
      return Extent{*h, *w};
    }
    return Error{ErrorCode::invalid_argument, input + " has a window whose dilated taps all miss the picture"};
  }
};

}  // namespace ochre::inline v0::layers
