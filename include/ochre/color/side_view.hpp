// The grey levels of a picture, or of a frame's luma, along lines of sight from one of its sides, 256 at most, evenly
// spread. For plain_border.hpp; tested there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ochre/image/picture_part.hpp>

namespace ochre::inline v0::color::detail {

enum class Side : std::uint8_t { top, bottom, left, right };

// How the grey level of a pixel, 0…255, is read: of colours that of their luma, about, of luma without its codes.
struct LevelFormat {
  Index bytes = 1;     // of a sample
  int shift = 0;       // of the bits beyond the eighth
  bool color = false;  // red, green and blue come first

  int level(const std::uint8_t* pixel) const noexcept {
    if (!color) return sample(pixel, 0);
    return (sample(pixel, 0) + 2 * sample(pixel, 1) + sample(pixel, 2)) / 4;
  }

 private:
  int sample(const std::uint8_t* pixel, Index at) const noexcept {
    if (bytes == 1) return pixel[at];
    std::uint16_t wide = 0;
    std::memcpy(&wide, pixel + 2 * at, sizeof(wide));
    return std::min(wide >> shift, 255);
  }
};

// A picture's pixels, or a frame's luma, as grey levels.
struct LevelPlane {
  Extent size;
  const std::uint8_t* first = nullptr;
  Index row_stride = 0;
  Index step = 0;
  LevelFormat format;

  LevelPlane part(const PictureRectangle& part) const noexcept {
    return {part.extent(), first + part.y * row_stride + part.x * step, row_stride, step, format};
  }
};

inline LevelPlane level_plane(const PictureView& picture) noexcept {
  const PixelFormat format = picture.format;
  return {picture.extent(),
          picture.row(0),
          picture.row_stride,
          bytes_per_pixel(format),
          {bytes_per_sample(format), 8, has_color(format)}};
}

inline LevelPlane level_plane(const YuvView& frame) noexcept {
  const YuvDepth depth = frame.format.depth;
  return {frame.extent(),
          frame.luma.row(0),
          frame.luma.row_stride,
          frame.luma.step_of(depth),
          {bytes_per_sample(depth), depth == YuvDepth::bits10 ? 2 : 8, false}};
}

// A picture as it is seen from one of its sides: `across` pixels wide, `deep` pixels from here to the other side.
class SideView {
 public:
  static constexpr Index most_sights = 256;

  SideView(const LevelPlane& plane, Side side) noexcept : format_(plane.format), first_(plane.first) {
    if (side == Side::bottom) first_ += (plane.size.h - 1) * plane.row_stride;
    if (side == Side::right) first_ += (plane.size.w - 1) * plane.step;
    const bool upright = side == Side::top || side == Side::bottom;
    across_ = upright ? plane.size.w : plane.size.h;
    deep_ = upright ? plane.size.h : plane.size.w;
    to_next_ = upright ? plane.step : plane.row_stride;
    to_deeper_ = upright ? plane.row_stride : plane.step;
    if (side == Side::bottom || side == Side::right) to_deeper_ = -to_deeper_;
  }

  Index across() const noexcept { return across_; }
  Index deep() const noexcept { return deep_; }
  Index sights() const noexcept { return std::min(across_, most_sights); }
  int level(Index sight, Index depth) const noexcept {
    const Index place = (2 * sight + 1) * across_ / (2 * sights());
    return format_.level(first_ + place * to_next_ + depth * to_deeper_);
  }

 private:
  LevelFormat format_;
  const std::uint8_t* first_;
  Index across_ = 0;
  Index deep_ = 0;
  Index to_next_ = 0;    // bytes from one pixel of a line to the next
  Index to_deeper_ = 0;  // and from one line to the next
};

}  // namespace ochre::inline v0::color::detail
