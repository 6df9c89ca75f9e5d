// Frames of any video, as the machine's ffmpeg decodes them: raw, with their times, on a pipe.
#include <ochre/weights/printable.hpp>

#include "byte_stream.hpp"
#include "child_process.hpp"
#include "ffmpeg_probe.hpp"
#include "nut_reader.hpp"
#include "terminal.hpp"
#include "video_stream.hpp"

namespace ochre::program {

namespace {

// 0 for what no clock shows.
long long nanoseconds_of(long long ticks, const Y4mRatio& time_base) {
  constexpr Index a_second = 1'000'000'000;
  const Index denominator = time_base.denominator;  // below 2^31, so that the product below fits
  const auto scaled = checked_mul(static_cast<Index>(ticks), time_base.numerator);
  const auto whole = scaled ? checked_mul(*scaled / denominator, a_second) : std::nullopt;
  if (!whole) return 0;
  const Index part = *scaled % denominator * a_second;
  const Index half = part < 0 ? -denominator / 2 : denominator / 2;
  return *whole + (part + half) / denominator;
}

class FfmpegSource final : public FrameSource {
 public:
  FfmpegSource(std::string name, ChildProcess child, int silence)
      : name_(std::move(name)), child_(std::move(child)), reader_(NutReader(ByteReader(child_.take_pipe(), silence))) {}

  Status open(const VideoFacts& facts) {
    const auto stream = reader_.open();
    if (!stream) return located(stream.error());
    format_ = facts.format;
    Y4mHeader& header = format_.header;
    header.width = stream->width;
    header.height = stream->height;
    header.aspect = stream->aspect;
    header.color_space = y4m_color_space(header.format.subsampling, header.format.depth);
    ticks_ = stream->time_base;
    if (!format_.time_base.is_known()) format_.time_base = ticks_;
    if (!facts.exact) {
      remarks_.push_back(name_ + ": " + weights::printable(facts.pixels) + " samples are converted to " +
                         facts.decoded + " by ffmpeg");
    }
    const bool interlaced = header.fields == Y4mFields::top_first || header.fields == Y4mFields::bottom_first;
    if (interlaced) remarks_.push_back(name_ + ": is interlaced, and coloured as it is");
    constexpr int pq = 16, hlg = 18;
    if (format_.transfer == pq || format_.transfer == hlg) {
      remarks_.push_back(name_ + ": is HDR, and coloured as if it were not");
    }
    return {};
  }

  Result<bool> read(std::span<std::byte> frame, FrameTime& time) override {
    long long ticks = 0;
    const auto more = reader_.read(frame, ticks);
    if (!more) return located(more.error());
    if (!*more) {
      if (Status status = check_end(); !status) return std::move(status).error();
      return false;
    }
    last_ = nanoseconds_of(ticks, ticks_);
    time = {.nanoseconds = last_};
    ++frames_;
    return true;
  }

 private:
  // A decoder that was ended by a wish to stop is at no fault.
  Error located(Error error) {
    if (error.code == ErrorCode::cancelled) return error;
    child_.kill();
    child_.wait();
    const std::string complaint = child_.complaint();
    if (!complaint.empty()) error.text += " (ffmpeg: " + complaint + ")";
    const std::string where = frames_ == 0 ? name_ : name_ + ": frame " + std::to_string(frames_ + 1);
    return std::move(error).in(where);
  }

  // Did it decode all that there is? Complaints alone say little: a stream that is joined in its middle has some, too.
  Status check_end() {
    const int code = child_.wait();
    const std::string complaint = child_.complaint();
    constexpr double most_missing = 0.5;  // seconds: what containers say of their length is no better
    const double seconds = static_cast<double>(last_) / 1e9;
    const bool early = format_.seconds && child_.complaints() > 0 && *format_.seconds > seconds + most_missing;
    if (code == 0 && !early) {
      if (child_.complaints() == 0) return {};
      remarks_.push_back(name_ + ": ffmpeg says: " + complaint);
      return {};
    }
    std::string what = "found an end after " + std::to_string(frames_) + " frames";
    if (early) what += " and " + fixed(seconds, 1) + " s, expected " + fixed(*format_.seconds, 1) + " s";
    if (code != 0) what += ", ffmpeg ended with code " + std::to_string(code);
    return Error{ErrorCode::malformed, name_ + ": " + what + (complaint.empty() ? "" : " (ffmpeg: " + complaint + ")")};
  }

  std::string name_;
  ChildProcess child_;
  NutReader reader_;
  Y4mRatio ticks_;
  long long frames_ = 0;
  long long last_ = 0;
};

Words decode_words(const std::string& address, const VideoFacts& facts, const Words& passthrough) {
  Words words = ffmpeg_words();
  append(words, {"-i", address, "-map", "0:" + std::to_string(facts.format.stream), "-c:v", "rawvideo"});
  if (facts.from_rgb) {
    const bool hd = facts.format.header.format.matrix == YuvMatrix::bt709;
    append(words, {"-vf", std::string("scale=out_range=tv:out_color_matrix=") + (hd ? "bt709" : "bt601")});
  }
  append(words, {"-pix_fmt", facts.decoded});
  append(words, passthrough);
  if (facts.format.time_base.is_known()) append(words, {"-enc_time_base", ratio_text(facts.format.time_base)});
  append(words, {"-f", "nut", "pipe:1"});
  return words;
}

Result<Source> start_decoder(const Words& words, const std::string& name, const VideoFacts& facts, int silence) {
  auto child = ChildProcess::start(words, ChildPipe::output);
  if (!child) return std::move(child).error();
  auto source = std::make_unique<FfmpegSource>(name, *std::move(child), silence);
  if (Status status = source->open(facts); !status) return std::move(status).error();
  return Source(std::move(source));
}

}  // namespace

Result<Source> open_ffmpeg_source(const std::string& input, const SourceOptions& options) {
  const std::string name = weights::printable_path(input);
  const auto address = ffmpeg_address(input);
  if (!address) return address.error();
  const auto facts = probe_video(*address);
  if (!facts) return Error{facts.error()}.in(name);
  const auto passthrough = passthrough_words();
  if (!passthrough) return passthrough.error();
  const bool is_live = options.reconnect && !address->starts_with("file:") && !facts->format.seconds;
  const int silence = is_live ? live_silence(options) : options.silence;
  const Connect connect = [words = decode_words(*address, *facts, *passthrough), name, facts = *facts, silence] {
    return start_decoder(words, name, facts, silence);
  };
  auto source = connect();
  return source && is_live ? make_live_source(name, *std::move(source), connect, options) : std::move(source);
}

}  // namespace ochre::program
