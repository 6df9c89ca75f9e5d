// Streams with chroma: frames in colour that are kept, and teach; grey ones between and behind them; colours that are
// none, of headlights. The scenes are drawn, so that the true chroma of grey frames is known.
#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/video_colorizer.hpp>

#include "support/allocations.hpp"
#include "support/place_picture.hpp"
#include "support/video_stream.hpp"

namespace day_and_night_test {

namespace {

using namespace ochre;
using namespace test::stream;
using test::at;
using test::Frame;
using test::Layout;

// 8-bit codes of chroma beside zero, at a place of 0…1.
template <class Function>
void paint(Frame& frame, const Function& function) {
  const image::YuvCodes codes = image::yuv_codes(frame.view.format.depth, frame.view.format.range);
  const int unit = frame.view.format.depth == YuvDepth::bits8 ? 1 : 4;
  const Index height = frame.view.chroma_height();
  const Index width = frame.view.chroma_width();
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      const std::array<double, 2> beside = function((static_cast<double>(y) + 0.5) / static_cast<double>(height),
                                                    (static_cast<double>(x) + 0.5) / static_cast<double>(width));
      frame.set(frame.view.cb, x, y, codes.zero + unit * static_cast<int>(std::lround(beside[0])));
      frame.set(frame.view.cr, x, y, codes.zero + unit * static_cast<int>(std::lround(beside[1])));
    }
  }
}

std::array<double, 2> gray(double, double) { return {0, 0}; }

// Slow waves of colour, so that no error comes of bringing it to cells and back.
std::array<double, 2> day(double y, double x) { return {14 * std::cos(7 * x + 3 * y), 14 * std::sin(6 * y - 4 * x)}; }

template <class Scene, class Colors>
Frame shot(const Scene& scene, const Colors& colors, const YuvFormat& format = usual) {
  Frame frame = filmed(size, format, scene);
  paint(frame, colors);
  return frame;
}

// Luma without chroma.
YuvView luma_of(const Frame& frame) {
  YuvView view = frame.view;
  view.cb = view.cr = {};
  return view;
}

bool same_picture(const Frame& one, const Frame& other) {
  return one.luma_codes() == other.luma_codes() && one.cb_codes() == other.cb_codes() &&
         one.cr_codes() == other.cr_codes();
}

// Mean distance of chroma codes.
double chroma_error(const Frame& one, const Frame& other) {
  return 0.5 * (mean_difference(one.cb_codes(), other.cb_codes()) + mean_difference(one.cr_codes(), other.cr_codes()));
}

struct Change {
  InfraredChange infrared = InfraredChange::none;
  Index frames_ago = 0;
};

void check_change(const VideoFrameReport& report, const Change& expected) {
  CHECK(static_cast<int>(report.infrared) == static_cast<int>(expected.infrared));
  CHECK(report.frames_ago == expected.frames_ago);
}

// A place in colour, or grey, as a frame of 4:4:4.
Frame frame_of_place(const test::PlaceView& view) {
  const auto picture = test::place_picture(view);
  YuvFormat format = whole;
  format.range = YuvRange::full;
  Frame frame(view.width, view.height, format);
  const image::YuvWeights k = image::yuv_weights(format.matrix);
  for (Index y = 0; y < view.height; ++y) {
    for (Index x = 0; x < view.width; ++x) {
      const std::uint8_t* pixel = picture.view().row(y) + (view.in_color ? 3 : 1) * x;
      const double red = pixel[0];
      const double green = pixel[view.in_color ? 1 : 0];
      const double blue = pixel[view.in_color ? 2 : 0];
      const double luma = k.r * red + k.g * green + k.b * blue;
      const auto code = [](double value) { return std::clamp(static_cast<int>(std::lround(value)), 0, 255); };
      frame.set(frame.view.luma, x, y, code(luma));
      frame.set(frame.view.cb, x, y, code(128 + (blue - luma) / (2 * (1 - k.b))));
      frame.set(frame.view.cr, x, y, code(128 + (red - luma) / (2 * (1 - k.r))));
    }
  }
  return frame;
}

// The same luma, and neutral chroma.
Frame without_color(const Frame& frame) {
  Frame same(frame.view.width, frame.view.height, frame.view.format);
  same.luma = frame.luma;
  same.view.luma.samples = same.luma.data();
  paint(same, gray);
  return same;
}

