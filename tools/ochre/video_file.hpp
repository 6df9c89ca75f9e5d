// One video: frames in, frames in colour out. Tested by cli/video_test.cpp.
#pragma once

#include "verbs.hpp"
#include "video_model.hpp"
#include "video_stream.hpp"

namespace ochre::program {

// What becomes of an output that is not whole.
enum class Unfinished {
  kept,     // with every frame that was whole, whatever ended it
  dropped,  // unless the source ends there: it is not to look finished when the folder is gone through again
};

Result<Source> open_source(const VideoOptions& options);

// Whether frames of the stream may be in colour, and are to stay so.
bool may_teach(const FrameSource& source, const VideoOptions& options);

// Says what went wrong; returns the exit code. What the stream taught is in --remember's file and in the model.
int color_video(const VideoOptions& options, Unfinished unfinished, FrameSource& source, VideoModel& model);

}  // namespace ochre::program
