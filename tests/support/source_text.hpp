// What the tests in hygiene/ read: files of the project, and the words in them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace ochre::test {

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Of an identifier.
inline bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The code alone: comments, strings (raw ones too) and characters become blanks.
inline std::string code_of(const std::string& text) {
  std::string code;
  std::size_t i = 0;
  const auto skip_to = [&](std::string_view end, std::size_t from) {
    const auto position = text.find(end, from);
    const std::size_t stop = position == std::string::npos ? text.size() : position + end.size();
    for (; i < stop; ++i) code += text[i] == '\n' ? '\n' : ' ';
  };
  while (i < text.size()) {
    if (text.compare(i, 2, "//") == 0) {
      skip_to("\n", i);
    } else if (text.compare(i, 2, "/*") == 0) {
      skip_to("*/", i + 2);
    } else if (text.compare(i, 2, "R\"") == 0) {
      const auto open = text.find('(', i);
      skip_to(")" + text.substr(i + 2, open - i - 2) + "\"", open);
    } else if (text[i] == '\'' && (i == 0 || !is_word(text[i - 1]))) {  // behind a digit it parts thousands
      skip_to("'", i + (text.compare(i + 1, 1, "\\") == 0 ? 3 : 2));
    } else if (text[i] == '"') {
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != '"' && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      skip_to(text.substr(std::min(end, text.size() - 1), 1), std::min(end, text.size()));
    } else {
      code += text[i++];
    }
  }
  return code;
}

}  // namespace ochre::test