constexpr Extent place_size{64, 96};
constexpr YuvFormat place_format{.subsampling = ChromaSubsampling::yuv444, .range = YuvRange::full};

}  // namespace

TEST_CASE("video by day: a stream in colour is passed bit for bit, in every format, size and layout, and in place") {
  const Shared colorizer = make_tiny({.size = 16});
  std::mt19937 random(2);
  for (const Extent extent : {Extent{7, 9}, {34, 21}}) {
    for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
      for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
        for (const Layout layout : test::layouts) {
          CAPTURE(static_cast<int>(depth));
          CAPTURE(static_cast<int>(subsampling));
          CAPTURE(static_cast<int>(layout));
          const YuvFormat format{subsampling, depth, YuvRange::full, YuvMatrix::bt601};
          Stream stream(colorizer, extent, {}, format);
          for (int number = 0; number < 3; ++number) {
            Frame input(extent.w, extent.h, format, layout);
            const int codes = depth == YuvDepth::bits8 ? 256 : 1024;
            const auto any = [&] { return static_cast<int>(random() % static_cast<unsigned>(codes)); };
            for (Index y = 0; y < extent.h; ++y) {
              for (Index x = 0; x < extent.w; ++x) input.set(input.view.luma, x, y, any());
            }
            for (Index y = 0; y < input.view.chroma_height(); ++y) {
              for (Index x = 0; x < input.view.chroma_width(); ++x) {
                input.set(input.view.cb, x, y, any());
                input.set(input.view.cr, x, y, any());
              }
            }
            const auto memory = std::array{input.luma, input.cb, input.cr};
            const auto luma = input.luma_codes();
            const auto cb = input.cb_codes();
            const auto cr = input.cr_codes();
            const VideoFrameReport report = stream.show(input);
            CHECK(report.colored);
            CHECK(!report.predicted);
            CHECK(!report.learned);
            check_change(report, {});
            CHECK(stream.output.luma_codes() == luma);
            CHECK(stream.output.cb_codes() == cb);
            CHECK(stream.output.cr_codes() == cr);
            require(stream.video.colorize(input.view, input.view));
            CHECK(std::array{input.luma, input.cb, input.cr} == memory);
          }
        }
      }
    }
  }
}

TEST_CASE("video by day: grey frames between those in colour get the day's colours at once, and are no change") {
  Stream stream(make_tiny(), size);
  const Frame truth = shot(parked, day);
  const Frame night = shot(parked, gray);
  int looks = 0;  // in a gap; each, of another opinion, counts a 65th
  for (int frame = 0; frame < 40; ++frame) {
    const bool gap = frame % 10 >= 6;  // four in a row
    const VideoFrameReport report = stream.show(gap ? night : truth);
    check_change(report, {});
    CHECK(report.colored == !gap);
    looks = gap ? looks + (report.predicted ? 1 : 0) : 0;
    if (!gap) CHECK(same_picture(stream.output, truth));
    if (gap) CHECK(chroma_error(stream.output, truth) < 0.8 + 0.5 * looks);
    if (gap) CHECK(chroma_error(night, truth) > 7);
  }
}

TEST_CASE("video at night: what was seen by day keeps its colours, whatever the network thinks; then day comes back") {
  // Of 0.6 codes off are all that are rounded twice or held; each look of another opinion counts a 65th.
  for (const bool moves : {false, true}) {
    CAPTURE(moves);
    Stream stream(make_tiny(), size);
    int number = 0;
    const auto scene = [&](const auto& colors) {
      const double shift = moves ? 2.0 * number : 0;
      ++number;
      return shot([&](double y, double x) { return 120 + 60 * test::texture(y, x - shift); },
                  [&](double y, double x) { return colors(y, x - shift / 128); });
    };
    for (int frame = 0; frame < 7; ++frame) {
      const VideoFrameReport report = stream.show(scene(day));
      CHECK(report.colored);
      check_change(report, {});
    }
    int looks = 0;
    for (int frame = 0; frame < 8; ++frame) {
      const int now = number;
      const VideoFrameReport report = stream.show(scene(gray));
      number = now;
      const Frame truth = scene(day);
      CHECK(!report.colored);
      looks += report.predicted ? 1 : 0;
      check_change(report, frame == 4 ? Change{InfraredChange::begins, 4} : Change{});
      CHECK(stream.output.luma_codes() == truth.luma_codes());
      CAPTURE(looks);
      CHECK(chroma_error(stream.output, truth) < (moves ? 3 : 1) + 0.5 * looks);
    }
    CHECK(chroma_error(scene(gray), scene(day)) > 7);
    for (int frame = 0; frame < 9; ++frame) {
      const Frame truth = scene(day);
      const VideoFrameReport report = stream.show(truth);
      check_change(report, frame == 4 ? Change{InfraredChange::ends, 4} : Change{});
      CHECK(report.colored == (frame >= 4));
      CHECK(same_picture(stream.output, truth) == (frame >= 4));
    }
  }
}

