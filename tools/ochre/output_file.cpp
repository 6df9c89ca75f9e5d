#include "output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <ochre/base/platform/files_posix.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::program {

namespace {

// Where a link leads in the end, which need not be there.
std::string behind_links(std::string path) {
  constexpr int most_links = 40;  // Linux follows no more
  namespace fs = std::filesystem;
  std::error_code failure;
  for (int i = 0; i < most_links && fs::is_symlink(fs::symlink_status(path, failure)); ++i) {
    const fs::path next = fs::read_symlink(path, failure);
    if (failure) break;
    path = (fs::path(path).parent_path() / next).string();
  }
  return path;
}

struct Part {
  std::string name;
  int number;
};

// folder: with its '/', or nothing.
Result<Part> open_part(const std::string& folder, const std::string& ending) {
  for (int attempt = 0; attempt < platform::most_part_names; ++attempt) {
    std::string name = folder + platform::part_name(static_cast<unsigned long>(::getpid()), attempt) + ending;
    const int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0) return Part{std::move(name), number};
    if (errno != EEXIST) return platform::refused(errno, platform::writable_folder);
  }
  return platform::refused(EEXIST, platform::writable_folder);
}

}  // namespace

// Set before the first byte, so that a private file is so at every moment; its owner can write to it meanwhile.
void OutputFile::take_after() noexcept {
  struct stat facts {};
  if (::stat(target_.c_str(), &facts) != 0) return;
  mode_ = facts.st_mode & 0777;
  // Only root can give a file away; others write their own.
  [[maybe_unused]] const int given = ::fchown(number_, facts.st_uid, facts.st_gid);
  ::fchmod(number_, *mode_ | S_IRUSR | S_IWUSR);
}

Result<OutputFile> OutputFile::create(const std::string& target, Links links, const std::string& ending) {
  const auto refuse = [&](Error error) { return std::move(error).in(weights::printable_path(target)); };
  struct stat facts {};
  if (::stat(target.c_str(), &facts) == 0) {
    const Status status = platform::check_replaceable(platform::kind_of(facts));
    if (!status) return refuse(status.error());
  }
  const std::string place = links == Links::followed ? behind_links(target) : target;
  auto part = open_part(place.substr(0, place.rfind('/') + 1), ending);
  if (!part) return refuse(part.error());
  OutputFile file(place, std::move(part->name), part->number);
  file.take_after();
  return file;
}

OutputFile::~OutputFile() {
  if (number_ >= 0) ::close(number_);
  if (!name_.empty()) ::unlink(name_.c_str());
}

Status write_output(const std::string& target, std::span<const std::byte> bytes, Links links) {
  auto output = OutputFile::create(target, links);
  if (!output) return std::move(output).error();
  platform::Descriptor file(output->take_descriptor());
  int failure = platform::write_all(file, bytes);
  if (const int closing = file.close(); failure == 0) failure = closing;
  if (failure == 0) return output->keep();
  return platform::refused(failure, platform::room_for(bytes.size())).in(weights::printable_path(target));
}

Status try_output_file(const std::string& target) {
  const auto tried = OutputFile::create(target, Links::followed);
  return tried ? Status() : Status(tried.error());
}

Status try_output_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path place = fs::absolute(folder, ignored).lexically_normal();
  while (place.has_relative_path() && !fs::exists(fs::symlink_status(place, ignored))) place = place.parent_path();
  if (!fs::is_directory(place, ignored)) {
    return Error{ErrorCode::io, weights::printable_path(folder) + ": found " + weights::printable_path(place.string()) +
                                    " to be no folder, expected one to write to"};
  }
  const auto part = open_part(place.string() + '/', {});
  if (!part) return Error{part.error()}.in(weights::printable_path(folder));
  ::close(part->number);
  ::unlink(part->name.c_str());
  return {};
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
  if (mode_) ::chmod(name_.c_str(), *mode_);
  if (std::rename(name_.c_str(), target_.c_str()) != 0) {
    return platform::refused(errno, platform::writable_folder).in(weights::printable_path(target_));
  }
  name_.clear();
  return {};
}

}  // namespace ochre::program
