// The headers of YUV4MPEG2 streams, the raw video that programs hand to each other:
//   YUV4MPEG2 W640 H480 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED\n
//   FRAME\n  luma, Cb, Cr: planes without padding, words of 10 bits in little endian;  FRAME\n  ...
// Everything a header claims is checked before anybody allocates for it; tags that are not known are passed over.
// Source: mjpegtools, yuv4mpeg(5); C420p10 and its like, mono and XCOLORRANGE as FFmpeg writes them. Tested by
// y4m_test.cpp and a fuzz target.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/image/yuv_view.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

// A ratio as a stream states it, a rate or an aspect; 0:0 is unknown.
struct Y4mRatio {
  Index numerator = 0;
  Index denominator = 0;

  bool is_known() const noexcept { return numerator > 0 && denominator > 0; }
};

// Which rows of a frame were taken first.
enum class Y4mFields : char { unknown = '?', progressive = 'p', top_first = 't', bottom_first = 'b', mixed = 'm' };

// What the header of a stream says.
struct Y4mHeader {
  Index width = 0;
  Index height = 0;
  YuvFormat format{};
  std::string color_space = "420jpeg";  // as the stream names it: where chroma lies is in it, too
  Y4mRatio rate{};                      // frames a second
  Y4mRatio aspect{};                    // of a pixel
  Y4mFields fields = Y4mFields::unknown;
};

namespace image_io {

inline constexpr Index longest_y4m_line = 1024;           // of a header; programs write below 200
inline constexpr Index longest_y4m_side = 16384;          // twice 8K
inline constexpr Index most_y4m_pixels = Index{1} << 26;  // twice 8K's 33 million

// Of luma and, if there is any, chroma: width and height are within the limits above.
constexpr Index y4m_frame_bytes(Index width, Index height, const YuvFormat& format) noexcept {
  const BasicYuvView<const void> view{.width = width, .height = height, .format = format};
  const bool gray = format.subsampling == ChromaSubsampling::yuv400;
  const Index chroma = gray ? 0 : 2 * view.chroma_width() * view.chroma_height();
  return (width * height + chroma) * bytes_per_sample(format.depth);
}

// What a stream that does not say it most likely has: HD video one matrix, what is smaller the other.
constexpr YuvMatrix usual_matrix(Index height) noexcept { return height >= 720 ? YuvMatrix::bt709 : YuvMatrix::bt601; }

}  // namespace image_io

namespace detail {

struct Y4mColorSpace {
  std::string_view name;
  ChromaSubsampling subsampling;
  YuvDepth depth;
};

inline constexpr std::array y4m_color_spaces{
    Y4mColorSpace{"420jpeg", ChromaSubsampling::yuv420, YuvDepth::bits8},
    Y4mColorSpace{"420mpeg2", ChromaSubsampling::yuv420, YuvDepth::bits8},
    Y4mColorSpace{"420paldv", ChromaSubsampling::yuv420, YuvDepth::bits8},
    Y4mColorSpace{"420", ChromaSubsampling::yuv420, YuvDepth::bits8},
    Y4mColorSpace{"422", ChromaSubsampling::yuv422, YuvDepth::bits8},
    Y4mColorSpace{"444", ChromaSubsampling::yuv444, YuvDepth::bits8},
    Y4mColorSpace{"mono", ChromaSubsampling::yuv400, YuvDepth::bits8},
    Y4mColorSpace{"420p10", ChromaSubsampling::yuv420, YuvDepth::bits10},
    Y4mColorSpace{"422p10", ChromaSubsampling::yuv422, YuvDepth::bits10},
    Y4mColorSpace{"444p10", ChromaSubsampling::yuv444, YuvDepth::bits10},
    Y4mColorSpace{"mono10", ChromaSubsampling::yuv400, YuvDepth::bits10},
};

// Digits alone, at most nine of them; a size of more is none that could be taken.
inline std::optional<Index> y4m_number(std::string_view text) noexcept {
  if (text.empty() || text.size() > 9) return std::nullopt;
  Index number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  return number;
}

inline std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return upper;
}