TEST_CASE("video at night: headlights are coloured by their luma, and change nothing") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  Stream luma_alone(colorizer, size);
  for (int frame = 0; frame < 60; ++frame) {
    const bool headlights = frame % 8 >= 6 || (frame > 20 && frame < 25);
    const auto scene = [&](double y, double x) { return Car{30.0 + frame}(y, x) + (headlights ? 20 : 0); };
    const Frame shown = headlights ? shot(scene, day) : shot(scene, gray);
    const VideoFrameReport report = stream.show(shown);
    require(luma_alone.video.colorize(luma_of(shown), luma_alone.output.view));
    CHECK(!report.colored);
    check_change(report, {});
    CHECK(same_picture(stream.output, luma_alone.output));
  }
}

TEST_CASE("video at night: the infrared is passed as it is where that is asked for, once there was colour") {
  const Shared colorizer = make_tiny();
  for (const YuvFormat& format :
       {usual,
        YuvFormat{.subsampling = ChromaSubsampling::yuv422, .depth = YuvDepth::bits10_high, .range = YuvRange::full}}) {
    Stream passing(colorizer, size, {.pass_infrared = true}, format);
    Stream coloring(colorizer, size, {}, format);
    const auto pink = [](double, double) { return std::array{3.0, 5.0}; };  // a tint is no colour
    const Frame night = shot(parked, pink, format);
    for (int frame = 0; frame < 6; ++frame) {
      passing.show(night);
      coloring.show(night);
      CHECK(same_picture(passing.output, coloring.output));
      CHECK(!same_picture(passing.output, night));
    }
    for (int frame = 0; frame < 5; ++frame) {
      check_change(passing.show(shot(parked, day, format)), frame == 4 ? Change{InfraredChange::ends, 4} : Change{});
    }
    for (int frame = 0; frame < 8; ++frame) {
      const VideoFrameReport report = passing.show(night);
      CHECK(!report.colored);
      CHECK(!report.predicted);
      check_change(report, frame == 4 ? Change{InfraredChange::begins, 4} : Change{});
      CHECK(same_picture(passing.output, night));
    }
    // Of luma alone, or beside another subsampling that 4:0:0 has none of, it is neutral.
    require(passing.video.colorize(luma_of(night), passing.output.view));
    CHECK(same_picture(passing.output, shot(parked, gray, format)));
    YuvView no_chroma = night.view;
    no_chroma.format.subsampling = ChromaSubsampling::yuv400;
    Frame output(size.w, size.h, format, Layout::turns);
    require(passing.video.colorize(no_chroma, output.view));
    CHECK(same_picture(output, shot(parked, gray, format)));
  }
}

TEST_CASE("video by day: the input's chroma is not looked at where other colours are asked for") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size, {.recolor = true}, whole);
  Stream luma_alone(colorizer, size, {}, whole);
  for (int frame = 0; frame < 8; ++frame) {
    const Frame shown = shot(Car{20.0 + frame}, day);  // of another subsampling than the output
    const VideoFrameReport report = stream.show(shown);
    require(luma_alone.video.colorize(luma_of(shown), luma_alone.output.view));
    CHECK(!report.colored);
    CHECK(report.predicted == luma_alone.video.report().predicted);
    check_change(report, {});
    CHECK(same_picture(stream.output, luma_alone.output));
    CHECK(stream.chroma() != std::vector<int>(at(2 * 96 * 128), 128));
  }
}

