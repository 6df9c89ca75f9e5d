#include "colorize_plan.hpp"

#include <filesystem>
#include <map>
#include <set>

#include <ochre/image_io/load_picture.hpp>

#include "distinct_names.hpp"
#include "hint_list.hpp"
#include "output_file.hpp"
#include "picture_kinds.hpp"
#include "picture_list.hpp"
#include "piped_file.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

bool wants_file(const std::vector<std::string>& inputs, const std::string& output) {
  return inputs.size() == 1 && !is_folder(inputs[0]) && !is_folder(output) && !output.ends_with('/');
}

// "cat.png" -> "cat-2.png" for the second page of a TIFF.
std::string page_name(const std::string& output, Index page) {
  const fs::path path(output);
  const std::string name = path.stem().string() + "-" + std::to_string(page + 1) + path.extension().string();
  return path.parent_path().empty() ? name : (path.parent_path() / name).string();
}

// A job for each page, in place of one for each file. A file that cannot be read is one: its line comes when it is its
// turn.
void add_pages(std::vector<PictureJob>& jobs) {
  std::vector<PictureJob> of_pages;
  for (PictureJob& job : jobs) {
    const auto pages = takes_pages(job) ? count_pages(job.input) : Result<Index>(1);
    of_pages.push_back(job);
    for (Index page = 1; pages && page < *pages; ++page) {
      of_pages.push_back({job.input, page_name(job.output, page), job.name, page});
    }
  }
  jobs = std::move(of_pages);
}

// The same for two paths to one name of a file. Links to it are names of their own.
std::string name_identity(const std::string& path) {
  const fs::path name = fs::path(path).filename();
  return file_identity(fs::path(path).parent_path().string() + "/.") + '/' + name.string();
}

// Of what is named twice the first.
template <class Item, class PathOf>
void drop_repeats(std::vector<Item>& items, const PathOf& path_of) {
  std::set<std::string> known;
  std::erase_if(items, [&](const Item& item) { return !known.insert(name_identity(path_of(item))).second; });
}

// "street/cat.jpg" -> "street/cat.png": the suffix comes before the extension and may bring its own: "_colour.jpg".
void name_outputs(const ColorizeOptions& options, std::vector<PictureJob>& jobs) {
  const std::string kind = is_picture_name("x" + options.suffix) ? "" : options.format.empty() ? "png" : options.format;
  const std::string ending = options.suffix + (kind.empty() ? "" : "." + kind);
  std::vector<ResultNames> results;
  for (const PictureJob& job : jobs) {
    results.push_back({fs::path(job.name).replace_extension().string() + ending, job.name + ending});
  }
  const auto names = distinct_names(results);
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].output = (fs::path(options.output) / names[i]).string();
}

// Whether names with the suffix are other ones, not only of another kind of file.
bool renames(const std::string& suffix) { return fs::path("x" + suffix).stem() != "x"; }

// What an earlier run wrote beside its inputs, under names with a suffix, is not coloured again.
void leave_out_results(ColorizePlan& plan) {
  std::map<std::string, const PictureJob*> writers;
  for (const PictureJob& job : plan.jobs) writers.try_emplace(file_identity(job.output), &job);
  std::vector<PictureJob> jobs;
  for (const PictureJob& job : plan.jobs) {
    const auto writer = writers.find(file_identity(job.input));
    const bool is_result = writer != writers.end() && writer->second != &job;
    if (!is_result) jobs.push_back(job);
  }
  plan.results = plan.jobs.size() - jobs.size();
  plan.jobs = std::move(jobs);
}

}  // namespace

bool takes_pages(const PictureJob& job) {
  return is_tiff_name(job.input) && !is_pipe(job.input) && !is_pipe(job.output);
}

ColorizePlan plan_colorize(const ColorizeOptions& options) {
  std::vector<std::string> inputs = options.inputs;
  drop_repeats(inputs, [](const std::string& input) { return input; });
  if (wants_file(inputs, options.output)) {
    ColorizePlan plan{{{inputs[0], options.output, fs::path(inputs[0]).filename().string()}}};
    add_pages(plan.jobs);
    return plan;
  }
  ColorizePlan plan{{}, true};
  for (const std::string& input : inputs) {
    if (!is_folder(input)) {
      plan.jobs.push_back({input, "", fs::path(input).filename().string()});
      continue;
    }
    const auto found = pictures_in(input, {.recursive = options.recursive, .without = options.output});
    if (!found) {
      fail(found.error());
      ++plan.unusable;
      continue;
    }
    plan.unusable += say_left_alone(input, *found, options.reading.quiet);
    for (const std::string& name : found->names) plan.jobs.push_back({(fs::path(input) / name).string(), "", name});
  }
  drop_repeats(plan.jobs, [](const PictureJob& job) { return job.input; });
  name_outputs(options, plan.jobs);
  add_pages(plan.jobs);
  if (options.skip_existing && renames(options.suffix)) leave_out_results(plan);
  return plan;
}

