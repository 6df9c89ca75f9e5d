// Frames on their way: one thread reads, the caller colours, one thread writes. Three blocks of memory go round, so
// that one frame at most is read ahead and one at most waits to be written: frame n is written before frame n+3 is
// asked for, however slow the source. No memory for frames is taken once it runs. Tested by cli/video_test.cpp.
#pragma once

#include <functional>

#include <ochre/tensor/aligned_buffer.hpp>

#include "video_stream.hpp"

namespace ochre::program {

struct VideoFrame {
  MutableYuvView view;  // luma is as it was read; chroma, if the source has any, too
  FrameTime time;
};

// The planes of a frame as it is written, format.colored(), in one block of memory.
MutableYuvView frame_view(std::uint8_t* first, const VideoFormat& format);

// What ended the stream, and how many frames were written before. All three statuses of a stream that was read to its
// end are successes.
struct PipelineEnd {
  Status source;
  Status coloring;
  Status sink;
  long long frames = 0;
};

using ColorFrame = std::function<Status(const VideoFrame&)>;

// Does not finish the sink. Errors: no memory for the frames, no more threads.
Result<PipelineEnd> run_pipeline(FrameSource& source, FrameSink& sink, const ColorFrame& color);

}  // namespace ochre::program
