// What is said of files, on every system alike: "found a directory, expected a regular file". The path is put in front
// by whoever knows how foreign words are shown (weights/printable.hpp).
// Tested by mapped_file_test.cpp, atomic_file_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <ochre/base/result.hpp>

namespace ochre::inline v0::platform {

enum class FileKind { regular, directory, fifo, device };

struct Finding {
  std::string_view found;
  std::string_view expected;
};

inline Error file_error(ErrorCode code, const Finding& finding) {
  return {code, std::string("found ").append(finding.found).append(", expected ").append(finding.expected)};
}

inline Error missing_file(std::string_view expected) {
  return file_error(ErrorCode::not_found, {.found = "no such file or folder", .expected = expected});
}

// Whether the bytes of such a file can be mapped into memory.
inline Status check_readable(FileKind kind, std::uint64_t bytes) {
  if (kind != FileKind::regular) {
    const char* const found = kind == FileKind::directory ? "a directory"
                              : kind == FileKind::fifo    ? "a FIFO"
                                                          : "a device";
    return file_error(ErrorCode::io, {.found = found, .expected = "a regular file"});
  }
  if (bytes == 0) return file_error(ErrorCode::malformed, {.found = "an empty file (0 bytes)", .expected = "some"});
  return {};
}

// Whether so many bytes may be read into memory.
inline Status check_length(std::uint64_t bytes, std::uint64_t most) {
  if (bytes <= most) return {};
  return file_error(ErrorCode::too_large, {.found = "a file of " + std::to_string(bytes) + " bytes",
                                           .expected = "at most " + std::to_string(most)});
}

// Whether a file may take the place of such a one.
inline Status check_replaceable(FileKind kind) {
  if (kind == FileKind::regular) return {};
  return file_error(ErrorCode::io, {.found = kind == FileKind::directory ? "a directory" : "a device or FIFO",
                                    .expected = "a regular file or a new name"});
}

inline std::string room_for(std::size_t bytes) { return "room for " + std::to_string(bytes) + " bytes"; }

// A name that does not grow with that of the file it will replace, which may be as long as the system allows.
inline std::string part_name(unsigned long process, int attempt) {
  return ".ochre-" + std::to_string(process) + '-' + std::to_string(attempt) + ".part";
}
inline constexpr int most_part_names = 10000;  // tried before giving up

}  // namespace ochre::inline v0::platform
