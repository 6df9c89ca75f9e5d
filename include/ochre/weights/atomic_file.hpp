// Writes a file whole or not at all: the bytes go to a new file of a unique name in the same folder, which then takes
// the target's name in one step. A reader sees the old file or the new one, never half of one; on any failure the
// temporary file is removed and the target stays as it was. No fsync: safe from a failing program, not from a failing
// power supply. How each system does it stands in base/platform/.
// Tested by atomic_file_test.cpp (unwritable folder, full disk, a directory in the way).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/platform/files.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace weights {

// Replaces the file `path`, or creates it with the process's usual permissions.
inline Status write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  Status status = platform::replace_file(path, bytes);
  return status ? status : std::move(status).error().in(printable_path(path));
}

}  // namespace weights

}  // namespace ochre::inline v0
