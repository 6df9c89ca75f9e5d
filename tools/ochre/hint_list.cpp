#include "hint_list.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include "read_picture.hpp"

namespace ochre::program {

namespace {

// The number that the text begins with, which is taken off; nothing if there is none.
template <class Number>
bool take_number(std::string_view& text, int base, std::size_t most_digits, Number& number) {
  const std::string_view head = text.substr(0, most_digits);
  const auto [end, failure] = std::from_chars(head.data(), head.data() + head.size(), number, base);
  if (failure != std::errc{} || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - head.data()));
  return true;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// 8 bits of a channel of a pixel.
std::uint8_t sample(const LoadedPicture& picture, Index y, Index x, Index channel) {
  const Index size = bytes_per_sample(picture.format);
  const std::uint8_t* at = picture.view().row(y) + x * bytes_per_pixel(picture.format) + channel * size;
  if (size == 1) return *at;
  std::uint16_t wide = 0;
  std::memcpy(&wide, at, sizeof(wide));
  return static_cast<std::uint8_t>((wide + 128u) / 257u);
}

Status add_hints_of(const std::string& path, Extent size, const ReadOptions& reading, std::vector<Hint>& hints) {
  const auto picture = read_picture(path, reading.limit, reading.quiet);
  if (!picture) return picture.error();
  const auto fail = [&](const std::string& found) {
    return Error{ErrorCode::mismatch, path + ": found " + found + ", expected opaque hints on transparent ground"};
  };
  if (picture->width != size.w || picture->height != size.h) {
    return fail(std::to_string(picture->width) + 'x' + std::to_string(picture->height) + " for a picture of " +
                width_by_height(size));
  }
  if (!has_alpha(picture->format)) return fail("a picture without transparency");
  const bool color = has_color(picture->format);
  const std::size_t before = hints.size();
  for (Index y = 0; y < size.h; ++y) {
    for (Index x = 0; x < size.w; ++x) {
      if (sample(*picture, y, x, color ? 3 : 1) != 255) continue;
      hints.push_back({.x = x,
                       .y = y,
                       .red = sample(*picture, y, x, 0),
                       .green = sample(*picture, y, x, color ? 1 : 0),
                       .blue = sample(*picture, y, x, color ? 2 : 0)});
    }
  }
  return hints.size() > before ? Status() : fail("no opaque pixel");
}

}  // namespace

Result<Hint> parse_hint(const std::string& text) {
  std::string_view rest = text;
  Hint hint;
  const auto channel = [&](std::uint8_t& to) { return rest.size() >= 2 && take_number(rest, 16, 2, to); };
  const bool whole = take_number(rest, 10, 9, hint.x) && take(rest, ",") && take_number(rest, 10, 9, hint.y) &&
                     take(rest, ",#") && rest.size() == 6 && channel(hint.red) && channel(hint.green) &&
                     channel(hint.blue) && rest.empty();
  if (whole) return hint;
  return Error{ErrorCode::invalid_argument, "--hint: found " + text + ", expected X,Y,#RRGGBB, as 120,45,#3060c0"};
}

Result<std::vector<Hint>> hints_of(const HintOptions& options, Extent picture, const ReadOptions& reading) {
  std::vector<Hint> hints;
  for (const std::string& text : options.hints) {
    const auto hint = parse_hint(text);
    if (!hint) return hint.error();
    hints.push_back(*hint);
  }
  if (options.picture.empty()) return hints;
  if (Status status = add_hints_of(options.picture, picture, reading, hints); !status) return std::move(status).error();
  return hints;
}

}  // namespace ochre::program
