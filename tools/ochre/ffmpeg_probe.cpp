#include "ffmpeg_probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include <sys/stat.h>

#include <ochre/weights/printable.hpp>

#include "child_process.hpp"
#include "json_text.hpp"

namespace ochre::program {

namespace {

std::string text_of(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// "30000/1001", "16:15"; unknown if it is anything else, or a 0 is in it.
Y4mRatio ratio_of(const std::string& text, char between) {
  Y4mRatio ratio;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, ratio.numerator);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != between) return {};
  const auto second = std::from_chars(first.ptr + 1, end, ratio.denominator);
  constexpr Index most = 2'000'000'000;
  const bool good = second.ec == std::errc() && second.ptr == end && ratio.is_known() && ratio.numerator <= most &&
                    ratio.denominator <= most;
  return good ? ratio : Y4mRatio{};
}

std::optional<double> seconds_of(const Json& object) {
  const std::string text = text_of(object, "duration");
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || !(seconds > 0)) return std::nullopt;
  return seconds;
}

struct Samples {
  std::string_view source;
  std::string_view decoded;
};

// Whose luma ffmpeg hands on as it is.
constexpr Samples exact_samples[] = {
    {"yuv420p", "yuv420p"},
    {"yuv422p", "yuv422p"},
    {"yuv444p", "yuv444p"},
    {"yuvj420p", "yuvj420p"},
    {"yuvj422p", "yuvj422p"},
    {"yuvj444p", "yuvj444p"},
    {"yuv420p10le", "yuv420p10le"},
    {"yuv422p10le", "yuv422p10le"},
    {"yuv444p10le", "yuv444p10le"},
    {"gray", "gray"},
    {"gray10le", "gray10le"},
    {"nv12", "yuv420p"},
    {"nv21", "yuv420p"},
    {"p010le", "yuv420p10le"},
    {"yuyv422", "yuv422p"},
    {"uyvy422", "yuv422p"},
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The nearest of what can be taken; red, green and blue become 4:4:4.
std::string decoded_samples(const std::string& pixels, bool is_rgb) {
  const bool deep = has(pixels, "9") || has(pixels, "10") || has(pixels, "12") || has(pixels, "14") ||
                    has(pixels, "16") || has(pixels, "48") || has(pixels, "64");
  if (has(pixels, "gray") || has(pixels, "ya8") || has(pixels, "mono")) return deep ? "gray10le" : "gray";
  std::string name = is_rgb || has(pixels, "444") || has(pixels, "440") ? "yuv444p"
                     : has(pixels, "422") || has(pixels, "411")         ? "yuv422p"
                                                                        : "yuv420p";
  if (has(pixels, "yuvj")) name.insert(3, "j");
  return deep ? name + "10le" : name;
}

void set_samples(VideoFacts& facts, const std::string& range) {
  const std::string& pixels = facts.pixels;
  facts.from_rgb = has(pixels, "rgb") || has(pixels, "bgr") || has(pixels, "gbr") || has(pixels, "pal8") ||
                   pixels.starts_with("0") || pixels.starts_with("argb") || pixels.starts_with("abgr");
  const auto* known = std::find_if(std::begin(exact_samples), std::end(exact_samples),
                                   [&](const Samples& samples) { return samples.source == pixels; });
  facts.exact = known != std::end(exact_samples);
  facts.decoded = facts.exact ? std::string(known->decoded) : decoded_samples(pixels, facts.from_rgb);
  YuvFormat& format = facts.format.header.format;
  format.depth = has(facts.decoded, "10") ? YuvDepth::bits10 : YuvDepth::bits8;
  const bool gray = has(facts.decoded, "gray");
  format.subsampling = gray                        ? ChromaSubsampling::yuv400
                       : has(facts.decoded, "444") ? ChromaSubsampling::yuv444
                       : has(facts.decoded, "422") ? ChromaSubsampling::yuv422
                                                   : ChromaSubsampling::yuv420;
  // ffmpeg shows grey whose range nobody says as full.
  const bool full = range == "pc" || has(facts.decoded, "yuvj") || (gray && range != "tv");
  format.range = full && !facts.from_rgb ? YuvRange::full : YuvRange::limited;
}

struct Code {
  std::string_view name;
  int number;
};

// ITU-T H.273, with ffprobe's names.
constexpr std::array matrices{Code{"bt709", 1},     Code{"fcc", 4},      Code{"bt470bg", 5}, Code{"smpte170m", 6},
                              Code{"smpte240m", 7}, Code{"bt2020nc", 9}, Code{"bt2020c", 10}};
constexpr std::array primaries{Code{"bt709", 1},     Code{"bt470m", 4},    Code{"bt470bg", 5}, Code{"smpte170m", 6},
                               Code{"smpte240m", 7}, Code{"film", 8},      Code{"bt2020", 9},  Code{"smpte428", 10},
                               Code{"smpte431", 11}, Code{"smpte432", 12}, Code{"ebu3213", 22}};
constexpr std::array transfers{Code{"bt709", 1},      Code{"bt470m", 4},        Code{"gamma22", 4},
                               Code{"bt470bg", 5},    Code{"gamma28", 5},       Code{"smpte170m", 6},
                               Code{"smpte240m", 7},  Code{"linear", 8},        Code{"iec61966-2-4", 11},
                               Code{"bt1361e", 12},   Code{"iec61966-2-1", 13}, Code{"bt2020-10", 14},
                               Code{"bt2020-12", 15}, Code{"smpte2084", 16},    Code{"arib-std-b67", 18}};

// Unspecified if it has another name, or none.
template <class Codes>
int code_of(const Codes& codes, const std::string& name) {
  const auto at = std::find_if(codes.begin(), codes.end(), [&](const Code& code) { return code.name == name; });
  return at == codes.end() ? VideoFormat::unspecified : at->number;
}

void set_meaning(VideoFacts& facts, const Json& stream, Index height) {
  VideoFormat& format = facts.format;
  constexpr int bt709 = 1, fcc = 4, bt470bg = 5, smpte170m = 6, smpte240m = 7, bt2020 = 9;
  format.matrix = code_of(matrices, text_of(stream, "color_space"));
  format.primaries = code_of(primaries, text_of(stream, "color_primaries"));
  format.transfer = code_of(transfers, text_of(stream, "color_transfer"));
  YuvMatrix& matrix = format.header.format.matrix;
  switch (format.matrix) {
    case fcc:
    case bt470bg:
    case smpte170m:
      matrix = YuvMatrix::bt601;
      break;
    case bt709:
    case smpte240m:
    case bt2020:
    case bt2020 + 1:
      matrix = YuvMatrix::bt709;
      break;  // the closest that there is
    default:
      matrix = image_io::usual_matrix(height);
  }
  if (facts.from_rgb) format.matrix = matrix == YuvMatrix::bt709 ? bt709 : smpte170m;
}

Y4mFields fields_of(const std::string& order) {
  if (order == "progressive") return Y4mFields::progressive;
  if (order == "tt" || order == "tb") return Y4mFields::top_first;
  return order == "bb" || order == "bt" ? Y4mFields::bottom_first : Y4mFields::unknown;
}

bool is_moving_picture(const Json& stream) {
  if (text_of(stream, "codec_type") != "video") return false;
  const auto disposition = stream.find("disposition");
  if (disposition == stream.end() || !disposition->is_object()) return true;
  return disposition->value("attached_pic", Json(0)) != Json(1);
}

Error broken(const char* what) {
  return {ErrorCode::malformed, std::string("found ") + what + ", expected a video stream as ffprobe tells of it"};
}

Result<VideoFacts> facts_of(const Json& report) {
  const auto streams = report.find("streams");
  if (!report.is_object() || streams == report.end() || !streams->is_array()) return broken("no list of streams");
  VideoFacts facts;
  VideoFormat& format = facts.format;
  for (const Json& stream : *streams) {
    if (!stream.is_object()) return broken("a stream without facts");
    const std::string kind = text_of(stream, "codec_type");
    const std::string codec = text_of(stream, "codec_name");
    if (kind == "audio") format.tracks.push_back({TrackKind::sound, codec, true});
    if (kind == "subtitle") format.tracks.push_back({TrackKind::subtitles, codec, true});
    if (kind == "attachment") format.tracks.push_back({TrackKind::other, codec, true});
    if (format.stream >= 0 || !is_moving_picture(stream)) continue;
    const auto index = stream.find("index");
    const auto height = stream.find("height");
    if (index == stream.end() || !index->is_number_integer()) return broken("a stream without a number");
    if (height == stream.end() || !height->is_number_integer()) return broken("a stream without a size");
    format.stream = index->get<int>();
    facts.pixels = text_of(stream, "pix_fmt");
    if (facts.pixels.empty()) return broken("a stream of no known pixels");
    set_samples(facts, text_of(stream, "color_range"));
    set_meaning(facts, stream, height->get<Index>());
    format.header.fields = fields_of(text_of(stream, "field_order"));
    format.time_base = ratio_of(text_of(stream, "time_base"), '/');
    const Y4mRatio least = ratio_of(text_of(stream, "r_frame_rate"), '/');
    const Y4mRatio mean = ratio_of(text_of(stream, "avg_frame_rate"), '/');
    if (least.numerator * mean.denominator == mean.numerator * least.denominator) format.header.rate = mean;
    format.seconds = seconds_of(stream);
  }
  if (format.stream < 0) return broken("no moving pictures");
  const auto container = report.find("format");
  if (container == report.end() || !container->is_object()) return facts;
  if (!format.seconds) format.seconds = seconds_of(*container);
  const bool broadcast = text_of(*container, "format_name") == "mpegts";
  for (Track& track : format.tracks) track.is_framed = !broadcast || track.codec != "aac";
  return facts;
}

}  // namespace

