// A file's bytes, mapped read-only into memory: opening costs no copy, and several processes share one model's pages.
// Regular files of at least one byte only. On POSIX the file must not be cut short while mapped (the system then raises
// SIGBUS); replace it by renaming, as write_file_atomically does. Tested by mapped_file_test.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/platform/files.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

// A file's bytes, mapped into memory read-only as long as this lives. Move-only.
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

  // Of what a function of base/platform/files.hpp has mapped. path: what messages call it.
  static Result<MappedFile> take(const std::string& path, Result<std::span<const std::byte>> mapped) {
    if (!mapped) return std::move(mapped).error().in(weights::printable_path(path));
    MappedFile file;
    file.bytes_ = *mapped;
    return file;
  }

  // Valid as long as this object, or the one it was moved to, lives.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  // The pages that lie within `part` may leave memory; whoever reads them again has them read from the file again.
  void release(std::span<const std::byte> part) const noexcept { platform::release_file_pages(part); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace ochre::inline v0
