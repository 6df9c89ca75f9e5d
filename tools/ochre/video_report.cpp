#include "video_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include <unistd.h>

#include "json_text.hpp"
#include "memory_remark.hpp"
#include "output_file.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace {

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Those of a kind; null: all.
Json moments_json(const std::vector<VideoMoment>& moments, const char* kind) {
  Json list = Json::array();
  for (const VideoMoment& moment : moments) {
    if (kind != nullptr && std::string_view(kind) != moment.kind) continue;
    Json entry{{"kind", moment.kind}, {"frame", moment.frame}, {"time", to_thousandths(moment.time)}};
    if (!moment.what.empty()) entry["what"] = without_passwords(moment.what);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

VideoReport::VideoReport(const VideoOptions& options, const Stream& stream)
    : options_(options),
      stream_(stream),
      visible_(!options.quiet && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      drawn_(start_) {}

double VideoReport::elapsed() const {
  return seconds_ > 0 ? seconds_ : seconds_between(start_, std::chrono::steady_clock::now());
}

// Of the frames so far, the last one's own time among it.
double VideoReport::stream_seconds() const {
  if (frames_ == 0) return 0;
  const double between = static_cast<double>(last_ - first_) / 1e9;
  if (stream_.rate > 0) return between + 1 / stream_.rate;
  return frames_ > 1 ? between * static_cast<double>(frames_) / static_cast<double>(frames_ - 1) : 0;
}

void VideoReport::add(const FrameTime& time, const VideoFrameReport& frame) {
  if (frames_ == 0) first_ = time.nanoseconds;
  last_ = time.nanoseconds;
  times_[static_cast<std::size_t>(frames_) % times_.size()] = last_;
  predicted_ += frame.predicted ? 1 : 0;
  colored_ += frame.colored ? 1 : 0;
  network_ += frame.network_seconds;
  if (time.gap > 0) add_reconnection(time.gap);
  if (frame.cut) events_.push_back({"cut", frames_, seconds_at(last_)});
  if (frame.learned) events_.push_back({"learned", frames_, seconds_at(last_)});
  if (frame.infrared != InfraredChange::none) add_infrared(frame);
  ++frames_;
  constexpr double between_lines = 0.25;  // seconds: faster than anybody reads
  const auto now = std::chrono::steady_clock::now();
  if (!visible_ || seconds_between(drawn_, now) < between_lines) return;
  drawn_ = now;
  draw();
}

void VideoReport::add_infrared(const VideoFrameReport& frame) {
  const bool begins = frame.infrared == InfraredChange::begins;
  const long long at = frames_ - frame.frames_ago;
  const double time = seconds_at(times_[static_cast<std::size_t>(at) % times_.size()]);
  events_.push_back({begins ? "infrared_on" : "infrared_off", at, time});
  if (options_.quiet) return;
  clear_line();
  say((begins ? "grey, perhaps infrared, from " : "in colour from ") + fixed(time, 2) + " s on (frame " +
      with_commas(at) + ")");
}

void VideoReport::add_reconnection(double gap) {
  const std::string what = "after " + fixed(gap, 1) + " s without a frame";
  events_.push_back({"reconnection", frames_, seconds_at(last_), what});
  clear_line();
  say("connected again " + what + ", at " + fixed(seconds_at(last_), 2) + " s (frame " + with_commas(frames_) + ")");
}

void VideoReport::draw() const {
  const double seconds = std::max(elapsed(), 1e-9);
  std::string line = with_commas(frames_) + " frames, " + fixed(static_cast<double>(frames_) / seconds, 1) +
                     " frames/s, " + fixed(stream_seconds() / seconds, 2) + " times real time";
  if (stream_.seconds > 0 && stream_seconds() > 0) {
    line += ", " + time_left(std::max(0.0, stream_.seconds / stream_seconds() - 1) * seconds);
  }
  show_line("  " + line);
}

void VideoReport::clear_line() const {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void VideoReport::add_failure(const std::string& what) {
  events_.push_back({"failure", frames_, seconds_at(last_), what});
  say(what);
}

void VideoReport::add_remark(const std::string& what) {
  events_.push_back({"remark", frames_, seconds_at(last_), what});
  if (!options_.quiet) say(what);
}

int VideoReport::finish(int code) {
  if (!options_.quiet && frames_ > 0) say(summary());
  if (options_.json.empty()) return code;
  const Status status = write_json();
  if (status) return code;
  const int failed = fail(status.error());
  return code == done ? failed : code;
}

void VideoReport::end(long long frames) {
  seconds_ = std::max(seconds_between(start_, std::chrono::steady_clock::now()), 1e-9);
  frames_ = frames;
  clear_line();
}

std::string VideoReport::summary() const {
  return std::to_string(frames_) + (frames_ == 1 ? " frame in " : " frames in ") + fixed(elapsed(), 1) + " s, " +
         fixed(static_cast<double>(frames_) / elapsed(), 1) + " frames/s, " + fixed(stream_seconds() / elapsed(), 1) +
         " times real time";
}

Status VideoReport::write_json() const {
  const Json json{{"input", without_passwords(options_.input)},
                  {"output", options_.output},
                  {"width", stream_.size.w},
                  {"height", stream_.size.h},
                  {"frames", frames_},
                  {"seconds", to_thousandths(elapsed())},
                  {"fps", to_thousandths(static_cast<double>(frames_) / elapsed())},
                  {"realtime", to_thousandths(stream_seconds() / elapsed())},
                  {"predicted", predicted_},
                  {"network_seconds", to_thousandths(network_)},
                  {"coloured", colored_},
                  {"cuts", moments_json(events_, "cut")},
                  {"events", moments_json(events_, nullptr)},
                  {"peak_rss_bytes", peak_rss_bytes()}};
  const std::string text = json_text(json);
  if (options_.json != "-") return write_output(options_.json, std::as_bytes(std::span(text)));
  std::fputs(text.c_str(), stdout);  // main() looks whether it could be written
  return {};
}

}  // namespace ochre::program