namespace {

// Of options that do not go together.
std::string option_objection(const ColorizeOptions& options, const ColorizePlan& plan) {
  const std::string& output = options.output;
  if (!plan.makes_folders && options.shard)
    return "--shard is for a folder of pictures, found the one output " + output;
  if (!plan.makes_folders && !options.suffix.empty())
    return "--suffix is for an output folder, found the file " + output;
  if (!plan.makes_folders && !options.format.empty() && !is_pipe(output)) {
    return "--format is for an output folder or a pipe, found the file " + output + ", whose name says its kind";
  }
  if (!options.format.empty() && is_picture_name("x" + options.suffix)) {
    return "--format: the suffix " + options.suffix + " says the kind of file already";
  }
  if (options.suffix.find('/') != std::string::npos)
    return "--suffix: found a '/' in " + options.suffix + ", expected none";
  if (options.teach.like_place && !options.teach.teaches()) return "--like-place says how to read --like or --camera";
  if (options.hint.tells() && plan.jobs.size() != 1) {
    return "--hint and --hints are for one picture, found " + std::to_string(plan.jobs.size());
  }
  for (const std::string& text : options.hint.hints) {
    if (const auto hint = parse_hint(text); !hint) return hint.error().message();
  }
  return {};
}

// Of an output that is a folder, or must be one.
std::string folder_objection(const ColorizeOptions& options, const ColorizePlan& plan) {
  if (!plan.makes_folders) return {};
  std::error_code ignored;
  if (is_pipe(options.output)) return output_name(options.output) + ": takes one picture, found several";
  if (fs::exists(options.output, ignored) && !is_folder(options.output)) {
    return options.output + ": found a file, expected a folder for the coloured pictures";
  }
  for (const PictureJob& job : plan.jobs) {
    if (job.input == "-") return "standard input has no name for a picture in a folder; -o FILE gives it one";
  }
  return {};
}

}  // namespace

std::string objection(const ColorizeOptions& options, const ColorizePlan& plan) {
  if (const std::string reason = option_objection(options, plan); !reason.empty()) return reason;
  if (const std::string reason = folder_objection(options, plan); !reason.empty()) return reason;
  std::set<std::string> inputs;
  for (const PictureJob& job : plan.jobs) inputs.insert(file_identity(job.input));
  if (!options.hint.picture.empty()) inputs.insert(file_identity(options.hint.picture));
  if (!options.teach.camera.empty()) inputs.insert(file_identity(options.teach.camera));
  for (const std::string& like : options.teach.like) {
    inputs.insert(file_identity(like));
    if (!is_folder(like)) continue;
    for (const PictureJob& job : plan.jobs) {
      if (file_identity(fs::path(job.output).parent_path().string()) == file_identity(like)) {
        return job.output + ": would lie among the pictures of --like " + like + "; choose another folder";
      }
    }
  }
  std::map<std::string, std::string> writers;
  for (const PictureJob& job : plan.jobs) {
    const auto kind = kind_of_output(job.output, options.format);
    if (!kind) return kind.error().message();
    if (options.quality && !has_quality(*kind))
      return "--quality: found " + output_name(job.output) + ", whose kind of file has none";
    if (is_pipe(job.output)) continue;
    const std::string target = file_identity(job.output);
    if (inputs.contains(target)) {
      return job.output + ": is an input, which is never overwritten; choose another output or a --suffix" +
             (renames(options.suffix) ? ", or --skip-existing, which leaves earlier results alone" : "");
    }
    const auto [at, is_new] = writers.try_emplace(target, job.input);
    if (!is_new) {
      return job.output + ": would be written twice, for " + at->second + " and for " + job.input +
             "; colour them into two folders";
    }
  }
  return {};
}

void cut_to_shard(const std::optional<Shard>& shard, ColorizePlan& plan) {
  if (shard) std::erase_if(plan.jobs, [&](const PictureJob& job) { return !shard->has(job.name); });
}

}  // namespace ochre::program
