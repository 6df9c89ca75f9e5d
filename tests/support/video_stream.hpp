// Streams of drawn frames for tests of VideoColorizer: a ground, a car, another scene, noise and light; and models
// whose colours are known.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/colorizer_file.hpp>
#include <ochre/video_colorizer.hpp>

#include "support/moving_texture.hpp"
#include "support/tiny_model.hpp"
#include "support/yuv_frame.hpp"

namespace ochre::test::stream {

using Shared = std::shared_ptr<const Colorizer>;

inline constexpr YuvFormat usual{};  // 4:2:0 of 8 bits, limited range
inline constexpr YuvFormat whole{.subsampling = ChromaSubsampling::yuv444};
inline constexpr Extent size{96, 128};  // 48 by 64 at the network

inline void require(const Status& status) {
  INFO((status ? std::string() : status.error().message()));
  REQUIRE(status.ok());
}

// Dark is green, bright is violet: a = -b = 0.9 L - 45.
inline TinyModel vivid() {
  TinyModel model;
  model.slope[0] = 90;
  model.slope[1] = -90;
  model.bias[0] = model.bias[1] = 0;
  return model;
}

inline Shared make_tiny(ColorizerOptions options = {}, const TinyModel& model = vivid()) {
  if (!options.size) options.size = 48;
  if (options.threads == 0) options.threads = 1;
  const std::string bytes = model.bytes();
  return std::make_shared<const Colorizer>(Colorizer::from_bytes(std::as_bytes(std::span(bytes)), options).value());
}

inline Shared open_golden(ColorizerOptions options = {}) {
  options.size = 64;
  options.threads = 1;
  return std::make_shared<const Colorizer>(
      Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", options).value());
}

// One colour, whatever is seen.
inline TinyModel one_color() {
  TinyModel model;
  model.slope[0] = model.slope[1] = 0;
  model.bias[0] = model.bias[1] = 15;
  return model;
}

// ---- what is filmed: codes of 8 bits at (y, x), of limited range ----

template <class Scene>
inline Frame filmed(Extent extent, const YuvFormat& format, const Scene& scene) {
  Frame frame(extent.w, extent.h, format);
  const int unit = format.depth == YuvDepth::bits8 ? 1 : 4;
  for (Index y = 0; y < extent.h; ++y) {
    for (Index x = 0; x < extent.w; ++x) {
      const double code = scene(static_cast<double>(y), static_cast<double>(x));
      frame.set(frame.view.luma, x, y, static_cast<int>(std::lround(std::clamp(code, 16.0, 235.0) * unit)));
    }
  }
  return frame;
}

inline double ground(double y, double x) { return 80 + 25 * texture(y / 2, x / 2); }
inline double elsewhere(double y, double x) { return 130 + 90 * texture(x + 500, y); }

// A car of 40 by 24 pixels, its left side at `left`.
struct Car {
  double left;
  bool textured = true;
  static constexpr double top = 36;

  bool covers(double y, double x) const { return y >= top && y < top + 24 && x >= left && x < left + 40; }
  double operator()(double y, double x) const {
    if (!covers(y, x)) return ground(y, x);
    return 170 + (textured ? 25 * texture(2 * (y - top) + 100, 2 * (x - left)) : 0);
  }
};

inline constexpr Car parked{50};

// The parked car, in other light.
inline auto in_light(double factor) {
  return [=](double y, double x) { return 16 + factor * (parked(y, x) - 16); };
}

struct Noise {
  mutable std::mt19937 random;
  double sigma;

  Noise(double of, unsigned seed) : random(seed), sigma(of) {}

  template <class Scene>
  auto on(const Scene& scene) const {
    return [&, scene](double y, double x) { return scene(y, x) + std::normal_distribution<double>(0, sigma)(random); };
  }
};

// ---- a stream with its output ----

struct Stream {
  VideoColorizer video;
  Frame output;

  Stream(const Shared& colorizer, Extent extent, const VideoOptions& options = {}, const YuvFormat& format = usual,
         const ColorizerWorkspaceOptions& workspace = {})
      : video(VideoColorizer::create(colorizer, extent, options, workspace).value()),
        output(extent.w, extent.h, format) {}

  VideoFrameReport show(const Frame& frame) {
    require(video.colorize(frame.view, output.view));
    return video.report();
  }
  template <class Scene>
  VideoFrameReport show(const Scene& scene) {
    return show(filmed(output.view.extent(), output.view.format, scene));
  }
  std::vector<int> chroma() const {
    auto codes = output.cb_codes();
    const auto cr = output.cr_codes();
    codes.insert(codes.end(), cr.begin(), cr.end());
    return codes;
  }
};

inline int largest_difference(const std::vector<int>& one, const std::vector<int>& other) {
  REQUIRE(one.size() == other.size());
  int largest = 0;
  for (std::size_t i = 0; i < one.size(); ++i) largest = std::max(largest, std::abs(one[i] - other[i]));
  return largest;
}

inline double mean_difference(const std::vector<int>& one, const std::vector<int>& other) {
  REQUIRE(one.size() == other.size());
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i) sum += std::abs(one[i] - other[i]);
  return sum / static_cast<double>(one.size());
}

// The mean chroma of an area, 0 for grey, in codes.
struct Chroma {
  double cb = 0, cr = 0;

  double length() const { return std::hypot(cb, cr); }
  double apart(const Chroma& other) const { return std::hypot(cb - other.cb, cr - other.cr); }
};

// Of 4:2:0 with even borders, in luma pixels.
struct Area {
  double top, bottom, left, right;
};

inline Chroma mean_chroma(const Frame& frame, const Area& area) {
  Chroma mean;
  double count = 0;
  for (Index y = 0; y < frame.view.chroma_height(); ++y) {
    for (Index x = 0; x < frame.view.chroma_width(); ++x) {
      const double v = static_cast<double>(2 * y);
      const double u = static_cast<double>(2 * x);
      if (v < area.top || v >= area.bottom || u < area.left || u >= area.right) continue;
      mean.cb += frame.code(frame.view.cb, x, y) - 128;
      mean.cr += frame.code(frame.view.cr, x, y) - 128;
      ++count;
    }
  }
  REQUIRE(count > 0);
  return {mean.cb / count, mean.cr / count};
}

inline constexpr Area car_area{40, 56, 54, 86};  // of the parked car, all around within it

// Two streams of the same frames, one of which colours each by itself.
struct Compared {
  Stream steady, alone;

  explicit Compared(const TinyModel& model = vivid())
      : steady(make_tiny({}, model), size), alone(make_tiny({}, model), size, {.steadiness = 0.0f}) {}

  template <class Scene>
  VideoFrameReport show(const Scene& scene) {
    const Frame frame = filmed(size, usual, scene);
    alone.show(frame);
    return steady.show(frame);
  }
  // How far an area's colour is from what the frame alone gives it, as a share of that, but for a code of slack.
  double off(const Area& area) const {
    const Chroma expected = mean_chroma(alone.output, area);
    return std::max(mean_chroma(steady.output, area).apart(expected) - 1, 0.0) / expected.length();
  }
};

// What makes a stream think: a car that drives over the ground, noise on all of it.
inline Frame busy_frame(int frame, const YuvFormat& format = usual, Extent extent = size) {
  const Noise noise(2, static_cast<unsigned>(frame));
  return filmed(extent, format, noise.on(Car{-20 + 5.0 * frame}));
}

}  // namespace ochre::test::stream
