// Video from end to end: luma that stays, colours that are those of each frame alone, or steadier; things that come,
// go, drive and stop; light that changes; cuts; threads, memory, and calls that are wrong. Mostly on a model whose
// colours are a function of L alone, so that each pixel's colour is known, however it moved.
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/colorizer_file.hpp>
#include <ochre/video_colorizer.hpp>

#include "support/allocations.hpp"
#include "support/place_picture.hpp"
#include "support/video_stream.hpp"

namespace video_colorizer_test {

namespace {

using namespace ochre;
using namespace test::stream;
using test::at;
using test::Frame;
using test::Layout;

}  // namespace

TEST_CASE("video: luma stays bit for bit, in every format, size and layout, and in place") {
  std::mt19937 random(1);
  const Shared colorizer = make_tiny({.size = 16});
  for (const Extent extent : {Extent{1, 1}, {1, 2}, {3, 1}, {7, 5}, {17, 33}}) {
    Stream stream(colorizer, extent, {.steadiness = 0.0f});
    for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
      for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
        for (const Layout layout : test::layouts) {
          const YuvFormat format{subsampling, depth, YuvRange::limited, YuvMatrix::bt709};
          Frame input(extent.w, extent.h, format, layout);
          Frame output(extent.w, extent.h, format);
          Frame other(extent.w, extent.h, format, layout);
          for (int frame = 0; frame < 2; ++frame) {
            std::vector<std::uint8_t> luma;  // any bits, those that no code has, too
            for (Index i = 0; i < extent.h * extent.w * bytes_per_sample(depth); ++i) {
              luma.push_back(static_cast<std::uint8_t>(random()));
            }
            const Index bytes = bytes_per_sample(depth);
            const auto at_pixel = [&](const Frame& of, Index i) {
              return of.view.luma.row(i / extent.w) + i % extent.w * of.view.luma.step_of(depth);
            };
            const auto stayed = [&](const Frame& of) {
              bool same = true;
              for (Index i = 0; i < extent.h * extent.w; ++i) {
                same &= std::memcmp(at_pixel(of, i), luma.data() + i * bytes, at(bytes)) == 0;
              }
              return same;
            };
            for (Index i = 0; i < extent.h * extent.w; ++i) {
              std::memcpy(at_pixel(input, i), luma.data() + i * bytes, at(bytes));
            }
            require(stream.video.colorize(input.view, output.view));
            CHECK(stayed(input));
            CHECK(stayed(output));
            require(stream.video.colorize(input.view, other.view));
            CHECK(stayed(other));
            CHECK(other.cb_codes() == output.cb_codes());
            CHECK(other.cr_codes() == output.cr_codes());
            require(stream.video.colorize(input.view, input.view));
            CHECK(stayed(input));
            CHECK(input.cb_codes() == output.cb_codes());
            CHECK(input.cr_codes() == output.cr_codes());
          }
        }
      }
    }
  }
}

TEST_CASE("video: NV12 and I420 by their names, in place") {
  const Shared colorizer = make_tiny();
  Frame input = filmed(size, usual, ground);
  Stream stream(colorizer, size);
  stream.show(input);
  std::vector<std::uint8_t> memory(input.luma.begin(), input.luma.begin() + 96 * 128);
  memory.resize(96 * 128 * 3 / 2);
  const MutableNv12View frame{.luma = memory.data(),
                              .chroma = memory.data() + 96 * 128,
                              .width = 128,
                              .height = 96,
                              .luma_stride = 128,
                              .chroma_stride = 128};
  Stream other(colorizer, size);
  require(other.video.colorize(frame, frame));
  for (Index i = 0; i < 48 * 64; ++i) {
    REQUIRE(memory[at(96 * 128 + 2 * i)] == stream.output.cb[at(i)]);
    REQUIRE(memory[at(96 * 128 + 2 * i + 1)] == stream.output.cr[at(i)]);
  }
  CHECK(std::equal(input.luma.begin(), input.luma.begin() + 96 * 128, memory.begin()));
}

