// errno as an Error: "<path>: found no such file, expected <…>". Tested by mapped_file_test.cpp, atomic_file_test.cpp.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include <ochre/base/error.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::detail {

inline Error system_error(const std::string& path, int number, const std::string& expected) {
  const bool missing = number == ENOENT || number == ENOTDIR;
  const std::string found = missing ? "no such file or folder" : std::generic_category().message(number);
  return {missing ? ErrorCode::not_found : ErrorCode::io,
          printable_path(path) + ": found " + found + ", expected " + expected};
}

}  // namespace ochre::inline v0::detail
