// Raw frames with their times for ffmpeg's encoders, as a Matroska stream of V_UNCOMPRESSED: it carries, beside the
// times in nanoseconds, the rate, the aspect, the order of fields and what the samples mean. A cluster for each frame,
// nothing is ever sought. Source: RFC 9559; FourCCs as FFmpeg has them. Tested by cli/video_test.cpp.
#pragma once

#include <string>

#include "video_stream.hpp"

namespace ochre::program {

// What comes before the first frame.
std::string matroska_header(const VideoFormat& format);

// What comes before a frame of that many bytes.
std::string matroska_frame_header(Index bytes, long long nanoseconds);

}  // namespace ochre::program
