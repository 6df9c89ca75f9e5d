// Any rectangles of grey over each other as a picture, and as frames of a stream: what is found inside of a border lies
// in the picture, is no sliver and the same again; and what is seen between bars only grows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <ochre/video/bars.hpp>

#include "../support/yuv_frame.hpp"

namespace {

using ochre::Index;
using ochre::PictureRectangle;

void must(bool holds) {
  if (!holds) std::abort();
}

struct Bytes {
  const std::uint8_t* at;
  const std::uint8_t* end;

  Index next() { return at == end ? 0 : *at++; }
};

// Each of eight bytes: corners, a level, noise.
void paint(Bytes& bytes, std::vector<std::uint8_t>& levels, Index width, Index height) {
  std::uint32_t noise = 1;
  const auto part = [&](Index side) { return bytes.next() * side / 256; };
  for (int count = 0; count < 6 && bytes.at != bytes.end; ++count) {
    const Index x = part(width);
    const Index y = part(height);
    const Index right = x + 1 + part(width - x);
    const Index bottom = y + 1 + part(height - y);
    const Index level = bytes.next();
    const Index most = bytes.next() % 16 + 1;
    for (Index row = y; row < std::min(bottom, height); ++row) {
      for (Index column = x; column < std::min(right, width); ++column) {
        noise = noise * 1664525 + 1013904223;
        levels[static_cast<std::size_t>(row * width + column)] =
            static_cast<std::uint8_t>(std::min<Index>(255, level + static_cast<Index>(noise >> 24) % most));
      }
    }
  }
}

void check_inside(const PictureRectangle& inside, Index width, Index height) {
  must(inside.x >= 0 && inside.y >= 0 && inside.right() <= width && inside.bottom() <= height);
  must(3 * inside.width > width && 3 * inside.height > height);
}

void see_in_stream(const std::vector<std::uint8_t>& levels, Index width, Index height, std::uint8_t kind) {
  using namespace ochre;
  YuvFormat format;
  format.subsampling = static_cast<ChromaSubsampling>(kind % 4);
  format.depth = static_cast<YuvDepth>(kind / 4 % 3);
  const auto layout = format.subsampling == ChromaSubsampling::yuv422 ? test::Layout::packed : test::Layout::padded;
  test::Frame frame(width, height, format, layout);
  video::Bars bars({height, width});
  PictureRectangle before;
  for (const bool turned : {false, true}) {
    for (Index y = 0; y < height; ++y) {
      for (Index x = 0; x < width; ++x) {
        const Index from = turned ? (height - 1 - y) * width + x : y * width + x;
        const int code = levels[static_cast<std::size_t>(from)];
        frame.set(frame.view.luma, x, y, format.depth == YuvDepth::bits8 ? code : 4 * code);
      }
    }
    bars.see(frame.view);
    const PictureRectangle& inside = bars.inside();
    check_inside(inside, width, height);
    if (turned && !(before == PictureRectangle{0, 0, width, height})) {
      must(inside.x <= before.x && inside.y <= before.y && inside.right() >= before.right() &&
           inside.bottom() >= before.bottom());
    }
    before = inside;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes{data, data + size};
  const Index width = 1 + bytes.next();
  const Index height = 1 + bytes.next();
  const auto kind = static_cast<std::uint8_t>(bytes.next());
  std::vector<std::uint8_t> levels(static_cast<std::size_t>(width * height), static_cast<std::uint8_t>(bytes.next()));
  paint(bytes, levels, width, height);
  const ochre::PictureView picture{.pixels = levels.data(), .width = width, .height = height, .row_stride = width};
  const PictureRectangle inside = ochre::color::inside_of_border(picture);
  check_inside(inside, width, height);
  must(ochre::color::inside_of_border(picture) == inside);
  ochre::color::is_plain_around(inside, picture);
  see_in_stream(levels, width, height, kind);
  return 0;
}
