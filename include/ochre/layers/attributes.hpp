// The `key=value` words of one line of a network description. A layer takes the keys it knows; finish() then refuses
// what is left, so a misspelt attribute is an error and not a default.
// Numbers are limited to what no sensible network exceeds, so that shape arithmetic cannot overflow, and so are the
// words of a line, so that looking one up takes no time worth the name. Proven in description_parser_test.cpp.
#pragma once

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/ratio.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0::layers {

// The enumerator at the place of that word among those of all, in their order; nothing if it is none of them.
template <class Enumeration>
std::optional<Enumeration> enumerator_of(std::string_view word, std::span<const std::string_view> words) {
  const auto at = std::find(words.begin(), words.end(), word);
  if (at == words.end()) return std::nullopt;
  return static_cast<Enumeration>(at - words.begin());
}

class Attributes {
 public:
  // Largest number an attribute may hold: channels of the widest networks are a few thousand.
  static constexpr Index largest = 1 << 16;
  // Of one line: `conv_transpose2d` takes the most, eight beside `from`. Looking up is linear in them.
  static constexpr std::size_t most = 16;

  // Errors: a key that is there already, more words than a line may have.
  Status add(std::string_view key, std::string_view value) {
    if (words_.size() == most) {
      return Error{ErrorCode::too_large, "more than " + std::to_string(most) + " attributes on a line"};
    }
    for (const auto& [known, unused] : words_) {
      if (known == key)
        return Error{ErrorCode::malformed, "the attribute `" + weights::printable(key) + "` stands twice"};
    }
    words_.emplace_back(key, value);
    return {};
  }

  // A whole number in [least, largest]; the fallback if the key is absent, an error if there is no fallback either.
  Index index(std::string_view key, Index least, std::optional<Index> fallback = std::nullopt) {
    const auto word = take(key);
    if (!word) return fallback ? *fallback : missing<Index>(key);
    const auto value = parse_index(*word);
    if (value && *value >= least) return *value;
    return wrong<Index>(key, *word, "a whole number from " + std::to_string(least) + " to " + std::to_string(largest));
  }

  // `3` or `3x5`, height first.
  Extent extent(std::string_view key, Index least, std::optional<Extent> fallback = std::nullopt) {
    const auto word = take(key);
    if (!word) return fallback ? *fallback : missing<Extent>(key);
    const auto cross = word->find('x');
    const auto h = parse_index(word->substr(0, cross));
    const auto w = cross == std::string_view::npos ? h : parse_index(word->substr(cross + 1));
    if (h && w && *h >= least && *w >= least) return {*h, *w};
    return wrong<Extent>(key, *word,
                         "`3` or `3x5`, each from " + std::to_string(least) + " to " + std::to_string(largest));
  }

  // `3/4` or, for rows and columns apart, `1/2x3/4`, height first; `2` is 2/1.
  Ratios ratios(std::string_view key) {
    const auto word = take(key);
    if (!word) return missing<Ratios>(key);
    const auto cross = word->find('x');
    const auto h = parse_ratio(word->substr(0, cross));
    const auto w = cross == std::string_view::npos ? h : parse_ratio(word->substr(cross + 1));
    if (h && w) return {*h, *w};
    return wrong<Ratios>(key, *word, "`3/4` or `1/2x3/4`, of whole numbers from 1 to " + std::to_string(largest));
  }

  // One of several words, the first if the key is absent, as the enumerator at its place.
  template <class Enumeration>
  Enumeration choice(std::string_view key, std::span<const std::string_view> words) {
    const auto word = take(key);
    if (!word) return Enumeration{};
    if (const auto found = enumerator_of<Enumeration>(*word, words)) return *found;
    std::string expected(words[0]);
    for (std::size_t i = 1; i < words.size(); ++i) {
      expected += i + 1 < words.size() ? ", " : " or ";
      expected += words[i];
    }
    return wrong<Enumeration>(key, *word, expected);
  }

  double number(std::string_view key, std::optional<double> fallback = std::nullopt) {
    const auto word = take(key);
    if (!word) return fallback ? *fallback : missing<double>(key);
    double value = 0;
    const auto [end, failure] = std::from_chars(word->data(), word->data() + word->size(), value);
    if (failure == std::errc{} && end == word->data() + word->size() && is_finite(value)) return value;
    return wrong<double>(key, *word, "a finite number");
  }

  bool flag(std::string_view key, bool fallback) {
    const auto word = take(key);
    if (!word) return fallback;
    if (*word == "true" || *word == "false") return *word == "true";
    return wrong<bool>(key, *word, "true or false");
  }

  std::string_view word(std::string_view key, std::string_view fallback) { return take(key).value_or(fallback); }

  // The first thing that was wrong, or a key that nobody took: then the error lists those that were asked for.
  Status finish() && {
    if (error_) return *std::move(error_);
    if (words_.empty()) return {};
    std::string text = "unknown attribute `" + weights::printable(words_[0].first) + "`, expected ";
    if (known_.empty()) text += "none";
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (i > 0) text += ", ";
      text += '`';
      text += known_[i];
      text += '`';
    }
    return Error{ErrorCode::malformed, std::move(text)};
  }

  // Records an error of the layer's own: a wrong combination of values.
  void fail(std::string message) {
    if (!error_) error_ = Error{ErrorCode::malformed, std::move(message)};
  }

 private:
  std::optional<std::string_view> take(std::string_view key) {
    known_.push_back(key);
    for (auto word = words_.begin(); word != words_.end(); ++word) {
      if (word->first != key) continue;
      const std::string_view value = word->second;
      words_.erase(word);
      return value;
    }
    return std::nullopt;
  }

  static std::optional<Index> parse_index(std::string_view word) {
    Index value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failure != std::errc{} || end != word.data() + word.size() || value < -largest || value > largest) {
      return std::nullopt;
    }
    return value;
  }

  static std::optional<Ratio> parse_ratio(std::string_view word) {
    const auto stroke = word.find('/');
    const auto numerator = parse_index(word.substr(0, stroke));
    const auto denominator =
        stroke == std::string_view::npos ? std::optional<Index>(1) : parse_index(word.substr(stroke + 1));
    if (numerator && denominator && *numerator >= 1 && *denominator >= 1) return Ratio{*numerator, *denominator};
    return std::nullopt;
  }

  template <class T>
  T missing(std::string_view key) {
    fail("the attribute `" + std::string(key) + "` is missing");
    return T{};
  }

  template <class T>
  T wrong(std::string_view key, std::string_view value, const std::string& expected) {
    fail("`" + std::string(key) + "=" + weights::printable(value) + "`, expected " + expected);
    return T{};
  }

  std::vector<std::pair<std::string_view, std::string_view>> words_;
  std::vector<std::string_view> known_;  // keys that were asked for, literals all of them
  std::optional<Error> error_;
};

}  // namespace ochre::inline v0::layers
