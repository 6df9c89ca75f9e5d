// ochre video: frames in, frames in colour out. A stream that ends before its end, for whatever reason, leaves an
// output with every frame that was whole.
#include "output_file.hpp"
#include "picture_list.hpp"
#include "stop_request.hpp"
#include "terminal.hpp"
#include "verbs.hpp"
#include "video_file.hpp"
#include "video_folder.hpp"
#include "video_frames.hpp"

namespace ochre::program {

namespace {

// Why a command for a single video cannot be meant, or nothing.
std::string single_objection(const VideoOptions& options) {
  if (options.shard) return "--shard is for a folder of videos, found " + options.input;
  if (options.skip_existing) {
    return "--skip-existing is for a folder of videos, found " + options.input +
           "; of a single one an output is kept though it was interrupted";
  }
  if (options.output != "-" && (is_folder(options.output) || options.output.ends_with('/'))) {
    return options.output + ": found a folder, expected a video to write (or --frames)";
  }
  if (is_y4m(options.output) && !options.encode.empty()) {
    return "--encode is for what ffmpeg writes, found " + options.output + ", which is raw";
  }
  return {};
}

// The same of any command. Of a folder of videos its plan has more to say.
std::string video_objection(const VideoOptions& options) {
  if (options.teach.like_place && !options.teach.teaches()) return "--like-place says how to read --like or --camera";
  if (options.output == "-" && options.json == "-") return "--json -: standard output is taken by the video";
  if (options.frames) {
    if (options.output == "-" || options.input == "-") return "--frames reads and writes folders of pictures, found -";
    if (!options.encode.empty()) return "--encode is for a video file, found --frames";
    if (options.shard || options.skip_existing) return "--frames is one video: no --shard or --skip-existing of it";
  } else if (options.input != "-" && is_folder(options.input)) {
    return {};
  } else if (const std::string reason = single_objection(options); !reason.empty()) {
    return reason;
  }
  if (options.output == "-") return {};
  for (const std::string& input : files_read(options)) {
    if (input != "-" && is_same_file(input, options.output)) {
      return options.output + ": is an input, which is never overwritten; choose another output";
    }
  }
  return {};
}

// What is written at the end only, tried before hours of work for it. The video's own file is there from the beginning.
Status try_reports(const VideoOptions& options, bool folder) {
  const bool reports = !folder && !options.json.empty() && options.json != "-";
  Status status = reports ? try_output_file(options.json) : Status();
  return !status || options.remember.empty() ? status : try_output_file(options.remember);
}

int run_one_video(const VideoOptions& options) {
  const auto source = open_source(options);
  if (!source) return stop_signal() != 0 ? 128 + stop_signal() : fail(source.error());
  auto model = VideoModel::open(options, may_teach(**source, options));
  if (!model) return fail_to_open(model.error());
  return color_video(options, Unfinished::kept, **source, *model);
}

}  // namespace

int run_video(const VideoOptions& options) {
  if (const std::string reason = video_objection(options); !reason.empty()) return misuse(reason);
  const bool folder = !options.frames && options.input != "-" && is_folder(options.input);
  if (const Status status = try_reports(options, folder); !status) return fail(status.error());
  if (!listen_for_stop()) return fail({ErrorCode::io, "signals cannot be listened to"});
  if (options.frames) return run_video_frames(options);
  return folder ? run_video_folder(options) : run_one_video(options);
}

}  // namespace ochre::program
