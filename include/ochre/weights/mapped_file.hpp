// A file's bytes in memory. open() maps them read-only: it costs no copy, and several processes share one model's
// pages; on POSIX the file must not be cut short while mapped (the system then raises SIGBUS): replace it by renaming,
// as write_file_atomically does. read() copies them, for files that others may change at any time, such as pictures.
// Regular files of at least one byte only. Tested by mapped_file_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/platform/files.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

// A file's bytes, in memory as long as this lives. Move-only.
class MappedFile {
 public:
  MappedFile() = default;  // no bytes
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile() {
    if (!bytes_.empty()) platform::unmap_file(bytes_);
  }

  static Result<MappedFile> open(const std::string& path) { return take(path, platform::map_file(path)); }

  // Errors, besides open()'s: a file of more than `most` bytes, one that is cut short meanwhile.
  static Result<MappedFile> read(const std::string& path, std::uint64_t most) {
    return take(path, platform::read_file(path, most));
  }

  // Of what a function of base/platform/files.hpp has given. path: what messages call it.
  static Result<MappedFile> take(const std::string& path, Result<std::span<const std::byte>> mapped) {
    if (!mapped) return std::move(mapped).error().in(weights::printable_path(path));
    MappedFile file;
    file.bytes_ = *mapped;
    return file;
  }

  // Valid as long as this object, or the one it was moved to, lives.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  // Of a file that was mapped: the pages within `part` may leave memory; who reads them again has them read from the
  // file again. What read() copied would be lost.
  void release(std::span<const std::byte> part) const noexcept { platform::release_file_pages(part); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace ochre::inline v0