// The first frame is coloured by the same network, along the edges of the same L. It gets 0.1/16 more colour, of up to
// 60 codes here: 0.4 codes. Both are rounded, so that they come to be a code apart; in 10 bits, 4 times as fine, two.
// Beside full range of 8 bits stands luma in 10 bits that is up to one of them too low, for 0.3 of a code more.
TEST_CASE("video: the first frame is what Colorizer makes of it") {
  const Shared colorizer = make_tiny();
  auto workspace = colorizer->make_workspace(size).value();
  const auto flat = [](double y, double x) { return y + x < 0 ? 0.0 : 180.0; };
  const auto slope = [](double y, double x) { return 40 + x + y / 2; };
  const auto check = [&](const YuvFormat& format, const auto& scene, int most) {
    CAPTURE(static_cast<int>(format.subsampling));
    CAPTURE(static_cast<int>(format.depth));
    const Frame input = filmed(size, format, scene);
    Frame expected(128, 96, format);
    require(colorizer->colorize(YuvView(input.view), expected.view, workspace));
    Stream stream(colorizer, size, {}, format);
    const VideoFrameReport report = stream.show(input);
    CHECK(report.predicted);
    CHECK(!report.cut);
    CHECK(report.unseen == 1.0f);
    CHECK(largest_difference(stream.output.cb_codes(), expected.cb_codes()) <= most);
    CHECK(largest_difference(stream.output.cr_codes(), expected.cr_codes()) <= most);
    const int unit = format.depth == YuvDepth::bits8 ? 1 : 4;
    CHECK(largest_difference(expected.cr_codes(), std::vector<int>(expected.cr_codes().size(), 128 * unit)) >=
          10 * unit);
  };
  for (const auto range : {YuvRange::limited, YuvRange::full}) {
    for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
      const int most = depth == YuvDepth::bits8 ? 1 : 2;
      for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
        check({subsampling, depth, range, YuvMatrix::bt709}, flat, most);
      }
      check({ChromaSubsampling::yuv444, depth, range, YuvMatrix::bt601}, slope, most);
      check({ChromaSubsampling::yuv444, depth, range, YuvMatrix::bt601}, ground, most);
    }
  }
}

TEST_CASE("video: without steadiness every frame is what a fresh stream makes of it") {
  for (const auto upsampling : {AbUpsampling::edge_aware, AbUpsampling::bilinear}) {
    const Shared colorizer = make_tiny({.upsampling = upsampling});
    Stream stream(colorizer, size, {.steadiness = 0.0f});
    const auto check = [&](const Frame& frame) {
      Stream fresh(colorizer, size, {.steadiness = 0.0f});
      fresh.show(frame);
      CHECK(stream.show(frame).predicted);
      CHECK(stream.chroma() == fresh.chroma());
    };
    for (int frame = 0; frame < 6; ++frame) {
      check(filmed(size, usual, Car{10.0 * frame}));  // all but a few rows are as they were
      if (frame % 2 == 0) check(filmed(size, usual, Car{10.0 * frame}));
    }
    for (int frame = 0; frame < 3; ++frame) check(busy_frame(frame));
    check(filmed(size, usual, elsewhere));
    check(filmed(size, usual, ground));
  }
}

TEST_CASE("video: without steadiness a change within the cells is seen, too") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size, {.steadiness = 0.0f}, whole);
  for (const double turn : {0.0, 1.0, 0.0}) {  // columns change places, which leaves the mean of each cell
    const auto columns = [=](double, double x) { return std::fmod(x + turn, 2.0) < 1 ? 60.0 : 120.0; };
    Stream fresh(colorizer, size, {.steadiness = 0.0f}, whole);
    stream.show(columns);
    fresh.show(columns);
    CHECK(stream.chroma() == fresh.chroma());
  }
}

TEST_CASE("video: of a frame that stays nothing changes but by a look, of which there are few") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  const Frame frame = filmed(size, usual, Car{50});
  CHECK(stream.show(frame).predicted);
  int looks = 1;
  for (int i = 1; i < 120; ++i) {
    const auto before = stream.chroma();
    const VideoFrameReport report = stream.show(frame);
    CHECK(report.unseen == 0.0f);
    CHECK(!report.cut);
    looks += report.predicted ? 1 : 0;
    // A look adds a 160th to the colours until there were 16, and what changes by less than a code stays.
    if (!report.predicted || looks > 16) CHECK(stream.chroma() == before);
    CHECK(largest_difference(stream.chroma(), before) <= 2);
  }
  CHECK(looks == 16 + 3);
  // Means of many looks have a tenth more colour than one (video/carried_colors.hpp), a code of slack less.
  Stream alone(colorizer, size, {.steadiness = 0.0f});
  alone.show(frame);
  const Area dark{64, 96, 0, 128};
  const double own = mean_chroma(alone.output, dark).length();
  CHECK(own > 10);
  CHECK(mean_chroma(stream.output, dark).length() > own);
  CHECK(mean_chroma(stream.output, dark).length() < 1.1 * own);
}

TEST_CASE("video: noise on a scene that stands still hardly moves its chroma") {
  Compared streams;
  double steady = 0;
  double alone = 0;
  for (int frame = 0; frame < 60; ++frame) {
    const auto before = streams.steady.chroma();
    const auto before_alone = streams.alone.chroma();
    const Noise noise(3, static_cast<unsigned>(frame));
    const VideoFrameReport report = streams.show(noise.on(ground));
    CHECK(!report.cut);
    if (frame > 0) CHECK(report.unseen < 0.002f);
    if (frame < 30) continue;
    steady += mean_difference(streams.steady.chroma(), before);
    alone += mean_difference(streams.alone.chroma(), before_alone);
  }
  CAPTURE(steady);
  CAPTURE(alone);
  CHECK(alone / 30 > 0.25);
  CHECK(steady < 0.1 * alone);
}

