// A file's bytes, mapped read-only into memory: opening costs no copy, and several processes share one model's pages.
// Regular files of at least one byte only. The file must not be cut short while mapped (the system then raises SIGBUS);
// replace it by renaming, as write_file_atomically does. Tested by mapped_file_test.cpp.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ochre/base/result.hpp>
#include <ochre/weights/system_error.hpp>

namespace ochre::inline v0 {

class MappedFile {
 public:
  MappedFile() = default;  // no bytes
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }

  static Result<MappedFile> open(const std::string& path) {
    // O_NONBLOCK: opening a FIFO would wait for its writer for ever.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return detail::system_error(path, errno, "a readable file");
    auto mapped = map(path, descriptor);
    ::close(descriptor);
    return mapped;
  }

  // The file of an open descriptor, which stays the caller's. path: what messages call it.
  static Result<MappedFile> map(const std::string& path, int descriptor) {
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0) return detail::system_error(path, errno, "a readable file");
    if (!S_ISREG(facts.st_mode)) {
      const char* kind = S_ISDIR(facts.st_mode) ? "a directory" : S_ISFIFO(facts.st_mode) ? "a FIFO" : "a device";
      return Error{ErrorCode::io, printable_path(path) + ": found " + kind + ", expected a regular file"};
    }
    if (facts.st_size == 0) {
      return Error{ErrorCode::malformed, printable_path(path) + ": found an empty file (0 bytes), expected some"};
    }
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (memory == MAP_FAILED) return detail::system_error(path, errno, "a file that can be mapped into memory");
    MappedFile file;
    file.bytes_ = {static_cast<const std::byte*>(memory), size};
    return file;
  }

  // Valid as long as this object, or the one it was moved to, lives.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  // The pages that lie within `part` may leave memory; whoever reads them again has them read from the file again.
  void release(std::span<const std::byte> part) const noexcept {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page - 1) / page * page;
    const auto end = (reinterpret_cast<std::uintptr_t>(part.data()) + part.size()) / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace ochre::inline v0
