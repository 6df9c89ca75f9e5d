// Frames for the machine's ffmpeg, which encodes them beside the source's own sound, subtitles and metadata.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <ochre/weights/printable.hpp>

#include "byte_stream.hpp"
#include "child_process.hpp"
#include "ffmpeg_probe.hpp"
#include "matroska_writer.hpp"
#include "output_file.hpp"
#include "terminal.hpp"
#include "video_stream.hpp"

namespace ochre::program {

namespace {

enum class Container { mp4, matroska, webm, other };

std::string ending_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::size_t slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return {};
  return path.substr(dot);
}

Container container_of(const std::string& path) {
  const std::string ending = ending_of(path);
  if (ending == ".mp4" || ending == ".m4v" || ending == ".mov") return Container::mp4;
  if (ending == ".mkv") return Container::matroska;
  return ending == ".webm" ? Container::webm : Container::other;
}

// A row or a column whose chroma it would share with nobody, which H.264 does not hold.
bool has_odd_side(const VideoFormat& format) {
  const Y4mHeader& header = format.header;
  const ChromaSubsampling shares = format.colored().subsampling;
  const bool odd_width = shares != ChromaSubsampling::yuv444 && header.width % 2 != 0;
  return odd_width || (shares == ChromaSubsampling::yuv420 && header.height % 2 != 0);
}

std::string range_word(const VideoFormat& format) { return format.samples().range == YuvRange::full ? "pc" : "tv"; }

// Good to look at, quick to make.
Words usual_codec(Container container, const VideoFormat& format) {
  if (container == Container::webm) return {"-crf", "24", "-b:v", "0"};
  if (container == Container::other) return {"-q:v", "2"};
  if (!has_encoder("libx264")) return {"-q:v", "2"};
  Words words{"-c:v", "libx264", "-crf", "18", "-preset", "veryfast"};
  const Y4mFields fields = format.header.fields;
  const bool interlaced = fields == Y4mFields::top_first || fields == Y4mFields::bottom_first;
  if (interlaced) append(words, {"-flags", "+ildct+ilme"});
  if (!has_odd_side(format)) return words;
  const std::string range = range_word(format);  // named twice, so that luma stays as it is
  const bool deep = format.samples().depth != YuvDepth::bits8;
  append(words, {"-vf", "scale=in_range=" + range + ":out_range=" + range + ",format=yuv444p" + (deep ? "10le" : "")});
  return words;
}

bool takes_sound(Container container, const std::string& codec) {
  const auto among = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), codec) != names.end();
  };
  switch (container) {
    case Container::matroska:
      return true;
    case Container::mp4:
      return among({"aac", "mp3", "ac3", "eac3", "alac", "opus", "mp2"});
    case Container::webm:
      return among({"opus", "vorbis"});
    default:
      return false;
  }
}

bool is_text(const std::string& codec) {
  return codec == "subrip" || codec == "ass" || codec == "ssa" || codec == "webvtt" || codec == "mov_text" ||
         codec == "text";
}

// Each track as it is where the container takes it, else in the container's own way.
Words track_words(Container container, const std::vector<Track>& tracks, std::vector<std::string>& remarks) {
  Words words;
  int sounds = 0;
  int subtitles = 0;
  int in_source = 0;
  int lost = 0;
  for (const Track& track : tracks) {
    if (track.kind == TrackKind::sound) {
      const std::string number = std::to_string(sounds++);
      append(words, {"-map", "1:a:" + number});
      const bool fits = track.is_framed && takes_sound(container, track.codec);
      if (fits || container == Container::matroska) append(words, {"-c:a:" + number, fits ? "copy" : "aac"});
    }
    if (track.kind != TrackKind::subtitles) continue;
    const std::string source = std::to_string(in_source++);
    const bool as_it_is = container == Container::matroska && track.codec != "mov_text";
    const bool fits = as_it_is || (is_text(track.codec) && container != Container::other);
    lost += fits ? 0 : 1;
    if (!fits) continue;
    const std::string number = std::to_string(subtitles++);
    const char* const codec = as_it_is                       ? "copy"
                              : container == Container::mp4  ? "mov_text"
                              : container == Container::webm ? "webvtt"
                                                             : "srt";
    append(words, {"-map", "1:s:" + source, "-c:s:" + number, codec});
  }
  if (container == Container::matroska) append(words, {"-map", "1:t?"});
  if (lost > 0) remarks.push_back("subtitles of a kind that the output cannot hold are left out");
  return words;
}

