#include "picture_list.hpp"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string_view>

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

using IsWanted = bool (*)(const std::string& name);

Status add_files(const fs::path& folder, const fs::path& relative, const FolderOptions& options, IsWanted is_wanted,
                 std::vector<std::string>& files) {
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.')) continue;
    if (!at->is_directory(ignored)) {
      if (is_wanted(name)) files.push_back((relative / name).string());
      continue;
    }
    // A link to a folder above would never end.
    if (!options.recursive || at->is_symlink(ignored)) continue;
    if (!options.without.empty() && fs::equivalent(at->path(), options.without, ignored)) continue;
    if (Status status = add_files(at->path(), relative / name, options, is_wanted, files); !status) return status;
  }
  if (!failure) return {};
  return Error{ErrorCode::io, folder.string() + ": found " + failure.message() + ", expected a readable folder"};
}

struct Wanted {
  IsWanted is_wanted;
  const char* found;     // nothing of it
  const char* expected;  // instead
};

Result<std::vector<std::string>> files_in(const std::string& folder, const FolderOptions& options,
                                          const Wanted& wanted) {
  std::vector<std::string> files;
  if (Status status = add_files(folder, {}, options, wanted.is_wanted, files); !status) {
    return std::move(status).error();
  }
  std::sort(files.begin(), files.end());
  if (!files.empty()) return files;
  return Error{ErrorCode::not_found, folder + ": found no " + wanted.found +
                                         (options.recursive ? "" : " directly in it") + ", expected " +
                                         wanted.expected + " files"};
}

bool has_extension(const std::string& path, std::initializer_list<std::string_view> known) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::find(known.begin(), known.end(), extension) != known.end();
}

}  // namespace

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_picture_name(const std::string& path) {
  return has_extension(path, {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".bmp", ".pbm",
                              ".pgm", ".ppm", ".pnm", ".pam"});
}

bool is_tiff_name(const std::string& path) { return has_extension(path, {".tif", ".tiff"}); }

bool is_video_name(const std::string& path) {
  if (path.find("://") != std::string::npos) return true;
  return has_extension(path, {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".y4m", ".ts", ".mts", ".m2ts", ".mpg",
                              ".mpeg", ".wmv", ".flv", ".ogv", ".3gp", ".nut", ".h264", ".hevc"});
}

Result<std::vector<std::string>> pictures_in(const std::string& folder, const FolderOptions& options) {
  return files_in(folder, options,
                  {is_picture_name, "picture", ".jpg, .png, .tif, .webp, .bmp, .pgm, .ppm or the like"});
}

Result<std::vector<std::string>> videos_in(const std::string& folder, const FolderOptions& options) {
  return files_in(folder, options, {is_video_name, "video", ".mp4, .mkv, .avi, .ts, .y4m or the like"});
}

}  // namespace ochre::program
