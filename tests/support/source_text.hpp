// What the tests in hygiene/ read: files of the project, and the words in them.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ochre::test {

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Of an identifier.
inline bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace ochre::test
