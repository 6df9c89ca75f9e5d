// The header's JSON reader against nlohmann's parser: the same texts accepted, the same values read.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <ochre/weights/json_reader.hpp>
#include <ochre/weights/utf8.hpp>

namespace {

using ochre::Index;
using ochre::Result;
using ochre::Status;
using ochre::weights::JsonReader;

// `text` is one string with nothing after it.
Result<std::string> read_string(std::string_view text) {
  JsonReader reader(text);
  auto value = reader.string();
  if (value) {
    if (Status end = reader.end(); !end) return std::move(end).error();
  }
  return value;
}

Result<Index> read_count(std::string_view text) {
  JsonReader reader(text);
  auto value = reader.count();
  if (value) {
    if (Status end = reader.end(); !end) return std::move(end).error();
  }
  return value;
}

// Accepts any mix of objects, arrays, strings and counts down to `depth`: the whole grammar the reader knows.
Status skip_value(JsonReader& reader, std::string_view text, int depth) {
  if (depth == 0) return ochre::Error{ochre::ErrorCode::malformed, "too deep"};
  JsonReader ahead = reader;
  if (ahead.accept('{')) return reader.object([&](const std::string&) { return skip_value(reader, text, depth - 1); });
  if (ahead.accept('[')) return reader.array([&] { return skip_value(reader, text, depth - 1); });
  if (ahead.accept('"')) {
    const auto value = reader.string();
    return value ? Status{} : Status(value.error());
  }
  const auto value = reader.count();
  return value ? Status{} : Status(value.error());
}

bool reads(std::string_view text) {
  JsonReader reader(text);
  return skip_value(reader, text, 64).ok() && reader.end().ok();
}

// True if every number is a plain non-negative integer below 2^63 and there is no true, false or null.
bool within_the_subset(const nlohmann::json& value) {
  if (value.is_object() || value.is_array()) {
    for (const auto& element : value) {
      if (!within_the_subset(element)) return false;
    }
    return true;
  }
  return value.is_string() || (value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX);
}

bool oracle_reads(std::string_view text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  return !value.is_discarded() && within_the_subset(value);
}

}  // namespace

TEST_CASE("json reader: a string takes no more memory than its text is long") {
  for (const std::string& middle : {std::string(10'000, 'a'), [] {
                                      std::string escaped;
                                      for (int i = 0; i < 5000; ++i) escaped += "\\\"";
                                      return escaped;
                                    }()}) {
    const auto value = read_string("\"" + middle + "\"");
    REQUIRE(value);
    CHECK(value->capacity() < middle.size() + 64);
  }
  CHECK(!read_string("\"" + std::string(100, 'a')));
  CHECK(!read_string("\"aaa\\"));
}

TEST_CASE("json reader: strings as the other parser reads them") {
  const std::string_view texts[] = {
      R"("")",
      R"("a")",
      R"( "a" )",
      R"("\"\\\/\b\f\n\r\t")",
      R"("\u0000")",
      R"("\u00e9")",
      R"("\u00E9")",
      R"("\u20ac")",
      R"("\uffff")",
      R"("\ud83d\ude00")",
      R"("\ud83d")",
      R"("\ude00")",
      R"("\ud83dx")",
      R"("\ud83d\u0041")",
      R"("\ud83d\ud83d")",
      R"("\u12")",
      R"("\u12g4")",
      R"("\U1234")",
      R"("\a")",
      R"("\)",
      R"(")",
      R"("a)",
      R"('a')",
      "\"a\nb\"",
      "\"a\tb\"",
      "\"a\x1f\"",
      "\"a\x7f\"",
      "\"\xc3\xa9\"",
      "\"\xc3\"",
      "\"\xc0\x80\"",
      "\"\xe0\x80\x80\"",
      "\"\xed\xa0\x80\"",
      "\"\xef\xbf\xbf\"",
      "\"\xf0\x9f\x98\x80\"",
      "\"\xf0\x80\x80\x80\"",
      "\"\xf4\x90\x80\x80\"",
      "\"\xf5\x80\x80\x80\"",
      "\"\xff\"",
      "\"\x80\"",
      "\"\xf0\x9f\x98\"",
      "\"a\"b",
  };
  int accepted = 0;
  for (const std::string_view text : texts) {
    CAPTURE(text);
    const auto expected = nlohmann::json::parse(text, nullptr, false);
    const auto actual = read_string(text);
    REQUIRE(actual.has_value() == !expected.is_discarded());
    if (!actual) continue;
    CHECK(*actual == expected.get<std::string>());
    ++accepted;
  }
  CHECK(accepted == 14);
}

TEST_CASE("json reader: counts") {
  CHECK(*read_count("0") == 0);
  CHECK(*read_count(" 12 ") == 12);
  CHECK(*read_count("9223372036854775807") == INT64_MAX);
  for (const char* text : {"", "-1", "-0", "+1", "01", "00", "1.0", "1e3", "1E3", "0x1", "a", "9223372036854775808",
                           "99999999999999999999999999", "1 2", "\"1\"", "null"}) {
    CAPTURE(text);
    CHECK(!read_count(text).has_value());
  }
}

TEST_CASE("json reader: objects and arrays, also mutated at random, as the other parser takes them") {
  const std::string seeds[] = {
      R"({})", R"([])", R"({"a":[1,2,{"b":"c"}],"d":{}})", R"( { "a" : [ ] , "b" : [ 0 , 10 ] } )",
      R"({"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"k":"\u00e9\n"}})"};
  constexpr std::string_view alphabet = "{}[]\",:0123456789.-eu\\ \n\tabtrn\x01\x7f\x80\xc3\xa9\xed\xf0";
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = seeds[random() % std::size(seeds)];
    for (unsigned edits = random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % (text.size() + 1);
      const char letter = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          text.insert(at, 1, letter);
          break;
        case 1:
          text.erase(at, 1);
          break;
        default:
          if (at < text.size()) text[at] = letter;
      }
    }
    const bool expected = oracle_reads(text);
    accepted += expected ? 1 : 0;
    if (reads(text) != expected) {
      CAPTURE(text);
      REQUIRE(reads(text) == expected);
    }
  }
  CHECK(accepted > 2000);
  CHECK(accepted < 18000);
}

TEST_CASE("utf-8: every code point survives, and nothing else is one") {
  for (char32_t point = 0; point <= 0x110000; ++point) {
    std::string text;
    const bool is_point = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    if (ochre::detail::append_utf8(text, point) != is_point) REQUIRE(point == 0x110001);
    if (is_point && ochre::detail::utf8_length(text + "x") != text.size()) REQUIRE(point == 0x110001);
  }
  int points = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      points += ochre::detail::utf8_length(text) == 2 ? 1 : 0;
    }
  }
  CHECK(points == 0x800 - 0x80);
}
