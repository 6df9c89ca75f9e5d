// Every rule of the container, one violation at a time; each refusal must name the thing, what was found and what was
// expected.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/weights/safetensors.hpp>

#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using ochre::Index;
using ochre::Safetensors;
using ochre::test::contains;

std::vector<std::byte> file_with_length(std::uint64_t length, std::string_view rest) {
  std::vector<std::byte> file;
  for (int shift = 0; shift < 64; shift += 8) file.push_back(static_cast<std::byte>(length >> shift & 0xFF));
  for (const char c : rest) file.push_back(static_cast<std::byte>(c));
  return file;
}

std::vector<std::byte> file_with(std::string_view header, std::string_view data = "") {
  return file_with_length(header.size(), std::string(header) + std::string(data));
}

// The message must hold each of `parts`.
void check_refused(const std::vector<std::byte>& file, const std::vector<std::string_view>& parts) {
  const auto parsed = Safetensors::parse(file);
  REQUIRE(!parsed);
  CAPTURE(parsed.error().message());
  for (const std::string_view part : parts) {
    CAPTURE(part);
    CHECK(contains(parsed.error().message(), part));
  }
}

}  // namespace

TEST_CASE("safetensors: a file with metadata, a scalar, an empty and two ordinary tensors") {
  const auto file = file_with(
      R"({"__metadata__":{"network":"street","note":"a\u00e9\n\"\ud83d\ude00"},)"
      R"( "b.weight" : {"shape":[2,1],"dtype":"F32","data_offsets":[4,12]},"empty":{"dtype":"F16","shape":[3,0],)"
      R"("data_offsets":[4,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"bits":{"dtype":"F4","shape":[4],)"
      "\"data_offsets\":[12,14]}} \n  ",
      "abcdefghijklmn");
  const auto parsed = Safetensors::parse(file);
  REQUIRE(parsed);
  REQUIRE(parsed->tensors().size() == 4);
  CHECK(parsed->tensors()[0].name == "a");  // by name
  CHECK(parsed->tensors()[3].name == "empty");

  const ochre::TensorEntry* weight = parsed->find("b.weight");
  REQUIRE(weight != nullptr);
  CHECK(weight->dtype == ochre::Dtype::f32);
  CHECK(weight->shape == std::vector<Index>{2, 1});
  CHECK(weight->bytes.size() == 8);
  CHECK(weight->bytes.data() == file.data() + file.size() - 10);  // not copied
  REQUIRE(parsed->find("a") != nullptr);
  CHECK(parsed->find("a")->shape.empty());
  CHECK(parsed->find("empty")->bytes.empty());
  CHECK(parsed->find("bits")->bytes.size() == 2);
  CHECK(parsed->find("c") == nullptr);
  CHECK(parsed->find("") == nullptr);

  REQUIRE(parsed->metadata("network") != nullptr);
  CHECK(*parsed->metadata("network") == "street");
  CHECK(*parsed->metadata("note") == "a\xc3\xa9\n\"\xf0\x9f\x98\x80");
  CHECK(parsed->metadata("none") == nullptr);
  CHECK(parsed->metadata().size() == 2);
}

TEST_CASE("safetensors: no tensor at all is legal") {
  const auto parsed = Safetensors::parse(file_with("{}"));
  REQUIRE(parsed);
  CHECK(parsed->tensors().empty());
  CHECK(Safetensors::parse(file_with("{}", "x")).has_value() == false);
}

TEST_CASE("safetensors: every prefix of a good file is refused") {
  const auto file = file_with(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", "xyz");
  REQUIRE(Safetensors::parse(file));
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    CHECK(!Safetensors::parse(std::span(file).first(length)).has_value());
  }
}

