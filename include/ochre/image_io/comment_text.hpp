// Comments in files are UTF-8 or, from older programs, Latin-1. Tested by picture_metadata_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

inline bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// As it is if it is UTF-8, else each byte of Latin-1 as its character; up to the first zero byte.
inline std::string as_utf8(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  if (is_utf8(text)) return std::string(text);
  std::string characters;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x80) characters += static_cast<char>(0xC0 | byte >> 6);
    characters += byte < 0x80 ? c : static_cast<char>(0x80 | (byte & 0x3F));
  }
  return characters;
}

}  // namespace ochre::inline v0::detail
