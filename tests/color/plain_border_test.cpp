// The border of a picture: of any width, side, tone and format, with the noise of paper and of JPEG, and none where a
// photograph is flat by itself.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <ochre/color/plain_border.hpp>
#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>

#include "support/bordered_picture.hpp"

namespace plain_border_test {

namespace {

using namespace ochre;
using color::inside_of_border;
using test::bordered_scene;
using test::GrayPicture;
using test::noise_at;
using test::scene_level;

constexpr Extent size{240, 320};

// Of all four sides, the furthest that an edge lies from where it should.
Index off_by(const PictureRectangle& found, const PictureRectangle& inside) {
  return std::max({std::abs(found.x - inside.x), std::abs(found.y - inside.y),
                   std::abs(found.x + found.width - inside.x - inside.width),
                   std::abs(found.y + found.height - inside.y - inside.height)});
}

bool has_none(const GrayPicture& picture) {
  return inside_of_border(picture.view()) == PictureRectangle{0, 0, picture.width, picture.height};
}

}  // namespace

TEST_CASE("plain border: any tone, width and choice of sides, to the pixel") {
  for (const int tone : {0, 3, 16, 128, 235, 255}) {
    for (const PictureRectangle inside : {PictureRectangle{10, 8, 300, 224},   // 3 % all around
                                          PictureRectangle{96, 72, 128, 96},   // 30 %
                                          PictureRectangle{12, 30, 260, 180},  // each side another width
                                          PictureRectangle{0, 40, 320, 160},   // bars above and below
                                          PictureRectangle{60, 0, 200, 240},   // and beside
                                          PictureRectangle{0, 20, 320, 220},   // one side
                                          PictureRectangle{0, 0, 290, 240},    // another
                                          PictureRectangle{25, 0, 295, 200}}) {
      CAPTURE(tone);
      CAPTURE(inside.x);
      CAPTURE(inside.y);
      CHECK(inside_of_border(bordered_scene(size, inside, tone).view()) == inside);
    }
  }
}

TEST_CASE("plain border: paper with noise, in uneven light, with dust and a thumb's print") {
  const PictureRectangle inside{30, 25, 250, 180};
  CHECK(off_by(inside_of_border(bordered_scene(size, inside, 235, 8).view()), inside) <= 1);
  const GrayPicture lit(size.w, size.h, [&](Index x, Index y) {
    const int paper = 228 + static_cast<int>(x * 8 / size.w + y * 6 / size.h) + noise_at(x, y, 3);
    if (test::lies_in(inside, x, y)) return scene_level(x, y);
    const bool print = x > 200 && x < 210 && y < 20;
    const bool dust = x % 41 == 7 && y % 29 == 3;
    return print || dust ? 90 : paper;
  });
  CHECK(off_by(inside_of_border(lit.view()), inside) <= 1);
}

TEST_CASE("plain border: JPEG of quality 60, large and small") {
  for (const Index scale : {1, 5}) {
    const PictureRectangle inside{21 * scale, 13 * scale, 270 * scale, 200 * scale};
    for (const int tone : {0, 128, 250}) {
      const auto picture = bordered_scene({size.h * scale, size.w * scale}, inside, tone, 2);
      const auto file = encode_picture(picture.view(), PictureFileFormat::jpeg, {.quality = 60}).value();
      const auto decoded = decode_picture(file).value();
      CAPTURE(tone);
      CHECK(off_by(inside_of_border(std::as_const(decoded).view()), inside) <= 8);  // a block
    }
  }
}

TEST_CASE("plain border: a margin on a scanner's bed, and a thin line around the picture") {
  const PictureRectangle print{20, 15, 270, 200};
  const PictureRectangle inside{35, 27, 240, 175};
  const GrayPicture on_bed(size.w, size.h, [&](Index x, Index y) {
    if (test::lies_in(inside, x, y)) return scene_level(x, y);
    return (test::lies_in(print, x, y) ? 240 : 8) + noise_at(x, y, 3);
  });
  CHECK(off_by(inside_of_border(on_bed.view()), inside) <= 1);
  for (const Index thick : {1, 3}) {
    const PictureRectangle line{30, 22, 250, 185};
    const PictureRectangle in_line{30 + thick, 22 + thick, 250 - 2 * thick, 185 - 2 * thick};
    const GrayPicture framed(size.w, size.h, [&](Index x, Index y) {
      if (test::lies_in(inside, x, y)) return scene_level(x, y);
      return test::lies_in(line, x, y) && !test::lies_in(in_line, x, y) ? 20 : 245;
    });
    CHECK(off_by(inside_of_border(framed.view()), inside) <= (thick == 1 ? 0 : 5));  // a thicker one is inside
  }
}

TEST_CASE("plain border: every format, yellowish paper, rows from the bottom up") {
  const PictureRectangle inside{40, 30, 230, 170};
  const auto gray = bordered_scene(size, inside, 220);
  for (int number = 0; number <= static_cast<int>(image::last_pixel_format); ++number) {
    const auto format = static_cast<PixelFormat>(number);
    const Index bytes = bytes_per_pixel(format);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size.w * size.h * bytes));
    for (Index i = 0; i < size.w * size.h; ++i) {
      for (Index c = 0; c < channels(format); ++c) {
        const bool alpha = has_alpha(format) && c == channels(format) - 1;
        const int level = gray.levels[static_cast<std::size_t>(i)];
        const int value = alpha ? static_cast<int>(i % 256) : has_color(format) && c == 2 ? level * 3 / 4 : level;
        std::uint8_t* to = pixels.data() + i * bytes + c * bytes_per_sample(format);
        const auto wide = static_cast<std::uint16_t>(value * 257);
        std::memcpy(to, &wide, static_cast<std::size_t>(bytes_per_sample(format)));  // both bytes are alike
      }
    }
    const Index stride = size.w * bytes;
    CAPTURE(number);
    CHECK(inside_of_border(PictureView{pixels.data(), size.w, size.h, stride, format}) == inside);
    const PictureView upside_down{pixels.data() + (size.h - 1) * stride, size.w, size.h, -stride, format};
    CHECK(inside_of_border(upside_down) == PictureRectangle{40, 40, 230, 170});
  }
}

