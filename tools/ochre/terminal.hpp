// What the program says: results to standard output, everything for people to standard error.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/base/error.hpp>

namespace ochre::program {

// One line on standard error: "ochre: <message>", made printable once more as a whole, without passwords, and kept
// below 1000 letters: the last guard before the terminal. In place of a line of progress.
void say(std::string_view message);

// A line each, `where` in front; of many only the first few, and how many more there are.
void say_all(const std::string& where, const std::vector<std::string>& messages);

// "rtsp://me:secret@gate7/" -> "rtsp://me:***@gate7/", wherever it stands in a text.
std::string without_passwords(std::string text);

// say(), and the exit code that goes with it.
int fail(const Error& error);
int fail_to_open(const Error& error);  // the same, but an argument out of range (a temperature of NaN) is misuse
int misuse(std::string_view message);

// "1234567" -> "1,234,567".
std::string with_commas(long long number);

// A number with so many digits after the point.
std::string fixed(double value, int digits);

// "1.5e-07", and "0" for zero.
std::string scientific(double value);

// What is left of it with three digits after the point, for a JSON report.
double to_thousandths(double value);

// `text` in a column of `width`: at its left, cut between two characters if there is no room for it and a space; at its
// right, never cut.
std::string left(std::string_view text, std::size_t width);
std::string right(std::string_view text, std::size_t width);

// A paragraph of 80 columns on standard output, its first line after a label of 12; longer texts are cut, to six lines
// if nothing else is said.
void print_paragraph(const std::string& label, const std::string& text, std::size_t longest = 400);

// Of standard error's; 80 where nobody knows.
std::size_t terminal_columns();

// In place of the last such line, cut to the terminal's width: what is longer would leave its first part behind.
void show_line(std::string_view line);

// "0:12 left".
std::string time_left(double seconds);

// A bar for work of several steps, on a terminal only: "  3/5 [=====>    ] 0:12 left  pictures/cat.jpg".
class Progress {
 public:
  Progress(std::size_t steps, bool quiet);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin(std::string_view step);  // the next one
  void clear();                       // before another line is printed

 private:
  std::string bar(std::size_t finished) const;
  std::string remaining(std::size_t finished) const;

  std::size_t steps_;
  std::size_t begun_ = 0;
  bool visible_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace ochre::program
