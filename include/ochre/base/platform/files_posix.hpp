// The functions of files.hpp on POSIX. A name below a folder is walked: each part is opened from the folder that the
// part before it opened, so that nothing can be exchanged between a look and a use. A file is replaced by renaming a
// new one, of a name that no one else has.
#pragma once

#include <ochre/base/platform/system.hpp>

#if defined(OCHRE_POSIX)

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ochre/base/platform/file_errors.hpp>

namespace ochre::inline v0::platform {

inline constexpr char readable_file[] = "a readable file";
inline constexpr char writable_folder[] = "a folder that can be written to";

// An open file or folder.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  bool is_open() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }
  // 0, or errno.
  int close() noexcept { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

inline Error refused(int number, std::string_view expected) {
  if (number == ENOENT || number == ENOTDIR) return missing_file(expected);
  return file_error(ErrorCode::io, {.found = std::generic_category().message(number), .expected = expected});
}

inline FileKind kind_of(const struct stat& facts) noexcept {
  if (S_ISREG(facts.st_mode)) return FileKind::regular;
  if (S_ISDIR(facts.st_mode)) return FileKind::directory;
  return S_ISFIFO(facts.st_mode) ? FileKind::fifo : FileKind::device;
}

inline Result<std::span<const std::byte>> map_open_file(const Descriptor& file) {
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return refused(errno, readable_file);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (auto status = check_readable(kind_of(facts), size); !status) return std::move(status).error();
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (memory == MAP_FAILED) return refused(errno, "a file that can be mapped into memory");
  return std::span(static_cast<const std::byte*>(memory), size);
}

// Up to the length that the file has at first. What grows meanwhile is read as it was.
inline Result<std::span<const std::byte>> read_open_file(const Descriptor& file, std::uint64_t most) {
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return refused(errno, readable_file);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (auto status = check_readable(kind_of(facts), size); !status) return std::move(status).error();
  if (auto status = check_length(size, most); !status) return std::move(status).error();
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return refused(errno, "a file that fits into memory");
  constexpr std::size_t piece = std::size_t{1} << 30;  // Linux reads at most 2^31 - 4096 bytes a call
  std::size_t done = 0;
  ssize_t count = 1;
  while (done < size && count != 0) {
    count = ::read(file.number(), static_cast<std::byte*>(memory) + done, std::min(size - done, piece));
    if (count < 0 && errno != EINTR) break;
    done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
  if (done == size) return std::span(static_cast<const std::byte*>(memory), size);
  const int failure = errno;
  ::munmap(memory, size);
  if (count < 0) return refused(failure, readable_file);
  return file_error(ErrorCode::malformed, {.found = std::to_string(done) + " bytes where there were " +
                                                    std::to_string(size) + " (the file was cut short meanwhile)",
                                           .expected = "a file that stays as it is"});
}

inline constexpr int to_read = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // opening a FIFO would wait for its writer for ever

inline Result<std::span<const std::byte>> map_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), to_read));
  if (!file.is_open()) return refused(errno, readable_file);
  return map_open_file(file);
}

inline Result<std::span<const std::byte>> read_file(const std::string& path, std::uint64_t most) {
  const Descriptor file(::open(path.c_str(), to_read));
  if (!file.is_open()) return refused(errno, readable_file);
  return read_open_file(file, most);
}

inline Error part_refused(const Descriptor& folder, const std::string& part, int number) {
  struct stat facts {};
  const bool known = ::fstatat(folder.number(), part.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
  if (!known || !S_ISLNK(facts.st_mode)) return refused(number, readable_file);
  return file_error(ErrorCode::unsupported, {.found = "a symbolic link", .expected = "a file that lies there itself"});
}

inline Result<std::span<const std::byte>> map_file_below(const std::string& folder, const std::string& name) {
  Descriptor opened(::open(folder.c_str(), to_read | O_DIRECTORY));
  if (!opened.is_open()) return refused(errno, readable_file);
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    begin = end + 1;
    const int folder_only = end < name.size() ? O_DIRECTORY : 0;
    Descriptor next(::openat(opened.number(), part.c_str(), to_read | O_NOFOLLOW | folder_only));
    if (!next.is_open()) return part_refused(opened, part, errno);
    opened = std::move(next);
  }
  return map_open_file(opened);
}

inline void unmap_file(std::span<const std::byte> bytes) noexcept {
  ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
}

inline void release_file_pages(std::span<const std::byte> part) noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page - 1) / page * page;
  const auto end = (reinterpret_cast<std::uintptr_t>(part.data()) + part.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

// 0, or the errno of the first failed write.
inline int write_all(const Descriptor& file, std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t piece = std::size_t{1} << 30;  // Linux writes at most 2^31 - 4096 bytes a call
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), std::min(bytes.size(), piece));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

struct NewFile {
  Descriptor file;
  std::string name;
};

// In the folder of `path`, and no one else's.
inline Result<NewFile> create_beside(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);  // "" if there is none
  for (int attempt = 0; attempt < most_part_names; ++attempt) {
    std::string name = folder + part_name(static_cast<unsigned long>(::getpid()), attempt);
    Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.is_open()) return NewFile{std::move(file), std::move(name)};
    if (errno != EEXIST) return refused(errno, writable_folder);
  }
  return refused(EEXIST, writable_folder);
}

inline Status replace_file(const std::string& path, std::span<const std::byte> bytes) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) {
    if (auto status = check_replaceable(kind_of(facts)); !status) return status;
  }
  auto part = create_beside(path);
  if (!part) return std::move(part).error();
  int failure = write_all(part->file, bytes);
  if (const int closing = part->file.close(); failure == 0) failure = closing;
  if (failure == 0 && std::rename(part->name.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return {};
  ::unlink(part->name.c_str());
  return refused(failure, room_for(bytes.size()));
}

}  // namespace ochre::inline v0::platform

#endif
