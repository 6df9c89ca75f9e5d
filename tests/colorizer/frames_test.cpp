// Frames of luma and chroma through a colorizer: every layout, depth, range and subsampling; what RGB output would show
// is what the chroma says; the luma stays.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include <ochre/colorizer_file.hpp>

#include "support/allocations.hpp"
#include "support/golden.hpp"
#include "support/scene.hpp"
#include "support/yuv_frame.hpp"

namespace frames_test {

namespace {

using namespace ochre;
using test::at;
using test::film;
using test::Frame;
using test::Layout;
using test::layouts;
using test::make_picture;
using test::make_scene;
using test::Picture;

Colorizer open_frames(ColorizerOptions options = {}) {
  options.size = 32;
  if (options.threads == 0) options.threads = 2;
  return Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", options).value();
}

Colorizer::Workspace workspace_for(const Colorizer& colorizer, const MutableYuvView& frame) {
  return colorizer.make_workspace(frame.extent()).value();
}

void require(const Status& status) {
  INFO((status ? std::string() : status.error().message()));
  REQUIRE(status.ok());
}

// The frame of another layout or subsampling, coloured.
Frame colorize(const Colorizer& colorizer, const Frame& input, ChromaSubsampling subsampling,
               Layout layout = Layout::planar) {
  YuvFormat format = input.view.format;
  format.subsampling = subsampling;
  Frame output(input.view.width, input.view.height, format, layout);
  auto workspace = workspace_for(colorizer, input.view);
  require(colorizer.colorize(YuvView(input.view), output.view, workspace));
  return output;
}

constexpr YuvFormat full8{ChromaSubsampling::yuv400, YuvDepth::bits8, YuvRange::full, YuvMatrix::bt601};

}  // namespace

TEST_CASE("frames: luma of 8 bits and full range is a grey picture, bit for bit; of any other nearly") {
  const auto colorizer = open_frames();
  const Picture scene = make_scene(61, 43);
  Picture expected = make_picture(61, 43, PixelFormat::rgb8);
  auto workspace = colorizer.make_workspace({.h = 43, .w = 61}).value();
  require(colorizer.colorize(scene.view(), expected.target(), workspace));
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
    for (const auto range : {YuvRange::full, YuvRange::limited}) {
      Frame frame(61, 43, {ChromaSubsampling::yuv400, depth, range, YuvMatrix::bt709});
      film(frame);
      Picture output = make_picture(61, 43, PixelFormat::rgba8, 3);
      require(colorizer.colorize(YuvView(frame.view), output.target(), workspace));
      int largest = 0;
      for (Index y = 0; y < 43; ++y) {
        for (Index x = 0; x < 61; ++x) {
          for (Index c = 0; c < 3; ++c) {
            largest = std::max(largest, std::abs(output.pixel(x, y)[c] - expected.pixel(x, y)[c]));
          }
          CHECK(output.pixel(x, y)[3] == 255);
        }
      }
      // 219 codes for 255 levels: the luma itself is half a step off.
      CHECK(largest <= (depth == YuvDepth::bits8 ? range == YuvRange::full ? 0 : 2 : 1));
    }
  }
  // Limited range taken for full is another picture: the reason why the range is asked for.
  Frame limited(61, 43, {ChromaSubsampling::yuv400, YuvDepth::bits8, YuvRange::limited, YuvMatrix::bt709});
  film(limited);
  limited.view.format.range = YuvRange::full;
  Picture wrong = make_picture(61, 43, PixelFormat::rgb8);
  require(colorizer.colorize(YuvView(limited.view), wrong.target(), workspace));
  CHECK(test::largest_difference(test::lightness_of(wrong), test::lightness_of(expected)) > 3);
}

