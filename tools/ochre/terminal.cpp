#include "terminal.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include <ochre/weights/printable.hpp>

#include "verbs.hpp"

namespace ochre::program {

std::string without_passwords(std::string text) {
  constexpr std::string_view scheme_end = "://";
  constexpr std::string_view mask = "***";
  for (std::size_t at = text.find(scheme_end); at != std::string::npos; at = text.find(scheme_end, at)) {
    at += scheme_end.size();
    const std::size_t end = std::min(text.find_first_of("/?# \t\n'\"", at), text.size());
    const std::size_t host = text.substr(0, end).rfind('@');
    const std::size_t colon = text.find(':', at);
    if (host != std::string::npos && host >= at && colon < host) text.replace(colon + 1, host - colon - 1, mask);
  }
  return text;
}

void say(std::string_view message) {
  constexpr std::size_t longest_line = 980;  // with what stands around it below 1000
  const char* const clear = ::isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "";
  // Cut twice: what came in, and what masking made of it.
  const std::string line = weights::printable(without_passwords(std::string(message)), longest_line);
  std::fprintf(stderr, "%sochre: %s\n", clear, weights::printable(line, longest_line).c_str());
}

void say_all(const std::string& where, const std::vector<std::string>& messages) {
  constexpr std::size_t most = 20;  // a screen
  for (std::size_t i = 0; i < std::min(most, messages.size()); ++i) say(where + messages[i]);
  if (messages.size() > most) say(where + std::to_string(messages.size() - most) + " more remarks");
}

int fail(const Error& error) {
  say(error.message());
  return unusable_input;
}

int fail_to_open(const Error& error) {
  say(error.message());
  return error.code == ErrorCode::invalid_argument ? wrong_usage : unusable_input;
}

int misuse(std::string_view message) {
  say(message);
  return wrong_usage;
}

std::string with_commas(long long number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

std::string scientific(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1e", value);
  return value == 0 ? "0" : text;
}

double to_thousandths(double value) { return std::round(value * 1e3) / 1e3; }

namespace {

// Does a character of UTF-8 go on at this byte?
bool goes_on(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80;
}

}  // namespace

std::string left(std::string_view text, std::size_t width) {
  std::size_t end = width - 1;
  while (end > 0 && goes_on(text, end)) --end;
  std::string column(text.substr(0, end));
  column.resize(width, ' ');
  return column;
}

std::string right(std::string_view text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + std::string(text) : std::string(text);
}

void print_paragraph(const std::string& label, const std::string& text, std::size_t longest) {
  constexpr std::size_t indent = 12;
  constexpr std::size_t width = 80 - indent;
  std::string line = label;
  std::string clean = text;
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  clean = weights::printable(clean, longest);
  std::string_view rest = clean;
  do {
    std::size_t end = rest.size();
    if (end > width) {
      end = rest.rfind(' ', width);
      if (end == std::string_view::npos || end == 0) end = width;
    }
    std::printf("%s%s\n", left(line, indent).c_str(), std::string(rest.substr(0, end)).c_str());
    line.clear();
    rest.remove_prefix(std::min(rest.find_first_not_of(' ', end), rest.size()));
  } while (!rest.empty());
}

Progress::Progress(std::size_t steps, bool quiet)
    : steps_(steps),
      visible_(!quiet && steps > 1 && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {}

std::size_t terminal_columns() {
  constexpr std::size_t usual = 80;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : usual;
}

void show_line(std::string_view line) {
  std::size_t end =
      std::min(line.size(), terminal_columns() - 1);  // in the last column a terminal goes to the next line
  while (end > 0 && goes_on(line, end)) --end;
  std::fprintf(stderr, "\r\x1b[K%s", std::string(line.substr(0, end)).c_str());
  std::fflush(stderr);
}

std::string time_left(double seconds) {
  const auto whole = std::lround(seconds);
  const std::string ones = std::to_string(whole % 60);
  return std::to_string(whole / 60) + (ones.size() == 1 ? ":0" : ":") + ones + " left";
}

// A narrow terminal gets a short bar, or none.
std::string Progress::bar(std::size_t finished) const {
  const std::size_t columns = terminal_columns();
  const std::size_t width = columns >= 72 ? 24 : columns >= 48 ? 8 : 0;
  if (width == 0) return {};
  const std::size_t filled = width * finished / steps_;
  std::string text(filled, '=');
  if (filled < width) text += '>';
  text.resize(width, ' ');
  return "[" + text + "] ";
}

std::string Progress::remaining(std::size_t finished) const {
  if (finished == 0) return {};
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  return time_left(elapsed.count() / static_cast<double>(finished) * static_cast<double>(steps_ - finished));
}

void Progress::begin(std::string_view step) {
  if (!visible_) return;
  const std::size_t finished = begun_++;
  const std::string head = "  " + std::to_string(finished + 1) + "/" + std::to_string(steps_) + " " + bar(finished) +
                           left(remaining(finished), 10) + "  ";
  const std::size_t columns = terminal_columns();
  const std::size_t room = columns > head.size() ? columns - 1 - head.size() : 0;
  std::string name = weights::printable_path(step);
  if (name.size() > room) {  // the end tells more
    std::size_t begin = name.size() - room;
    while (goes_on(name, begin)) ++begin;
    name.erase(0, begin);
  }
  show_line(head + name);
}

void Progress::clear() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

}  // namespace ochre::program