TEST_CASE("safetensors: what is no container says what it is") {
  check_refused({}, {"0 bytes", "expected a safetensors container"});
  check_refused(bytes_of("abc"), {"plain text", "3 bytes"});
  check_refused(bytes_of("<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>"),
                {"an HTML page", "expected a safetensors container"});
  check_refused(bytes_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), {"Git-LFS pointer"});
  check_refused(bytes_of("https://drive.google.com/file/d/1234"), {"a text with a web address"});
  check_refused(bytes_of("PK\x03\x04 and more bytes"), {"a zip archive"});
  check_refused(bytes_of("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), {"the bytes 01 02 03 04 05 06 07 08", "header"});
}

TEST_CASE("safetensors: the header's length and first byte") {
  check_refused(file_with_length(100'000'001, "{}"), {"100000001", "100000000"});
  check_refused(file_with_length(std::uint64_t{1} << 63, "{}"), {"9223372036854775808"});
  check_refused(file_with_length(~std::uint64_t{0}, "{}"), {"18446744073709551615"});
  check_refused(file_with_length(100'000'000, "{}"), {"10 bytes", "100000008", "cut short"});
  check_refused(file_with_length(3, "{}"), {"10 bytes", "11", "cut short"});
  check_refused(file_with_length(0, "{}"), {"does not begin with '{'"});
  check_refused(file_with(" {}"), {"does not begin with '{'"});
  check_refused(file_with("[]"), {"does not begin with '{'"});
}

TEST_CASE("safetensors: the header's JSON") {
  struct Case {
    const char* header;
    std::vector<std::string_view> parts;
  };
  const Case cases[] = {
      {"{", {"header byte 1", "found its end"}},
      {"{}x", {"header byte 2", "found 'x'", "expected the end of the header"}},
      {"{}{}", {"header byte 2", "expected the end"}},
      {R"({"a":1})", {"tensor a", "header byte 5", "found '1'", "expected '{'"}},
      {R"({"a":{}})", {"tensor a", "found no dtype"}},
      {R"({"a":{"dtype":"U8","shape":[0]}})", {"tensor a", "found no data_offsets"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],}})", {"tensor a", "expected a string"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},})", {"expected a string"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"more":1}})", {"tensor a", "\"more\""}},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", {"tensor a", "\"dtype\" twice"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
       {"tensor a", "found twice"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{}})", {"tensor a", "found twice"}},
      {R"({"a":{"dtype":"F31","shape":[0],"data_offsets":[0,0]}})", {"tensor a", "dtype", "\"F31\"", "F32"}},
      {R"({"a":{"dtype":32,"shape":[0],"data_offsets":[0,0]}})", {"tensor a", "expected a string"}},
      {R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}})", {"tensor a", "shape", "non-negative integer"}},
      {R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", {"tensor a", "shape", "non-negative integer"}},
      {R"({"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}})", {"tensor a", "shape", "non-negative integer"}},
      {R"({"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}})", {"tensor a", "shape", "non-negative integer"}},
      {R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", {"tensor a", "shape", "non-negative integer"}},
      {R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}})", {"tensor a", "below 2^63"}},
      {R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", {"tensor a", "8 dimensions"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}})", {"tensor a", "data_offsets", "found [0]"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}})", {"tensor a", "data_offsets", "a third number"}},
      {R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}})", {"tensor a", "data_offsets", "found [1,0]"}},
      {R"({"__metadata__":{"k":1}})", {"__metadata__", "\"k\"", "expected a string"}},
      {R"({"__metadata__":{"k":{}}})", {"__metadata__", "\"k\"", "expected a string"}},
      {R"({"__metadata__":{"k":"","k":""}})", {"__metadata__", "\"k\"", "found twice"}},
      {R"({"__metadata__":{},"__metadata__":{}})", {"__metadata__", "found twice"}},
      {R"({"__metadata__":null})", {"expected '{'"}},
      {R"({"__metadata__":{"k":"\ud800"}})", {"expected a character of a string"}},
      {R"({"__metadata__":{"k":"\x"}})", {"expected a character of a string"}},
      {"{\"__metadata__\":{\"k\":\"\n\"}}", {"found '\\x0a'", "expected a character of a string"}},
      {"{\"__metadata__\":{\"k\":\"\xff\"}}", {"found '\\xff'", "expected a character of a string"}},
      {"{\"\":{}}", {"name of 0 bytes"}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.header);
    check_refused(file_with(test.header), test.parts);
  }
}

