// ochre colorize: pictures in, coloured pictures out. Everything is planned before the first picture is read: a plan
// that would overwrite an input, or write one output twice, is refused as a whole.
#include <chrono>
#include <filesystem>
#include <map>
#include <set>

#include <ochre/image_io/save_picture.hpp>

#include "engine.hpp"
#include "hint_list.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "picture_list.hpp"
#include "read_picture.hpp"
#include "teaching.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

struct Job {
  std::string input;
  std::string output;
};

struct Plan {
  std::vector<Job> jobs;
  bool makes_folders = false;
  std::size_t unusable = 0;  // inputs that have their line already
};

// The same for two names of one file, whether or not it exists.
std::string identity(const std::string& path) {
  std::error_code failure;
  const fs::path absolute = fs::absolute(path, failure);
  const fs::path canonical = fs::weakly_canonical(absolute, failure);
  return (failure ? absolute : canonical).lexically_normal().string();
}

// "street/cat.jpg" -> "street/cat.png"; the suffix comes before the extension and may bring its own: "_colour.jpg".
std::string output_name(const std::string& picture, const std::string& suffix) {
  fs::path path(picture);
  path.replace_extension();
  return path.string() + suffix + (is_picture_name("x" + suffix) ? "" : ".png");
}

bool wants_file(const ColorizeOptions& options) {
  return options.inputs.size() == 1 && !is_folder(options.inputs[0]) && !is_folder(options.output) &&
         !options.output.ends_with('/');
}

Plan make_plan(const ColorizeOptions& options) {
  if (wants_file(options)) return {{{options.inputs[0], options.output}}};
  Plan plan{{}, true};
  const auto into_folder = [&](const std::string& picture) {
    return (fs::path(options.output) / output_name(picture, options.suffix)).string();
  };
  for (const std::string& input : options.inputs) {
    if (!is_folder(input)) {
      plan.jobs.push_back({input, into_folder(fs::path(input).filename().string())});
      continue;
    }
    const auto pictures = pictures_in(input, {.recursive = options.recursive, .without = options.output});
    if (!pictures) {
      fail(pictures.error());
      ++plan.unusable;
      continue;
    }
    for (const std::string& name : *pictures)
      plan.jobs.push_back({(fs::path(input) / name).string(), into_folder(name)});
  }
  return plan;
}