TEST_CASE("frames: the chroma is that of the RGB picture, its luma the input's") {
  for (const float saturation : {1.0f, 6.0f}) {
    const auto colorizer = open_frames({.saturation = saturation});
    Frame frame(61, 43, full8);
    film(frame);
    auto workspace = workspace_for(colorizer, frame.view);
    Picture rgb = make_picture(61, 43, PixelFormat::rgb16);
    require(colorizer.colorize(YuvView(frame.view), rgb.target(), workspace));
    for (const auto matrix : {YuvMatrix::bt601, YuvMatrix::bt709}) {
      const image::YuvWeights k = image::yuv_weights(matrix);
      frame.view.format.matrix = matrix;
      const Frame output = colorize(colorizer, frame, ChromaSubsampling::yuv444);
      CHECK(output.luma_codes() == frame.luma_codes());
      bool colored = false;
      for (Index y = 0; y < 43; ++y) {
        for (Index x = 0; x < 61; ++x) {
          std::uint16_t samples[3];
          std::memcpy(samples, rgb.pixel(x, y), 6);
          const double r = samples[0] / 65535.0;
          const double g = samples[1] / 65535.0;
          const double b = samples[2] / 65535.0;
          const double own = k.r * r + k.g * g + k.b * b;
          const double level = frame.code(frame.view.luma, x, y) / 255.0;
          const double slack = static_cast<double>(color::detail::luma_slack);
          const double above = std::max({r, g, b}) - own;
          const double below = own - std::min({r, g, b});
          double factor = 1.0;
          if (above > 1 + slack - level) factor = std::min(factor, (1 + slack - level) / above);
          if (below > level + slack) factor = std::min(factor, (level + slack) / below);
          const double cb = 128 + 255 * factor * (b - own) / (2 * (1 - k.b));
          const double cr = 128 + 255 * factor * (r - own) / (2 * (1 - k.r));
          // Rounding, and that of 16 bits, 14 times over (yuv_rows_test.cpp).
          REQUIRE(std::fabs(output.code(output.view.cb, x, y) - cb) <= 0.5 + 255 * 14 / 65535.0);
          REQUIRE(std::fabs(output.code(output.view.cr, x, y) - cr) <= 0.5 + 255 * 14 / 65535.0);
          colored |= std::fabs(cb - 128) > 5;
        }
      }
      CHECK(colored);
    }
  }
}

TEST_CASE("frames: every layout holds the same frame, and nothing beside it is written") {
  const auto colorizer = open_frames();
  for (const auto depth : {YuvDepth::bits8, YuvDepth::bits10_high}) {
    for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
      for (const Extent size : {Extent{1, 1}, {1, 2}, {7, 1}, {17, 33}, {26, 40}}) {
        const Index width = size.w;
        const Index height = size.h;
        CAPTURE(static_cast<int>(subsampling));
        CAPTURE(width);
        const YuvFormat format{subsampling, depth, YuvRange::limited, YuvMatrix::bt709};
        Frame input(width, height, format);
        film(input);
        const Frame expected = colorize(colorizer, input, subsampling);
        CHECK(expected.luma_codes() == input.luma_codes());
        for (const Layout layout : layouts) {
          CAPTURE(static_cast<int>(layout));
          Frame source(width, height, format, layout);
          film(source);
          const Frame output = colorize(colorizer, source, subsampling, layout);
          CHECK(output.luma_codes() == expected.luma_codes());
          CHECK(output.cb_codes() == expected.cb_codes());
          CHECK(output.cr_codes() == expected.cr_codes());
          for (const auto* memory : {&output.luma, &output.cb, &output.cr}) {
            for (std::size_t i = memory->size() - Frame::guard; i < memory->size(); ++i) {
              CHECK((*memory)[i] == Frame::blank);
            }
          }
          if (layout == Layout::padded) {
            const Index stride = output.view.luma.row_stride;
            for (Index y = 0; y < height; ++y) CHECK(output.luma[at(y * stride + stride - 1)] == Frame::blank);
          }
        }
      }
    }
  }
}

