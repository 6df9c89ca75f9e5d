// Headers of YUV4MPEG2: each tag, each colour space, and wrong input of every kind.
#include <doctest/doctest.h>

#include <string>

#include <ochre/image_io/y4m.hpp>

namespace {

using namespace ochre;

std::string y4m_refusal(const std::string& line) {
  const auto header = parse_y4m_header(line);
  return header ? "accepted" : header.error().message();
}

ErrorCode y4m_code(const std::string& line) { return parse_y4m_header(line).error().code; }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("y4m: every tag of a header") {
  const auto header = parse_y4m_header("YUV4MPEG2 W641 H479 F30000:1001 It A10:11 C422 XCOLORRANGE=FULL Xany=thing");
  REQUIRE(header);
  CHECK(header->width == 641);
  CHECK(header->height == 479);
  CHECK(header->rate.numerator == 30000);
  CHECK(header->rate.denominator == 1001);
  CHECK(header->fields == Y4mFields::top_first);
  CHECK(header->aspect.numerator == 10);
  CHECK(header->aspect.denominator == 11);
  CHECK(header->color_space == "422");
  CHECK(header->format.subsampling == ChromaSubsampling::yuv422);
  CHECK(header->format.range == YuvRange::full);
  CHECK(header->format.matrix == YuvMatrix::bt601);
}

TEST_CASE("y4m: what is not said is 420jpeg of limited range, and of the height's usual matrix") {
  const auto small = parse_y4m_header("YUV4MPEG2 W2 H719");
  REQUIRE(small);
  CHECK(small->color_space == "420jpeg");
  CHECK(small->format.subsampling == ChromaSubsampling::yuv420);
  CHECK(small->format.depth == YuvDepth::bits8);
  CHECK(small->format.range == YuvRange::limited);
  CHECK(small->format.matrix == YuvMatrix::bt601);
  CHECK_FALSE(small->rate.is_known());
  CHECK(small->fields == Y4mFields::unknown);
  CHECK(parse_y4m_header("YUV4MPEG2 W2 H720").value().format.matrix == YuvMatrix::bt709);
  CHECK(parse_y4m_header("YUV4MPEG2 W2 H720", YuvMatrix::bt601).value().format.matrix == YuvMatrix::bt601);
}

TEST_CASE("y4m: each colour space, and the bytes of its frames at odd sizes") {
  struct Space {
    const char* name;
    ChromaSubsampling subsampling;
    YuvDepth depth;
    Index bytes;  // of 5x3
  };
  using enum ChromaSubsampling;
  for (const Space& space :
       {Space{"420", yuv420, YuvDepth::bits8, 27}, Space{"420jpeg", yuv420, YuvDepth::bits8, 27},
        Space{"420mpeg2", yuv420, YuvDepth::bits8, 27}, Space{"420paldv", yuv420, YuvDepth::bits8, 27},
        Space{"422", yuv422, YuvDepth::bits8, 33}, Space{"444", yuv444, YuvDepth::bits8, 45},
        Space{"mono", yuv400, YuvDepth::bits8, 15}, Space{"420p10", yuv420, YuvDepth::bits10, 54},
        Space{"422p10", yuv422, YuvDepth::bits10, 66}, Space{"444p10", yuv444, YuvDepth::bits10, 90},
        Space{"mono10", yuv400, YuvDepth::bits10, 30}}) {
    CAPTURE(space.name);
    const auto header = parse_y4m_header(std::string("YUV4MPEG2 W5 H3 C") + space.name);
    REQUIRE(header);
    CHECK(header->format.subsampling == space.subsampling);
    CHECK(header->format.depth == space.depth);
    CHECK(image_io::y4m_frame_bytes(5, 3, header->format) == space.bytes);
    const auto again = parse_y4m_header(y4m_header_line(*header).substr(0, y4m_header_line(*header).size() - 1));
    REQUIRE(again);
    CHECK(again->color_space == space.name);
  }
  CHECK(y4m_color_space(yuv420, YuvDepth::bits8) == "420jpeg");
  CHECK(y4m_color_space(yuv444, YuvDepth::bits10_high) == "444p10");
}

TEST_CASE("y4m: XYSCSS tells the colour space where C does not") {
  CHECK(parse_y4m_header("YUV4MPEG2 W5 H3 XYSCSS=422P10").value().color_space == "422p10");
  CHECK(parse_y4m_header("YUV4MPEG2 W5 H3 XYSCSS=422 C444").value().color_space == "444");
  CHECK(contains(y4m_refusal("YUV4MPEG2 W5 H3 XYSCSS=411"), "found colour space \"411\""));
}

TEST_CASE("y4m: the line that is written is read as the same header") {
  const std::string line = "YUV4MPEG2 W7 H9 F25:1 Ib A1:1 C420mpeg2 XCOLORRANGE=FULL";
  CHECK(y4m_header_line(parse_y4m_header(line).value()) == line + "\n");
  CHECK(y4m_header_line(parse_y4m_header("YUV4MPEG2 W7 H9").value()) ==
        "YUV4MPEG2 W7 H9 F0:0 I? A0:0 C420jpeg XCOLORRANGE=LIMITED\n");
}

TEST_CASE("y4m: colour spaces that are not understood are refused by name") {
  for (const char* name : {"444alpha", "420p12", "444p16", "411", "mono16", "420p9", "bgr", "\x1b[2J"}) {
    CAPTURE(name);
    const std::string line = std::string("YUV4MPEG2 W4 H4 C") + name;
    CHECK(y4m_code(line) == ErrorCode::unsupported);
    CHECK(contains(y4m_refusal(line), "found colour space \"" + weights::printable(name)));
  }
}

TEST_CASE("y4m: wrong headers of every kind") {
  for (const char* line : {"",
                           "YUV4MPEG",
                           "YUV4MPEG3 W4 H4",
                           "YUV4MPEG2W4 H4",
                           "\x89PNG",
                           "FRAME",
                           "YUV4MPEG2 W H4",
                           "YUV4MPEG2 W0 H4",
                           "YUV4MPEG2 W-4 H4",
                           "YUV4MPEG2 W4x H4",
                           "YUV4MPEG2 W4 H4 W4",
                           "YUV4MPEG2 W4",
                           "YUV4MPEG2 H4",
                           "YUV4MPEG2",
                           "YUV4MPEG2 W1234567890 H4",
                           "YUV4MPEG2 W4 H4 F30",
                           "YUV4MPEG2 W4 H4 F30:0",
                           "YUV4MPEG2 W4 H4 F0:1",
                           "YUV4MPEG2 W4 H4 F-30:1",
                           "YUV4MPEG2 W4 H4 F25:1 F25:1",
                           "YUV4MPEG2 W4 H4 A1",
                           "YUV4MPEG2 W4 H4 A:",
                           "YUV4MPEG2 W4 H4 Ix",
                           "YUV4MPEG2 W4 H4 I",
                           "YUV4MPEG2 W4 H4 C",
                           "YUV4MPEG2 W4 H4 C420 C420",
                           "YUV4MPEG2 W4 H4 XCOLORRANGE=TV"}) {
    CAPTURE(line);
    CHECK(y4m_code(line) == ErrorCode::malformed);
    CHECK(contains(y4m_refusal(line), "expected"));
  }
}

TEST_CASE("y4m: sizes beyond the limits, and lines without end") {
  for (const char* line : {"YUV4MPEG2 W16385 H1", "YUV4MPEG2 W1 H16385", "YUV4MPEG2 W8193 H8192",
                           "YUV4MPEG2 W999999999 H999999999 C444p10"}) {
    CAPTURE(line);
    CHECK(y4m_code(line) == ErrorCode::too_large);
  }
  CHECK(parse_y4m_header("YUV4MPEG2 W8192 H8192"));
  CHECK(parse_y4m_header("YUV4MPEG2 W16384 H1"));
  const auto long_line = [](std::size_t length) {
    std::string line = "YUV4MPEG2 W4 H4 X";
    line.resize(length, 'a');
    return line;
  };
  CHECK(parse_y4m_header(long_line(1024)));
  CHECK(y4m_code(long_line(1025)) == ErrorCode::too_large);
}

TEST_CASE("y4m: the line before a frame") {
  CHECK(check_y4m_frame_header("FRAME"));
  CHECK(check_y4m_frame_header("FRAME Ip Xthing"));
  for (const char* line : {"", "FRAM", "FRAMES", "frame", "YUV4MPEG"}) {
    CAPTURE(line);
    CHECK(check_y4m_frame_header(line).error().code == ErrorCode::malformed);
  }
  const Status second = check_y4m_frame_header("YUV4MPEG2 W8 H8");
  CHECK(second.error().code == ErrorCode::unsupported);
  CHECK(contains(second.error().message(), "second header, \"YUV4MPEG2 W8 H8\""));
}
