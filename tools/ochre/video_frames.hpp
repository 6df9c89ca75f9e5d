// `ochre video --frames`: numbered pictures as the frames of a video. Tested by cli/video_test.cpp.
#pragma once

#include "verbs.hpp"

namespace ochre::program {

// Returns an exit code.
int run_video_frames(const VideoOptions& options);

}  // namespace ochre::program
