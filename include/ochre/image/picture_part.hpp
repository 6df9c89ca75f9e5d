// A part of a picture, or of a frame, as a picture of its own: the same memory. Tested by picture_part_test.cpp.
#pragma once

#include <ochre/image/picture_view.hpp>
#include <ochre/image/yuv_view.hpp>

namespace ochre::inline v0 {

// A rectangle of a picture, by its top left pixel and its size.
struct PictureRectangle {
  Index x = 0;
  Index y = 0;
  Index width = 0;
  Index height = 0;

  Index right() const noexcept { return x + width; }    // the first column beside it
  Index bottom() const noexcept { return y + height; }  // the first row below it
  Extent extent() const noexcept { return {height, width}; }

  friend bool operator==(const PictureRectangle&, const PictureRectangle&) = default;
};

// The pixels of a picture under a rectangle that lies in it. View: PictureView or MutablePictureView.
template <class View>
View part_of(View picture, const PictureRectangle& part) noexcept {
  picture.pixels = picture.row(part.y) + part.x * bytes_per_pixel(picture.format);
  picture.width = part.width;
  picture.height = part.height;
  return picture;
}

// The samples of a frame under a rectangle that lies in it; x and y are even where two pixels share chroma.
template <class Void>
BasicYuvView<Void> part_of(BasicYuvView<Void> frame, const PictureRectangle& part) noexcept {
  const YuvDepth depth = frame.format.depth;
  const auto move = [&](BasicPlane<Void>& plane, Index across, Index down) {
    if (plane.samples != nullptr) plane.samples = plane.row(part.y / down) + part.x / across * plane.step_of(depth);
  };
  const Index across = frame.format.subsampling == ChromaSubsampling::yuv444 ? 1 : 2;
  const Index down = frame.format.subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
  move(frame.luma, 1, 1);
  move(frame.cb, across, down);
  move(frame.cr, across, down);
  frame.width = part.width;
  frame.height = part.height;
  return frame;
}

}  // namespace ochre::inline v0
