#include "output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <ochre/base/platform/files_posix.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::program {

Result<OutputFile> OutputFile::create(const std::string& target, const std::string& ending) {
  const auto refuse = [&](Error error) { return std::move(error).in(weights::printable_path(target)); };
  struct stat facts {};
  if (::stat(target.c_str(), &facts) == 0) {
    const Status status = platform::check_replaceable(platform::kind_of(facts));
    if (!status) return refuse(status.error());
  }
  const std::string folder = target.substr(0, target.rfind('/') + 1);
  for (int attempt = 0; attempt < platform::most_part_names; ++attempt) {
    std::string name = folder + platform::part_name(static_cast<unsigned long>(::getpid()), attempt) + ending;
    const int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0) return OutputFile(target, std::move(name), number);
    if (errno != EEXIST) return refuse(platform::refused(errno, platform::writable_folder));
  }
  return refuse(platform::refused(EEXIST, platform::writable_folder));
}

OutputFile::~OutputFile() {
  if (name_.empty()) return;
  if (number_ >= 0) ::close(number_);
  ::unlink(name_.c_str());
}

std::string file_identity(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const fs::path absolute = fs::absolute(path, failure);
  const fs::path canonical = fs::weakly_canonical(absolute, failure);
  return (failure ? absolute : canonical).lexically_normal().string();
}

bool is_written(const std::string& path) {
  std::error_code failure;
  return std::filesystem::file_size(path, failure) > 0 && !failure;
}

bool is_same_file(const std::string& left, const std::string& right) {
  std::error_code ignored;
  if (std::filesystem::equivalent(left, right, ignored)) return true;
  return file_identity(left) == file_identity(right);
}

Status OutputFile::keep() {
  if (std::rename(name_.c_str(), target_.c_str()) != 0) {
    return platform::refused(errno, platform::writable_folder).in(weights::printable_path(target_));
  }
  name_.clear();
  return {};
}

}  // namespace ochre::program
