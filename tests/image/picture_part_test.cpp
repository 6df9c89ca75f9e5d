// Parts of pictures and frames: the same samples, counted from elsewhere.
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <ochre/image/picture_part.hpp>

#include "support/yuv_frame.hpp"

namespace picture_part_test {

using namespace ochre;

TEST_CASE("picture part: pixels of every format, rows from either end") {
  constexpr PictureRectangle part{3, 2, 4, 5};
  CHECK(part.right() == 7);
  CHECK(part.bottom() == 7);
  std::vector<std::uint8_t> bytes(9 * 100);
  for (int number = 0; number <= static_cast<int>(image::last_pixel_format); ++number) {
    const auto format = static_cast<PixelFormat>(number);
    const PictureView down{bytes.data(), 10, 9, 100, format};
    CHECK(part_of(down, part).row(1) == bytes.data() + 3 * 100 + 3 * bytes_per_pixel(format));
    CHECK(part_of(down, part).extent() == part.extent());
    const PictureView up{bytes.data() + 8 * 100, 10, 9, -100, format};
    CHECK(part_of(up, part).row(1) == bytes.data() + 5 * 100 + 3 * bytes_per_pixel(format));
  }
}

TEST_CASE("picture part: a frame's luma and the chroma that goes with it, in every layout") {
  constexpr PictureRectangle part{4, 2, 7, 5};
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10}) {
    for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
      for (const test::Layout layout : test::layouts) {
        const test::Frame frame(12, 9, {.subsampling = subsampling, .depth = depth}, layout);
        const MutableYuvView cut = part_of(frame.view, part);
        const Index across = subsampling == ChromaSubsampling::yuv444 ? 1 : 2;
        const Index down = subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
        CHECK(cut.extent() == part.extent());
        CHECK(cut.luma.row(1) == frame.view.luma.row(3) + 4 * frame.view.luma.step_of(depth));
        CHECK(cut.cb.row(1) == frame.view.cb.row(2 / down + 1) + 4 / across * frame.view.cb.step_of(depth));
        CHECK(cut.cr.row(1) == frame.view.cr.row(2 / down + 1) + 4 / across * frame.view.cr.step_of(depth));
      }
    }
  }
  test::Frame gray(12, 9, {});
  gray.view.cb = gray.view.cr = {};
  CHECK(part_of(gray.view, part).cb.samples == nullptr);
  CHECK(part_of(gray.view, part).cr.samples == nullptr);
}

}  // namespace picture_part_test
