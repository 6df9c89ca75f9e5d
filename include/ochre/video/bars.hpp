// The bars around the picture of a stream, those of a letterbox: where its frames have a border
// (color/plain_border.hpp). A border that comes and goes with what a frame shows would be worse than none, so
//   found   in one of the first frames, at once where they show anything
//   inside  grows where there is something to be seen outside of it, and never shrinks
// A frame without a border, a black one, says nothing. Columns and rows are even, as chroma needs them.
// Tested by bars_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/color/plain_border.hpp>

namespace ochre::inline v0::video {

class Bars {
 public:
  Bars() = default;  // of no frame
  explicit Bars(Extent frame) noexcept : inside_{0, 0, frame.w, frame.h}, whole_(inside_) {}

  Extent frame() const noexcept { return whole_.extent(); }
  const PictureRectangle& inside() const noexcept { return inside_; }

  // The next frame. Whether the inside is another one now.
  bool see(const YuvView& frame) noexcept {
    const PictureRectangle before = inside_;
    if (inside_ == whole_) {
      if (seen_ == first_frames) return false;
      ++seen_;
      inside_ = even(color::inside_of_border(frame, most_spread));
    } else if (!color::is_plain_around(inside_, frame)) {
      seen_ = first_frames;
      inside_ = both(inside_, even(color::inside_of_border(frame, most_spread)));
    }
    return !(inside_ == before);
  }

 private:
  static constexpr Index first_frames = 250;  // ten seconds, for titles that fade in
  static constexpr int most_spread = 4;       // of levels: a road in the dusk has more, bars less than paper

  PictureRectangle even(const PictureRectangle& part) const noexcept {
    const auto up = [](Index at, Index end) { return std::min(at + at % 2, end); };
    const Index x = part.x - part.x % 2;
    const Index y = part.y - part.y % 2;
    return {x, y, up(part.right(), whole_.width) - x, up(part.bottom(), whole_.height) - y};
  }

  static PictureRectangle both(const PictureRectangle& one, const PictureRectangle& other) noexcept {
    const Index x = std::min(one.x, other.x);
    const Index y = std::min(one.y, other.y);
    return {x, y, std::max(one.right(), other.right()) - x, std::max(one.bottom(), other.bottom()) - y};
  }

  PictureRectangle inside_;
  PictureRectangle whole_;
  Index seen_ = 0;  // frames, as long as there are no bars
};

}  // namespace ochre::inline v0::video
