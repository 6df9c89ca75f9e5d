// Checks of an option's word for CLI11: nothing, or what was found and what was expected. The texts of CLI::Range are
// for programmers, and NaN is within its ranges. Tested by cli/usage_test.cpp.
#pragma once

#include <charconv>
#include <cstdlib>
#include <string>
#include <system_error>

#include <ochre/weights/printable.hpp>

namespace ochre::program {

inline std::string found(const std::string& word) {
  return word.empty() ? "found nothing" : "found " + weights::printable(word, 40);
}

struct WholeRange {
  int least;
  int most;

  std::string operator()(const std::string& text) const {
    int number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failure] = std::from_chars(text.data(), end, number);
    if (failure == std::errc() && at == end && number >= least && number <= most) return {};
    return found(text) + ", expected a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  }
};

struct NumberRange {
  float least;
  float most;
  const char* expected;

  std::string operator()(const std::string& text) const {
    char* end = nullptr;
    const float number = std::strtof(text.c_str(), &end);
    if (end != text.c_str() && *end == '\0' && number >= least && number <= most) return {};
    return found(text) + ", expected a number " + expected;
  }
};
}  // namespace ochre::program
