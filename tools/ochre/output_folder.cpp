#include "output_folder.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

Status make_folder(const fs::path& root, const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(root, failure);
  fs::path path = root;
  for (const fs::path& part : folder.lexically_relative(root)) {
    if (failure) break;
    if (part == ".") continue;
    path /= part;
    if (fs::is_symlink(fs::symlink_status(path, failure))) {
      return Error{ErrorCode::io, path.string() + ": found a link, expected a folder below " + root.string()};
    }
    failure.clear();  // it may not be there yet
    fs::create_directory(path, failure);
  }
  if (!failure) return {};
  return Error{ErrorCode::io, path.string() + ": found " + failure.message() + ", expected a folder to be made"};
}

}  // namespace ochre::program
