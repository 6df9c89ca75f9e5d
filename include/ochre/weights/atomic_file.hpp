// Writes a file whole or not at all: the bytes go to a new file of a unique name in the same folder, which then takes
// the target's name in one step. A reader sees the old file or the new one, never half of one; on any failure the
// temporary file is removed and the target stays as it was. No fsync: safe from a failing program, not from a failing
// power supply. Tested by atomic_file_test.cpp (unwritable folder, full disk, a directory in the way).
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ochre/base/result.hpp>
#include <ochre/weights/system_error.hpp>

namespace ochre::inline v0 {

namespace detail {

// 0, or the errno of the first failed write.
inline int write_all(int descriptor, std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t piece = std::size_t{1} << 30;  // Linux writes at most 2^31 - 4096 bytes a call
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), piece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

// Creates ".ochre-<process>-<attempt>.part" in the target's folder, which no one else has. The name does not grow with
// the target's, which may be as long as the system allows. -1 if the system refuses, errno set.
inline std::pair<int, std::string> create_beside(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);  // "" if there is none
  for (int attempt = 0; attempt < 10000; ++attempt) {
    std::string name = folder + ".ochre-" + std::to_string(::getpid()) + '-' + std::to_string(attempt) + ".part";
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return {descriptor, std::move(name)};
    if (errno != EEXIST) break;
  }
  return {-1, std::string()};
}

}  // namespace detail

// Replaces the file `path`, or creates it with the process's usual permissions.
inline Status write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    return Error{ErrorCode::io, printable_path(path) + ": found " +
                                    (S_ISDIR(facts.st_mode) ? "a directory" : "a device or FIFO") +
                                    ", expected a regular file or a new name"};
  }
  const auto [descriptor, temporary] = detail::create_beside(path);
  if (descriptor < 0) return detail::system_error(path, errno, "a folder that can be written to");

  int failure = detail::write_all(descriptor, bytes);
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return {};
  ::unlink(temporary.c_str());
  return detail::system_error(path, failure, "room for " + std::to_string(bytes.size()) + " bytes");
}

}  // namespace ochre::inline v0