// Reads a header tag by tag; each letter once.
class Y4mHeaderReader {
 public:
  Result<Y4mHeader> read(std::string_view line, std::optional<YuvMatrix> matrix) {
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(' '), line.size());
      const std::string_view tag = line.substr(0, end);
      line.remove_prefix(std::min(end + 1, line.size()));
      if (tag.empty()) continue;
      if (auto status = read_tag(tag); !status) return std::move(status).error();
    }
    if (auto status = check_size(); !status) return std::move(status).error();
    if (auto status = read_color_space(); !status) return std::move(status).error();
    header_.format.matrix = matrix.value_or(image_io::usual_matrix(header_.height));
    return header_;
  }

 private:
  static Error malformed(std::string_view tag, const char* expected) {
    return {ErrorCode::malformed,
            "header: found \"" + weights::printable(tag, 40) + "\", expected " + std::string(expected)};
  }

  Status read_tag(std::string_view tag) {
    const std::string_view value = tag.substr(1);
    switch (tag[0]) {
      case 'W':
        return read_side(tag, header_.width);
      case 'H':
        return read_side(tag, header_.height);
      case 'F':
        return read_ratio(tag, header_.rate);
      case 'A':
        return read_ratio(tag, header_.aspect);
      case 'I':
        return read_fields(tag);
      case 'C':
        return read_name(tag, value, color_space_);
      case 'X':
        return read_extension(tag);
      default:
        return {};
    }
  }

  static Status read_side(std::string_view tag, Index& side) {
    const auto number = y4m_number(tag.substr(1));
    if (!number || *number < 1) return malformed(tag, "a number of at least 1 and at most nine digits");
    if (side != 0) return malformed(tag, "each tag once");
    side = *number;
    return {};
  }

  static Status read_ratio(std::string_view tag, Y4mRatio& ratio) {
    const std::size_t colon = tag.find(':');
    if (colon == std::string_view::npos) return malformed(tag, "two numbers and a ':' between them");
    const auto numerator = y4m_number(tag.substr(1, colon - 1));
    const auto denominator = y4m_number(tag.substr(colon + 1));
    if (!numerator || !denominator) return malformed(tag, "two numbers of at most nine digits");
    if ((*numerator == 0) != (*denominator == 0)) return malformed(tag, "two numbers above 0, or 0:0 for unknown");
    if (ratio.is_known()) return malformed(tag, "each tag once");
    ratio = {*numerator, *denominator};
    return {};
  }

  Status read_fields(std::string_view tag) {
    if (tag.size() != 2 || std::string_view("?ptbm").find(tag[1]) == std::string_view::npos) {
      return malformed(tag, "I?, Ip, It, Ib or Im");
    }
    header_.fields = static_cast<Y4mFields>(tag[1]);
    return {};
  }

  static Status read_name(std::string_view tag, std::string_view value, std::string_view& name) {
    if (value.empty()) return malformed(tag, "a name");
    if (!name.empty()) return malformed(tag, "each tag once");
    name = value;
    return {};
  }

  Status read_extension(std::string_view tag) {
    constexpr std::string_view range = "XCOLORRANGE=", old_name = "XYSCSS=";
    if (tag.starts_with(old_name)) return read_name(tag, tag.substr(old_name.size()), old_color_space_);
    if (!tag.starts_with(range)) return {};
    const std::string_view value = tag.substr(range.size());
    if (value != "FULL" && value != "LIMITED") return malformed(tag, "XCOLORRANGE=FULL or XCOLORRANGE=LIMITED");
    header_.format.range = value == "FULL" ? YuvRange::full : YuvRange::limited;
    return {};
  }

  Status check_size() const {
    const Y4mHeader& header = header_;
    if (header.width == 0 || header.height == 0) {
      return Error{ErrorCode::malformed, std::string("header: found no ") + (header.width == 0 ? "W" : "H") +
                                             " tag, expected the size, as in W640 H480"};
    }
    const Index longest = std::max(header.width, header.height);
    if (longest <= image_io::longest_y4m_side && header.width * header.height <= image_io::most_y4m_pixels) return {};
    return Error{ErrorCode::too_large, "header: found a size of " + std::to_string(header.width) + "x" +
                                           std::to_string(header.height) + ", expected sides up to " +
                                           std::to_string(image_io::longest_y4m_side) + " and up to " +
                                           std::to_string(image_io::most_y4m_pixels) + " pixels"};
  }

  // C tells it, else XYSCSS, which older programs write in capitals, else it is 420jpeg.
  Status read_color_space() {
    const std::string_view said = !color_space_.empty() ? color_space_ : old_color_space_;
    const std::string wanted = said.empty() ? "420JPEG" : upper_case(said);
    for (const Y4mColorSpace& space : y4m_color_spaces) {
      if (upper_case(space.name) != wanted) continue;
      header_.color_space = std::string(space.name);
      header_.format.subsampling = space.subsampling;
      header_.format.depth = space.depth;
      return {};
    }
    return Error{ErrorCode::unsupported, "header: found colour space \"" + weights::printable(said, 40) +
                                             "\", expected 420, 422, 444 or mono of 8 or 10 bits, without alpha"};
  }

  Y4mHeader header_;
  std::string_view color_space_;
  std::string_view old_color_space_;
};

}  // namespace detail