TEST_CASE("frames: subsampled chroma is the mean of the whole, and all agree where the colour is one") {
  const auto colorizer = open_frames();
  Frame frame(33, 17, {ChromaSubsampling::yuv444, YuvDepth::bits10, YuvRange::full, YuvMatrix::bt601});
  film(frame);
  const Frame whole = colorize(colorizer, frame, ChromaSubsampling::yuv444);
  for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422}) {
    const Frame half = colorize(colorizer, frame, subsampling);
    const Index rows = subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
    for (Index y = 0; y < half.view.chroma_height(); ++y) {
      for (Index x = 0; x < half.view.chroma_width(); ++x) {
        double sum = 0;
        int count = 0;
        for (Index v = rows * y; v < std::min<Index>(17, rows * (y + 1)); ++v) {
          for (Index u = 2 * x; u < std::min<Index>(33, 2 * x + 2); ++u, ++count) {
            sum += whole.code(whole.view.cb, u, v);
          }
        }
        CHECK(std::fabs(half.code(half.view.cb, x, y) - sum / count) <= 1.0);  // each of them is rounded by a half
      }
    }
  }
  // One luma, one colour.
  const float a = 25.0f;
  const float b = -30.0f;
  const float lightness = 50.0f;
  for (Index y = 0; y < 17; ++y) {
    for (Index x = 0; x < 33; ++x) frame.set(frame.view.luma, x, y, 500);
  }
  auto workspace = workspace_for(colorizer, frame.view);
  std::vector<int> seen;
  for (const auto subsampling : {ChromaSubsampling::yuv420, ChromaSubsampling::yuv422, ChromaSubsampling::yuv444}) {
    YuvFormat format = frame.view.format;
    format.subsampling = subsampling;
    Frame flat(33, 17, format);
    require(colorizer.apply(YuvView(frame.view), flat.view, workspace, AbGridView{&a, &b, &lightness, 1, 1}));
    for (const int code : flat.cb_codes()) seen.push_back(code);
    for (const int code : flat.cr_codes()) seen.push_back(code - flat.code(flat.view.cr, 0, 0) + seen[0]);
  }
  for (const int code : seen) REQUIRE(code == seen[0]);
  CHECK(seen[0] > 512);  // b below 0 is blue
}

TEST_CASE("frames: 10 bits are 8 bits, finer, and the same in the low bits as in the high ones") {
  const auto colorizer = open_frames();
  for (const auto range : {YuvRange::limited, YuvRange::full}) {
    Frame coarse(40, 26, {ChromaSubsampling::yuv420, YuvDepth::bits8, range, YuvMatrix::bt709});
    film(coarse);
    Frame low(40, 26, {ChromaSubsampling::yuv420, YuvDepth::bits10, range, YuvMatrix::bt709});
    Frame high(40, 26, {ChromaSubsampling::yuv420, YuvDepth::bits10_high, range, YuvMatrix::bt709});
    const image::YuvCodes of8 = image::yuv_codes(YuvDepth::bits8, range);
    const image::YuvCodes of10 = image::yuv_codes(YuvDepth::bits10, range);
    for (Index y = 0; y < 26; ++y) {
      for (Index x = 0; x < 40; ++x) {
        const double level =
            static_cast<double>(coarse.code(coarse.view.luma, x, y) - of8.black) / (of8.white - of8.black);
        const auto code = static_cast<int>(std::lround(of10.black + level * (of10.white - of10.black)));
        low.set(low.view.luma, x, y, code);
        high.set(high.view.luma, x, y, code);
      }
    }
    const Frame from8 = colorize(colorizer, coarse, ChromaSubsampling::yuv420);
    const Frame from_low = colorize(colorizer, low, ChromaSubsampling::yuv420);
    const Frame from_high = colorize(colorizer, high, ChromaSubsampling::yuv420);
    CHECK(from_low.cb_codes() == from_high.cb_codes());
    CHECK(from_low.cr_codes() == from_high.cr_codes());
    CHECK(from_low.luma_codes() == low.luma_codes());
    const auto fine = from_low.cb_codes();
    const auto rough = from8.cb_codes();
    const double step = static_cast<double>(of10.chroma) / of8.chroma;
    for (std::size_t i = 0; i < fine.size(); ++i) {
      CHECK(std::fabs((fine[i] - 512) / step - (rough[i] - 128)) <= 0.75);  // half a step of 8 bits, and of 10
    }
  }
}

