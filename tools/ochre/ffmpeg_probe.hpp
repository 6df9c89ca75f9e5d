// What ffprobe says of a video, which ffmpeg is there, and how it is spoken to. Tested by cli/video_test.cpp.
#pragma once

#include <string>
#include <vector>

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

using Words = std::vector<std::string>;  // of a command line

inline void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

// "30000/1001"
std::string ratio_text(const Y4mRatio& ratio);

// With which each call of ffmpeg begins.
Words ffmpeg_words();

// The words that keep every frame and its time: they have another name before version 5.1.
Result<Words> passthrough_words();

bool has_encoder(const std::string& name);

}  // namespace ochre::program