// Where every frame is looked at all rows are worked out: what waits for a fourth frame is as it was by slack and
// noise.
TEST_CASE("video: where a scene changes by its noise alone, chroma is worked out each fourth frame") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  const auto sloped = [](double y, double x) { return 60 + x / 2 + y / 3; };
  std::vector<int> before;
  int changes = 0;
  int frames = 0;
  for (int frame = 0; frame < 200; ++frame) {
    const Noise noise(1.5, static_cast<unsigned>(frame));
    const VideoFrameReport report = stream.show(noise.on(sloped));
    const auto now = stream.chroma();
    if (frame > 100 && !report.predicted) {
      ++frames;
      changes += now != before ? 1 : 0;
      CHECK(largest_difference(now, before) <= 2);
    }
    before = now;
  }
  CHECK(frames > 90);
  CHECK(changes <= frames / 4 + 1);
  // The noise stops: the next frame is worked out once more, and those after it stay as they are.
  const Frame still = filmed(size, usual, sloped);
  stream.show(still);
  stream.show(still);
  before = stream.chroma();
  for (int frame = 0; frame < 10; ++frame) {
    if (!stream.show(still).predicted) CHECK(stream.chroma() == before);
    before = stream.chroma();
  }
}

TEST_CASE("video: what moves within the noise's time has its own chroma at once") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  for (int frame = 0; frame < 40; ++frame) stream.show(filmed(size, usual, Car{2.0 * frame}));
  for (int frame = 40; frame < 48; ++frame) {
    const Frame shown = filmed(size, usual, Car{2.0 * frame});
    const auto before = stream.chroma();
    stream.show(shown);
    CHECK(stream.chroma() != before);
  }
}

TEST_CASE("video: a car that is there at once has its colour within 5 frames, whatever stood there") {
  for (const bool textured : {true, false}) {
    for (const double sigma : {0.0, 1.5}) {
      CAPTURE(textured);
      CAPTURE(sigma);
      Compared streams;
      for (int frame = 0; frame < 40; ++frame) {
        streams.show(Noise(sigma, static_cast<unsigned>(frame)).on(ground));
      }
      const Chroma before = mean_chroma(streams.alone.output, car_area);
      bool seen = false;
      for (int frame = 0; frame < 5; ++frame) {
        const auto report = streams.show(Noise(sigma, static_cast<unsigned>(100 + frame)).on(Car{50, textured}));
        CHECK(!report.cut);
        seen |= report.unseen > 0.01f;
      }
      CHECK(seen);
      CHECK(mean_chroma(streams.alone.output, car_area).apart(before) > 10);  // it does have another colour
      CHECK(streams.off(car_area) < 0.1);
    }
  }
}

TEST_CASE("video: a car that drives in has its colour as far as it has been seen for 5 frames") {
  for (const bool textured : {true, false}) {
    CAPTURE(textured);
    for (const double speed : {2.0, 6.0, 12.0}) {
      CAPTURE(speed);
      Compared streams;
      for (int frame = 0; frame < 20; ++frame) streams.show(ground);
      double left = -40;
      for (int frame = 1; left + speed < 80; ++frame) {
        left += speed;
        streams.show(Car{left, textured});
        const Area seen{40, 56, std::max(4.0, left + std::max(4.0, 44 - speed * (frame - 4))), left + 36};
        if (frame >= 5 && seen.right > seen.left + 6) CHECK(streams.off(seen) < 0.1);
      }
    }
  }
}

TEST_CASE("video: of a car that is gone nothing is left after 5 frames") {
  for (const bool textured : {true, false}) {
    Compared streams;
    for (int frame = 0; frame < 40; ++frame) streams.show(Car{50, textured});
    for (int frame = 0; frame < 5; ++frame) streams.show(ground);
    for (const Area& part : {Area{36, 60, 50, 90}, {36, 44, 50, 60}, {52, 60, 80, 90}}) {
      const Chroma expected = mean_chroma(streams.alone.output, part);
      CHECK(expected.length() > 5);
      // A code of slack, and a tenth more colour of many looks.
      CHECK(mean_chroma(streams.steady.output, part).apart(expected) < 1 + 0.1 * expected.length());
    }
  }
}

