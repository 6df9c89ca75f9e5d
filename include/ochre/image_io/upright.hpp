// Turns a picture as it is stored into the picture as it is meant, by EXIF orientation:
// 1 as it is, 2 mirrored, 3 turned by 180°, 4 upside down, 5 transposed, 6 to be turned right, 7 transposed the other
// way, 8 to be turned left. For 5…8 width and height change places. Tested by load_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::inline v0::detail {

inline Result<LoadedPicture> upright(const PictureView& stored, int orientation) {
  const bool transposed = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  auto picture = LoadedPicture::create(transposed ? stored.height : stored.width,
                                       transposed ? stored.width : stored.height, stored.format);
  if (!picture) return picture;

  // A step to the right in the result is step_x bytes in the stored picture, a step down is step_y.
  const Index pixel = bytes_per_pixel(stored.format);
  const Index column = from_right ? -pixel : pixel;
  const Index row = from_bottom ? -stored.row_stride : stored.row_stride;
  const Index step_x = transposed ? row : column;
  const Index step_y = transposed ? column : row;
  const std::uint8_t* first =
      stored.row(from_bottom ? stored.height - 1 : 0) + (from_right ? (stored.width - 1) * pixel : 0);
  for (Index y = 0; y < picture->height; ++y) {
    const std::uint8_t* from = first + y * step_y;
    std::uint8_t* to = picture->view().row(y);
    if (step_x == pixel) {
      std::memcpy(to, from, static_cast<std::size_t>(picture->row_stride()));
      continue;
    }
    for (Index x = 0; x < picture->width; ++x) {
      std::memcpy(to + x * pixel, from + x * step_x, static_cast<std::size_t>(pixel));
    }
  }
  return picture;
}

}  // namespace ochre::inline v0::detail
