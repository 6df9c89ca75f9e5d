// ochre learn: presses a camera's pictures in colour into a small memory, which colours its grey ones.
#include <chrono>
#include <ctime>
#include <filesystem>

#include <ochre/camera_memory_file.hpp>

#include "model_file.hpp"
#include "output_file.hpp"
#include "picture_list.hpp"
#include "read_picture.hpp"
#include "square_picture.hpp"
#include "teaching.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

struct Lessons {
  std::size_t learned = 0;  // pictures, and frames of videos
  std::size_t gray = 0;
  std::size_t elsewhere = 0;  // pictures of another place
  std::size_t known = 0;      // that were learned before
  std::size_t failed = 0;
  std::string first;  // that was learned into a new memory: its place is the memory's
};

// Of the day, by this machine's clock, when the file was last written; -1 if nobody knows.
int hour_of(const std::string& path) {
  std::error_code failure;
  const auto written = fs::last_write_time(path, failure);
  if (failure) return -1;
  const auto time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(fs::file_time_type::clock::to_sys(written)));
  const std::tm* local = std::localtime(&time);
  return local == nullptr ? -1 : local->tm_hour;
}

Status learn_file(const std::string& path, const LearnOptions& options, PictureColorizer& colorizer,
                  CameraMemory& memory, Lessons& lessons) {
  if (is_video_name(path)) {
    const Index before = memory.frames();
    if (Status status = learn_video(path, colorizer.colorizer(), memory); !status) return status;
    lessons.learned += static_cast<std::size_t>(memory.frames() - before);
    return {};
  }
  const std::uint64_t name = file_name_number(path);
  if (memory.knows(name)) {
    ++lessons.known;
    return {};
  }
  const auto picture = read_picture(path, options.reading.limit, options.reading.quiet);
  if (!picture) return picture.error();
  if (is_gray(*picture)) {
    ++lessons.gray;
    return {};
  }
  auto reference = reference_of(colorizer, *picture, path);
  if (!reference) return reference.error();
  if (!memory.is_empty() && !memory.shows_place(*reference)) {
    ++lessons.elsewhere;
    return {};
  }
  if (memory.is_empty()) lessons.first = path;
  reference->name = name;
  reference->hour = hour_of(path);
  if (Status status = memory.add(*reference); !status) return std::move(status).error().in(path);
  ++lessons.learned;
  return {};
}

// The files that are meant, or an error for an input that is none.
Result<std::vector<std::string>> pictures_of(const LearnOptions& options, Lessons& lessons) {
  std::vector<std::string> files;
  for (const std::string& input : options.inputs) {
    if (!is_folder(input)) {
      files.push_back(input);
      continue;
    }
    const auto found = pictures_in(input, {.recursive = options.recursive});
    if (!found) return found.error();
    lessons.failed += say_left_alone(input, *found, options.reading.quiet);
    for (const std::string& name : found->names) files.push_back((fs::path(input) / name).string());
  }
  return files;
}

// "day, night": where the pictures came from; of many only the first.
std::string origin_of(const LearnOptions& options, const std::string& before) {
  constexpr std::size_t longest = 2000;
  std::string origin = before;
  for (const std::string& input : options.inputs) {
    const std::string name = weights::printable(fs::path(input).lexically_normal().filename().string());
    if (name.empty() || origin.size() + name.size() > longest) continue;
    origin += (origin.empty() ? "" : ", ") + name;
  }
  return origin;
}

// Why pictures were left out, each reason by itself.
std::vector<std::string> reasons_left_out(const Lessons& lessons) {
  std::vector<std::string> reasons;
  const auto add = [&](std::size_t count, const std::string& why) {
    if (count == 0) return;
    reasons.push_back(std::to_string(count) + (count == 1 ? " picture" : " pictures") + " left out: " + why);
  };
  add(lessons.gray, "grey");
  add(lessons.known, "learned before");
  add(lessons.elsewhere, "not of the place " + (lessons.first.empty() ? "learned before" : "of " + lessons.first) +
                             "; has the camera moved?");
  return reasons;
}

int fail_without_lesson(const LearnOptions& options, const Lessons& lessons) {
  const auto reasons = reasons_left_out(lessons);
  if (reasons.empty() && lessons.failed > 0) return unusable_input;  // each has its line
  std::string why;
  for (const std::string& reason : reasons) why += (why.empty() ? " (" : "; ") + reason;
  return fail(Error{ErrorCode::not_found, options.output + ": nothing new was learned" + why +
                                              (why.empty() ? "" : ")") + ", expected pictures in colour"});
}

Result<CameraMemory> memory_before(const LearnOptions& options) {
  std::error_code ignored;
  if (!fs::exists(options.output, ignored)) return CameraMemory();
  if (options.add) {
    // Else its proof, made anew, would say of damaged entries that they are whole.
    const auto file = MappedFile::read(options.output, most_camera_bytes);
    if (!file) return file.error();
    const auto report = verify_memory(file->bytes());
    if (!report) return Error{report.error()}.in(options.output);
    if (report->holds()) return read_camera(options.output);
    return Error{ErrorCode::mismatch, options.output + ": its proof does not hold (`ochre verify`): nothing is added"};
  }
  return Error{ErrorCode::invalid_argument, options.output + ": is there already; --add adds to it"};
}

Status write_memory(const LearnOptions& options, CameraMemory& memory) {
  memory.set_origin(origin_of(options, memory.totals().origin));
  const auto bytes = encode_camera_memory(memory);
  if (!bytes) return Error{bytes.error()}.in(options.output);
  return write_output(options.output, *bytes);
}

}  // namespace

int run_learn(const LearnOptions& options) {
  if (const Status status = try_output_file(options.output); !status) return fail(status.error());
  Lessons lessons;
  const auto files = pictures_of(options, lessons);
  if (!files) return fail(files.error());
  auto memory = memory_before(options);
  if (!memory)
    return memory.error().code == ErrorCode::invalid_argument ? misuse(memory.error().message()) : fail(memory.error());
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  auto colorizer = open_colorizer(file->bytes(), {.size = options.size, .threads = options.threads, .teachable = true});
  if (!colorizer) return fail_to_open(Error{colorizer.error()}.in(options.model));
  Progress progress(files->size(), options.reading.quiet);
  for (const std::string& path : *files) {
    progress.begin(path);
    const Status status = learn_file(path, options, *colorizer, *memory, lessons);
    if (status) continue;
    progress.clear();
    fail(status.error());
    ++lessons.failed;
  }
  progress.clear();
  if (lessons.learned == 0) return fail_without_lesson(options, lessons);
  if (!options.reading.quiet) say_all({}, reasons_left_out(lessons));
  if (const Status status = write_memory(options, *memory); !status) return fail(status.error());
  if (!options.reading.quiet) {
    say(std::to_string(lessons.learned) + (lessons.learned == 1 ? " picture" : " pictures") + " learned, " +
        with_commas(static_cast<long long>(memory->entries().size())) + " entries from " +
        with_commas(static_cast<long long>(memory->frames())) + " in all");
  }
  // More pictures of other places than of this one are hardly what was meant.
  return lessons.failed == 0 && lessons.elsewhere <= lessons.learned ? done : some_failed;
}

}  // namespace ochre::program