TEST_CASE("video: a car that drives slowly across and stops keeps its colour, and leaves none behind") {
  for (const bool textured : {true, false}) {
    CAPTURE(textured);
    Compared streams;
    double left = 10;
    for (int frame = 0; frame < 120; ++frame) {
      if (frame > 20 && frame < 100) left += 0.75;
      const auto report = streams.show(Car{left, textured});
      CHECK(!report.cut);
      if (frame < 5) continue;
      CHECK(streams.off({40, 56, left + 4, left + 36}) < 0.3);            // cells between two movements
      if (left > 40) CHECK(streams.off({40, 56, 12, left - 12}) < 0.15);  // 0.1 more colour of many looks in it
    }
  }
}

TEST_CASE("video: a slow change of light is no cut, and colours stay what they are") {
  for (const bool by_light : {false, true}) {
    Compared streams(by_light ? vivid() : one_color());
    for (int frame = 0; frame < 150; ++frame) {
      const Noise noise(1, static_cast<unsigned>(frame));
      const double factor = 0.6 * (1 + 0.004 * frame);
      const auto report = streams.show(noise.on(in_light(factor)));
      CHECK(!report.cut);
      if (frame == 0) continue;
      CHECK(report.unseen < 0.03f);
      if (by_light) continue;  // colours that follow the light lag behind it
      for (const Area& area : {car_area, Area{4, 30, 4, 120}, Area{64, 92, 4, 120}}) CHECK(streams.off(area) < 0.12);
    }
  }
}

TEST_CASE("video: a cut is reported at its frame, and what follows is as if nothing had been before") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  for (const bool noisy : {false, true}) {
    stream.video.restart();
    for (int frame = 0; frame < 30; ++frame) CHECK(!stream.show(filmed(size, usual, Car{3.0 * frame})).cut);
    Stream fresh(colorizer, size);
    for (int frame = 0; frame < 12; ++frame) {
      const Noise noise(noisy ? 1.5 : 0, static_cast<unsigned>(frame));
      const Frame shown = filmed(size, usual, noise.on(elsewhere));
      const VideoFrameReport report = stream.show(shown);
      const VideoFrameReport expected = fresh.show(shown);
      CHECK(report.cut == (frame == 0));
      CHECK(report.predicted == expected.predicted);
      CHECK(report.unseen == expected.unseen);
      CHECK(stream.chroma() == fresh.chroma());
    }
  }
}

TEST_CASE("video: a light that is switched on or off is no cut, and colours stay what they are") {
  for (const double factor : {1.9, 0.5}) {
    Compared streams(one_color());
    const double first = factor > 1 ? 0.5 : 1;
    for (int frame = 0; frame < 30; ++frame) CHECK(!streams.show(in_light(first)).cut);
    for (int frame = 0; frame < 8; ++frame) {
      CHECK(!streams.show(in_light(first * factor)).cut);
      for (const Area& area : {car_area, Area{4, 30, 4, 120}, Area{64, 92, 4, 120}}) CHECK(streams.off(area) < 0.12);
    }
  }
}

TEST_CASE("video: light on flat things hides what they were, and is no cut all the same") {
  const auto tiles = [](double y, double x) {
    return 40 + 12 * std::fmod(std::floor(y / 32) * 5 + std::floor(x / 32) * 3, 7);
  };
  Compared streams;
  for (int frame = 0; frame < 10; ++frame) CHECK(!streams.show(tiles).cut);
  const auto report = streams.show([&](double y, double x) { return tiles(y, x) + 100; });
  CHECK(report.unseen > 0.4f);
  CHECK(!report.cut);
}

TEST_CASE("video: restart() makes the next frame the first, of a stream as good as fresh") {
  const Shared colorizer = make_tiny();
  const auto rushing = [](int frame) {  // faster than can be found without what was found before
    return filmed(size, usual, [=](double y, double x) { return ground(y, x - 44.0 * frame); });
  };
  for (const bool rushes : {false, true}) {
    const auto scene = [&](int frame) { return rushes ? rushing(frame) : busy_frame(frame); };
    Stream stream(colorizer, size);
    for (int frame = 0; frame < 12; ++frame) stream.show(scene(frame));
    stream.video.restart();
    Stream fresh(colorizer, size);
    for (int frame = rushes ? 12 : 11; frame < 20; ++frame) {  // the first is the last of before, or not
      const Frame shown = scene(frame);
      const VideoFrameReport report = stream.show(shown);
      const VideoFrameReport expected = fresh.show(shown);
      CHECK(!report.cut);
      CHECK(report.predicted == expected.predicted);
      CHECK(report.unseen == expected.unseen);
      CHECK(stream.chroma() == fresh.chroma());
    }
  }
}

