// Pictures and videos in folders. Tested by cli/folder_test.cpp.
#pragma once

#include <cstddef>
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

// What a folder holds. Names are relative to it and in order; hidden files and folders are left out.
struct FolderFiles {
  std::vector<std::string> names{};   // of what was looked for
  std::vector<std::string> others{};  // files of another kind
  std::size_t folders = 0;            // within it, which are not looked into
  std::vector<Error> unreadable{};    // folders within it
};

// Errors of both: a folder that cannot be read, or holds nothing of what is looked for.
Result<FolderFiles> pictures_in(const std::string& folder, const FolderOptions& options);
Result<FolderFiles> videos_in(const std::string& folder, const FolderOptions& options);

// A line for what is left alone, unless `quiet`, and one for each folder that could not be read. Returns how many of
// these there are: they count as inputs that failed.
std::size_t say_left_alone(const std::string& folder, const FolderFiles& files, bool quiet);

}  // namespace ochre::program
