// Foreign text made fit for a terminal, a log, an error message: everything that moves a cursor, changes colours,
// reverses the reading direction or is no UTF-8 becomes \xNN, byte by byte, and what is too long is cut. A hostile name
// can then neither paint over a verdict nor fill a log. Every word of a file, of its name or of another library's
// message passes here before it is shown or put into an Error. Tested by printable_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0 {

namespace detail {

// C0, DEL and C1; marks and overrides of direction, invisible joiners, separators of lines, tags, byte-order marks.
constexpr bool is_control(char32_t point) noexcept {
  const auto within = [point](char32_t first, char32_t last) { return point >= first && point <= last; };
  return point < 0x20 || within(0x7F, 0x9F) || point == 0xAD || point == 0x61C || within(0x200B, 0x200F) ||
         within(0x2028, 0x202E) || within(0x2060, 0x206F) || point == 0xFEFF || within(0xFFF9, 0xFFFB) ||
         within(0xE0000, 0xE007F);
}

inline void append_escaped(std::string& line, std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
}

}  // namespace detail

namespace weights {

// Bytes of a name before it is cut: fits a line of a log; tensor names of public models stay below 60.
inline constexpr std::size_t longest_printable = 120;

// Of a path, which a user must be able to find again: the longest that Linux takes.
inline constexpr std::size_t longest_path = 4096;

inline std::string printable(std::string_view text, std::size_t longest = longest_printable) {
  std::string line;
  while (!text.empty()) {
    const std::size_t known = detail::utf8_length(text);
    const std::size_t length = known == 0 ? 1 : known;
    if (length > longest) return line + "...";
    longest -= length;
    const std::string_view front = text.substr(0, length);
    text.remove_prefix(length);
    if (known == 0 || detail::is_control(detail::utf8_point(front))) {
      detail::append_escaped(line, front);
    } else {
      line += front;
    }
  }
  return line;
}

inline std::string printable_path(std::string_view path) { return printable(path, longest_path); }

}  // namespace weights

}  // namespace ochre::inline v0