TEST_CASE("safetensors: a name that is too long or hostile") {
  check_refused(file_with("{\"" + std::string(513, 'n') + "\":{}}"), {"name of 513 bytes", "512", "nnn..."});
  const auto parsed = Safetensors::parse(file_with("{\"a\\u001b[2J\":{}}"));
  REQUIRE(!parsed);
  CHECK(contains(parsed.error().message(), "a\\x1b[2J"));  // no escape sequence reaches a terminal
}

TEST_CASE("safetensors: tensors and metadata keys are counted while they are read") {
  const auto header = [](int tensors, int keys, const char* end) {
    std::string text = "{\"__metadata__\":{";
    for (int i = 0; i < keys; ++i) text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":\"\"";
    text += "}";
    for (int i = 0; i < tensors; ++i) {
      text += ",\"t" + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    }
    return file_with(text + end);
  };
  const auto all = Safetensors::parse(header(65'536, 4096, "}"));
  REQUIRE(all);
  CHECK(all->tensors().size() == 65'536);
  CHECK(all->metadata().size() == 4096);
  // What follows the one too many is not looked at: it is no JSON.
  check_refused(header(1, 4097, ", and so on"), {"__metadata__", "more than 4096 keys"});
  check_refused(header(65'537, 0, ", and so on"), {"more than 65536 tensors"});
  CHECK(Safetensors::parse(header(65'537, 0, "}")).error().code == ochre::ErrorCode::too_large);
}

TEST_CASE("safetensors: nesting deeper than the grammar is refused at once") {
  check_refused(file_with("{\"a\":" + std::string(1'000'000, '{')), {"tensor a", "expected a string"});
  check_refused(file_with("{\"a\":" + std::string(1'000'000, '[')), {"tensor a", "expected '{'"});
}

TEST_CASE("safetensors: sizes, holes and overlaps") {
  const auto tensor = [](const char* name, const char* dtype, const char* shape, const char* offsets) {
    return "\"" + std::string(name) + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}";
  };
  const auto one = [&](const char* dtype, const char* shape, const char* offsets) {
    return "{" + tensor("a", dtype, shape, offsets) + "}";
  };
  const auto two = [&](const char* first, const char* second) {
    return "{" + tensor("a", "U8", "[4]", first) + "," + tensor("b", "U8", "[4]", second) + "}";
  };
  check_refused(file_with(one("F32", "[2,3]", "[0,20]"), std::string(20, 'x')),
                {"tensor a", "[2,3]", "F32", "24 bytes", "[0,20]"});
  check_refused(file_with(one("F4", "[3]", "[0,1]"), "x"), {"tensor a", "F4", "no addressable size"});
  check_refused(file_with(one("U8", "[4294967296,4294967296]", "[0,0]")), {"tensor a", "no addressable size"});
  check_refused(file_with(one("F64", "[2305843009213693952]", "[0,0]")), {"tensor a", "no addressable size"});
  check_refused(file_with(one("U8", "[9223372036854775807]", "[0,9223372036854775807]")), {"tensor a"});
  check_refused(file_with(one("U8", "[4]", "[0,4]"), "xyz"), {"found 3 bytes", "expected 4", "cut short"});
  check_refused(file_with(one("U8", "[4]", "[0,4]"), "vwxyz"), {"found 5 bytes", "expected 4", "of no tensor"});
  check_refused(file_with(one("U8", "[4]", "[1,5]"), "vwxyz"), {"tensor a", "offset 1", "expected 0", "hole"});
  check_refused(file_with(two("[0,4]", "[5,9]"), "123456789"), {"tensor b", "offset 5", "expected 4", "hole"});
  check_refused(file_with(two("[0,4]", "[3,7]"), "1234567"), {"tensor b", "offset 3", "expected 4", "overlap"});
  check_refused(file_with(two("[0,4]", "[0,4]"), "1234"), {"tensor b", "offset 0", "expected 4", "overlap"});
  CHECK(Safetensors::parse(file_with(two("[4,8]", "[0,4]"), "12345678")));
}
