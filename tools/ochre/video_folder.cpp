#include "video_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "distinct_names.hpp"
#include "output_file.hpp"
#include "output_folder.hpp"
#include "picture_list.hpp"
#include "stop_request.hpp"
#include "terminal.hpp"
#include "video_file.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

struct VideoJob {
  std::string name;  // of the input, relative to the folder
  std::string input;
  std::string output;
  std::string json;  // empty: none
};

struct VideoCounts {
  std::size_t colored = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;
  std::size_t left = 0;  // that were not begun, or not finished
};

// "yard/a.mp4" stays, "yard/a.ts" becomes "yard/a.mkv": Matroska holds whatever comes along.
std::string video_output_name(const std::string& name) {
  constexpr const char* kept[] = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".y4m"};
  fs::path path(name);
  const std::string ending = path.extension().string();
  const bool keeps = std::any_of(std::begin(kept), std::end(kept), [&](const char* other) { return ending == other; });
  return keeps ? name : path.replace_extension(".mkv").string();
}

Result<std::vector<VideoJob>> plan_videos(const VideoOptions& options, VideoCounts& counts) {
  const auto found = videos_in(options.input, {.recursive = options.recursive, .without = options.output});
  if (!found) return found.error();
  counts.failed += say_left_alone(options.input, *found, options.quiet);
  std::vector<ResultNames> results;
  for (const std::string& name : found->names) results.push_back({video_output_name(name), name + ".mkv"});
  const auto outputs = distinct_names(results);
  std::vector<VideoJob> jobs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = found->names[i];
    const std::string& output = outputs[i];
    jobs.push_back({.name = name,
                    .input = (fs::path(options.input) / name).string(),
                    .output = (fs::path(options.output) / output).string(),
                    .json = options.json.empty() ? "" : (fs::path(options.json) / (output + ".json")).string()});
  }
  return jobs;
}

bool is_there_but_no_folder(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && fs::exists(path, ignored) && !is_folder(path);
}

// Nothing, or why the command cannot be meant.
std::string folder_objection(const VideoOptions& options) {
  const std::string expected = ", expected a folder: " + options.input + " is one";
  if (options.output == "-") return "--output: found -" + expected;
  if (options.json == "-") return "--json: found -" + expected;
  if (is_there_but_no_folder(options.output)) return options.output + ": found a file" + expected;
  if (is_video_name(options.output) && !is_folder(options.output)) {
    return options.output + ": found the name of a video" + expected;
  }
  if (is_there_but_no_folder(options.json)) return "--json " + options.json + ": found a file" + expected;
  return {};
}

std::string plan_objection(const VideoOptions& options, const std::vector<VideoJob>& jobs) {
  std::set<std::string> inputs;
  for (const VideoJob& job : jobs) inputs.insert(file_identity(job.input));
  for (const std::string& input : files_read(options)) inputs.insert(file_identity(input));
  for (const VideoJob& job : jobs) {
    for (const std::string& output : {job.output, job.json}) {
      if (!output.empty() && inputs.contains(file_identity(output))) {
        return output + ": is an input, which is never overwritten; choose another folder";
      }
    }
    if (is_y4m(job.output) && !options.encode.empty()) {
      return "--encode is for what ffmpeg writes, found " + job.output + ", which is raw";
    }
  }
  return {};
}

// The model of a folder's videos, opened when the first one needs it; and once more where a stream may teach and those
// before could not, because not every network can be taught.
class SharedVideoModel {
 public:
  explicit SharedVideoModel(const VideoOptions& options) : options_(options) {}

  Result<VideoModel*> open(bool has_colors) {
    if (model_ && (teaches_ || !has_colors)) return &*model_;
    auto opened = VideoModel::open(options_, has_colors);
    if (!opened) return std::move(opened).error();
    model_.emplace(*std::move(opened));
    teaches_ = has_colors;
    return &*model_;
  }

 private:
  const VideoOptions& options_;
  std::optional<VideoModel> model_;
  bool teaches_ = false;
};

Status make_folders(const VideoOptions& options, const VideoJob& job) {
  if (Status status = make_folder(options.output, fs::path(job.output).parent_path()); !status) return status;
  return job.json.empty() ? Status() : make_folder(options.json, fs::path(job.json).parent_path());
}

// Its exit code; `refused` becomes true where none of the others can do better.
int color_job(const VideoOptions& options, const VideoJob& job, SharedVideoModel& shared, bool& refused) {
  VideoOptions one = options;
  one.input = job.input;
  one.output = job.output;
  one.json = job.json;
  const auto source = open_source(one);
  if (!source) return stop_signal() != 0 ? 128 + stop_signal() : fail(source.error());
  const auto model = shared.open(may_teach(**source, options));
  refused = !model;
  if (!model) return fail_to_open(model.error());
  if (const Status status = make_folders(options, job); !status) return fail(status.error());
  return color_video(one, Unfinished::dropped, **source, **model);
}

int folder_code(const VideoCounts& counts) {
  if (stop_signal() != 0) return 128 + stop_signal();
  if (counts.failed == 0) return done;
  return counts.colored + counts.skipped > 0 ? some_failed : unusable_input;
}

void say_counts(const VideoCounts& counts) {
  const auto part = [](std::size_t count, const char* what) {
    return count > 0 ? ", " + std::to_string(count) + what : std::string();
  };
  say(std::to_string(counts.colored) + (counts.colored == 1 ? " video" : " videos") + " coloured" +
      part(counts.skipped, " skipped") + part(counts.failed, " failed") + part(counts.left, " left"));
}

}  // namespace

std::vector<std::string> files_read(const VideoOptions& options) {
  std::vector<std::string> files{options.input, options.teach.camera, options.model, options.remember};
  files.insert(files.end(), options.teach.like.begin(), options.teach.like.end());
  std::erase(files, "");
  return files;
}

int run_video_folder(const VideoOptions& options) {
  if (const std::string reason = folder_objection(options); !reason.empty()) return misuse(reason);
  VideoCounts counts;
  auto jobs = plan_videos(options, counts);
  if (!jobs) return fail(jobs.error());
  if (const std::string reason = plan_objection(options, *jobs); !reason.empty()) return misuse(reason);
  for (const std::string& folder : {options.output, options.json}) {
    const Status status = folder.empty() ? Status() : try_output_folder(folder);
    if (!status) return fail(status.error());
  }
  if (options.shard) std::erase_if(*jobs, [&](const VideoJob& job) { return !options.shard->has(job.name); });
  SharedVideoModel model(options);
  for (std::size_t i = 0; i < jobs->size(); ++i) {
    const VideoJob& job = (*jobs)[i];
    if (options.skip_existing && is_written(job.output)) {
      ++counts.skipped;
      continue;
    }
    if (!options.quiet) say(std::to_string(i + 1) + " of " + std::to_string(jobs->size()) + ": " + job.input);
    bool refused = false;
    const int code = color_job(options, job, model, refused);
    if (refused) return code;
    if (stop_signal() != 0) {
      counts.left = jobs->size() - i - (code == done ? 1 : 0);
      counts.colored += code == done ? 1 : 0;
      break;
    }
    ++(code == done ? counts.colored : counts.failed);
    withdraw_stop();  // of a stage that could not go on
  }
  if (!options.quiet || counts.left > 0) say_counts(counts);
  return folder_code(counts);
}

}  // namespace ochre::program