// Nothing, or why the command cannot be meant.
std::string objection(const ColorizeOptions& options, const Plan& plan) {
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
  for (const Job& job : plan.jobs) inputs.insert(identity(job.input));
  if (!options.hint.picture.empty()) inputs.insert(identity(options.hint.picture));
  if (!options.teach.camera.empty()) inputs.insert(identity(options.teach.camera));
  for (const std::string& like : options.teach.like) {
    inputs.insert(identity(like));
    if (!is_folder(like)) continue;
    for (const Job& job : plan.jobs) {
      if (identity(fs::path(job.output).parent_path().string()) == identity(like)) {
        return job.output + ": would lie among the pictures of --like " + like + "; choose another folder";
      }
    }
  }
  std::map<std::string, std::string> writers;
  for (const Job& job : plan.jobs) {
    const auto format = savable_format(job.output, PixelFormat::rgb8);
    if (!format) return format.error().message();
    if (!has_color(*format)) return job.output + ": found the name of a grey picture, expected .png, .jpg or .ppm";
    const std::string target = identity(job.output);
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

constexpr Extent usual_shape{3, 4};  // of most pictures; of longer ones the network sees more

Extent working_size(const Colorizer& colorizer, Extent picture) {
  return color::working_size(picture, colorizer.size());
}

// That the network takes for a picture of that size.
double network_bytes(const Colorizer& colorizer, Extent picture) {
  const NetworkDescription& network = colorizer.network();
  const Extent working = working_size(colorizer, picture);
  const auto head = static_cast<std::size_t>(network.head.layer);
  return fast_bytes(network, {1, network.input_channels, working.h, working.w}, network.layers[head].name);
}

// In colour, with the input's alpha and depth.
PixelFormat colored(PixelFormat format) {
  const bool alpha = has_alpha(format);
  if (bytes_per_sample(format) == 2) return alpha ? PixelFormat::rgba16 : PixelFormat::rgb16;
  return alpha ? PixelFormat::rgba8 : PixelFormat::rgb8;
}

// Makes the folder of an output below the folder that the user named. A link in between is refused: it leads to a place
// that the user did not name.
Status make_folder(const fs::path& root, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(root, failure);
  fs::path path = root;
  for (const fs::path& part : folder.lexically_relative(root)) {
    if (failure) break;
    if (part == ".") continue;
    path /= part;
    if (fs::is_symlink(fs::symlink_status(path, failure))) {
      return Error{ErrorCode::io, path.string() + ": found a link, expected a folder below " + root.string()};
    }
    failure.clear();  // it may not be there yet
    fs::create_directory(path, failure);
  }
  if (!failure) return {};
  return Error{ErrorCode::io, path.string() + ": found " + failure.message() + ", expected a folder to be made"};
}

Status colorize_file(const Job& job, const ColorizeOptions& options, bool makes_folders, PictureColorizer& colorizer) {
  auto input = read_picture(job.input, options.reading.limit, options.reading.quiet);
  if (!input) return std::move(input).error();
  const Extent size{input->height, input->width};
  const Colorizer& network = *colorizer.colorizer();
  const auto pixels = [&](Extent picture) {
    const Extent working = working_size(network, picture);
    return working.h * working.w;
  };
  if (pixels(size) > pixels(usual_shape)) say_memory(job.input, network_bytes(network, size), options.reading.quiet);
  const auto format = savable_format(job.output, colored(input->format));
  if (!format) return format.error();
  Result<LoadedPicture> new_picture = LoadedPicture{};
  if (*format != input->format) new_picture = LoadedPicture::create(input->width, input->height, *format);
  if (!new_picture) return std::move(new_picture).error().in(job.input);
  LoadedPicture& output = *format == input->format ? *input : *new_picture;  // the same memory where it fits
  const auto hints = hints_of(options.hint, size, options.reading);
  if (!hints) return Error{hints.error()}.in(job.input);
  const auto* read_only = &*input;
  if (Status status = colorize_picture(colorizer, read_only->view(), output.view(), *hints); !status) {
    return std::move(status).error().in(job.input);
  }
  if (makes_folders) {
    if (Status status = make_folder(options.output, fs::path(job.output).parent_path()); !status) return status;
  }
  const auto* result = &output;
  return save_picture(job.output, result->view());
}

Result<PictureColorizer> open_model(const ColorizeOptions& options) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return file.error();
  ColorizerOptions wanted{.temperature = options.temperature,
                          .saturation = options.saturation,
                          .size = options.size,
                          .threads = options.threads,
                          .consensus = options.consensus,
                          .teachable = options.teach.teaches() || options.hint.tells()};
  if (options.memory) wanted.memory = Index{*options.memory} * 1'000'000;
  auto colorizer = open_colorizer(file->bytes(), wanted);
  if (!colorizer) return std::move(colorizer).error().in(options.model);
  say_memory(options.model, network_bytes(*colorizer->colorizer(), usual_shape), options.reading.quiet);
  auto memory = lesson(options.teach, *colorizer, options.reading);
  if (!memory) return std::move(memory).error();
  if (Status status = colorizer->recall(*std::move(memory), options.teach.place()); !status) {
    return std::move(status).error().in(options.teach.camera);
  }
  return colorizer;
}

// Heard in spite of --quiet: the colours are worse than they could be.
void say_elsewhere(const std::string& camera, std::size_t count) {
  say(camera + ": " + std::to_string(count) + (count == 1 ? " picture does" : " pictures do") +
      " not show the place that was learned, and got the colours of like surfaces; has the camera moved, or is --size "
      "another?");
}

}  // namespace

int run_colorize(const ColorizeOptions& options) {
  const Plan plan = make_plan(options);
  if (const std::string reason = objection(options, plan); !reason.empty()) return misuse(reason);
  if (plan.jobs.empty()) return unusable_input;
  auto colorizer = open_model(options);
  if (!colorizer) return fail_to_open(colorizer.error());

  const auto start = std::chrono::steady_clock::now();
  std::size_t colored_count = 0;
  std::size_t skipped = 0;
  std::size_t failed = plan.unusable;
  std::size_t elsewhere = 0;  // pictures of another place than the camera's
  Progress progress(plan.jobs.size(), options.reading.quiet);
  for (const Job& job : plan.jobs) {
    progress.begin(job.input);
    std::error_code ignored;
    if (options.skip_existing && fs::exists(job.output, ignored)) {
      ++skipped;
      continue;
    }
    const Status status = colorize_file(job, options, plan.makes_folders, *colorizer);
    if (!status) {
      progress.clear();
      fail(status.error());
      ++failed;
    } else {
      ++colored_count;
      if (!options.teach.camera.empty() && !colorizer->last_workspace()->shows_memory_place()) ++elsewhere;
    }
  }
  progress.clear();
  if (elsewhere > 0) say_elsewhere(options.teach.camera, elsewhere);
  if (!options.reading.quiet) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    say(std::to_string(colored_count) + (colored_count == 1 ? " picture" : " pictures") + " coloured in " +
        fixed(elapsed.count(), 1) + " s" + (skipped > 0 ? ", " + std::to_string(skipped) + " skipped" : "") +
        (failed > 0 ? ", " + std::to_string(failed) + " failed" : ""));
  }
  if (failed == 0) return done;
  return colored_count + skipped > 0 ? some_failed : unusable_input;
}

}  // namespace ochre::program
