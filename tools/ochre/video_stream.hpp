// Where frames come from and where they go. A frame is one block of memory: luma, Cb, Cr, without padding.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/image_io/y4m.hpp>

#include "output_file.hpp"

namespace ochre::program {

enum class TrackKind { sound, subtitles, other };

// What comes along with the frames.
struct Track {
  TrackKind kind = TrackKind::other;
  std::string codec{};    // as ffprobe names it
  bool is_framed = true;  // its packets can be handed on without a look into them, which a broken one would end
};

// What a stream is, as far as raw frames do not show it.
struct VideoFormat {
  Y4mHeader header;                 // size, samples, rate, aspect and fields; rate unknown: each frame has its own time
  Y4mRatio time_base{};             // seconds that a tick of the source's clock takes; unknown: that of the rate
  std::optional<double> seconds{};  // that the source says it lasts
  static constexpr int unspecified = 2;
  int matrix = unspecified;  // the numbers that ITU-T H.273 has for what samples mean
  int primaries = unspecified;
  int transfer = unspecified;
  std::vector<Track> tracks{};
  int stream = -1;  // its number among the source's

  const YuvFormat& samples() const noexcept { return header.format; }
  // As it is written: with room for colour.
  YuvFormat colored() const noexcept {
    YuvFormat format = header.format;
    if (format.subsampling == ChromaSubsampling::yuv400) format.subsampling = ChromaSubsampling::yuv420;
    return format;
  }
  Index bytes() const noexcept { return image_io::y4m_frame_bytes(header.width, header.height, header.format); }
  Index colored_bytes() const noexcept { return image_io::y4m_frame_bytes(header.width, header.height, colored()); }
};

// When a frame was.
struct FrameTime {
  long long nanoseconds = 0;  // of the source's clock
  double gap = 0;             // seconds before it without a connection to the source; 0: it was there
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  const VideoFormat& format() const noexcept { return format_; }

  // The next frame's format().bytes() bytes and its time; false at the end. Errors: a frame that is not whole; after
  // one, or the end, nothing more is asked for.
  virtual Result<bool> read(std::span<std::byte> frame, FrameTime& time) = 0;

  // What is to be said of it: at the beginning, or once it has ended.
  std::vector<std::string> take_remarks() { return std::exchange(remarks_, {}); }

 protected:
  VideoFormat format_;
  std::vector<std::string> remarks_;
};

class FrameSink {
 public:
  virtual ~FrameSink() = default;

  virtual Status write(std::span<const std::byte> frame, long long nanoseconds) = 0;

  // No frame follows: the output takes its name, if it has one. whole: the source was read to its end.
  virtual Status finish(bool whole) = 0;

  std::vector<std::string> take_remarks() { return std::exchange(remarks_, {}); }

 protected:
  std::vector<std::string> remarks_;
};

using Source = std::unique_ptr<FrameSource>;
using Sink = std::unique_ptr<FrameSink>;

// "-" and what ends in .y4m.
bool is_y4m(const std::string& name);

struct SourceOptions {
  int silence = 60;        // seconds without a byte that end it; 0: none does
  bool reconnect = false;  // a live one that ended is connected anew, for as long
};

// path: "-" is standard input.
Result<Source> open_y4m_source(const std::string& path, const SourceOptions& options);
// path: "-" is standard output.
Result<Sink> open_y4m_sink(const std::string& path, Links links, const VideoFormat& format);

// Through ffmpeg. input: a file, or an address such as rtsp://…
Result<Source> open_ffmpeg_source(const std::string& input, const SourceOptions& options);

// A source that has no end of its own: `first`, and what `connect` opens once that has ended or was silent, until
// nothing has come for options.silence seconds. Times go on with the clock on the wall. Errors: then, and a source that
// comes back in another format.
using Connect = std::function<Result<Source>()>;
Source make_live_source(const std::string& name, Source first, Connect connect, const SourceOptions& options);

// Seconds without a byte after which a live source is connected anew.
int live_silence(const SourceOptions& options);

struct EncodeOptions {
  std::string output;
  std::string input;    // whose sound, subtitles and metadata come along; empty: there are none
  std::string options;  // of ffmpeg, split at spaces; empty: the usual ones for the kind of file
  Links links = Links::followed;
  bool keeps_parts = true;  // what can be played of an output that ffmpeg could not finish
};
Result<Sink> open_ffmpeg_sink(const EncodeOptions& options, const VideoFormat& format);

}  // namespace ochre::program