TEST_CASE("frames: in place, named layouts and stages, on any number of threads, with nothing allocated") {
  const int width = 62, height = 38;
  std::vector<std::uint8_t> reference;
  for (const int threads : {1, 2, 5}) {
    const auto colorizer = open_frames({.threads = threads});
    std::vector<std::uint8_t> memory(width * height * 3 / 2, 77);
    Frame source(width, height, full8);
    film(source);
    std::memcpy(memory.data(), source.luma.data(), width * height);
    const MutableNv12View frame{.luma = memory.data(),
                                .chroma = memory.data() + width * height,
                                .width = width,
                                .height = height,
                                .luma_stride = width,
                                .chroma_stride = width,
                                .range = YuvRange::full,
                                .matrix = YuvMatrix::bt601};
    auto workspace = colorizer.make_workspace({.h = height, .w = width}).value();
    const auto before = test::allocations();
    const Status predicted = colorizer.predict(frame, workspace);
    const Status applied = colorizer.apply(frame, frame, workspace);
    CHECK(test::allocations() == before);
    require(predicted);
    require(applied);
    CHECK(std::memcmp(memory.data(), source.luma.data(), width * height) == 0);
    if (reference.empty()) reference = memory;
    CHECK(memory == reference);
    require(colorizer.colorize(frame, frame, workspace));
    CHECK(memory == reference);

    std::vector<std::uint8_t> planes(width * height * 3 / 2);
    const MutableI420View target{.luma = planes.data(),
                                 .cb = planes.data() + width * height,
                                 .cr = planes.data() + width * height * 5 / 4,
                                 .width = width,
                                 .height = height,
                                 .luma_stride = width,
                                 .chroma_stride = width / 2,
                                 .range = YuvRange::full,
                                 .matrix = YuvMatrix::bt601};
    require(colorizer.colorize(frame, target, workspace));
    for (std::size_t i = 0; i < width * height / 4; ++i) {
      REQUIRE(planes[width * height + i] == memory[width * height + 2 * i]);
      REQUIRE(planes[width * height * 5 / 4 + i] == memory[width * height + 2 * i + 1]);
    }
    // Without colours: neutral, whatever the luma.
    const MutableAbGridView grid = workspace.grid();
    std::fill_n(grid.a, grid.width * grid.height, 0.0f);
    std::fill_n(grid.b, grid.width * grid.height, 0.0f);
    require(colorizer.apply(frame, target, workspace));
    for (std::size_t i = 0; i < width * height / 2; ++i) REQUIRE(planes[width * height + i] == 128);
    CHECK(std::memcmp(planes.data(), source.luma.data(), width * height) == 0);
  }
}

TEST_CASE("frames: what does not fit together is refused, the output untouched") {
  const auto colorizer = open_frames();
  const YuvFormat format;
  Frame input(20, 10, format);
  film(input);
  Frame output(20, 10, format);
  const Frame blank = output;
  auto workspace = workspace_for(colorizer, input.view);
  const auto refused = [&](const YuvView& from, const MutableYuvView& to, const char* part) {
    for (const bool whole : {true, false}) {
      const Status status = whole ? colorizer.colorize(from, to, workspace) : colorizer.apply(from, to, workspace);
      REQUIRE(!status.ok());
      INFO(status.error().message());
      CHECK(status.error().code == ErrorCode::invalid_argument);
      CHECK(status.error().message().find(part) != std::string::npos);
    }
  };
  MutableYuvView to = output.view;
  to.format.depth = YuvDepth::bits10;
  to.luma.row_stride = to.cb.row_stride = to.cr.row_stride = 64;
  refused(input.view, to, "another depth or range");
  to = output.view;
  to.format.range = YuvRange::full;
  refused(input.view, to, "another depth or range");
  to = output.view;
  to.format.subsampling = ChromaSubsampling::yuv400;
  refused(input.view, to, "output: 4:0:0");
  to = output.view;
  to.cb.samples = nullptr;
  refused(input.view, to, "output: Cb: the pointer is null");
  to = output.view;
  to.height = 9;
  refused(input.view, to, "the output is 20x9, the workspace was made for 20x10");
  YuvView from = input.view;
  from.luma.samples = nullptr;
  refused(from, output.view, "input: luma: the pointer is null");
  from = input.view;
  from.width = 19;
  refused(from, output.view, "the input is 19x10, the workspace was made for 20x10");
  CHECK(!colorizer.predict(from, workspace));
  CHECK(output.luma == blank.luma);
  CHECK(output.cb == blank.cb);
  CHECK(output.cr == blank.cr);
}

}  // namespace frames_test