Result<std::string> ffmpeg_address(const std::string& name) {
  struct stat facts {};
  if (::stat(name.c_str(), &facts) == 0) {
    if (!S_ISDIR(facts.st_mode)) return "file:" + name;
    return Error{ErrorCode::io, weights::printable_path(name) + ": found a folder, expected a video (or --frames)"};
  }
  const int failure = errno;
  const std::size_t end = name.find("://");
  const bool is_scheme = end != std::string::npos && end > 1 &&
                         std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+';
                         });
  if (is_scheme) return name;
  return platform::refused(failure, "a video file, or an address such as rtsp://...").in(weights::printable_path(name));
}

bool is_file_address(const std::string& address) {
  struct stat facts {};
  return address.starts_with("file:") && ::stat(address.c_str() + 5, &facts) == 0 && S_ISREG(facts.st_mode);
}

Result<VideoFacts> probe_video(const std::string& address) {
  const auto text =
      output_of({"ffprobe", "-v", "error", "-print_format", "json", "-show_streams", "-show_format", "-i", address});
  if (!text) return text.error();
  const Json report = Json::parse(*text, nullptr, false);
  if (report.is_discarded() || !report.is_object()) return broken("no JSON");
  return facts_of(report);
}

std::string ratio_text(const Y4mRatio& ratio) {
  return std::to_string(ratio.numerator) + "/" + std::to_string(ratio.denominator);
}

Words ffmpeg_words() { return {"ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "repeat+error"}; }

Result<Words> passthrough_words() {
  const auto text = output_of({"ffmpeg", "-version"});
  if (!text) return text.error();
  // "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright…", "n6.0", or "N-109…-g…", which is newer than all numbers.
  constexpr std::string_view before = "ffmpeg version ";
  int major = 99;
  int minor = 0;
  if (text->starts_with(before)) {
    const char* first = text->data() + before.size();
    const char* const end = text->data() + text->size();
    if (first < end && *first == 'n') ++first;
    const auto number = std::from_chars(first, end, major);
    if (number.ec == std::errc() && number.ptr < end && *number.ptr == '.') std::from_chars(number.ptr + 1, end, minor);
  }
  const bool new_name = major > 5 || (major == 5 && minor >= 1);
  return Words{new_name ? "-fps_mode" : "-vsync", "passthrough"};
}

bool has_encoder(const std::string& name) {
  const auto text = output_of({"ffmpeg", "-hide_banner", "-encoders"});
  return text && text->find(" " + name + " ") != std::string::npos;
}

}  // namespace ochre::program
