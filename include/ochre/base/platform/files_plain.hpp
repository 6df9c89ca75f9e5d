// The functions of files.hpp where nothing is known of the system: its files are refused, what comes as bytes is not.
#pragma once

#include <ochre/base/platform/system.hpp>

#if !defined(OCHRE_POSIX) && !defined(OCHRE_WINDOWS)

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <ochre/base/platform/file_errors.hpp>

namespace ochre::inline v0::platform {

inline Error no_files() {
  return file_error(ErrorCode::unsupported,
                    {.found = "a system whose files ochre cannot open", .expected = "bytes in memory"});
}

inline Result<std::span<const std::byte>> map_file(const std::string&) { return no_files(); }
inline Result<std::span<const std::byte>> read_file(const std::string&, std::uint64_t) { return no_files(); }
inline Result<std::span<const std::byte>> map_file_below(const std::string&, const std::string&) { return no_files(); }
inline void unmap_file(std::span<const std::byte>) noexcept {}
inline void release_file_pages(std::span<const std::byte>) noexcept {}
inline Status replace_file(const std::string&, std::span<const std::byte>) { return no_files(); }

}  // namespace ochre::inline v0::platform

#endif
