#include "colorize_plan.hpp"

#include <filesystem>
#include <map>
#include <set>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "hint_list.hpp"
#include "output_file.hpp"
#include "picture_list.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

// "street/cat.jpg" -> "street/cat.png"; the suffix comes before the extension and may bring its own: "_colour.jpg".
std::string output_name(const std::string& picture, const std::string& suffix) {
  fs::path path(picture);
  path.replace_extension();
  return path.string() + suffix + (is_picture_name("x" + suffix) ? "" : ".png");
}

// "cat.png" -> "cat-2.png" for the second page of a TIFF.
std::string page_name(const std::string& output, Index page) {
  const fs::path path(output);
  const std::string name = path.stem().string() + "-" + std::to_string(page + 1) + path.extension().string();
  return path.parent_path().empty() ? name : (path.parent_path() / name).string();
}

// A job for each page. A file that cannot be read is one: its line comes when it is its turn.
void add_job(PictureJob job, ColorizePlan& plan) {
  const auto pages = count_pages(job.input);
  const std::string output = job.output;
  plan.jobs.push_back(job);
  for (job.page = 1; pages && job.page < *pages; ++job.page) {
    job.output = page_name(output, job.page);
    plan.jobs.push_back(job);
  }
}

bool wants_file(const ColorizeOptions& options) {
  return options.inputs.size() == 1 && !is_folder(options.inputs[0]) && !is_folder(options.output) &&
         !options.output.ends_with('/');
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

ColorizePlan plan_colorize(const ColorizeOptions& options) {
  ColorizePlan plan;
  if (wants_file(options)) {
    add_job({options.inputs[0], options.output, fs::path(options.inputs[0]).filename().string()}, plan);
    return plan;
  }
  plan.makes_folders = true;
  const auto into_folder = [&](const std::string& picture) {
    return (fs::path(options.output) / output_name(picture, options.suffix)).string();
  };
  for (const std::string& input : options.inputs) {
    if (!is_folder(input)) {
      const std::string name = fs::path(input).filename().string();
      add_job({input, into_folder(name), name}, plan);
      continue;
    }
    const auto pictures = pictures_in(input, {.recursive = options.recursive, .without = options.output});
    if (!pictures) {
      fail(pictures.error());
      ++plan.unusable;
      continue;
    }
    for (const std::string& name : *pictures) {
      PictureJob job{(fs::path(input) / name).string(), into_folder(name), name};
      if (is_tiff_name(name)) {  // the others are not opened before their turn
        add_job(std::move(job), plan);
      } else {
        plan.jobs.push_back(std::move(job));
      }
    }
  }
  if (options.skip_existing && renames(options.suffix)) leave_out_results(plan);
  return plan;
}

std::string objection(const ColorizeOptions& options, const ColorizePlan& plan) {
  if (!plan.makes_folders && options.shard) {
    return "--shard is for a folder of pictures, found the one output " + options.output;
  }
  if (!plan.makes_folders && !options.suffix.empty())
    return "--suffix is for an output folder, found the file " + options.output;
  if (options.suffix.find('/') != std::string::npos)
    return "--suffix: found a '/' in " + options.suffix + ", expected none";
  if (options.teach.like_place && !options.teach.teaches()) return "--like-place says how to read --like or --camera";
  if (options.hint.tells() && plan.jobs.size() != 1) {
    return "--hint and --hints are for one picture, found " + std::to_string(plan.jobs.size());
  }
  for (const std::string& text : options.hint.hints) {
    if (const auto hint = parse_hint(text); !hint) return hint.error().message();
  }
  std::error_code ignored;
  if (plan.makes_folders && fs::exists(options.output, ignored) && !is_folder(options.output)) {
    return options.output + ": found a file, expected a folder for the coloured pictures";
  }
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
    const auto format = savable_format(job.output, PixelFormat::rgb8);
    if (!format) return format.error().message();
    if (!has_color(*format))
      return job.output + ": found the name of a grey picture, expected .png, .jpg, .tif, .webp or .ppm";
    const std::string target = file_identity(job.output);
    if (inputs.contains(target)) {
      return job.output + ": is an input, which is never overwritten; choose another output or a --suffix";
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