TEST_CASE("video: every frame is predicted where that is asked for") {
  const Shared colorizer = make_tiny();
  for (const float steadiness : {0.0f, 0.5f, 1.0f}) {
    Stream stream(colorizer, size, {.steadiness = steadiness, .every_frame = true});
    for (int frame = 0; frame < 20; ++frame) CHECK(stream.show(filmed(size, usual, ground)).predicted);
  }
}

TEST_CASE("video: the less steadiness, the more a frame shows of itself") {
  const Shared colorizer = make_tiny();
  double before = 0;
  for (const float steadiness : {1.0f, 0.3f, 0.0f}) {
    Stream stream(colorizer, size, {.steadiness = steadiness});
    double changes = 0;
    for (int frame = 0; frame < 40; ++frame) {
      const auto last = stream.chroma();
      stream.show(Noise(3, static_cast<unsigned>(frame)).on(ground));
      if (frame >= 20) changes += mean_difference(stream.chroma(), last);
    }
    CHECK(changes > 1.3 * before);
    before = changes;
  }
}

TEST_CASE("video: of how many looks colours are follows from the steadiness") {
  YuvFormat fine = usual;
  fine.depth = YuvDepth::bits10;
  const Shared colorizer = make_tiny();
  const auto dim = [](double y, double x) { return ground(y, x); };
  const auto lighter = [](double y, double x) { return ground(y, x) + 9; };
  const auto shown_after = [&](float steadiness, int before, int after) {
    Stream stream(colorizer, size, {.steadiness = steadiness, .every_frame = true}, fine);
    for (int frame = 0; frame < before; ++frame) stream.show(dim);
    for (int frame = 0; frame < after; ++frame) CHECK(stream.show(lighter).unseen == 0.0f);
    return stream.chroma();
  };
  for (const float steadiness : {0.3f, 0.6f}) {
    CAPTURE(steadiness);
    const auto first = shown_after(steadiness, 40, 1);  // the new luma beside nearly the old colours
    const double way = mean_difference(shown_after(steadiness, 40, 120), first);
    const double went = mean_difference(shown_after(steadiness, 40, 9), first);
    // 8 looks, each of which takes its part of a mean of n + 1; what looks disagree about is calmed meanwhile.
    const double n = 1 + 63 * static_cast<double>(steadiness * steadiness);
    CHECK(way > 1.9);
    CAPTURE(went / way);
    CHECK(std::fabs(went / way - (1 - std::pow(n / (n + 1), 8))) < 0.12);
  }
}

TEST_CASE("video: the same bits for any number of threads, whatever happens") {
  std::vector<std::vector<int>> expected;
  for (const int threads : {1, 2, 3, 5}) {
    Stream stream(make_tiny({.threads = threads}), size);
    for (int frame = 0; frame < 24; ++frame) {
      stream.show(frame == 15 ? filmed(size, usual, elsewhere) : busy_frame(frame));
      if (threads == 1) expected.push_back(stream.chroma());
      CHECK(stream.chroma() == expected[at(frame)]);
    }
  }
}

TEST_CASE("video: nothing is allocated in a call, with cuts or without") {
  std::vector<Frame> frames;
  for (int frame = 0; frame < 12; ++frame) {
    frames.push_back(frame % 6 == 4 ? filmed(size, usual, elsewhere) : busy_frame(frame));
  }
  for (const Shared& colorizer : {make_tiny(), open_golden()}) {
    for (const float steadiness : {0.0f, 1.0f}) {
      for (const int threads : {1, 3}) {
        Stream stream(colorizer, size, {.steadiness = steadiness}, usual, {.threads = threads});
        int cuts = 0;
        std::int64_t allocated = 0;
        for (const Frame& frame : frames) {
          const auto before = test::allocations();
          const Status status = stream.video.colorize(frame.view, stream.output.view);
          allocated += test::allocations() - before;
          REQUIRE(status.ok());
          cuts += stream.video.report().cut ? 1 : 0;
        }
        CHECK(cuts >= 2);
        CHECK(allocated == 0);
      }
    }
  }
}

