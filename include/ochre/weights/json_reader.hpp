// A pull reader for JSON that is stored in model files: objects, arrays, strings and numbers, nothing else.
// The caller walks the grammar it expects, so nothing is recursive, no depth is unbounded and nothing is skipped
// unseen. Strict as RFC 8259: valid UTF-8, no lone surrogate, no raw control character, no leading zero, no trailing
// comma. Written here because the usual JSON header adds 3 s to every translation unit; json_reader_test.cpp and the
// fuzz target hold it against that library.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::weights {

class JsonReader {
 public:
  // what: names the text in messages.
  explicit JsonReader(std::string_view text, const char* what = "header") noexcept : text_(text), what_(what) {}

  // Eats `mark` if it comes next after white space.
  bool accept(char mark) noexcept {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != mark) return false;
    ++at_;
    return true;
  }

  // Calls on_member(key) for each member, the reader standing before its value; stops at the first Error.
  template <class OnMember>
  Status object(const OnMember& on_member) {
    if (!accept('{')) return unexpected("'{'");
    if (accept('}')) return {};
    do {
      auto key = string();
      if (!key) return std::move(key).error();
      if (!accept(':')) return unexpected("':'");
      if (Status status = on_member(*std::move(key)); !status) return status;
    } while (accept(','));
    return accept('}') ? Status{} : unexpected("',' or '}'");
  }

  // Calls on_element() for each element, the reader standing before it; stops at the first Error.
  template <class OnElement>
  Status array(const OnElement& on_element) {
    if (!accept('[')) return unexpected("'['");
    if (accept(']')) return {};
    do {
      if (Status status = on_element(); !status) return status;
    } while (accept(','));
    return accept(']') ? Status{} : unexpected("',' or ']'");
  }

  Result<std::string> string() {
    if (!accept('"')) return unexpected("a string");
    std::string value;
    value.reserve(length_of_string());  // a model's proof is megabytes: no more than it needs
    while (at_ < text_.size() && text_[at_] != '"') {
      const bool read = text_[at_] == '\\' ? read_escape(value) : read_character(value);
      if (!read) return unexpected("a character of a string");
    }
    if (!accept_here('"')) return unexpected("the closing '\"' of a string");
    return value;
  }

  // An integer 0…2^63-1, in plain digits.
  Result<Index> count() {
    skip_space();
    const std::size_t start = at_;
    Index value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const auto scaled = checked_mul(value, 10);
      const auto sum = scaled ? checked_add(*scaled, text_[at_] - '0') : std::nullopt;
      if (!sum) return unexpected("a number below 2^63");
      value = *sum;
      ++at_;
    }
    const bool leading_zero = at_ - start > 1 && text_[start] == '0';
    const bool longer = at_ < text_.size() && (text_[at_] == '.' || text_[at_] == 'e' || text_[at_] == 'E');
    if (at_ == start || leading_zero || longer) return unexpected("a non-negative integer");
    return value;
  }

  // Any number that a double holds; the nearest one. NaN and infinity are no JSON.
  Result<double> number() {
    skip_space();
    const std::size_t start = at_;
    accept_here('-');
    const std::size_t whole = at_;
    const bool has_whole = skip_digits() && (text_[whole] != '0' || at_ - whole == 1);
    const bool has_fraction = !accept_here('.') || skip_digits();
    bool has_exponent = true;
    if (accept_here('e') || accept_here('E')) {
      if (!accept_here('-')) accept_here('+');
      has_exponent = skip_digits();
    }
    if (!has_whole || !has_fraction || !has_exponent) return unexpected("a number");
    double value = 0;
    const auto read = std::from_chars(text_.data() + start, text_.data() + at_, value);
    if (read.ec != std::errc{}) return unexpected("a number within the range of a double before it");
    return value;
  }

  Status end() {
    skip_space();
    return at_ == text_.size() ? Status{} : unexpected("the end of the " + std::string(what_));
  }

 private:
  Error unexpected(const std::string& expected) const {
    const std::string found = at_ < text_.size() ? "'" + weights::printable(text_.substr(at_, 1)) + "'" : "its end";
    return {ErrorCode::malformed,
            std::string(what_) + " byte " + std::to_string(at_) + ": found " + found + ", expected " + expected};
  }

  void skip_space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool accept_here(char mark) noexcept {
    if (at_ >= text_.size() || text_[at_] != mark) return false;
    ++at_;
    return true;
  }

  // False if there is none.
  bool skip_digits() noexcept {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > start;
  }

  // Bytes up to the closing '"', escapes as they stand.
  std::size_t length_of_string() const noexcept {
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    return std::min(end, text_.size()) - at_;
  }

  bool read_character(std::string& value) {
    const std::size_t length = detail::utf8_length(text_.substr(at_));
    if (length == 0 || static_cast<unsigned char>(text_[at_]) < 0x20) return false;
    value.append(text_, at_, length);
    at_ += length;
    return true;
  }

  bool read_escape(std::string& value) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (at_ + 1 >= text_.size()) return false;
    if (text_[at_ + 1] == 'u') return read_unicode_escape(value);
    const std::size_t which = letters.find(text_[at_ + 1]);
    if (which == std::string_view::npos) return false;
    value += meanings[which];
    at_ += 2;
    return true;
  }

  // \uXXXX, or two of them for a code point above U+FFFF.
  bool read_unicode_escape(std::string& value) {
    char32_t point = hex_unit(at_);
    std::size_t length = 6;
    if (point >= 0xD800 && point < 0xDC00) {
      const char32_t low = hex_unit(at_ + length);
      if (low < 0xDC00 || low > 0xDFFF) return false;
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      length += 6;
    }
    if (!detail::append_utf8(value, point)) return false;
    at_ += length;
    return true;
  }

  // The four digits of the \uXXXX at `from`; no code point at all if they are not there.
  char32_t hex_unit(std::size_t from) const noexcept {
    constexpr char32_t none = std::numeric_limits<char32_t>::max();
    if (from > text_.size() || text_.size() - from < 6 || text_[from] != '\\' || text_[from + 1] != 'u') return none;
    char32_t unit = 0;
    for (const char c : text_.substr(from + 2, 4)) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return none;
      unit = unit * 16 + static_cast<char32_t>(digit);
    }
    return unit;
  }

  std::string_view text_;
  const char* what_;
  std::size_t at_ = 0;
};

}  // namespace ochre::inline v0::weights
