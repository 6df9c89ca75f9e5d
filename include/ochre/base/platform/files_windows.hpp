// The functions of files.hpp on Windows. A name that a foreign file gives is not followed: what POSIX does with openat
// has no equal here that a test of ours could hold to its promise. A file is replaced by MoveFileExW, which on NTFS is
// one step, though no document promises it; while the old file is mapped, the system refuses.
#pragma once

#include <ochre/base/platform/system.hpp>

#if defined(OCHRE_WINDOWS)

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <ochre/base/platform/file_errors.hpp>
#include <ochre/base/platform/windows_api.hpp>

namespace ochre::inline v0::platform {

inline constexpr char readable_file[] = "a readable file";
inline constexpr char writable_folder[] = "a folder that can be written to";

// What has to be closed; none: null or INVALID_HANDLE_VALUE, by whoever made it.
class Handle {
 public:
  explicit Handle(void* handle) noexcept : handle_(is_none(handle) ? nullptr : handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (handle_ != nullptr) ::CloseHandle(handle_);
  }

  bool is_open() const noexcept { return handle_ != nullptr; }
  void* get() const noexcept { return handle_; }
  bool close() noexcept { return ::CloseHandle(std::exchange(handle_, nullptr)) != 0; }

 private:
  static bool is_none(void* handle) noexcept { return reinterpret_cast<std::intptr_t>(handle) == -1; }

  void* handle_;
};

// Of GetLastError(). In the words that C has for it: the system's own are in the user's language and code page.
inline Error refused(unsigned long number, std::string_view expected) {
  const std::error_code code(static_cast<int>(number), std::system_category());
  if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) return missing_file(expected);
  const auto condition = code.default_error_condition();
  const bool known = condition.category() == std::generic_category();
  const std::string found = known ? condition.message() : "Windows error " + std::to_string(number);
  return file_error(ErrorCode::io, {.found = found, .expected = expected});
}

// UTF-16 for the system. Errors: no UTF-8.
inline Result<std::wstring> wide_path(const std::string& path) {
  constexpr unsigned utf8 = 65001;
  constexpr unsigned long no_invalid_characters = 8;
  const int size = static_cast<int>(std::min<std::size_t>(path.size(), std::numeric_limits<int>::max()));
  const int length = ::MultiByteToWideChar(utf8, no_invalid_characters, path.data(), size, nullptr, 0);
  if (length <= 0 && !path.empty()) {
    return file_error(ErrorCode::invalid_argument, {.found = "a path that is no UTF-8", .expected = "one"});
  }
  std::wstring wide(static_cast<std::size_t>(length), L'\0');
  ::MultiByteToWideChar(utf8, no_invalid_characters, path.data(), size, wide.data(), length);
  return wide;
}

// A name without a file is a regular one.
inline FileKind kind_of_name(const std::wstring& path) noexcept {
  constexpr unsigned long none = 0xFFFFFFFF, directory = 0x10, device = 0x40;
  const unsigned long attributes = ::GetFileAttributesW(path.c_str());
  if (attributes == none) return FileKind::regular;
  return (attributes & directory) != 0 ? FileKind::directory
         : (attributes & device) != 0  ? FileKind::device
                                       : FileKind::regular;
}

inline FileKind kind_of(const Handle& file) noexcept {
  constexpr unsigned long disk = 1, pipe = 3;
  const unsigned long type = ::GetFileType(file.get());
  return type == disk ? FileKind::regular : type == pipe ? FileKind::fifo : FileKind::device;
}

inline Result<std::span<const std::byte>> map_open_file(const Handle& file) {
  unsigned long high = 0;
  const unsigned long low = ::GetFileSize(file.get(), &high);
  const std::uint64_t size = (std::uint64_t{high} << 32) + low;
  if (auto status = check_readable(kind_of(file), size); !status) return std::move(status).error();
  constexpr unsigned long read_only = 2, to_read = 4;
  const Handle mapping(::CreateFileMappingW(file.get(), nullptr, read_only, high, low, nullptr));
  const void* memory = mapping.is_open() ? ::MapViewOfFile(mapping.get(), to_read, 0, 0, 0) : nullptr;
  if (memory == nullptr) return refused(::GetLastError(), "a file that can be mapped into memory");
  return std::span(static_cast<const std::byte*>(memory), static_cast<std::size_t>(size));
}

