// The bars of a stream: found where the first frames have some, kept while nothing shows in them; what is between them
// is coloured as a stream of its own.
#include <doctest/doctest.h>

#include <vector>

#include <ochre/video/bars.hpp>

#include "support/bordered_picture.hpp"
#include "support/video_stream.hpp"

namespace bars_test {

namespace {

using namespace ochre;
using test::Frame;

constexpr Extent extent{96, 128};
constexpr PictureRectangle letterbox{0, 14, 128, 70};
constexpr PictureRectangle whole{0, 0, 128, 96};

// Between black bars a scene, moved by `shift` pixels; `between` is where they are.
Frame barred(const PictureRectangle& between, Index shift = 0, const YuvFormat& format = {}) {
  const auto scene = [&](double y, double x) {
    const auto row = static_cast<Index>(y);
    const auto column = static_cast<Index>(x);
    return test::lies_in(between, column, row) ? 40 + 0.7 * test::scene_level(column + shift, row) : 16;
  };
  return test::stream::filmed(extent, format, scene);
}

Frame black() { return barred({}); }

PictureRectangle seen(video::Bars& bars, const Frame& frame) {
  bars.see(frame.view);
  return bars.inside();
}

}  // namespace

TEST_CASE("bars: found in the first frame that shows anything, in every depth, and kept") {
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
    const YuvFormat format{.depth = depth};
    video::Bars bars(extent);
    CHECK(!bars.see(black().view));
    CHECK(bars.inside() == whole);
    CHECK(bars.see(barred(letterbox, 0, format).view));
    CHECK(bars.inside() == letterbox);
    CHECK(!bars.see(black().view));
    CHECK(!bars.see(barred(letterbox, 9, format).view));
    CHECK(!bars.see(barred({30, 20, 60, 50}, 0, format).view));  // less is shown
    CHECK(bars.inside() == letterbox);
  }
}

TEST_CASE("bars: beside the picture, rounded outwards to whole samples of chroma") {
  video::Bars bars(extent);
  CHECK(seen(bars, barred({21, 0, 86, 96})) == PictureRectangle{20, 0, 88, 96});
}

TEST_CASE("bars: the inside grows to what shows outside of it, and never shrinks") {
  video::Bars bars(extent);
  CHECK(seen(bars, barred({20, 14, 88, 70})) == PictureRectangle{20, 14, 88, 70});
  CHECK(seen(bars, barred(letterbox)) == letterbox);
  CHECK(seen(bars, barred(whole)) == whole);
  CHECK(seen(bars, barred(letterbox)) == whole);
}

TEST_CASE("bars: what has as little contrast as a road in the dusk is none") {
  const auto dusk = [](double y, double x) {
    const bool car = x > 40 && x < 90 && y > 30 && y < 70;
    return car ? 150.0 : 50.0 + test::noise_at(static_cast<Index>(x) / 3, static_cast<Index>(y) / 3, 10);
  };
  video::Bars bars(extent);
  CHECK(seen(bars, test::stream::filmed(extent, {}, dusk)) == whole);
}

TEST_CASE("bars: after many frames without any they are looked for no more") {
  video::Bars bars(extent);
  const Frame plain = barred(whole);
  for (int frame = 0; frame < 250; ++frame) CHECK(!bars.see(plain.view));
  CHECK(seen(bars, barred(letterbox)) == whole);
}

TEST_CASE("bars: what is between them gets the colours of a stream of its own; they are grey, luma stays") {
  using namespace test::stream;
  for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv444}) {
    const YuvFormat format{.subsampling = subsampling};
    const auto colorizer = make_tiny();
    Stream with_bars(colorizer, extent, {}, format);
    Stream alone(colorizer, letterbox.extent(), {}, format);
    const Index down = subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
    const Index across = down;
    for (Index number = 0; number < 6; ++number) {
      const Frame frame = barred(letterbox, number / 2, format);
      with_bars.show(frame);
      require(alone.video.colorize(part_of(YuvView(frame.view), letterbox), alone.output.view));
      CHECK(with_bars.output.luma_codes() == frame.luma_codes());
      bool colored = false;
      for (Index y = 0; y < frame.view.chroma_height(); ++y) {
        for (Index x = 0; x < frame.view.chroma_width(); ++x) {
          const int cb = with_bars.output.code(with_bars.output.view.cb, x, y);
          const Index row = y - letterbox.y / down;
          const bool between = test::lies_in(letterbox, x * across, y * down);
          REQUIRE(cb == (between ? alone.output.code(alone.output.view.cb, x, row) : 128));
          colored = colored || cb != 128;
        }
      }
      CHECK(colored);
    }
    CHECK(with_bars.video.frame() == extent);
  }
}

TEST_CASE("bars: a frame in colour stays as it is, bars and all") {
  using namespace test::stream;
  Frame frame = barred(letterbox);
  for (Index y = 0; y < frame.view.chroma_height(); ++y) {
    for (Index x = 0; x < frame.view.chroma_width(); ++x) {
      frame.set(frame.view.cb, x, y, x < 30 ? 90 : 150);
      frame.set(frame.view.cr, x, y, x < 40 ? 170 : 100);
    }
  }
  Stream stream(make_tiny(), extent);
  CHECK(stream.show(frame).colored);
  CHECK(stream.output.cb_codes() == frame.cb_codes());
  CHECK(stream.output.cr_codes() == frame.cr_codes());
}

}  // namespace bars_test
