// What pictures in colour teach of a place: --like and --camera, and what `learn` presses into a file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ochre/color/camera_memory.hpp>
#include <ochre/image_io/loaded_picture.hpp>

#include "engine.hpp"
#include "verbs.hpp"

namespace ochre::program {

// What a picture in colour teaches. name: of the picture, for messages. Errors: a grey picture.
Result<Reference> reference_of(PictureColorizer& colorizer, const LoadedPicture& picture, const std::string& name);

// A file that `learn` wrote. Errors: the file's.
inline constexpr std::uint64_t most_camera_bytes = std::uint64_t{64} << 20;  // sixteen times what `learn` writes
Result<CameraMemory> read_camera(const std::string& path);

// What --like and --camera say, learned by the colorizer that is to recall it; null if they say nothing.
Result<std::shared_ptr<const CameraMemory>> lesson(const TeachOptions& options, PictureColorizer& colorizer,
                                                   const ReadOptions& reading);

// What the frames in colour of a video teach, some of them, ever more rarely; the memory stays as it was on an error.
// Errors: the video's; none in colour of the memory's place.
Status learn_video(const std::string& path, const std::shared_ptr<const Colorizer>& colorizer, CameraMemory& memory);

// By which a memory knows a picture's file again: the first 64 bits of its SHA-256. 0 if it cannot be read.
std::uint64_t file_name_number(const std::string& path);

}  // namespace ochre::program