// Nobody may write to the file while it is looked at.
inline Result<std::span<const std::byte>> map_file(const std::string& path) {
  const auto wide = wide_path(path);
  if (!wide) return wide.error();
  if (kind_of_name(*wide) == FileKind::directory) return check_readable(FileKind::directory, 0).error();
  constexpr unsigned long read = 0x80000000, share_reading = 1, existing = 3;
  const Handle file(::CreateFileW(wide->c_str(), read, share_reading, nullptr, existing, 0, nullptr));
  if (!file.is_open()) return refused(::GetLastError(), readable_file);
  return map_open_file(file);
}

// What is mapped cannot be cut short here.
inline Result<std::span<const std::byte>> read_file(const std::string& path, std::uint64_t most) {
  const auto mapped = map_file(path);
  if (!mapped) return mapped.error();
  auto status = check_length(mapped->size(), most);
  if (status) return *mapped;
  ::UnmapViewOfFile(mapped->data());
  return std::move(status).error();
}

inline Result<std::span<const std::byte>> map_file_below(const std::string&, const std::string&) {
  return file_error(ErrorCode::unsupported, {.found = "a file's name in a foreign file, not followed on Windows",
                                             .expected = "the data in that file itself"});
}

inline void unmap_file(std::span<const std::byte> bytes) noexcept { ::UnmapViewOfFile(bytes.data()); }

inline void release_file_pages(std::span<const std::byte>) noexcept {}

// 0, or the error of the first failed write.
inline unsigned long write_all(const Handle& file, std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t piece = std::size_t{1} << 30;  // counted in 32 bits
  constexpr unsigned long disk_full = 112;
  while (!bytes.empty()) {
    unsigned long written = 0;
    const auto wanted = static_cast<unsigned long>(std::min(bytes.size(), piece));
    if (::WriteFile(file.get(), bytes.data(), wanted, &written, nullptr) == 0) return ::GetLastError();
    if (written == 0) return disk_full;
    bytes = bytes.subspan(written);
  }
  return 0;
}

struct NewFile {
  Handle file;
  std::wstring name;
};

// In the folder of `path`, and no one else's.
inline Result<NewFile> create_beside(const std::wstring& path) {
  constexpr unsigned long write = 0x40000000, new_only = 1, file_exists = 80, already_exists = 183;
  const std::wstring folder = path.substr(0, path.find_last_of(L"/\\:") + 1);  // "" if there is none
  for (int attempt = 0; attempt < most_part_names; ++attempt) {
    const std::string part = part_name(::GetCurrentProcessId(), attempt);
    std::wstring name = folder + std::wstring(part.begin(), part.end());
    Handle file(::CreateFileW(name.c_str(), write, 0, nullptr, new_only, 0, nullptr));
    if (file.is_open()) return NewFile{std::move(file), std::move(name)};
    const unsigned long why = ::GetLastError();
    if (why != file_exists && why != already_exists) return refused(why, writable_folder);
  }
  return refused(file_exists, writable_folder);
}

inline Status replace_file(const std::string& path, std::span<const std::byte> bytes) {
  const auto wide = wide_path(path);
  if (!wide) return wide.error();
  if (auto status = check_replaceable(kind_of_name(*wide)); !status) return status;
  auto part = create_beside(*wide);
  if (!part) return std::move(part).error();
  unsigned long failure = write_all(part->file, bytes);
  if (!part->file.close() && failure == 0) failure = ::GetLastError();
  constexpr unsigned long replace_existing = 1;
  if (failure == 0 && ::MoveFileExW(part->name.c_str(), wide->c_str(), replace_existing) == 0) {
    failure = ::GetLastError();
  }
  if (failure == 0) return {};
  ::DeleteFileW(part->name.c_str());
  return refused(failure, room_for(bytes.size()));
}

}  // namespace ochre::inline v0::platform

#endif
