// Pictures and videos in folders.
#pragma once

#include <string>
#include <vector>

#include <ochre/base/result.hpp>

namespace ochre::program {

bool is_folder(const std::string& path);

// Has the name an extension that load_picture() may be able to read?
bool is_picture_name(const std::string& path);

// That of a file that may have several pages?
bool is_tiff_name(const std::string& path);

// Has it one that a video may have, or is it an address?
bool is_video_name(const std::string& path);

struct FolderOptions {
  bool recursive = false;
  std::string without{};  // a folder that is left out, with all it holds
};

// The pictures of a folder, by their names, relative to it, in order. Hidden files and folders are left out.
Result<std::vector<std::string>> pictures_in(const std::string& folder, const FolderOptions& options);

// Its videos, likewise.
Result<std::vector<std::string>> videos_in(const std::string& folder, const FolderOptions& options);

}  // namespace ochre::program
