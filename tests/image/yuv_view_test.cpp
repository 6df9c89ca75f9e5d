// Views of luma and chroma planes: sizes, codes, the named layouts, and frames that cannot be.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include <ochre/image/yuv_view.hpp>

namespace yuv_view_test {

namespace {

using namespace ochre;

void refused(const Status& status, const char* part) {
  REQUIRE(!status.ok());
  INFO(status.error().message());
  CHECK(status.error().message().find(part) != std::string::npos);
}

YuvView frame_of(const std::vector<std::uint8_t>& memory, Index width, Index height, YuvFormat format) {
  const Plane plane{memory.data(), 64};
  return {.luma = plane, .cb = plane, .cr = plane, .width = width, .height = height, .format = format};
}

}  // namespace

TEST_CASE("yuv: chroma planes are halved and rounded up, as the subsampling says") {
  struct Case {
    ChromaSubsampling subsampling;
    Index width, height;
  };
  for (const Case& expected : {Case{ChromaSubsampling::yuv420, 4, 3}, Case{ChromaSubsampling::yuv422, 4, 5},
                               Case{ChromaSubsampling::yuv444, 7, 5}}) {
    const YuvView view{.width = 7, .height = 5, .format = {.subsampling = expected.subsampling}};
    CHECK(view.chroma_width() == expected.width);
    CHECK(view.chroma_height() == expected.height);
  }
}

TEST_CASE("yuv: codes are those of the recommendations") {
  const auto is = [](const image::YuvCodes& codes, int black, int white, int zero, int chroma, int largest) {
    CHECK(codes.black == black);
    CHECK(codes.white == white);
    CHECK(codes.zero == zero);
    CHECK(codes.chroma == chroma);
    CHECK(codes.largest == largest);
  };
  is(image::yuv_codes(YuvDepth::bits8, YuvRange::limited), 16, 235, 128, 224, 255);
  is(image::yuv_codes(YuvDepth::bits8, YuvRange::full), 0, 255, 128, 255, 255);
  for (const YuvDepth depth : {YuvDepth::bits10, YuvDepth::bits10_high}) {
    is(image::yuv_codes(depth, YuvRange::limited), 64, 940, 512, 896, 1023);
    is(image::yuv_codes(depth, YuvRange::full), 0, 1023, 512, 1023, 1023);
  }
  for (const YuvMatrix matrix : {YuvMatrix::bt601, YuvMatrix::bt709}) {
    const image::YuvWeights weights = image::yuv_weights(matrix);
    CHECK(weights.r + weights.g + weights.b == doctest::Approx(1.0).epsilon(1e-15));
  }
}

TEST_CASE("yuv: NV12 and I420 are the planes that they name") {
  std::vector<std::uint8_t> memory(64);
  std::uint8_t* const at = memory.data();
  const YuvView nv12 = Nv12View{.luma = at,
                                .chroma = at + 32,
                                .width = 6,
                                .height = 4,
                                .luma_stride = 7,
                                .chroma_stride = 8,
                                .range = YuvRange::full,
                                .matrix = YuvMatrix::bt601};
  CHECK(nv12.luma.row(2) == at + 14);
  CHECK(nv12.cb.row(1) == at + 40);
  CHECK(nv12.cr.row(1) == at + 41);
  CHECK(nv12.cb.step_of(YuvDepth::bits8) == 2);
  CHECK(nv12.cr.step_of(YuvDepth::bits8) == 2);
  CHECK(nv12.luma.step_of(YuvDepth::bits8) == 1);
  CHECK(nv12.format.subsampling == ChromaSubsampling::yuv420);
  CHECK(nv12.format.range == YuvRange::full);
  CHECK(nv12.format.matrix == YuvMatrix::bt601);
  CHECK(check_frame(nv12, "frame"));

  const MutableI420View named{
      .luma = at, .cb = at + 24, .cr = at + 40, .width = 6, .height = 4, .luma_stride = 6, .chroma_stride = 3};
  const MutableYuvView i420 = named;
  const YuvView read = named;
  CHECK(i420.cb.row(1) == at + 27);
  CHECK(i420.cr.row(1) == at + 43);
  CHECK(read.cr.row(1) == at + 43);
  CHECK(i420.cb.step_of(YuvDepth::bits8) == 1);
  CHECK(check_frame(i420, "frame"));
}

TEST_CASE("yuv: frames that cannot be are refused, with the plane's name") {
  const std::vector<std::uint8_t> memory(64 * 8);
  const YuvFormat format;
  const YuvView good = frame_of(memory, 9, 4, format);
  REQUIRE(check_frame(good, "frame"));
  YuvView bad = good;
  bad.luma.samples = nullptr;
  refused(check_luma(bad, "frame"), "frame: luma: the pointer is null");
  bad = good;
  bad.cr.samples = nullptr;
  CHECK(check_luma(bad, "frame"));
  refused(check_frame(bad, "frame"), "frame: Cr: the pointer is null");
  bad = good;
  bad.luma.row_stride = 8;
  refused(check_luma(bad, "frame"), "frame: luma: the row stride is 8 bytes, but a row has 9");
  bad.luma.row_stride = -9;
  CHECK(check_luma(bad, "frame"));
  bad.luma.row_stride = -8;
  refused(check_luma(bad, "frame"), "-8");
  bad = good;
  bad.cb = {memory.data(), 8, 2};
  refused(check_frame(bad, "frame"), "frame: Cb: the row stride is 8 bytes, but a row has 9");
  bad.cb = {memory.data(), 9, 2};
  CHECK(check_frame(bad, "frame"));
  for (const Index step : {Index{-1}, std::numeric_limits<Index>::min()}) {
    bad.cb.step = step;
    refused(check_frame(bad, "frame"), "frame: Cb: the step is");
  }
  bad = good;
  bad.format.depth = YuvDepth::bits10;
  bad.luma.row_stride = 17;
  refused(check_luma(bad, "frame"), "but a row has 18");
  bad.luma.step = 1;
  refused(check_luma(bad, "frame"), "the step is 1 bytes, but a sample has 2");
  for (const Index side : {Index{0}, Index{-1}}) {
    bad = good;
    bad.height = side;
    refused(check_luma(bad, "frame"), "expected at least 1x1");
    bad = good;
    bad.width = side;
    refused(check_luma(bad, "frame"), "expected at least 1x1");
  }
  constexpr Index huge = std::numeric_limits<Index>::max();
  bad = good;
  bad.luma.row_stride = huge;
  refused(check_luma(bad, "frame"), "overflows");
  bad.luma.row_stride = std::numeric_limits<Index>::min();
  refused(check_luma(bad, "frame"), "overflows");
  bad = good;
  bad.luma.step = huge;
  refused(check_luma(bad, "frame"), "overflows");
  bad = good;
  bad.format.subsampling = ChromaSubsampling::yuv400;
  CHECK(check_luma(bad, "frame"));
  refused(check_frame(bad, "frame"), "4:0:0, which has no chroma");
  for (int field = 0; field < 4; ++field) {
    bad = good;
    if (field == 0) bad.format.subsampling = static_cast<ChromaSubsampling>(4);
    if (field == 1) bad.format.depth = static_cast<YuvDepth>(3);
    if (field == 2) bad.format.range = static_cast<YuvRange>(2);
    if (field == 3) bad.format.matrix = static_cast<YuvMatrix>(200);
    refused(check_luma(bad, "frame"), "that there is not");
  }
}

}  // namespace yuv_view_test
