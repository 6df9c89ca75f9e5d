#include "picture_list.hpp"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string_view>

#include <ochre/weights/printable.hpp>

#include "terminal.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

using IsWanted = bool (*)(const std::string& name);

// Walks through a folder and those below it.
class FolderWalk {
 public:
  FolderWalk(const FolderOptions& options, IsWanted is_wanted) : options_(options), is_wanted_(is_wanted) {}

  Status add(const fs::path& folder, const fs::path& relative) {
    std::error_code failure;
    for (fs::directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure)) {
      const std::string name = at->path().filename().string();
      if (!name.starts_with('.')) add_entry(*at, relative / name);
    }
    if (!failure) return {};
    return Error{ErrorCode::io, folder.string() + ": found " + failure.message() + ", expected a readable folder"};
  }

  FolderFiles take() {
    std::sort(files_.names.begin(), files_.names.end());
    std::sort(files_.others.begin(), files_.others.end());
    return std::move(files_);
  }

 private:
  void add_entry(const fs::directory_entry& entry, const fs::path& relative) {
    std::error_code ignored;
    if (!entry.is_directory(ignored)) {
      // A pipe would be waited for. A link that leads nowhere has its line when it is read.
      const bool is_file = entry.is_regular_file(ignored) || !entry.exists(ignored);
      auto& list = is_file && is_wanted_(relative.string()) ? files_.names : files_.others;
      list.push_back(relative.string());
      return;
    }
    if (!options_.without.empty() && fs::equivalent(entry.path(), options_.without, ignored)) return;
    // A link to a folder above would never end.
    if (!options_.recursive || entry.is_symlink(ignored)) {
      ++files_.folders;
    } else if (Status status = add(entry.path(), relative); !status) {
      files_.unreadable.push_back(std::move(status).error());
    }
  }

  const FolderOptions& options_;
  IsWanted is_wanted_;
  FolderFiles files_;
};

// "a.mov, b.txt, c.webp, ..."
std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    text += (i > 0 ? ", " : "") + weights::printable(names[i]);
  }
  return names.size() > most ? text + ", ..." : text;
}

// "3 other files (a.mov, b.txt, c.webp)" and "1 folder", or nothing.
std::string left_alone(const FolderFiles& files) {
  const auto counted = [](std::size_t count, const char* what) {
    return std::to_string(count) + what + (count == 1 ? "" : "s");
  };
  std::string text;
  if (!files.others.empty())
    text = counted(files.others.size(), " other file") + " (" + first_names(files.others) + ")";
  if (files.folders > 0) text += (text.empty() ? "" : " and ") + counted(files.folders, " folder");
  return text;
}

struct Wanted {
  IsWanted is_wanted;
  const char* found;     // nothing of it
  const char* expected;  // instead
};

Result<FolderFiles> files_in(const std::string& folder, const FolderOptions& options, const Wanted& wanted) {
  FolderWalk walk(options, wanted.is_wanted);
  if (Status status = walk.add(folder, {}); !status) return std::move(status).error();
  FolderFiles files = walk.take();
  if (!files.names.empty()) return files;
  if (!files.unreadable.empty()) return files.unreadable.front();
  const std::string others = left_alone(files);
  return Error{ErrorCode::not_found,
               folder + ": found no " + wanted.found + (options.recursive ? "" : " directly in it") +
                   (others.empty() ? "" : ", but " + others) + ", expected " + wanted.expected + " files"};
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

Result<FolderFiles> pictures_in(const std::string& folder, const FolderOptions& options) {
  return files_in(folder, options,
                  {is_picture_name, "picture", ".jpg, .png, .tif, .webp, .bmp, .pgm, .ppm or the like"});
}

Result<FolderFiles> videos_in(const std::string& folder, const FolderOptions& options) {
  return files_in(folder, options, {is_video_name, "video", ".mp4, .mkv, .avi, .ts, .y4m or the like"});
}

std::size_t say_left_alone(const std::string& folder, const FolderFiles& files, bool quiet) {
  const std::string others = left_alone(files);
  if (!others.empty() && !quiet) say(folder + ": " + others + " left alone");
  for (const Error& error : files.unreadable) fail(error);
  return files.unreadable.size();
}

}  // namespace ochre::program
