#include "eval_teachers.hpp"

#include <filesystem>

#include "read_picture.hpp"
#include "square_picture.hpp"

namespace ochre::program {

namespace {

constexpr char first_word[] = "FIRST";

// As it is scored: the square.
Status learn_square(const std::string& path, const EvalOptions& options, PictureColorizer& colorizer,
                    CameraMemory& memory) {
  const auto picture = read_picture(path, options.reading.limit, options.reading.quiet);
  if (!picture) return picture.error();
  const auto square = square_picture(*picture, options.size);
  if (!square) return Error{square.error()}.in(path);
  const auto reference = reference_of(colorizer, *square, path);
  if (!reference) return reference.error();
  Status status = memory.add(*reference);
  return status ? status : std::move(status).error().in(path);
}

// Names without a '-' are of one camera, their folder's.
std::string camera_of(const std::string& path) {
  const std::filesystem::path name(path);
  const bool has_prefix = name.stem().string().find('-') != std::string::npos;
  return (name.parent_path() / (has_prefix ? prefix_of(path) : "")).string();
}

}  // namespace

std::string prefix_of(const std::string& path) {
  const std::string name = std::filesystem::path(path).stem().string();
  return name.substr(0, name.find('-'));
}

Result<EvalTeachers> EvalTeachers::create(const EvalOptions& options, const std::vector<std::string>& paths,
                                          PictureColorizer& colorizer) {
  EvalTeachers teachers;
  teachers.place_ = options.teach.place();
  std::map<std::string, CameraMemory> memories;
  const auto learn = [&](const std::string& camera, const std::string& path) {
    teachers.taught_.insert(path);
    return learn_square(path, options, colorizer, memories[camera]);
  };
  for (const std::string& like : options.teach.like) {
    if (like != first_word) {
      if (const Status status = learn("", like); !status) return status.error();
      continue;
    }
    for (const std::string& path : paths) {
      if (memories.contains(camera_of(path))) continue;
      if (const Status status = learn(camera_of(path), path); !status) return status.error();
    }
  }
  if (!options.teach.camera.empty()) {
    auto memory = read_camera(options.teach.camera);
    if (!memory) return std::move(memory).error();
    for (const std::string& path : paths) {
      if (memory->knows(file_name_number(path))) teachers.taught_.insert(path);
    }
    memories[""] = *std::move(memory);
  }
  for (auto& [camera, memory] : memories) {
    teachers.memories_[camera] = std::make_shared<const CameraMemory>(std::move(memory));
  }
  return teachers;
}

Status EvalTeachers::prepare(const std::string& path, PictureColorizer& colorizer) {
  if (memories_.empty()) return {};
  const auto everybodys = memories_.find("");
  const auto& memory = everybodys != memories_.end() ? everybodys->second : memories_.at(camera_of(path));
  if (memory.get() == recalled_) return {};
  recalled_ = memory.get();
  return colorizer.recall(memory, place_);
}

}  // namespace ochre::program
