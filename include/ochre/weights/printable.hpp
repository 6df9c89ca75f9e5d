// Foreign text made fit for an error message: bytes outside printable ASCII as \xNN, cut after 120 of them.
// A hostile tensor name can then neither move a terminal's cursor nor fill a log. Tested by safetensors_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ochre::inline v0 {

inline std::string printable(std::string_view text) {
  constexpr std::size_t longest = 120;  // fits a line of a log; tensor names of public models stay below 60
  constexpr char digits[] = "0123456789abcdef";
  std::string line;
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      line += c;
    }
  }
  if (text.size() > longest) line += "...";
  return line;
}

}  // namespace ochre::inline v0
