// ochre colorize: pictures in, coloured pictures out.
#include <algorithm>
#include <chrono>
#include <mutex>

#include <ochre/parallel/parallel_for.hpp>

#include "colorize_file.hpp"
#include "colorize_plan.hpp"
#include "engine.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "output_file.hpp"
#include "picture_workers.hpp"
#include "piped_file.hpp"
#include "precision.hpp"
#include "stop_request.hpp"
#include "teaching.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

// What all workers share.
struct ColorizeModel {
  std::shared_ptr<const Colorizer> colorizer;
  std::shared_ptr<const CameraMemory> memory;  // null: none
};

Result<ColorizeModel> open_model(const ColorizeOptions& options) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return file.error();
  ColorizerOptions wanted{.temperature = options.temperature,
                          .saturation = options.saturation,
                          .size = options.size,
                          .threads = options.threads,
                          .consensus = options.consensus,
                          .precision = wanted_precision(options.precision, options.reading.quiet),
                          .teachable = options.teach.teaches() || options.hint.tells()};
  if (options.memory) wanted.memory = Index{*options.memory} * 1'000'000;
  auto colorizer = open_colorizer(file->bytes(), wanted);
  if (!colorizer) return std::move(colorizer).error().in(options.model);
  say_memory(options.model, network_bytes(*colorizer->colorizer(), usual_shape), options.reading.quiet);
  auto memory = lesson(options.teach, *colorizer, options.reading);
  if (!memory) return std::move(memory).error();
  if (Status status = colorizer->recall(*memory, options.teach.place()); !status) {
    return std::move(status).error().in(options.teach.camera);
  }
  return ColorizeModel{colorizer->colorizer(), *std::move(memory)};
}

// Heard in spite of --quiet: the colours are worse than they could be.
void say_elsewhere(const std::string& camera, std::size_t count) {
  say(camera + ": " + std::to_string(count) + (count == 1 ? " picture does" : " pictures do") +
      " not show the place that was learned, and got the colours of like surfaces; has the camera moved, or is --size "
      "another?");
}

// The threads that there are, shared among workers.
struct WorkForce {
  int workers = 1;
  int threads = 1;  // of each
};

// One thread a worker, if there are two pictures for each: then no thread ever waits for another. Fewer workers where
// the networks of all would take more than `memory`.
WorkForce work_force(const ColorizeOptions& options, std::size_t jobs, double network, double memory) {
  const int threads = options.threads > 0 ? options.threads : available_threads();
  const double most = std::clamp(static_cast<double>(jobs / 2), 1.0, static_cast<double>(threads));
  const int workers = static_cast<int>(network > 0 ? std::clamp(memory / network, 1.0, most) : most);
  return {workers, std::max(threads / workers, 1)};
}

struct ColorizeCounts {
  std::size_t colored = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;
  std::size_t results = 0;   // of earlier runs, left out
  std::size_t in_color = 0;  // already, which got other colours
  std::size_t left = 0;      // for that reason
  std::string first_in_color{};
  std::size_t elsewhere = 0;  // pictures of another place than the camera's
};

// Of pictures that are none of those this is for.
void say_in_color(const ColorizeCounts& counts) {
  const std::size_t count = counts.in_color + counts.left;
  if (count == 0) return;
  const bool one = count == 1;
  const std::string which = one ? counts.first_in_color + ": is in colour already"
                                : std::to_string(count) + " pictures are in colour already";
  const std::string first = one ? "" : ", the first " + counts.first_in_color;
  say(which + (counts.left > 0 ? " and left alone" + first
                               : " and got other colours" + first + "; --skip-colour leaves such pictures alone"));
}

// The pictures of a plan under way, on any number of workers.
class ColorizeRun {
 public:
  ColorizeRun(const ColorizeOptions& options, const ColorizePlan& plan, double network_memory)
      : options_(options),
        plan_(plan),
        progress_(plan.jobs.size(), options.reading.quiet),
        sharing_{ByteGate(machine_memory() / 4), ByteGate(network_memory),
                 [this](const std::string& name, double bytes) { remark_memory(name, bytes); },
                 [this](const std::string& line) { warn(line); }} {
    counts_.failed = plan.unusable;
    counts_.results = plan.results;
  }

  // colorizers: one for each worker. Returns how many pictures were not begun.
  std::size_t work(std::vector<PictureColorizer>& colorizers) {
    const std::size_t ahead = 2 * colorizers.size();
    for (std::size_t job = 1; job < ahead; ++job) announce(job);
    const auto begun =
        work_through(plan_.jobs.size(), static_cast<int>(colorizers.size()), [&](int worker, std::size_t job) {
          announce(job + ahead);
          color(plan_.jobs[job], colorizers[static_cast<std::size_t>(worker)]);
        });
    progress_.clear();
    return plan_.jobs.size() - begun;
  }

  const ColorizeCounts& counts() const { return counts_; }

 private:
  bool is_skipped(const PictureJob& job) const { return options_.skip_existing && is_written(job.output); }

  void announce(std::size_t job) const {
    if (job < plan_.jobs.size() && !is_skipped(plan_.jobs[job])) announce_reading(plan_.jobs[job].input);
  }

