// A VideoColorizer with a deadline: the network goes on with the next frame, and what it gives belongs to the frame
// that it began with, moved along since. On a network of many steps whose colours are a function of L alone.
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/engine/load_engine.hpp>
#include <ochre/video_colorizer.hpp>

#include "support/allocations.hpp"
#include "support/video_stream.hpp"

namespace deadline_test {

namespace {

using namespace ochre;
using namespace test::stream;
using test::at;
using test::Frame;

constexpr double no_time = 1e-9;  // seconds: over as soon as they are looked at

// The colours of vivid(), after steps that leave them as they are.
test::TinyModel slow_model() {
  test::TinyModel model = vivid();
  model.network =
      "network tiny\n"
      "input lightness channels=1\n"
      "scale normalise factor=0.01 offset=-0.5\n"
      "conv2d colours out=2 kernel=1\n";
  for (const char* name : {"second", "third", "fourth", "fifth", "sixth", "seventh"}) {
    model.network += "scale " + std::string(name) + " factor=1\n";
  }
  model.network += "output seventh\nhead ab layer=seventh\n";
  return model;
}

int steps_of(const test::TinyModel& model) {
  const std::string bytes = model.bytes();
  const auto parsed = Model::parse(std::as_bytes(std::span(bytes))).value();
  return static_cast<int>(load_engine<>(parsed).value().steps());
}

Stream stream_of(const Shared& colorizer, std::optional<double> deadline, float steadiness = 1.0f) {
  return Stream(colorizer, size, {.steadiness = steadiness, .deadline = deadline});
}

// A box of which light and dark are known, in other light from frame to frame.
struct Box {
  double left;
  double light;
  static constexpr double top = 32;
  static constexpr double side = 40;

  double operator()(double y, double x) const {
    if (y < top || y >= top + side || x < left || x >= left + side) return ground(y, x);
    return light + 18 * test::texture(2 * (y - top) + 300, 2 * (x - left));
  }
  Area area() const { return {top + 8, top + side - 8, left + 8, left + side - 8}; }
};

}  // namespace

TEST_CASE("video deadline: none, and what is no time, are refused by name") {
  const Shared colorizer = make_tiny();
  for (const double seconds :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    const auto refused = VideoColorizer::create(colorizer, size, {.deadline = seconds});
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::invalid_argument);
    CHECK(refused.error().message().find("a deadline of") != std::string::npos);
    CHECK(refused.error().message().find("expected above 0") != std::string::npos);
  }
  CHECK(VideoColorizer::create(colorizer, size, {.deadline = 1e-300}));
}

TEST_CASE("video deadline: one that is never reached changes no bit") {
  const Shared colorizer = make_tiny({}, slow_model());
  for (const double seconds : {1e6, std::numeric_limits<double>::infinity()}) {
    for (const float steadiness : {0.0f, 1.0f}) {
      Stream without = stream_of(colorizer, {}, steadiness);
      Stream with = stream_of(colorizer, seconds, steadiness);
      for (int frame = 0; frame < 20; ++frame) {
        const Frame shown = frame == 12 ? filmed(size, usual, elsewhere) : busy_frame(frame);
        CHECK(without.show(shown).predicted == with.show(shown).predicted);
        CHECK(without.chroma() == with.chroma());
      }
    }
  }
}

TEST_CASE("video deadline: without time there is one step a frame, and the colours when all are done") {
  const auto model = slow_model();
  const int steps = steps_of(model);
  REQUIRE(steps >= 7);
  const Shared colorizer = make_tiny({}, model);
  Stream stream = stream_of(colorizer, no_time);
  Stream whole_looks = stream_of(colorizer, {});
  const Frame frame = filmed(size, usual, Car{50});
  whole_looks.show(frame);
  const auto expected = whole_looks.chroma();
  std::int64_t allocated = 0;
  for (int i = 1; i <= 4 * steps; ++i) {
    const auto before = stream.chroma();
    const auto counted = test::allocations();
    const Status status = stream.video.colorize(frame.view, stream.output.view);
    allocated += test::allocations() - counted;
    require(status);
    const VideoFrameReport report = stream.video.report();
    CHECK(stream.output.luma_codes() == frame.luma_codes());
    if (i <= steps) CHECK(report.predicted == (i == steps));
    if (i < steps) CHECK(largest_difference(stream.chroma(), std::vector<int>(expected.size(), 128)) == 0);
    if (i == steps) CHECK(stream.chroma() == expected);
    if (i < steps) CHECK(report.unseen == 1.0f);
    if (i > steps) CHECK(report.unseen == 0.0f);
    if (i > steps && !report.predicted) CHECK(stream.chroma() == before);
  }
  CHECK(allocated == 0);
}