// A stream's first line, without its end. matrix: which the frames have, for the stream does not say it; none: what is
// usual at that height. Errors: no such line, a tag that breaks its own form, a size beyond the limits, a colour space
// that is none of YuvFormat's.
inline Result<Y4mHeader> parse_y4m_header(std::string_view line, std::optional<YuvMatrix> matrix = {}) {
  constexpr std::string_view signature = "YUV4MPEG2";
  if (static_cast<Index>(line.size()) > image_io::longest_y4m_line) {
    return Error{ErrorCode::too_large, "header: found a line of more than " +
                                           std::to_string(image_io::longest_y4m_line) + " bytes, expected fewer"};
  }
  const bool is_signed = line.starts_with(signature) && (line.size() == signature.size() || line[9] == ' ');
  if (!is_signed) {
    return Error{ErrorCode::malformed,
                 "found \"" + weights::printable(line, 20) + "\" at the start, expected YUV4MPEG2 (a .y4m stream)"};
  }
  return detail::Y4mHeaderReader().read(line.substr(signature.size()), matrix);
}

// The line before a frame, without its end; its tags are passed over. Errors: another line. A new header is told apart:
// its stream is another one (unsupported).
inline Status check_y4m_frame_header(std::string_view line) {
  constexpr std::string_view word = "FRAME";
  if (line == word || line.starts_with("FRAME ")) return {};
  if (line.starts_with("YUV4MPEG2")) {
    return Error{ErrorCode::unsupported, "found a second header, \"" + weights::printable(line, 60) +
                                             "\", expected one size and format in all of a stream"};
  }
  return Error{ErrorCode::malformed, "found \"" + weights::printable(line, 20) + "\", expected FRAME"};
}

// The name of a format's colour space. Words of high bits have none; their names are those of low ones.
inline std::string_view y4m_color_space(ChromaSubsampling subsampling, YuvDepth depth) noexcept {
  const YuvDepth stored = depth == YuvDepth::bits8 ? depth : YuvDepth::bits10;
  for (const auto& space : detail::y4m_color_spaces) {
    if (space.subsampling == subsampling && space.depth == stored) return space.name;
  }
  return {};
}

// The line, with its end, that parse_y4m_header() reads as `header`, but for the matrix.
inline std::string y4m_header_line(const Y4mHeader& header) {
  const auto ratio = [](const Y4mRatio& r) {
    return std::to_string(r.numerator) + ":" + std::to_string(r.denominator);
  };
  std::string line = "YUV4MPEG2 W" + std::to_string(header.width) + " H" + std::to_string(header.height) + " F" +
                     ratio(header.rate) + " I" + static_cast<char>(header.fields) + " A" + ratio(header.aspect) + " C" +
                     header.color_space;
  if (header.format.depth != YuvDepth::bits8) line += " XYSCSS=" + detail::upper_case(header.color_space);
  return line + " XCOLORRANGE=" + (header.format.range == YuvRange::full ? "FULL" : "LIMITED") + "\n";
}

}  // namespace ochre::inline v0
