// What `ochre video` did: a line on the terminal while it works, one at its end, and JSON. Tested by
// cli/video_test.cpp.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/video_colorizer.hpp>

#include "verbs.hpp"
#include "video_stream.hpp"

namespace ochre::program {

struct VideoMoment {
  const char* kind = "";  // "cut", "infrared_on", "infrared_off", "learned", "reconnection", "remark", "failure"
  long long frame = 0;
  double time = 0;  // seconds from the first frame
  std::string what{};
};

class VideoReport {
 public:
  // seconds: that the source is said to last, 0: nobody knows. rate: frames a second, 0 likewise.
  struct Stream {
    Extent size{};
    double seconds = 0;
    double rate = 0;
  };
  VideoReport(const VideoOptions& options, const Stream& stream);

  // A frame that is coloured; draws the line of progress on a terminal.
  void add(const FrameTime& time, const VideoFrameReport& frame);
  void add_remark(const std::string& what);   // says it, too, and keeps it for JSON
  void add_failure(const std::string& what);  // the same, in spite of --quiet
  void end(long long frames);                 // in the output; only remarks are added after it
  int finish(int code);                       // the summary and the JSON; the exit code
  void clear_line() const;

  long long frames() const noexcept { return frames_; }

 private:
  std::string summary() const;
  void add_infrared(const VideoFrameReport& frame);
  void add_reconnection(double gap);
  double seconds_at(long long nanoseconds) const { return static_cast<double>(nanoseconds - first_) / 1e9; }
  Status write_json() const;
  double elapsed() const;
  double stream_seconds() const;
  void draw() const;

  const VideoOptions& options_;
  Stream stream_;
  bool visible_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
  double seconds_ = 0;  // that it took, once it has ended
  long long frames_ = 0;
  long long predicted_ = 0;
  long long colored_ = 0;  // that were in colour, and stayed so
  double network_ = 0;     // seconds
  long long first_ = 0;    // nanoseconds
  long long last_ = 0;
  std::array<long long, 8> times_{};  // of the last frames, in turns
  std::vector<VideoMoment> events_;
};

}  // namespace ochre::program
