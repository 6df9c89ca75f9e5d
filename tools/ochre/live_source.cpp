// A camera's stream: it ends when the network or the camera does, and goes on once they are back.
#include <algorithm>
#include <chrono>
#include <utility>

#include <poll.h>

#include "stop_request.hpp"
#include "terminal.hpp"
#include "video_stream.hpp"

namespace ochre::program {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

// False: a wish to stop came first.
bool pause(double seconds) {
  pollfd wait{stop_descriptor(), POLLIN, 0};
  ::poll(&wait, 1, static_cast<int>(seconds * 1000));
  return !stop_requested();
}

class LiveSource final : public FrameSource {
 public:
  LiveSource(std::string name, Source first, Connect connect, const SourceOptions& options)
      : name_(std::move(name)), current_(std::move(first)), connect_(std::move(connect)), options_(options) {
    format_ = current_->format();
    remarks_ = current_->take_remarks();
  }

  Result<bool> read(std::span<std::byte> frame, FrameTime& time) override {
    for (;;) {
      const auto more = current_ ? current_->read(frame, time) : Result<bool>(Error(why_));
      if (more && *more) {
        accept(time);
        return true;
      }
      why_ = more ? Error{ErrorCode::io, name_ + ": the stream ended"} : more.error();
      if (why_.code == ErrorCode::cancelled) return why_;
      if (current_ && failures_ == 0) say(why_.message() + "; connecting anew");
      current_.reset();
      if (Status status = reconnect(); !status) return std::move(status).error();
    }
  }

 private:
  // A new connection's clock begins anew.
  void accept(FrameTime& time) {
    const double gap = seconds_since(last_frame_);
    if (failures_ > 0) {
      offset_ = last_ + static_cast<long long>(gap * 1e9) - time.nanoseconds;
      time.gap = gap;
    }
    time.nanoseconds += offset_;
    last_ = time.nanoseconds;
    last_frame_ = Clock::now();
    failures_ = 0;
  }

  // Waits, longer after each failure, and tries once. Errors: no more trying.
  Status reconnect() {
    constexpr double longest_pause = 8;
    const double gap = seconds_since(last_frame_);
    if (options_.silence > 0 && gap >= options_.silence) {
      return Error{why_.code, why_.message() + "; no frame for " + fixed(gap, 0) + " s"};
    }
    const double wish = std::min(longest_pause, static_cast<double>(1 << std::min(failures_, 4)));
    const double seconds = options_.silence > 0 ? std::min(wish, options_.silence - gap) : wish;
    ++failures_;
    if (!pause(seconds)) return Error{ErrorCode::cancelled, "stopped"};
    auto source = connect_();
    if (!source) {
      why_ = std::move(source).error();
      return {};
    }
    const Y4mHeader& was = format_.header;
    const Y4mHeader& is = (*source)->format().header;
    if (is.width == was.width && is.height == was.height) {
      current_ = *std::move(source);
      return {};
    }
    const auto size = [](const Y4mHeader& header) {
      return std::to_string(header.width) + "x" + std::to_string(header.height);
    };
    return Error{ErrorCode::mismatch, name_ + ": came back as " + size(is) + ", expected " + size(was)};
  }

  std::string name_;
  Source current_;
  Connect connect_;
  SourceOptions options_;
  Error why_{};           // there is no current one
  int failures_ = 0;      // to come by a frame, since the last one
  long long offset_ = 0;  // nanoseconds
  long long last_ = 0;
  Clock::time_point last_frame_ = Clock::now();
};

}  // namespace

Source make_live_source(const std::string& name, Source first, Connect connect, const SourceOptions& options) {
  return std::make_unique<LiveSource>(name, std::move(first), std::move(connect), options);
}

// A quarter of the patience, so that there is some left to try again; connecting itself takes some seconds.
int live_silence(const SourceOptions& options) {
  constexpr int usual = 15;
  constexpr int least = 5;
  if (options.silence == 0) return usual;
  return std::min(options.silence, std::max(least, options.silence / 4));
}

}  // namespace ochre::program
