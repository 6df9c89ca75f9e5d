// ochre video: frames in, frames in colour out. A stream that ends before its end, for whatever reason, leaves an
// output with every frame that was whole.
#include <algorithm>

#include <ochre/camera_memory_file.hpp>
#include <ochre/weights/atomic_file.hpp>
#include <ochre/weights/printable.hpp>

#include "engine.hpp"
#include "output_file.hpp"
#include "picture_list.hpp"
#include "stop_request.hpp"
#include "terminal.hpp"
#include "verbs.hpp"
#include "video_frames.hpp"
#include "video_model.hpp"
#include "video_pipeline.hpp"
#include "video_report.hpp"
#include "video_stream.hpp"

namespace ochre::program {

namespace {

// Nothing, or why the command cannot be meant.
std::string video_objection(const VideoOptions& options) {
  if (options.teach.like_place && !options.teach.teaches()) return "--like-place says how to read --like or --camera";
  if (options.output == "-" && options.json == "-") return "--json -: standard output is taken by the video";
  if (options.frames) {
    if (options.output == "-" || options.input == "-") return "--frames reads and writes folders of pictures, found -";
    if (!options.encode.empty()) return "--encode is for a video file, found --frames";
  } else {
    if (options.input != "-" && is_folder(options.input)) {
      return options.input + ": found a folder, expected a video (or --frames)";
    }
    if (options.output != "-" && (is_folder(options.output) || options.output.ends_with('/'))) {
      return options.output + ": found a folder, expected a video to write (or --frames)";
    }
    if (is_y4m(options.output) && !options.encode.empty()) {
      return "--encode is for what ffmpeg writes, found " + options.output + ", which is raw";
    }
  }
  if (options.output == "-") return {};
  std::vector<std::string> inputs{options.input, options.teach.camera, options.model, options.remember};
  inputs.insert(inputs.end(), options.teach.like.begin(), options.teach.like.end());
  for (const std::string& input : inputs) {
    if (!input.empty() && input != "-" && is_same_file(input, options.output)) {
      return options.output + ": is an input, which is never overwritten; choose another output";
    }
  }
  return {};
}

Result<Source> open_source(const VideoOptions& options) {
  const SourceOptions reading{.silence = options.timeout, .reconnect = true};
  return is_y4m(options.input) ? open_y4m_source(options.input, reading) : open_ffmpeg_source(options.input, reading);
}

Result<Sink> open_sink(const VideoOptions& options, const VideoFormat& format, VideoReport& report) {
  if (!is_y4m(options.output)) {
    const bool carries = !is_y4m(options.input);
    return open_ffmpeg_sink({options.output, carries ? options.input : "", options.encode}, format);
  }
  const auto has = [&](TrackKind kind) {
    return std::any_of(format.tracks.begin(), format.tracks.end(),
                       [&](const Track& track) { return track.kind == kind; });
  };
  if (has(TrackKind::sound))
    report.add_remark(options.output + ": raw video has no sound, that of the source is left out");
  if (!format.header.rate.is_known()) {
    report.add_remark(options.output + ": raw video has no times, those of the source are left out");
  }
  return open_y4m_sink(options.output, format);
}

VideoReport::Stream stream_facts(const VideoFormat& format) {
  const Y4mRatio& rate = format.header.rate;
  const double a_second =
      rate.is_known() ? static_cast<double>(rate.numerator) / static_cast<double>(rate.denominator) : 0;
  return {{format.header.height, format.header.width}, format.seconds.value_or(0), a_second};
}

// Says what went wrong, and what there is nevertheless; returns the exit code.
int conclude(const VideoOptions& options, const PipelineEnd& end, FrameSink& sink, VideoReport& report) {
  const bool stopped = !end.source && end.source.error().code == ErrorCode::cancelled;
  const int signal = stop_signal();
  const bool whole = end.source && end.coloring && end.sink && signal == 0;
  const Status finished = end.frames > 0 ? sink.finish(whole) : Status();
  int code = signal != 0 ? 128 + signal : done;
  const auto blame = [&](const Status& status) {
    report.add_failure(status.error().message());
    code = unusable_input;
  };
  if (!end.source && !stopped) blame(end.source);
  if (!end.coloring) blame(end.coloring);
  if (!end.sink) blame(end.sink);
  if (!finished && end.sink) blame(finished);
  if (end.frames == 0 && code == done) {
    blame(Error{ErrorCode::malformed,
                weights::printable_path(options.input) + ": found no frame, expected one at least"});
  }
  for (const std::string& remark : sink.take_remarks()) report.add_remark(remark);
  if (code == done || options.output == "-") return code;
  const std::string output = weights::printable_path(options.output);
  const bool kept = end.frames > 0 && finished;
  report.end(kept ? end.frames : 0);
  if (kept) {
    report.add_failure(output + ": holds the " + std::to_string(end.frames) +
                       (end.frames == 1 ? " frame that was whole" : " frames that were whole"));
  }
  return code;
}

Result<PipelineEnd> color_stream(FrameSource& source, FrameSink& sink, VideoColorizer& colorizer, VideoReport& report) {
  const bool has_chroma = source.format().samples().subsampling != ChromaSubsampling::yuv400;
  return run_pipeline(source, sink, [&](const VideoFrame& frame) {
    YuvView input = frame.view;
    if (!has_chroma) input.cb = input.cr = {};  // what lies there is an earlier frame's
    if (Status status = colorize_frame(colorizer, input, frame.view); !status) return status;
    report.add(frame.time, colorizer.report());
    return Status();
  });
}

// What the stream taught, for the next one.
Status remember(const VideoOptions& options, const VideoColorizer& colorizer) {
  if (options.remember.empty() || colorizer.memory().is_empty()) return {};
  CameraMemory memory = colorizer.memory();
  if (memory.totals().origin.empty()) memory.set_origin(weights::printable(without_passwords(options.input)));
  const auto bytes = encode_camera_memory(memory);
  if (!bytes) return Error{bytes.error()}.in(options.remember);
  return weights::write_file_atomically(options.remember, *bytes);
}

}  // namespace

int run_video(const VideoOptions& options) {
  if (const std::string reason = video_objection(options); !reason.empty()) return misuse(reason);
  if (!listen_for_stop()) return fail({ErrorCode::io, "signals cannot be listened to"});
  if (options.frames) return run_video_frames(options);
  auto source = open_source(options);
  if (!source) return stop_signal() != 0 ? 128 + stop_signal() : fail(source.error());
  const VideoFormat format = (*source)->format();
  const bool has_colors = format.samples().subsampling != ChromaSubsampling::yuv400 && !options.recolor;
  auto model = VideoModel::open(options, has_colors);
  if (!model) return fail_to_open(model.error());
  auto colorizer = model->colorizer({format.header.height, format.header.width});
  if (!colorizer) return fail(colorizer.error());
  VideoReport report(options, stream_facts(format));
  for (const std::string& remark : (*source)->take_remarks()) report.add_remark(remark);
  auto sink = open_sink(options, format, report);
  if (!sink) return fail(sink.error());
  const auto end = color_stream(**source, **sink, *colorizer, report);
  if (!end) return fail(end.error());
  report.end(end->frames);
  for (const std::string& remark : (*source)->take_remarks()) report.add_remark(remark);
  int code = conclude(options, *end, **sink, report);
  if (Status status = remember(options, *colorizer); !status) {
    report.add_failure(status.error().message());
    code = code == done ? unusable_input : code;
  }
  return report.finish(code);
}

}  // namespace ochre::program
