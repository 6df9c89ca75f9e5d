#include "video_file.hpp"

#include <algorithm>

#include <ochre/camera_memory_file.hpp>
#include <ochre/weights/printable.hpp>

#include "engine.hpp"
#include "output_file.hpp"
#include "stop_request.hpp"
#include "terminal.hpp"
#include "video_pipeline.hpp"
#include "video_report.hpp"

namespace ochre::program {

namespace {

Result<Sink> open_sink(const VideoOptions& options, Unfinished unfinished, const VideoFormat& format,
                       VideoReport& report) {
  const Links links = unfinished == Unfinished::kept ? Links::followed : Links::replaced;  // of a folder's videos
  if (!is_y4m(options.output)) {
    return open_ffmpeg_sink({.output = options.output,
                             .input = is_y4m(options.input) ? "" : options.input,
                             .options = options.encode,
                             .links = links,
                             .keeps_parts = unfinished == Unfinished::kept},
                            format);
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
  return open_y4m_sink(options.output, links, format);
}

VideoReport::Stream stream_facts(const VideoFormat& format) {
  const Y4mRatio& rate = format.header.rate;
  const double a_second =
      rate.is_known() ? static_cast<double>(rate.numerator) / static_cast<double>(rate.denominator) : 0;
  return {{format.header.height, format.header.width}, format.seconds.value_or(0), a_second};
}

struct Conclusion {
  int code = done;
  bool kept = true;  // an output is there
};

// Says what went wrong, and what there is nevertheless.
Conclusion conclude(const VideoOptions& options, Unfinished unfinished, const PipelineEnd& end, FrameSink& sink,
                    VideoReport& report) {
  const bool stopped = !end.source && end.source.error().code == ErrorCode::cancelled;
  const int signal = stop_signal();
  const bool whole = end.source && end.coloring && end.sink && signal == 0;
  const bool ended_by_source = signal == 0 && end.coloring && end.sink;  // and no fault of ours
  const bool keeps = end.frames > 0 && (unfinished == Unfinished::kept || ended_by_source);
  const Status finished = keeps ? sink.finish(whole) : Status();
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
  if (code == done || options.output == "-") return {code, true};
  const std::string output = weights::printable_path(options.output);
  const bool kept = keeps && finished;
  report.end(kept ? end.frames : 0);
  if (!keeps && end.frames > 0) report.add_failure(output + ": is not kept, it was not finished");
  if (kept) {
    report.add_failure(output + ": holds the " + std::to_string(end.frames) +
                       (end.frames == 1 ? " frame that was whole" : " frames that were whole"));
  }
  return {code, kept};
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
Status remember(const VideoOptions& options, const VideoColorizer& colorizer, VideoModel& model) {
  if (options.remember.empty() || colorizer.memory().is_empty()) return {};
  CameraMemory memory = colorizer.memory();
  if (memory.totals().origin.empty()) memory.set_origin(weights::printable(without_passwords(options.input)));
  const auto bytes = encode_camera_memory(memory);
  if (!bytes) return Error{bytes.error()}.in(options.remember);
  model.recall(std::move(memory));
  return write_output(options.remember, *bytes);
}

}  // namespace

Result<Source> open_source(const VideoOptions& options) {
  const SourceOptions reading{.silence = options.timeout, .reconnect = true};
  return is_y4m(options.input) ? open_y4m_source(options.input, reading) : open_ffmpeg_source(options.input, reading);
}

bool may_teach(const FrameSource& source, const VideoOptions& options) {
  return source.format().samples().subsampling != ChromaSubsampling::yuv400 && !options.recolor;
}

int color_video(const VideoOptions& options, Unfinished unfinished, FrameSource& source, VideoModel& model) {
  const VideoFormat format = source.format();
  auto colorizer = model.colorizer({format.header.height, format.header.width});
  if (!colorizer) return fail(colorizer.error());
  VideoReport report(options, stream_facts(format));
  for (const std::string& remark : source.take_remarks()) report.add_remark(remark);
  auto sink = open_sink(options, unfinished, format, report);
  if (!sink) return fail(sink.error());
  const auto end = color_stream(source, **sink, *colorizer, report);
  if (!end) return fail(end.error());
  report.end(end->frames);
  for (const std::string& remark : source.take_remarks()) report.add_remark(remark);
  auto [code, kept] = conclude(options, unfinished, *end, **sink, report);
  // What will be begun anew would be counted twice.
  const bool comes_again = unfinished == Unfinished::dropped && !kept;
  const Status remembered = comes_again ? Status() : remember(options, *colorizer, model);
  if (!remembered) {
    report.add_failure(remembered.error().message());
    code = code == done ? unusable_input : code;
  }
  return report.finish(code);
}

}  // namespace ochre::program
