// Is a text fit for a terminal and a log? Written apart from printable.hpp, whose judge it is: by the bytes of UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace ochre::test {

// Longer than any message of the library has a reason to be.
inline constexpr std::size_t longest_message = 4095;

inline bool is_clean(std::string_view text) {
  if (text.size() > longest_message) return false;
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    if (first < 0x20 || first == 0x7F) return false;
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first < 0xE0 && follows(i + 1)) {
      if (first == 0xC2 && byte(i + 1) < 0xA0) return false;  // C1
      i += 2;
    } else if (first >= 0xE0 && first < 0xF0 && follows(i + 1) && follows(i + 2)) {
      const bool of_2000 = first == 0xE2 && byte(i + 1) == 0x80;  // U+2000 to U+203F
      const unsigned last = byte(i + 2);
      if (of_2000 && ((last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE))) return false;
      if (first == 0xE2 && byte(i + 1) == 0x81 && last >= 0xA0 && last <= 0xAF) return false;  // U+2060 to U+206F
      i += 3;
    } else if (first >= 0xF0 && first < 0xF5 && follows(i + 1) && follows(i + 2) && follows(i + 3)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace ochre::test