TEST_CASE("video: streams that share a team and a colorizer get what each gets alone") {
  const Shared colorizer = make_tiny();
  const auto scene = [](int stream, int frame) {
    return stream == 0 ? busy_frame(frame) : filmed(size, usual, Car{100 - 4.0 * frame, false});
  };
  std::vector<std::vector<int>> expected[2];
  for (int number = 0; number < 2; ++number) {
    Stream alone(colorizer, size);
    for (int frame = 0; frame < 12; ++frame) {
      alone.show(scene(number, frame));
      expected[number].push_back(alone.chroma());
    }
  }
  const auto team = SharedTeam::create(2).value();
  std::vector<std::vector<int>> results[2];
  std::vector<std::thread> threads;
  for (int number = 0; number < 2; ++number) {
    threads.emplace_back([&, number] {
      auto video = VideoColorizer::create(colorizer, size, {}, {.team = team});
      if (!video) return;
      for (int frame = 0; frame < 12; ++frame) {
        const Frame input = scene(number, frame);
        Frame output(128, 96, usual);
        if (!video->colorize(input.view, output.view)) return;
        results[number].push_back(output.cb_codes());
        const auto cr = output.cr_codes();
        results[number].back().insert(results[number].back().end(), cr.begin(), cr.end());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int number = 0; number < 2; ++number) CHECK(results[number] == expected[number]);
}

TEST_CASE("video: a stream's memory is that of its parts") {
  const Shared colorizer = make_tiny();
  const Extent network{48, 64};  // working size, and the grid's
  const Stream stream(colorizer, size, {}, usual, {.threads = 3});
  const Index parts = video::Motion::create(network, network)->bytes() +
                      video::CarriedColors::create(network, network)->bytes() +
                      video::ChromaMemory::create(size, 3)->bytes() + video::SeenLuma::create(size)->bytes() +
                      video::InputColors::create(size, network)->bytes();
  const Index lightness = 48 * 64;
  const Index cells = 6 * 48 * 64;
  const Index floats = 4 * (lightness + cells);
  const Index rows = 96;
  CHECK(stream.video.bytes() == colorizer->make_workspace(size, {.threads = 3})->bytes() + parts + floats + rows);
  CHECK(stream.video.frame() == size);
}

TEST_CASE("video: what a stream cannot be made of is refused by name") {
  const Shared colorizer = make_tiny();
  const auto refused = [](const Result<VideoColorizer>& result, const std::string& part) {
    REQUIRE(!result);
    INFO(result.error().message());
    CHECK(result.error().code == ErrorCode::invalid_argument);
    CHECK(result.error().message().find(part) != std::string::npos);
  };
  refused(VideoColorizer::create(nullptr, size), "the Colorizer is null");
  for (const float steadiness : {-0.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()}) {
    refused(VideoColorizer::create(colorizer, size, {.steadiness = steadiness}), "steadiness");
  }
  refused(VideoColorizer::create(colorizer, {0, 128}), "the picture's size");
  refused(VideoColorizer::create(colorizer, size, {}, {.threads = -1}), "threads, expected 0 to");
}

TEST_CASE("video: frames that do not fit are refused by name, the output untouched, and the stream goes on") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  Stream undisturbed(colorizer, size);
  const Frame frame = filmed(size, usual, Car{20});
  const Frame output(128, 96, usual);
  const auto luma = output.luma;
  const auto cb = output.cb;
  const auto refused = [&](VideoColorizer& video, const YuvView& from, const MutableYuvView& to, const char* part) {
    const Status status = video.colorize(from, to);
    REQUIRE(!status.ok());
    INFO(status.error().message());
    CHECK(status.error().code == ErrorCode::invalid_argument);
    CHECK(status.error().message().find(part) != std::string::npos);
    CHECK(output.luma == luma);
    CHECK(output.cb == cb);
    CHECK(output.cr == cb);
  };
  for (int i = 0; i < 4; ++i) {
    CHECK(stream.show(filmed(size, usual, Car{10.0 * i})).predicted ==
          undisturbed.show(filmed(size, usual, Car{10.0 * i})).predicted);
    CHECK(stream.chroma() == undisturbed.chroma());
    MutableYuvView to = output.view;
    to.height = 95;
    refused(stream.video, frame.view, to, "the output is 128x95, the workspace was made for 128x96");
    YuvView from = frame.view;
    from.width = 127;
    refused(stream.video, from, output.view, "the input is 127x96, the workspace was made for 128x96");
    from = frame.view;
    from.luma.samples = nullptr;
    refused(stream.video, from, output.view, "input: luma: the pointer is null");
    to = output.view;
    to.format.subsampling = ChromaSubsampling::yuv400;
    refused(stream.video, frame.view, to, "output: 4:0:0");
    to = output.view;
    to.format.range = YuvRange::full;
    refused(stream.video, frame.view, to, "another depth or range");
  }
  const VideoColorizer moved = std::move(stream.video);
  CHECK(moved.frame() == size);
  CHECK(moved.bytes() > 0);
  CHECK(stream.video.frame() == Extent{0, 0});
  CHECK(stream.video.bytes() == 0);
  stream.video.restart();
  refused(stream.video, frame.view, output.view, "it was moved from");
}

TEST_CASE("video: a call that is cancelled leaves the output untouched, and the next one nothing of the last") {
  for (const auto& model : {vivid(), one_color()}) {
    const Shared colorizer = make_tiny({}, model);
    std::atomic<bool> cancel{false};
    Stream stream(colorizer, size, {.steadiness = 0.0f}, usual, {.cancel = &cancel});
    stream.show(ground);
    const auto before = stream.chroma();
    const auto luma = stream.output.luma;
    const Frame next = filmed(size, usual, [](double y, double x) { return ground(y, x) + 100; });
    cancel = true;
    const Status status = stream.video.colorize(next.view, stream.output.view);
    REQUIRE(!status);
    CHECK(status.error().code == ErrorCode::cancelled);
    CHECK(stream.chroma() == before);
    CHECK(stream.output.luma == luma);
    cancel = false;
    stream.show(next);
    Stream fresh(colorizer, size, {.steadiness = 0.0f});
    fresh.show(next);
    CHECK(stream.chroma() == fresh.chroma());
    CHECK(stream.chroma() != before);
  }
}

TEST_CASE("video: the format may change from one frame to the next") {
  const Shared colorizer = make_tiny();
  Stream fine(colorizer, size, {}, {.subsampling = ChromaSubsampling::yuv420, .depth = YuvDepth::bits10});
  Stream changing(colorizer, size, {.recolor = true});
  Stream steady(colorizer, size);
  for (int i = 0; i < 12; ++i) {
    steady.show(Car{40});
    fine.show(Car{40});
    const bool wide = i % 4 >= 2;
    Frame output(128, 96, wide ? fine.output.view.format : usual);
    const Frame input = filmed(size, output.view.format, Car{40});
    require(changing.video.colorize(input.view, output.view));
    CHECK(output.luma_codes() == input.luma_codes());
    CHECK(!changing.video.report().cut);
    const auto expected = wide ? fine.output.cb_codes() : steady.output.cb_codes();
    CHECK(largest_difference(output.cb_codes(), expected) <= (wide ? 10 : 2));  // the slack of each
  }
  // Another subsampling, range or matrix of the same luma.
  for (const auto subsampling : {ChromaSubsampling::yuv444, ChromaSubsampling::yuv422, ChromaSubsampling::yuv420}) {
    for (const auto matrix : {YuvMatrix::bt601, YuvMatrix::bt709}) {
      const YuvFormat format{subsampling, YuvDepth::bits8, YuvRange::limited, matrix};
      Frame output(128, 96, format);
      const Frame input = filmed(size, usual, Car{40});
      require(changing.video.colorize(input.view, output.view));
      Frame expected(128, 96, format);
      auto workspace = colorizer->make_workspace(size).value();
      require(colorizer->colorize(YuvView(input.view), expected.view, workspace));
      CHECK(mean_difference(output.cb_codes(), expected.cb_codes()) < 3);  // a tenth of 20
    }
  }
}

TEST_CASE("video: rows are kept only where all that their colours come from is as it was") {
  // Light by light the colour of the lower rows changes, and with it that of rows above, whose luma stays: the grid is
  // made finer twice, each round of which takes colours a row of cells further. Beside an edge they go furthest where
  // there is hardly one.
  test::TinyModel model = vivid();
  model.slope[0] = 1500;
  model.slope[1] = -1500;
  const Shared colorizer = make_tiny({.size = 16}, model);
  const Extent tall{192, 64};  // 48 by 16 cells, of 4 by 4 pixels
  YuvFormat fine = whole;
  fine.depth = YuvDepth::bits10;
  Stream stream(colorizer, tall, {.steadiness = 0.0f}, fine);
  for (const Index border : {32, 64, 96, 101, 128}) {
    std::vector<int> before;
    Index furthest = 0;
    for (const double step : {0.0, 2.0, 0.0, 1.0}) {
      const Frame frame = filmed(tall, fine, [&](double y, double x) {
        return 121 + std::fmod(std::floor(x / 4) + std::floor(y / 4), 2) + (y < static_cast<double>(border) ? 0 : step);
      });
      stream.show(frame);
      Stream fresh(colorizer, tall, {.steadiness = 0.0f}, fine);
      fresh.show(frame);
      const auto codes = fresh.chroma();
      CHECK(stream.chroma() == codes);
      for (Index y = 0; y < border && !before.empty(); ++y) {
        if (!std::equal(&codes[at(y * 64)], &codes[at(y * 64)] + 64, &before[at(y * 64)]))
          furthest = std::max(furthest, border - y);
      }
      before = codes;
    }
    CHECK(furthest > 4 * 4);  // pixels
  }
}

TEST_CASE("video: of frames with few rows none is kept while its cells change") {
  // Of two rows, dark above bright, one row of chroma is made, between cells whose colour is none and those whose
  // colour grows with the looks.
  test::TinyModel model = vivid();
  model.slope[1] = 90;
  model.bias[0] = model.bias[1] = 45;
  model.network =
      "network tiny\n"
      "input lightness channels=1\n"
      "scale normalise factor=0.01 offset=-0.5\n"
      "conv2d colours out=2 kernel=1\n"
      "relu positive\n"
      "output positive\n"
      "head ab layer=positive\n";
  YuvFormat fine;
  fine.depth = YuvDepth::bits10;
  for (const bool above : {false, true}) {
    Stream stream(make_tiny({.size = 64}, model), {2, 8}, {}, fine);  // 64 rows of cells
    const auto scene = [&](double y, double) { return (y > 0.5) != above ? 180.0 : 30.0; };
    stream.show(scene);
    const double first = stream.chroma()[6] - 512;
    CHECK(std::fabs(first) > 8);
    for (int frame = 0; frame < 40; ++frame) stream.show(scene);
    const double last = stream.chroma()[6] - 512;
    CHECK(last / first > 1.04);
    // Its slack, the rounding of the first, and half the square of a growth of 9 % by which chroma is no line in ab.
    CHECK(std::fabs(last - first * 1.1 / 1.00625) <= 5 + 0.5 * 1.1 + 0.1 + 0.0045 * std::fabs(first));
  }
}

TEST_CASE("video: a network of the public kind, whose second look at a scene is mirrored") {
  const Shared colorizer = open_golden();
  const auto scene = [](double y, double x) { return Car{16}(y, x) + (x > 70 ? 90 : -30); };
  const auto mirrored = [&](double y, double x) { return scene(y, 127 - x); };
  YuvFormat format = whole;
  format.depth = YuvDepth::bits10;
  // Colours of the first frame: as Colorizer's, a 160th more, in codes a quarter as large.
  Frame expected(128, 96, format);
  auto workspace = colorizer->make_workspace(size).value();
  const Frame input = filmed(size, format, scene);
  require(colorizer->colorize(YuvView(input.view), expected.view, workspace));
  Stream stream(colorizer, size, {.every_frame = true}, format);
  stream.show(input);
  CHECK(largest_difference(stream.output.cb_codes(), expected.cb_codes()) <= 3);
  CHECK(largest_difference(stream.output.cr_codes(), expected.cr_codes()) <= 3);
  const auto first = stream.chroma();
  // The mean of two looks, one of which is mirrored, is that of the mirror image's two, mirrored.
  stream.show(input);
  CHECK(mean_difference(stream.chroma(), first) > 2);  // the two do not agree
  Stream other(colorizer, size, {.every_frame = true}, format);
  other.show(mirrored);
  other.show(mirrored);
  int largest = 0;
  for (Index y = 0; y < 96; ++y) {
    for (Index x = 0; x < 128; ++x) {
      const auto apart = [&](const MutablePlane& one, const MutablePlane& its) {
        return std::abs(stream.output.code(one, x, y) - other.output.code(its, 127 - x, y));
      };
      largest = std::max(largest, apart(stream.output.view.cb, other.output.view.cb));
      largest = std::max(largest, apart(stream.output.view.cr, other.output.view.cr));
    }
  }
  CHECK(largest <= 11);  // five codes of slack each, and the order of sums
}

TEST_CASE("video: what a camera's memory recalls is looked at as it is, not mirrored") {
  const Shared colorizer = open_golden({.teachable = true});
  const auto day = test::place_picture({});
  const Extent extent = day.view().extent();
  auto workspace = colorizer->make_workspace(extent).value();
  auto memory = std::make_shared<CameraMemory>();
  REQUIRE(memory->add(colorizer->read_reference(std::as_const(day).view(), workspace).value()));
  const auto gray = test::place_picture({.in_color = false});
  const auto scene = [&](double y, double x) {
    return 16 + 219 * std::as_const(gray).view().row(static_cast<Index>(y))[static_cast<Index>(x)] / 255.0;
  };
  const Frame input = filmed(extent, usual, scene);
  Frame expected(extent.w, extent.h, usual);
  auto with_memory = colorizer->make_workspace(extent, {.memory = memory}).value();
  require(colorizer->colorize(YuvView(input.view), expected.view, with_memory));
  CHECK(with_memory.shows_memory_place());
  Stream stream(colorizer, extent, {.every_frame = true}, usual, {.memory = memory});
  stream.show(input);
  const auto first = stream.chroma();
  for (int frame = 1; frame < 6; ++frame) stream.show(input);
  // Looks that agree leave the colours alone, but for the gain of 6/160; those of a mirror image would not agree.
  CHECK(mean_difference(stream.chroma(), first) < 1);
  CHECK(largest_difference(stream.chroma(), first) <= 3);
  Stream without(colorizer, extent, {.every_frame = true});
  without.show(input);
  const auto own = without.chroma();
  CHECK(mean_difference(own, first) > 2);  // it does recall
}

}  // namespace video_colorizer_test