TEST_CASE("video deadline: the colours are those of the frame that the look began with, moved with what moved since") {
  const auto model = slow_model();
  const int steps = steps_of(model);
  const Shared colorizer = make_tiny({}, model);
  for (const double speed : {0.0, 2.0, 4.0, 6.0}) {
    CAPTURE(speed);
    Stream stream = stream_of(colorizer, no_time);
    Stream first = stream_of(colorizer, {});
    Stream last = stream_of(colorizer, {});
    const auto box = [&](int frame) { return Box{8 + speed * frame, 190 - 4.0 * frame}; };
    for (int frame = 0; frame < steps; ++frame) {
      CHECK(stream.show(box(frame)).predicted == (frame == steps - 1));
      CHECK(!stream.video.report().cut);
    }
    first.show(box(0));
    last.show(box(steps - 1));
    const Chroma then = mean_chroma(first.output, box(0).area());
    const Chroma now = mean_chroma(last.output, box(steps - 1).area());
    const Chroma shown = mean_chroma(stream.output, box(steps - 1).area());
    REQUIRE(then.apart(now) > 8);                       // colours follow the light
    CHECK(shown.apart(then) < 0.35 * then.apart(now));  // less light beside the same a and b is a little less chroma
    // And what stood still has the ground's.
    const Area beside{80, 94, 4, 120};
    CHECK(mean_chroma(stream.output, beside).apart(mean_chroma(first.output, beside)) < 1);
  }
}

TEST_CASE("video deadline: after a cut or a restart in the middle of a look there is none of it") {
  const auto model = slow_model();
  const int steps = steps_of(model);
  const Shared colorizer = make_tiny({}, model);
  for (const int done : {1, steps / 2, steps - 1, steps + 2}) {
    for (const bool cut : {true, false}) {
      CAPTURE(done);
      CAPTURE(cut);
      Stream stream = stream_of(colorizer, no_time);
      for (int frame = 0; frame < done; ++frame) stream.show(Car{40.0 + frame});
      if (!cut) stream.video.restart();
      Stream fresh = stream_of(colorizer, no_time);
      for (int frame = 0; frame < 2 * steps + 3; ++frame) {
        const Frame shown = cut ? filmed(size, usual, elsewhere) : filmed(size, usual, Car{40.0 + done});
        const VideoFrameReport report = stream.show(shown);
        const VideoFrameReport expected = fresh.show(shown);
        CHECK(report.cut == (cut && frame == 0));
        CHECK(report.predicted == expected.predicted);
        if (frame < steps) CHECK(report.predicted == (frame == steps - 1));
        CHECK(stream.chroma() == fresh.chroma());
      }
    }
  }
}

TEST_CASE("video deadline: a look that was cancelled begins again") {
  const auto model = slow_model();
  const int steps = steps_of(model);
  std::atomic<bool> cancel{false};
  Stream stream(make_tiny({}, model), size, {.deadline = no_time}, usual, {.cancel = &cancel});
  const Frame frame = filmed(size, usual, Car{50});
  for (int i = 0; i < steps - 1; ++i) CHECK(!stream.show(frame).predicted);
  cancel = true;
  const Status status = stream.video.colorize(frame.view, stream.output.view);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::cancelled);
  cancel = false;
  for (int i = 0; i < steps; ++i) CHECK(stream.show(frame).predicted == (i == steps - 1));
}

TEST_CASE("video deadline: without steadiness the last look is shown until the next one is done") {
  const auto model = slow_model();
  const int steps = steps_of(model);
  const Shared colorizer = make_tiny({}, model);
  Stream stream = stream_of(colorizer, no_time, 0.0f);
  Stream bright = stream_of(colorizer, {}, 0.0f);
  Stream dark = stream_of(colorizer, {}, 0.0f);
  const Frame one = filmed(size, usual, in_light(1));
  const Frame other = filmed(size, usual, in_light(0.9));
  bright.show(one);
  dark.show(other);
  REQUIRE(largest_difference(bright.chroma(), dark.chroma()) > 4);
  for (int i = 0; i < steps; ++i) stream.show(one);
  CHECK(stream.chroma() == bright.chroma());
  for (int i = 0; i < steps; ++i) {
    stream.show(other);
    if (i == steps - 1) continue;
    // Chroma beside another luma differs by a little.
    CHECK(mean_difference(stream.chroma(), bright.chroma()) < 2);
    CHECK(mean_chroma(stream.output, car_area).length() > 0.8 * mean_chroma(bright.output, car_area).length());
  }
  CHECK(stream.chroma() == dark.chroma());
}

TEST_CASE("video deadline: frames in colour in the middle of a look keep theirs, and so do the grey ones that follow") {
  const auto model = slow_model();
  const int steps = steps_of(model);
  Stream stream = stream_of(make_tiny({}, model), no_time);
  const auto with_chroma = [](bool in_color) {
    Frame frame = filmed(size, usual, Car{50});
    for (Index y = 0; y < 48; ++y) {
      for (Index x = 0; x < 64; ++x) {
        const bool warm = in_color && (x / 16 + y / 16) % 2 == 0;
        frame.set(frame.view.cb, x, y, warm ? 110 : 128);
        frame.set(frame.view.cr, x, y, warm ? 150 : 128);
      }
    }
    return frame;
  };
  const Frame color = with_chroma(true);
  const Frame gray = with_chroma(false);
  stream.show(color);
  CHECK(stream.video.report().colored);
  for (int i = 0; i < steps / 2; ++i) CHECK(!stream.show(gray).predicted);
  stream.show(color);
  CHECK(stream.output.cb_codes() == color.cb_codes());
  CHECK(stream.output.cr_codes() == color.cr_codes());
  for (int i = 0; i < steps; ++i) {
    stream.show(gray);
    CHECK(mean_difference(stream.output.cr_codes(), color.cr_codes()) < 3);
    CHECK(mean_difference(stream.output.cb_codes(), color.cb_codes()) < 3);
  }
}

}  // namespace deadline_test
