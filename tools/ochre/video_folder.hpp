// `ochre video` on a folder: each video in it, one after the other. Tested by cli/video_folder_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "verbs.hpp"

namespace ochre::program {

// The files that a command reads besides those of a folder: no output is ever one of them.
std::vector<std::string> files_read(const VideoOptions& options);

int run_video_folder(const VideoOptions& options);

}  // namespace ochre::program