// In numbers: the options have other names than ffprobe has.
Words meaning_words(const VideoFormat& format) {
  Words words{"-color_range", range_word(format)};
  const auto add = [&](const char* option, int number) {
    if (number != VideoFormat::unspecified) append(words, {option, std::to_string(number)});
  };
  add("-colorspace", format.matrix);
  add("-color_primaries", format.primaries);
  add("-color_trc", format.transfer);
  return words;
}

Words split_at_spaces(const std::string& text) {
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

class FfmpegSink final : public FrameSink {
 public:
  FfmpegSink(OutputFile output, const EncodeOptions& options, const VideoFormat& format)
      : output_(std::move(output)), options_(options), format_(format) {
    if (options_.input.empty() && !format_.tracks.empty()) {
      remarks_.push_back(name() + ": the source is live, its sound and subtitles are left out");
    }
  }

  Status write(std::span<const std::byte> frame, long long nanoseconds) override {
    if (!writer_) {
      if (Status status = start(nanoseconds); !status) return status;
    }
    Status status = writer_->write(matroska_frame_header(static_cast<Index>(frame.size()), nanoseconds - first_));
    if (status) status = writer_->write(frame);
    last_ = nanoseconds;
    ++frames_;
    return status ? status : Status(failure(status.error()));
  }

  Status finish(bool whole) override {
    if (!writer_) return {};
    if (failed_) {
      keep_part();
      return Error{ErrorCode::io, name() + ": ffmpeg failed"};
    }
    Status closed = writer_->close();
    writer_.reset();
    if (const int code = child_->wait(); code != 0 || !closed || (whole && lacks_frames())) {
      Error error = failure(closed ? Error{ErrorCode::io, {}} : closed.error());
      keep_part();
      return error;
    }
    if (whole && child_->complaints() > 0) remarks_.push_back(name() + ": ffmpeg says: " + child_->complaint());
    if (!whole && has_tracks()) return keep_begin();
    return output_.keep();
  }

 private:
  std::string name() const { return weights::printable_path(output_.target()); }
  bool has_tracks() const { return !options_.input.empty() && !format_.tracks.empty(); }

  // ffmpeg counts from its input's first frame: where the source's begins later, it is told.
  Status start(long long nanoseconds) {
    first_ = nanoseconds;
    const auto passthrough = passthrough_words();
    if (!passthrough) return passthrough.error();
    auto child = ChildProcess::start(words(*passthrough), ChildPipe::input);
    if (!child) return std::move(child).error();
    child_ = *std::move(child);
    writer_.emplace(child_->take_pipe(), FileOwner::alone);
    const Status status = writer_->write(matroska_header(format_));
    return status ? status : Status(failure(status.error()));
  }

  Words words(const Words& passthrough) {
    const Container container = container_of(output_.target());
    Words list = ffmpeg_words();
    append(list, {"-y", "-probesize", "4096", "-analyzeduration", "0", "-fpsprobesize", "0"});
    if (first_ != 0) append(list, {"-itsoffset", fixed(static_cast<double>(first_) / 1e9, 6)});
    append(list, {"-f", "matroska", "-i", "pipe:0"});
    if (!options_.input.empty()) append(list, {"-i", options_.input});
    append(list, {"-map", "0:v:0"});
    if (!options_.input.empty()) {
      append(list, track_words(container, format_.tracks, remarks_));
      append(list, {"-map_metadata", "1", "-map_chapters", "1"});
      append(list, {"-map_metadata:s:v:0", "1:s:" + std::to_string(format_.stream), "-metadata:s:v:0", "rotate="});
    }
    append(list, passthrough);
    const Y4mRatio& rate = format_.header.rate;
    const Y4mRatio time_base = rate.is_known() ? Y4mRatio{rate.denominator, rate.numerator} : format_.time_base;
    append(list, {"-enc_time_base:v", ratio_text(time_base)});
    append(list, meaning_words(format_));
    append(list, options_.options.empty() ? usual_codec(container, format_) : split_at_spaces(options_.options));
    append(list, {"file:" + output_.name()});
    return list;
  }

  Error failure(const Error& error) {
    child_->kill();
    const int code = child_->wait();
    const std::string complaint = child_->complaint();
    const std::string why = complaint.empty() ? "ended with code " + std::to_string(code) : complaint;
    failed_ = true;
    return Error{error.code, name() + ": ffmpeg: " + why};
  }

  bool can_be_opened() const {
    auto probe = ChildProcess::start({"ffprobe", "-v", "quiet", "file:" + output_.name()}, ChildPipe::none);
    return probe && probe->wait() == 0;
  }

  // ffmpeg ends with 0, and a complaint, where the disk was full for its last bytes. What --encode says may well make
  // fewer frames.
  bool lacks_frames() const {
    if (child_->complaints() == 0 || !options_.options.empty()) return false;
    const auto count = output_of({"ffprobe", "-v", "quiet", "-select_streams", "v:0", "-count_packets", "-show_entries",
                                  "stream=nb_read_packets", "-of", "csv=p=0", "file:" + output_.name()});
    return count && std::atoll(count->c_str()) < frames_;
  }

  // Most files can be played as far as they were written; an .mp4 has what is needed for it at its end.
  void keep_part() {
    std::error_code missing;
    if (!options_.keeps_parts || std::filesystem::file_size(output_.name(), missing) == 0 || missing) return;
    if (!can_be_opened()) {
      remarks_.push_back(name() + ": could not be played as far as it was written, and is not kept; an .mkv could");
    } else if (output_.keep()) {
      remarks_.push_back(name() + ": holds what ffmpeg had written");
    }
  }

  // Of a stream that ended early its sound goes on to the source's end: only what belongs to the frames is kept.
  Status keep_begin() {
    auto begin = OutputFile::create(output_.target(), Links::replaced, ending_of(output_.name()));
    if (!begin) return output_.keep();
    Words list = ffmpeg_words();
    const double frame = format_.header.rate.is_known() ? static_cast<double>(format_.header.rate.denominator) /
                                                              static_cast<double>(format_.header.rate.numerator)
                                                        : 0.04;
    const double seconds = static_cast<double>(last_) / 1e9 + frame;
    append(list, {"-y", "-i", "file:" + output_.name(), "-map", "0", "-c", "copy", "-t", fixed(seconds, 6)});
    append(list, {"file:" + begin->name()});
    auto child = ChildProcess::start(list, ChildPipe::none);
    if (!child || child->wait() != 0) return output_.keep();
    return begin->keep();
  }

  OutputFile output_;
  EncodeOptions options_;
  VideoFormat format_;
  std::optional<ChildProcess> child_;
  std::optional<ByteWriter> writer_;
  long long first_ = 0;
  long long last_ = 0;
  long long frames_ = 0;
  bool failed_ = false;
};

}  // namespace

Result<Sink> open_ffmpeg_sink(const EncodeOptions& options, const VideoFormat& format) {
  auto output = OutputFile::create(options.output, options.links, ending_of(options.output));
  if (!output) return std::move(output).error();
  platform::Descriptor(output->take_descriptor()).close();  // ffmpeg opens it by its name
  EncodeOptions settled = options;
  if (!options.input.empty()) {
    const auto address = ffmpeg_address(options.input);
    settled.input = address && is_file_address(*address) ? *address : "";
  }
  auto sink = std::make_unique<FfmpegSink>(*std::move(output), settled, format);
  return Sink(std::move(sink));
}

}  // namespace ochre::program
