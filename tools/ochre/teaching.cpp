#include "teaching.hpp"

#include <filesystem>

#include <ochre/camera_memory_file.hpp>

#include "picture_list.hpp"
#include "read_picture.hpp"
#include "sha256_number.hpp"
#include "square_picture.hpp"
#include "terminal.hpp"
#include "video_pipeline.hpp"

namespace ochre::program {

Result<Reference> reference_of(PictureColorizer& colorizer, const LoadedPicture& picture, const std::string& name) {
  if (is_gray(picture)) {
    return Error{ErrorCode::mismatch, name + ": found a grey picture, expected one in colour to learn from"};
  }
  auto reference = read_reference(colorizer, picture.view());
  if (!reference) return std::move(reference).error().in(name);
  return reference;
}

Result<CameraMemory> read_camera(const std::string& path) {
  const auto file = MappedFile::read(path, most_camera_bytes);
  if (!file) return file.error();
  auto memory = parse_camera_memory(file->bytes());
  if (!memory) return std::move(memory).error().in(path);
  return memory;
}

Status learn_video(const std::string& path, const std::shared_ptr<const Colorizer>& colorizer, CameraMemory& memory) {
  constexpr int silence = 60;  // seconds
  auto source = is_y4m(path) ? open_y4m_source(path, {silence}) : open_ffmpeg_source(path, {silence});
  if (!source) return std::move(source).error();
  const VideoFormat& format = (*source)->format();
  const Error gray{ErrorCode::mismatch, path + ": found no frame in colour, expected some to learn from"};
  if (format.samples().subsampling == ChromaSubsampling::yuv400) return gray;
  ColorizerWorkspaceOptions workspace;
  if (!memory.is_empty()) workspace.memory = std::make_shared<const CameraMemory>(memory);
  auto video = open_video(colorizer, {format.header.height, format.header.width}, {.pass_infrared = true}, workspace);
  if (!video) return std::move(video).error().in(path);
  auto block = AlignedBuffer<std::byte>::create(format.bytes());
  if (!block) return std::move(block).error().in(path);
  const MutableYuvView frame = frame_view(reinterpret_cast<std::uint8_t*>(block->data()), format);
  bool learned = false;
  for (;;) {
    FrameTime time;
    const auto more = (*source)->read(block->span(), time);
    if (!more) return Error{more.error()}.in(path);
    if (!*more) break;
    if (Status status = colorize_frame(*video, frame, frame); !status) return std::move(status).error().in(path);
    learned = learned || video->report().learned;
  }
  if (!learned) return gray;
  memory = video->memory();
  return {};
}

std::uint64_t file_name_number(const std::string& path) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 32;  // no picture has more
  const auto file = MappedFile::read(path, most_bytes);
  if (!file) return 0;
  return sha256_number(file->bytes());
}

namespace {

// Of a folder the pictures in colour; its grey ones are left out, and with a line each those that cannot be read.
Status learn_from(const std::string& path, PictureColorizer& colorizer, const ReadOptions& reading,
                  CameraMemory& memory) {
  if (is_video_name(path)) return learn_video(path, colorizer.colorizer(), memory);
  const bool folder = is_folder(path);
  FolderFiles files{.names = {""}};
  if (folder) {
    if (Status status = pictures_in(path, {}).move_to(files); !status) return status;
  }
  std::size_t gray = 0;
  std::size_t unreadable = 0;
  for (const std::string& name : files.names) {
    const std::string file = folder ? (std::filesystem::path(path) / name).string() : path;
    const auto picture = read_picture(file, reading.limit, reading.quiet);
    if (!picture && !folder) return picture.error();
    if (!picture) {
      fail(picture.error());
      ++unreadable;
      continue;
    }
    if (folder && is_gray(*picture)) {
      ++gray;
      continue;
    }
    const auto reference = reference_of(colorizer, *picture, file);
    if (!reference) return reference.error();
    if (Status status = memory.add(*reference); !status) return std::move(status).error().in(file);
  }
  if (gray + unreadable == files.names.size()) {
    return Error{ErrorCode::mismatch, path + ": found no picture in colour, expected some to learn from"};
  }
  if (gray > 0 && !reading.quiet) {
    say(path + ": " + std::to_string(gray) + (gray == 1 ? " grey picture" : " grey pictures") + " left out");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const CameraMemory>> lesson(const TeachOptions& options, PictureColorizer& colorizer,
                                                   const ReadOptions& reading) {
  if (!options.teaches()) return std::shared_ptr<const CameraMemory>();
  auto memory = std::make_shared<CameraMemory>();
  if (!options.camera.empty()) {
    if (Status status = read_camera(options.camera).move_to(*memory); !status) return std::move(status).error();
  }
  for (const std::string& path : options.like) {
    if (Status status = learn_from(path, colorizer, reading, *memory); !status) return std::move(status).error();
  }
  return std::shared_ptr<const CameraMemory>(std::move(memory));
}

}  // namespace ochre::program