TEST_CASE("plain border: what is flat or small by itself has none") {
  for (const int tone : {0, 120, 255}) {
    CHECK(has_none(GrayPicture(320, 240, [&](Index, Index) { return tone; })));
    CHECK(has_none(GrayPicture(320, 240, [&](Index x, Index y) { return tone + noise_at(x, y, 4); })));
    for (const Extent tiny : {Extent{1, 1}, Extent{1, 300}, Extent{300, 1}, Extent{15, 15}, Extent{2, 7}}) {
      CHECK(has_none(GrayPicture(tiny.w, tiny.h, [&](Index x, Index) { return x < 2 ? tone : 60; })));
    }
  }
  CHECK(has_none(GrayPicture(320, 240, scene_level)));
  // A picture in the middle of nothing: more than is kept outside.
  CHECK(has_none(bordered_scene(size, {120, 90, 80, 60}, 255)));
}

TEST_CASE("plain border: gradients, fog and the dark towards the corners have none") {
  for (const double slope : {0.05, 0.2, 0.5, 1.0, 3.0}) {
    CAPTURE(slope);
    const auto ramp = [&](Index at) { return static_cast<int>(slope * static_cast<double>(at)) % 256; };
    CHECK(has_none(GrayPicture(80, 240, [&](Index, Index y) { return 250 - ramp(std::min<Index>(y, 80)); })));
    CHECK(has_none(GrayPicture(320, 60, [&](Index x, Index) { return 10 + ramp(std::min<Index>(x, 80)); })));
  }
  CHECK(has_none(GrayPicture(320, 240, [](Index x, Index y) {
    const double from_middle = std::hypot(static_cast<double>(x - 160) / 160, static_cast<double>(y - 120) / 120);
    return static_cast<int>(220 * std::max(0.0, 1.0 - from_middle * from_middle));
  })));
}

TEST_CASE("plain border: white sky above roofs, lamps at night and drawings on paper are no border") {
  CHECK(has_none(GrayPicture(320, 240, [](Index x, Index y) {
    const Index roof = 70 + noise_at(x / 24, 0, 30);
    return y < roof ? 255 : scene_level(x, y);
  })));
  CHECK(has_none(GrayPicture(320, 240, [](Index x, Index y) {
    const bool hill = 3 * y > 200 + x;
    return hill ? scene_level(x, y) : 255;
  })));
  CHECK(has_none(GrayPicture(320, 240, [](Index x, Index y) {
    const bool lamp = noise_at(x / 6, y / 6, 50) == 50;
    return lamp ? 240 : 4 + noise_at(x, y, 3);
  })));
  CHECK(has_none(GrayPicture(320, 240, [](Index x, Index y) {
    const double radius = std::hypot(static_cast<double>(x - 160), static_cast<double>(y - 120));
    const bool pen = std::abs(radius - 80) < 3 || (std::abs(x - y) < 3 && x > 100 && x < 180);
    return pen ? 30 : 255;
  })));
}

}  // namespace plain_border_test