  void color(const PictureJob& job, PictureColorizer& colorizer) {
    if (is_skipped(job)) {
      const std::lock_guard lock(mutex_);
      progress_.begin(job.input);
      ++counts_.skipped;
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      progress_.begin(job.input);
    }
    const auto coloring = colorize_file(job, options_, plan_.makes_folders, colorizer, sharing_);
    const std::lock_guard lock(mutex_);
    if (!coloring) {
      progress_.clear();
      fail(coloring.error());
      ++counts_.failed;
      return;
    }
    if (*coloring != Coloring::colored && counts_.first_in_color.empty())
      counts_.first_in_color = input_name(job.input);
    if (*coloring == Coloring::left) {
      ++counts_.left;
      return;
    }
    ++counts_.colored;
    if (*coloring == Coloring::recolored) ++counts_.in_color;
    if (!options_.teach.camera.empty() && !colorizer.last_workspace()->shows_memory_place()) ++counts_.elsewhere;
  }

  // Heard in spite of --quiet: the picture is not as it was.
  void warn(const std::string& line) {
    const std::lock_guard lock(mutex_);
    progress_.clear();
    say(line);
  }

  void remark_memory(const std::string& name, double bytes) {
    if (bytes <= much_memory) return;
    const std::lock_guard lock(mutex_);
    progress_.clear();
    say_memory(name, bytes, options_.reading.quiet);
  }

  const ColorizeOptions& options_;
  const ColorizePlan& plan_;
  std::mutex mutex_;  // of the terminal and the counts
  Progress progress_;
  ColorizeCounts counts_;
  ColorizeSharing sharing_;
};

// One for each worker. Pictures of an archive come in a few sizes by turns: the memory of the last ones is kept, unless
// the user counts it.
Result<std::vector<PictureColorizer>> colorizers_of(const ColorizeModel& model, const ColorizeOptions& options,
                                                    const WorkForce& force) {
  constexpr Index kept_sizes = 4;  // upright and lying, of two cameras
  const double kept_bytes = machine_memory() / 8 / force.workers;
  std::vector<PictureColorizer> colorizers;
  for (int worker = 0; worker < force.workers; ++worker) {
    auto colorizer = PictureColorizer::create(
        model.colorizer,
        {.workspaces = options.memory ? 1 : kept_sizes,
         .bytes = static_cast<Index>(kept_bytes),
         .workspace = {.threads = force.threads, .memory = model.memory, .place = options.teach.place()}});
    if (!colorizer) return std::move(colorizer).error();
    colorizers.push_back(*std::move(colorizer));
  }
  return colorizers;
}

std::string colorize_summary(const ColorizeCounts& counts, std::size_t left, double seconds) {
  const auto part = [](std::size_t count, const char* what) {
    return count > 0 ? ", " + std::to_string(count) + what : std::string();
  };
  return std::to_string(counts.colored) + (counts.colored == 1 ? " picture" : " pictures") + " coloured in " +
         fixed(seconds, 1) + " s" + part(counts.skipped, " skipped") + part(counts.left, " in colour left alone") +
         part(counts.results, " earlier results left out") + part(counts.failed, " failed") + part(left, " left");
}

// Before hours of work are lost for want of a place.
Status try_output(const ColorizeOptions& options, const ColorizePlan& plan) {
  if (is_pipe(options.output)) return {};
  return plan.makes_folders ? try_output_folder(options.output) : try_output_file(options.output);
}

}  // namespace

int run_colorize(const ColorizeOptions& options) {
  ColorizePlan plan = plan_colorize(options);
  if (const std::string reason = objection(options, plan); !reason.empty()) return misuse(reason);
  if (plan.jobs.empty()) return unusable_input;
  if (const Status status = try_output(options, plan); !status) return fail(status.error());
  cut_to_shard(options.shard, plan);
  const auto model = open_model(options);
  if (!model) return fail_to_open(model.error());

  const auto start = std::chrono::steady_clock::now();
  const double memory = options.memory ? *options.memory * 1e6 : machine_memory() / 2;
  const double network = network_bytes(*model->colorizer, usual_shape);
  auto colorizers = colorizers_of(*model, options, work_force(options, plan.jobs.size(), network, memory));
  if (!colorizers) return fail(colorizers.error());
  // One picture has no rest to be left for the next run: it is not waited for.
  if (plan.jobs.size() > 1 && !listen_for_stop()) return fail({ErrorCode::io, "signals cannot be listened to"});
  ColorizeRun run(options, plan, memory);
  const std::size_t left = run.work(*colorizers);
  const ColorizeCounts& counts = run.counts();
  if (counts.elsewhere > 0) say_elsewhere(options.teach.camera, counts.elsewhere);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (!options.reading.quiet) say_in_color(counts);
  const std::size_t right = counts.colored + counts.skipped + counts.left;
  const bool all_failed = right + left == 0 && counts.failed > 0;  // and each has its line
  if (left > 0 || (!options.reading.quiet && !all_failed)) say(colorize_summary(counts, left, elapsed.count()));
  if (stop_signal() != 0) return 128 + stop_signal();
  if (counts.failed == 0) return done;
  return right > 0 ? some_failed : unusable_input;
}

}  // namespace ochre::program
