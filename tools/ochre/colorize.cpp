// ochre colorize: pictures in, coloured pictures out.
#include <chrono>
#include <filesystem>

#include <ochre/image_io/save_picture.hpp>

#include "colorize_plan.hpp"
#include "engine.hpp"
#include "hint_list.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "output_folder.hpp"
#include "picture_list.hpp"
#include "read_picture.hpp"
#include "teaching.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

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

Status colorize_file(const PictureJob& job, const ColorizeOptions& options, bool makes_folders,
                     PictureColorizer& colorizer) {
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
  ColorizePlan plan = plan_colorize(options);
  if (const std::string reason = objection(options, plan); !reason.empty()) return misuse(reason);
  if (plan.jobs.empty()) return unusable_input;
  cut_to_shard(options.shard, plan);
  auto colorizer = open_model(options);
  if (!colorizer) return fail_to_open(colorizer.error());

  const auto start = std::chrono::steady_clock::now();
  std::size_t colored_count = 0;
  std::size_t skipped = 0;
  std::size_t failed = plan.unusable;
  std::size_t elsewhere = 0;  // pictures of another place than the camera's
  Progress progress(plan.jobs.size(), options.reading.quiet);
  for (const PictureJob& job : plan.jobs) {
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
