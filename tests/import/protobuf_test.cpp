// The wire format, field by field: every kind of field, every way in which one can be damaged, and every prefix of a
// message.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/protobuf.hpp>

#include "support/protobuf_writer.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace std::string_view_literals;
using ochre::detail::ProtobufReader;
using ochre::detail::ProtobufWire;
using ochre::test::ProtobufWriter;

// The message of the error that the first field gives.
std::string refusal(std::string_view message) {
  const auto bytes = bytes_of(message);
  ProtobufReader reader(bytes, 100);
  const auto field = reader.next();
  return field ? "accepted" : field.error().message();
}

constexpr auto largest = ~std::uint64_t{0};

}  // namespace

TEST_CASE("protobuf: the documentation's own examples") {
  const auto bytes = bytes_of("\x08\x96\x01\x12\x07testing\x32\x06\x03\x8e\x02\x9e\xa7\x05"sv);
  ProtobufReader reader(bytes);
  auto field = reader.next();
  REQUIRE(field);
  CHECK(field->number == 1);
  CHECK(field->wire == ProtobufWire::varint);
  CHECK(field->value == 150);
  CHECK(field->bytes.empty());
  CHECK(field->offset == 0);

  field = reader.next();
  REQUIRE(field);
  CHECK(field->number == 2);
  CHECK(field->wire == ProtobufWire::bytes);
  CHECK(field->text() == "testing");
  CHECK(field->bytes.data() == bytes.data() + 5);  // not copied
  CHECK(field->offset == 5);

  field = reader.next();
  REQUIRE(field);
  CHECK(field->number == 6);
  ProtobufReader packed(*field);
  for (const unsigned value : {3u, 270u, 86942u}) CHECK(packed.varint() == value);
  CHECK(packed.at_end());
  CHECK(!packed.varint());
  CHECK(reader.at_end());
}

TEST_CASE("protobuf: every kind of field, at its limits") {
  ProtobufWriter writer;
  writer.varint(1, 0).varint(2, largest).varint(536870911, std::uint64_t{1} << 63);
  writer.fixed32(3, -1.5f).fixed64(4, 0.1).bytes(5, "").bytes(16, std::string(300, 'x'));
  const auto bytes = bytes_of(writer.text());
  ProtobufReader reader(bytes);
  const auto next_value = [&](std::uint32_t number, ProtobufWire wire) {
    const auto field = reader.next();
    REQUIRE(field);
    CHECK(field->number == number);
    CHECK(field->wire == wire);
    return field->value;
  };
  CHECK(next_value(1, ProtobufWire::varint) == 0);
  CHECK(next_value(2, ProtobufWire::varint) == largest);
  CHECK(next_value(536870911, ProtobufWire::varint) == std::uint64_t{1} << 63);
  CHECK(next_value(3, ProtobufWire::fixed32) == 0xBFC00000u);
  CHECK(next_value(4, ProtobufWire::fixed64) == 0x3FB999999999999Au);
  const auto empty = reader.next();
  REQUIRE(empty);
  CHECK(empty->text().empty());
  CHECK(ProtobufReader(*empty).at_end());
  const auto last = reader.next();
  REQUIRE(last);
  CHECK(last->text() == std::string(300, 'x'));
  CHECK(reader.at_end());
}

TEST_CASE("protobuf: a nested message knows where in the file it lies") {
  ProtobufWriter inner;
  inner.bytes(1, "name").varint(2, 7);
  ProtobufWriter outer;
  outer.varint(1, 1).message(3, inner);
  const auto bytes = bytes_of(outer.text());
  ProtobufReader reader(bytes, 1000);
  REQUIRE(reader.next());
  const auto message = reader.next();
  REQUIRE(message);
  CHECK(message->offset == 1004);
  ProtobufReader fields(*message);
  const auto name = fields.next();
  REQUIRE(name);
  CHECK(name->offset == 1006);
  const auto number = fields.next();
  REQUIRE(number);
  CHECK(number->offset == 1010);
  CHECK(fields.at_end());
}

TEST_CASE("protobuf: what is not a field is refused by what it is") {
  const std::string where = "protobuf field at byte 100: found ";
  const std::string tag = where + "a field's tag, expected a number of at most 10 bytes";
  const std::string number = where + "a number that is cut short or too long, expected a whole one";
  const std::string length = where + "a length that is cut short or too long, expected a whole one";
  const std::pair<std::string_view, std::string> cases[] = {
      {"", tag},
      {"\x80", tag},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", tag},
      {"\x00\x01"sv, where + "the tag 0, expected a field number from 1 to 536870911"},
      {"\x07", where + "the tag 7, expected a field number from 1 to 536870911"},
      {"\x80\x80\x80\x80\x10\x01", where + "the tag 4294967296, expected a field number from 1 to 536870911"},
      {"\x0b", where + "wire type 3, expected 0, 1, 2 or 5"},
      {"\x0c", where + "wire type 4, expected 0, 1, 2 or 5"},
      {"\x0e", where + "wire type 6, expected 0, 1, 2 or 5"},
      {"\x0f", where + "wire type 7, expected 0, 1, 2 or 5"},
      {"\x08", number},
      {"\x08\xff", number},
      {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", number},  // bit 64
      {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv, number},
      {"\x0d\x01\x02\x03", number},
      {"\x09\x01\x02\x03\x04\x05\x06\x07", number},
      {"\x0a", length},
      {"\x0a\xff", length},
      {"\x0a\x03"
       "ab",
       where + "a length of 3, expected at most the 2 bytes that follow (cut short?)"},
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
       where + "a length of 18446744073709551615, expected at most the 0 bytes that follow (cut short?)"},
  };
  for (const auto& [message, expected] : cases) CHECK(refusal(message) == expected);
  CHECK(refusal("\x08\x80\x00"sv) == "accepted");  // a number with needless bytes is one all the same
}

TEST_CASE("protobuf: a message cut anywhere ends in an error or between two fields") {
  ProtobufWriter writer;
  writer.varint(1, 300).fixed32(2, 1).fixed64(3, 2).bytes(4, "four").varint(5, largest);
  const auto bytes = bytes_of(writer.text());
  const std::vector<std::size_t> ends = {0, 3, 8, 17, 23, bytes.size()};
  std::size_t whole = 0;
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const auto cut = std::span(bytes).first(length);
    ProtobufReader reader(cut);
    bool ok = true;
    while (ok && !reader.at_end()) ok = reader.next().has_value();
    if (!ok) continue;
    REQUIRE(whole < ends.size());
    CHECK(length == ends[whole++]);
  }
  CHECK(whole == ends.size());
}
