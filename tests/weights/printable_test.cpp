// What is masked, what is kept, where it is cut; and that the judge of the other tests, clean_text.hpp, can fail.
#include <doctest/doctest.h>

#include <string>

#include <ochre/weights/printable.hpp>

#include "support/clean_text.hpp"

using ochre::test::is_clean;
using ochre::weights::printable;

TEST_CASE("printable: letters of every script stay, what moves a terminal or hides does not") {
  CHECK(printable("conv1_1.weight") == "conv1_1.weight");
  CHECK(printable("stra\xc3\x9f"
                  "e \xe2\x82\xac \xe6\xbc\xa2 \xf0\x9f\x9a\x97") ==
        "stra\xc3\x9f"
        "e \xe2\x82\xac \xe6\xbc\xa2 \xf0\x9f\x9a\x97");
  CHECK(printable("\x1b[2J\a\n\r\t") == "\\x1b[2J\\x07\\x0a\\x0d\\x09");
  CHECK(printable(std::string_view("a\0b\x7f", 4)) == "a\\x00b\\x7f");
  CHECK(printable("\xc2\x9b 1m") == "\\xc2\\x9b 1m");  // C1 as UTF-8
  CHECK(printable("\x9b 1m") == "\\x9b 1m");           // and as a raw byte
  CHECK(printable("a\xe2\x80\xae"
                  "gpj") == "a\\xe2\\x80\\xaegpj");  // right to left
  CHECK(printable("\xe2\x80\x8b\xef\xbb\xbf") == "\\xe2\\x80\\x8b\\xef\\xbb\\xbf");
  CHECK(printable("\xc3") == "\\xc3");                                               // cut short
  CHECK(printable("\xc0\x80\xed\xa0\x80\xf5") == "\\xc0\\x80\\xed\\xa0\\x80\\xf5");  // overlong, surrogate, beyond
}

TEST_CASE("printable: what is too long is cut between two characters") {
  CHECK(printable(std::string(120, 'a')) == std::string(120, 'a'));
  CHECK(printable(std::string(121, 'a')) == std::string(120, 'a') + "...");
  CHECK(printable("abc\xc3\x9f", 4) == "abc...");
  CHECK(printable("abc\xc3\x9f", 5) == "abc\xc3\x9f");
  CHECK(printable(std::string(1'000'000, '\x1b')).size() == 4 * 120 + 3);
  CHECK(ochre::weights::printable_path(std::string(4096, 'p')) == std::string(4096, 'p'));
  CHECK(printable("").empty());
}

TEST_CASE("the judge of messages refuses every control character, in both ways to write it") {
  CHECK(
      is_clean("tensor stra\xc3\x9f"
               "e: found \xe2\x82\xac \xf0\x9f\x9a\x97"));
  CHECK(!is_clean(std::string(5000, 'a')));
  for (int byte = 0; byte < 256; ++byte) {
    const bool fine = byte >= 0x20 && byte < 0x7F;
    CHECK(is_clean(std::string("a") + static_cast<char>(byte) + "b") == fine);
    CHECK(is_clean(printable(std::string("a") + static_cast<char>(byte) + "b")));
  }
  for (unsigned point = 0x80; point < 0x30000; ++point) {
    std::string text;
    if (!ochre::detail::append_utf8(text, point)) continue;
    // A check each would take seconds.
    if (!is_clean(printable(text)) || (!ochre::detail::is_control(point) && !is_clean(text))) FAIL_CHECK(point);
  }
  for (const unsigned point : {0x80u, 0x9Bu, 0x9Fu, 0x200Bu, 0x2028u, 0x202Eu, 0x2066u}) {
    std::string text;
    REQUIRE(ochre::detail::append_utf8(text, point));
    CHECK_MESSAGE(!is_clean(text), point);
  }
}