TEST_CASE("video by day: chroma of another kind than the output's, and such that cannot be read, is refused by name") {
  const Shared colorizer = make_tiny();
  Stream stream(colorizer, size);
  const auto refused = [&](const YuvView& input, const std::string& part) {
    const auto before = stream.output.cb;
    const auto luma = stream.output.luma;
    const Status status = stream.video.colorize(input, stream.output.view);
    REQUIRE(!status);
    INFO(status.error().message());
    CHECK(status.error().code == ErrorCode::invalid_argument);
    CHECK(status.error().message().find(part) != std::string::npos);
    CHECK(stream.output.cb == before);
    CHECK(stream.output.luma == luma);
  };
  for (const auto& colors : {gray, day}) {
    for (const auto subsampling : {ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
      const Frame frame = shot(parked, colors, {.subsampling = subsampling});
      refused(frame.view, "output: another subsampling or matrix than the input's");
      require(stream.video.colorize(luma_of(frame), stream.output.view));
    }
    refused(shot(parked, colors, {.matrix = YuvMatrix::bt601}).view, "output: another subsampling or matrix");
  }
  const Frame frame = shot(parked, day);
  YuvView input = frame.view;
  input.cr.samples = nullptr;
  refused(input, "input: Cr: the pointer is null");
  input = frame.view;
  input.cb.row_stride = 63;
  refused(input, "input: Cb: the row stride is 63 bytes, but a row has 64");
  CHECK(stream.show(frame).colored);
}

TEST_CASE("video by day: what is known is shown as it is at night, whatever the steadiness") {
  const Shared colorizer = open_golden();  // of many steps: it does not come to say otherwise
  std::vector<int> first;
  for (const float steadiness : {1.0f, 0.5f, 0.2f, 0.0f}) {
    CAPTURE(steadiness);
    Stream stream(colorizer, size, {.steadiness = steadiness, .deadline = 1e-9});
    const auto strong = [](double y, double x) { return std::array{2.5 * day(y, x)[0], 2.5 * day(y, x)[1]}; };
    const Frame truth = shot(parked, strong);
    stream.show(truth);
    for (int frame = 0; frame < 3; ++frame) {
      CHECK(!stream.show(shot(parked, gray)).predicted);
      CHECK(chroma_error(stream.output, truth) < 2);  // of 22, on a coarse grid
      if (first.empty()) first = stream.chroma();
      CHECK(mean_difference(stream.chroma(), first) < 0.05);  // roundings
    }
  }
}

TEST_CASE("video by day: the same bits for any number of threads, and nothing is allocated in a call") {
  std::vector<Frame> frames;
  for (int frame = 0; frame < 30; ++frame) {
    const Car car{20.0 + 2 * frame};
    frames.push_back(frame / 8 % 2 == 0 ? shot(car, day) : shot(car, gray));
  }
  std::vector<std::vector<int>> expected;
  for (const int threads : {1, 3}) {
    Stream stream(make_tiny({.threads = threads}), size);
    int changes = 0;
    std::int64_t allocated = 0;
    for (const Frame& frame : frames) {
      const auto before = test::allocations();
      const Status status = stream.video.colorize(frame.view, stream.output.view);
      allocated += test::allocations() - before;
      require(status);
      changes += stream.video.report().infrared == InfraredChange::none ? 0 : 1;
      if (threads == 1) expected.push_back(stream.chroma());
      CHECK(stream.chroma() == expected[static_cast<std::size_t>(&frame - frames.data())]);
    }
    CHECK(changes == 3);
    CHECK(allocated == 0);
  }
}

TEST_CASE("video by day: it learns from the first frame in colour, 25 later, 50 later and ever more rarely") {
  const Shared colorizer = open_golden({.teachable = true});
  Stream stream(colorizer, place_size, {}, place_format);
  const Frame truth = frame_of_place({});
  CHECK(stream.video.memory().is_empty());
  std::vector<int> lessons;
  std::size_t entries = 0;
  for (int frame = 0; frame < 400; ++frame) {
    const auto before = test::allocations();
    const Status status = stream.video.colorize(truth.view, stream.output.view);
    const auto allocated = test::allocations() - before;
    require(status);
    const VideoFrameReport report = stream.video.report();
    CHECK(report.colored);
    CHECK(report.predicted == report.learned);
    CHECK(same_picture(stream.output, truth));
    if (!report.learned) CHECK(allocated == 0);
    if (report.learned) lessons.push_back(frame);
    CHECK(stream.video.memory().frames() == static_cast<Index>(lessons.size()));
    CHECK(stream.video.memory().entries().size() >= entries);
    entries = stream.video.memory().entries().size();
  }
  CHECK(lessons == std::vector<int>{0, 25, 75, 175, 375});
  CHECK(entries > 0);
}

TEST_CASE("video by day: what was learned colours a fresh stream of the same place") {
  const Shared colorizer = open_golden({.teachable = true});
  Stream by_day(colorizer, place_size, {}, place_format);
  for (int frame = 0; frame < 30; ++frame)
    by_day.show(frame_of_place({.exposure = 1.0f - 0.004f * static_cast<float>(frame)}));
  CHECK(by_day.video.memory().frames() == 2);
  const auto memory = std::make_shared<const CameraMemory>(by_day.video.memory());
  const Frame truth = frame_of_place({.exposure = 0.9f});
  const Frame night = without_color(truth);
  Stream alone(colorizer, place_size, {}, place_format);
  Stream taught(colorizer, place_size, {}, place_format, {.memory = memory});
  CHECK(taught.video.memory().frames() == 2);
  for (int frame = 0; frame < 12; ++frame) {
    alone.show(night);
    taught.show(night);
    CHECK(chroma_error(taught.output, truth) < 0.5 * chroma_error(alone.output, truth));
  }
  // It goes on learning where the given memory ended.
  Stream again(colorizer, place_size, {}, place_format, {.memory = memory});
  CHECK(again.show(truth).learned);
  CHECK(again.video.memory().frames() == 3);
  CHECK(memory->frames() == 2);
}

TEST_CASE("video by day: what the same stream learned is recalled at night, after a cut away and back") {
  const Shared colorizer = open_golden({.teachable = true});
  const Frame truth = shot(parked, day);
  const Frame night = shot(parked, gray);
  const Frame other = shot(elsewhere, gray);
  const auto error_with = [&](bool learn) {
    Stream stream(colorizer, size, {.learn = learn});
    for (int frame = 0; frame < 6; ++frame) CHECK(stream.show(truth).learned == (learn && frame == 0));
    for (int frame = 0; frame < 6; ++frame) stream.show(night);
    CHECK(stream.show(other).cut);
    stream.video.restart();
    stream.show(night);
    return chroma_error(stream.output, truth);
  };
  const double untaught = error_with(false);
  CHECK(untaught > 6);
  CHECK(error_with(true) < 0.5 * untaught);
}

TEST_CASE("video by day: nothing is learned where that is not wanted or cannot be, nor of another place") {
  const Frame truth = frame_of_place({});
  const auto learns = [&](const Shared& colorizer, const VideoOptions& options, const Frame& frame) {
    Stream stream(colorizer, place_size, options, place_format);
    bool learned = false;
    for (int i = 0; i < 60; ++i) {
      const auto before = test::allocations();
      const Status status = stream.video.colorize(frame.view, stream.output.view);
      const auto allocated = test::allocations() - before;
      require(status);
      learned = learned || stream.video.report().learned;
      if (!learned) CHECK(allocated == 0);
    }
    CHECK(stream.video.memory().is_empty() == !learned);
    return learned;
  };
  const Shared teachable = open_golden({.teachable = true});
  CHECK(learns(teachable, {}, truth));
  CHECK(!learns(teachable, {.learn = false}, truth));
  CHECK(!learns(teachable, {.recolor = true}, truth));
  CHECK(!learns(open_golden(), {}, truth));
  CHECK(!learns(teachable, {}, without_color(truth)));

  Stream stream(teachable, size);
  const Frame here = shot(parked, day);
  const Frame away = shot(elsewhere, day);
  for (int i = 0; i < 110; ++i) {
    if (i == 60) stream.video.restart();
    const VideoFrameReport report = stream.show(i >= 10 && i < 60 ? away : here);
    CHECK(report.cut == (i == 10));
    CHECK(report.colored);
    CHECK(report.learned == (i == 0 || i == 75));  // at the 25th it looked, and knew that this was elsewhere
    if (i == 25) CHECK(report.predicted);
  }
  CHECK(stream.video.memory().frames() == 2);
}

TEST_CASE("video by day: of a flash in the night nothing is learned") {
  const Shared colorizer = open_golden({.teachable = true});
  Stream stream(colorizer, place_size, {}, place_format);
  const Frame truth = frame_of_place({});
  const Frame night = without_color(truth);
  for (int frame = 0; frame < 42; ++frame) CHECK(!stream.show(frame % 6 >= 2 && frame % 6 < 5 ? truth : night).learned);
  CHECK(stream.video.memory().is_empty());
  for (int frame = 0; frame < 5; ++frame) CHECK(stream.show(truth).learned == (frame == 4));
}

}  // namespace day_and_night_test
