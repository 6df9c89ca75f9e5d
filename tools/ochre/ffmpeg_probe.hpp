// What ffprobe says of a video, and which ffmpeg is there. Tested by cli/video_test.cpp.
#pragma once

#include <string>

#include "video_stream.hpp"

namespace ochre::program {

// Of the first stream of moving pictures. Size and aspect are those before rotation; the frames' own samples are what
// `decoded` names.
struct VideoFacts {
  VideoFormat format;
  std::string pixels;   // ffmpeg's name of the source's samples
  std::string decoded;  // of those that are asked of ffmpeg
  bool exact = true;    // the two have the same luma
  bool from_rgb = false;
};

// How ffmpeg is told to open a file or an address. Errors: neither a file nor an address like rtsp://…
Result<std::string> ffmpeg_address(const std::string& name);

// Can it be opened a second time, from its beginning?
bool is_file_address(const std::string& address);

Result<VideoFacts> probe_video(const std::string& address);

// The words that keep every frame and its time: they have another name before version 5.1.
Result<std::vector<std::string>> passthrough_words();

bool has_encoder(const std::string& name);

}  // namespace ochre::program
