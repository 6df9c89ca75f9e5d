// A camera's memory as a file: what is written is read again, number for number; what is damaged is refused by name.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/camera_memory_file.hpp>
#include "support/at.hpp"
#include "support/clean_text.hpp"
#include "support/made_up_place.hpp"
#include "support/refuse_memory.hpp"
#include "support/text.hpp"

namespace camera_memory_file_test {

namespace {

using namespace ochre;
using color::MemoryNumbers;
using test::at;
using test::MadeUpPlace;
using test::memory_of;
using test::MemoryParts;
using test::picture_of;
using Bytes = std::vector<std::byte>;

CameraMemory some_memory() {
  CameraMemory memory;
  memory.set_origin("a camera of \"tests\",\nby hand: caf\u00e9");
  for (std::uint64_t moment = 0; moment < 3; ++moment) {
    Reference picture = picture_of({.seed = 4, .grid = {6, 7}, .depth = 5}, moment);
    picture.name = ~moment;
    picture.hour = static_cast<int>(6 + 7 * moment);
    const Status status = memory.add(picture);
    REQUIRE(status.ok());
  }
  return memory;
}

// The tensors and texts of a file, to be changed and written again.
struct FileParts {
  struct Part {
    Dtype dtype;
    std::vector<Index> shape;
    Bytes bytes;
  };
  std::map<std::string, Part> tensors;
  Metadata metadata;

  explicit FileParts(const Bytes& bytes) {
    const auto file = Safetensors::parse(bytes).value();
    for (const TensorEntry& entry : file.tensors()) {
      tensors[entry.name] = {entry.dtype, entry.shape, {entry.bytes.begin(), entry.bytes.end()}};
    }
    metadata = file.metadata();
  }

  Bytes bytes() const {
    std::vector<TensorEntry> entries;
    for (const auto& [name, part] : tensors) entries.push_back({name, part.dtype, part.shape, part.bytes});
    return write_safetensors(entries, metadata).value();
  }

  void set(const std::string& name, std::size_t at_number, float value) {
    const auto bits = little_endian_bytes(std::span(&value, 1));
    std::copy(bits.begin(), bits.end(), tensors.at(name).bytes.begin() + static_cast<std::ptrdiff_t>(4 * at_number));
  }

  // Of that shape, all numbers 0.
  void reshape(const std::string& name, std::vector<Index> shape) {
    Part& part = tensors.at(name);
    Index count = dtype_bits(part.dtype) / 8;
    for (const Index side : shape) count *= side;
    part.shape = std::move(shape);
    part.bytes.assign(at(count), std::byte{0});
  }
};

Bytes changed(const std::function<void(FileParts&)>& change) {
  FileParts parts(encode_camera_memory(some_memory()).value());
  change(parts);
  return parts.bytes();
}

void check_refused(const std::function<void(FileParts&)>& change, const std::vector<std::string_view>& words,
                   ErrorCode code = ErrorCode::malformed) {
  const Bytes bytes = changed(change);
  const auto memory = parse_camera_memory(bytes);
  REQUIRE(!memory.has_value());
  CAPTURE(memory.error().message());
  CHECK(memory.error().code == code);
  CHECK(test::is_clean(memory.error().message()));
  for (const std::string_view word : words) {
    CAPTURE(word);
    CHECK(test::contains(memory.error().message(), word));
  }
  const auto report = verify_camera_memory(bytes);
  REQUIRE(!report.has_value());
  CHECK(report.error().message() == memory.error().message());
}

void check_equal(const CameraMemory& memory, const CameraMemory& expected) {
  const auto& totals = memory.totals();
  const auto& wanted = expected.totals();
  CHECK(totals.model == wanted.model);
  CHECK(totals.origin == wanted.origin);
  CHECK(totals.frames == wanted.frames);
  CHECK(totals.casts == wanted.casts);
  CHECK(totals.names == wanted.names);
  CHECK(totals.hours == wanted.hours);
  CHECK(totals.own_true == wanted.own_true);
  CHECK(totals.own_own == wanted.own_own);
  CHECK(totals.grid == wanted.grid);
  CHECK(totals.details == wanted.details);
  CHECK(totals.pressed == wanted.pressed);
  CHECK(totals.probe_keys == wanted.probe_keys);
  CHECK(totals.probe_lightness == wanted.probe_lightness);
  CHECK(memory.depth() == expected.depth());
  CHECK(memory.keys() == expected.keys());
  REQUIRE(memory.entries().size() == expected.entries().size());
  for (std::size_t i = 0; i < memory.entries().size(); ++i) {
    const MemoryEntry& found = memory.entries()[i];
    const MemoryEntry& entry = expected.entries()[i];
    const bool same = found.y == entry.y && found.x == entry.x && found.lightness == entry.lightness &&
                      found.a == entry.a && found.b == entry.b && found.seen == entry.seen &&
                      found.frames == entry.frames && found.last == entry.last;
    if (!same) FAIL_CHECK("entry " << i);
  }
}

}  // namespace

TEST_CASE("camera memory file: what is written is read again, number for number") {
  const CameraMemory memory = some_memory();
  const Bytes bytes = encode_camera_memory(memory).value();
  const auto again = parse_camera_memory(bytes);
  REQUIRE(again.has_value());
  check_equal(*again, memory);
  CHECK(again->totals().hours == (1u << 6 | 1u << 13 | 1u << 20));
  CHECK(again->knows(~std::uint64_t{2}));
  CHECK(*Safetensors::parse(bytes).value().metadata("hours") == "6 13 20");
  CHECK(encode_camera_memory(*again).value() == bytes);

  const CameraMemory plain = memory_of({.grid = {1, 1}, .depth = 1}, 1);  // no names, no hours, no origin
  check_equal(parse_camera_memory(encode_camera_memory(plain).value()).value(), plain);
}

TEST_CASE("camera memory file: a memory goes on as if it had never been a file") {
  // Kept cell by cell, pressed by the next picture, and pressed before: the cells of a block look like no others.
  for (const int frames : {1, 2, 4}) {
    const MadeUpPlace place{.seed = 3, .grid = {64, 64}, .depth = 12, .feature_noise = 4};
    CameraMemory memory = memory_of(place, frames);
    CameraMemory again = parse_camera_memory(encode_camera_memory(memory).value()).value();
    CHECK(memory.totals().pressed == (frames == 4));
    for (std::uint64_t moment = 20; moment < 22; ++moment) {
      const Reference picture = picture_of(place, moment);
      CHECK(memory.add(picture).ok());
      CHECK(again.add(picture).ok());
    }
    CAPTURE(frames);
    check_equal(again, memory);
  }
}

TEST_CASE("camera memory file: under 4 MB with all that can be learned") {
  MemoryParts parts(memory_of({.grid = {1, 1}, .depth = color::most_key_depth}, 1));
  parts.entries.resize(at(MemoryNumbers::most_entries), MemoryEntry{.y = 0.5f, .x = 0.5f, .lightness = 50, .a = 0.2f});
  for (std::size_t i = 0; i < parts.entries.size(); ++i) {  // 32 in each of 16 by 16 blocks
    parts.entries[i].y = (static_cast<float>(i / 32 / 16) + 0.5f) / 16;
    parts.entries[i].x = (static_cast<float>(i / 32 % 16) + 0.5f) / 16;
  }
  parts.keys.assign(parts.entries.size() * at(parts.depth), 0.125f);  // of length 1
  parts.totals.pressed = true;
  parts.totals.casts.assign(MemoryNumbers::most_names, 0.1f);
  parts.totals.names.assign(MemoryNumbers::most_names, 1);
  parts.totals.hours = (1u << 24) - 1;
  parts.totals.grid = {256, 256};  // of a network at four times the usual working size
  parts.totals.details.assign(256 * 256, 0.01f);
  const CameraMemory memory = parts.memory().value();
  const Bytes bytes = encode_camera_memory(memory).value();
  CHECK(bytes.size() > 2'500'000);
  CHECK(bytes.size() < 4'000'000);
  check_equal(parse_camera_memory(bytes).value(), memory);

  parts.entries[0].y = 0.9f;  // one too many in that block
  const auto crowded = parts.memory();
  REQUIRE(!crowded.has_value());
  CHECK(test::contains(crowded.error().message(), "more than 32 entries in one block"));
}

TEST_CASE("camera memory file: a memory of nothing is not written") {
  const auto refused = encode_camera_memory(CameraMemory());
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == ErrorCode::invalid_argument);
  CHECK(test::contains(refused.error().message(), "nothing was learned"));
}

TEST_CASE("camera memory file: no other file is taken for one") {
  CHECK_FALSE(parse_camera_memory({}).has_value());
  const Bytes good = encode_camera_memory(some_memory()).value();
  for (std::size_t length = 0; length < good.size(); length += 97) {
    CAPTURE(length);
    CHECK_FALSE(parse_camera_memory(std::span(good).first(length)).has_value());
  }
  check_refused([](FileParts& parts) { parts.metadata.erase("format"); },
                {"\"format\"", "found none", "\"ochre camera 1\"", "not a camera's memory"}, ErrorCode::mismatch);
  check_refused([](FileParts& parts) { parts.metadata["format"] = "ochre camera 2\x1b[31m"; },
                {"found \"ochre camera 2\\x1b[31m\"", "expected \"ochre camera 1\""}, ErrorCode::mismatch);
}

TEST_CASE("camera memory file: every missing text and tensor is named") {
  for (const std::string key : {"model", "origin", "frames", "pressed", "hours"}) {
    check_refused([&](FileParts& parts) { parts.metadata.erase(key); },
                  {"metadata key \"" + key + "\": found none, expected a text"});
  }
  for (const std::string name :
       {"keys", "entries", "detail", "casts", "own", "names", "probe.keys", "probe.lightness"}) {
    check_refused([&](FileParts& parts) { parts.tensors.erase(name); },
                  {"tensor " + name + ": found none, expected one"});
  }
}

TEST_CASE("camera memory file: texts that are no numbers, or none in their range") {
  const auto refuses = [](const std::string& key, const std::string& text, const std::vector<std::string_view>& words) {
    CAPTURE(text);
    check_refused([&](FileParts& parts) { parts.metadata[key] = text; }, words);
  };
  refuses("model", "abc", {"metadata key \"model\"", "expected 64 hexadecimal digits"});
  refuses("model", std::string(64, 'g'), {"metadata key \"model\""});
  for (const std::string frames : {"abc", "", "0", "-1", "3 ", " 3", "3.0", "99999999999999999999", "1099511627777"}) {
    refuses("frames", frames, {"a number in the metadata: found \"" + frames + "\", expected 1 to 1099511627776"});
  }
  for (const char* pressed : {"", "2", "true", "01"}) refuses("pressed", pressed, {"\"pressed\"", "expected 0 or 1"});
  refuses("hours", "25", {"a number in the metadata: found \"25\", expected 0 to 23"});
  refuses("hours", "6 24", {"found \"24\""});
  refuses("hours", "-1", {"found \"-1\""});
  refuses("hours", "6,7", {"found \"6,7\""});
  refuses("hours", "6  7", {"found \"\""});
  refuses("hours", " 6", {"found \"\""});
  refuses("hours", "\x1b[31m", {"found \"\\x1b[31m\""});
  refuses("hours", std::string(1000, '1'), {"\"hours\"", "a long text"});
}

TEST_CASE("camera memory file: tensors of another type or shape") {
  const auto reshaped = [](const std::string& name, const std::vector<Index>& shape,
                           const std::vector<std::string_view>& words) {
    CAPTURE(to_string(shape));
    check_refused([&](FileParts& parts) { parts.reshape(name, shape); }, words);
  };
  for (const std::string name : {"keys", "entries", "detail", "casts", "probe.keys", "probe.lightness"}) {
    check_refused([&](FileParts& parts) { parts.tensors.at(name).dtype = Dtype::i32; },
                  {"tensor " + name, "found I32", "expected F32"});
    reshaped(name, {}, {"tensor " + name, "found F32 []", "dimensions"});
    reshaped(name, {1, 1, 1}, {"tensor " + name, "found F32 [1,1,1]", "dimensions"});
  }
  check_refused([](FileParts& parts) { parts.tensors.at("own").dtype = Dtype::i64; }, {"tensor own", "expected F64"});
  check_refused([](FileParts& parts) { parts.tensors.at("names").dtype = Dtype::i64; },
                {"tensor names", "found I64", "expected U64"});
  reshaped("own", {1}, {"tensor own: found [1], expected [2]"});
  reshaped("own", {0}, {"tensor own: found [0], expected [2]"});
  reshaped("own", {3}, {"tensor own: found [3], expected 2 at most"});
  reshaped("entries", {0, 8}, {"tensor entries: found [0,8], expected [1 or more,8]"});
  reshaped("entries", {6, 7}, {"tensor entries: found [6,7]"});
  reshaped("entries", {6, 0}, {"tensor entries: found [6,0]"});
  reshaped("keys", {125, 5}, {"tensor keys: found [125,5], expected [126,1 or more]"});
  reshaped("keys", {127, 5}, {"tensor keys: found [127,5]"});
  reshaped("keys", {126, 0}, {"tensor keys: found [126,0]"});
  reshaped("detail", {0, 7}, {"tensor detail: found no number"});
  reshaped("detail", {6, 0}, {"tensor detail: found no number"});
  reshaped("probe.keys", {63, 5}, {"tensor probe.keys: found [63,5], expected [64,1 or more]"});
  reshaped("probe.keys", {64, 4}, {"tensor probe.keys: found [64,4], expected rows as long as those of keys"});
  reshaped("probe.lightness", {63}, {"tensor probe.lightness: found [63], expected 64 numbers"});
  reshaped("probe.lightness", {0}, {"tensor probe.lightness: found [0]"});
}

TEST_CASE("camera memory file: more than a memory can hold is refused before any is taken") {
  const auto reshaped = [](const std::string& name, const std::vector<Index>& shape, const std::string& found) {
    check_refused([&](FileParts& parts) { parts.reshape(name, shape); }, {"tensor " + name + ": found " + found});
  };
  reshaped("entries", {8193, 8}, "[8193,8], expected 65536 at most");
  reshaped("keys", {126, 65}, "[126,65], expected 8064 at most");
  reshaped("detail", {1025, 512}, "[1025,512], expected 65536 at most");
  reshaped("casts", {32769}, "[32769], expected 32768 at most");
  reshaped("names", {32769}, "[32769], expected 32768 at most");
  reshaped("probe.keys", {64, 65}, "[64,65], expected 4096 at most");
  reshaped("probe.lightness", {65}, "[65], expected 64 at most");
  // What a product would say of such sides is nothing, or 0.
  const Index huge = Index{1} << 40;
  reshaped("detail", {huge, 0}, "[" + std::to_string(huge) + ",0]");
  reshaped("keys", {huge, 0}, "[" + std::to_string(huge) + ",0]");
}

TEST_CASE("camera memory file: numbers out of their range, and what is none") {
  const auto refuses = [](const std::string& name, std::size_t number, float value,
                          const std::vector<std::string_view>& words) {
    CAPTURE(number);
    CAPTURE(value);
    check_refused([&](FileParts& parts) { parts.set(name, number, value); }, words);
  };
  for (const std::string name : {"keys", "entries", "detail", "casts", "probe.keys", "probe.lightness"}) {
    refuses(name, 2, NAN, {"tensor " + name + ": element 2: found NaN, expected a finite number"});
    refuses(name, 0, -INFINITY, {"tensor " + name + ": element 0: found -infinity"});
  }
  struct Range {
    std::size_t column;
    std::vector<float> wrong;
  };
  const Range ranges[] = {{0, {-0.01f, 1.01f, 1e30f}},  {1, {-0.01f, 1.01f}}, {2, {-1.5f, 101.5f}},
                          {3, {-64.5f, 64.5f, -1e30f}}, {4, {-64.5f, 64.5f}}, {5, {0.0f, 0.5f, -1.0f, 2e30f}}};
  for (const auto& [column, wrong] : ranges) {
    for (const float value : wrong) {
      refuses("entries", 8 * 17 + column, value, {"tensor entries, row 17: found a number out of range"});
    }
  }
  refuses("keys", 5 * 9, 2.0f, {"tensor keys, row 9: found the length 2.", "expected 1 or 0"});
  refuses("keys", 5 * 9 + 3, 0.01f * 16, {"tensor keys, row 9: found the length 1.0"});
  refuses("keys", 0, 1e38f, {"tensor keys, row 0: found the length"});
  refuses("probe.keys", 5 * 63 + 4, -3.0f, {"tensor probe.keys, row 63: found the length 3."});
  refuses("casts", 1, -0.1f, {"tensor casts: found a number out of range"});
  refuses("casts", 1, 100.5f, {"tensor casts: found a number out of range"});
  const auto own = [](double first, double second) {
    return [first, second](FileParts& parts) {
      const std::uint64_t words[] = {std::bit_cast<std::uint64_t>(first), std::bit_cast<std::uint64_t>(second)};
      parts.tensors.at("own").bytes = detail::little_endian_words(words);
    };
  };
  check_refused(own(1, -1), {"tensor own: found a sum of squares below 0"});
  check_refused(own(NAN, 1), {"tensor own: element 0: found NaN"});
  check_refused(own(1, INFINITY), {"tensor own: element 1: found infinity"});
  CHECK(parse_camera_memory(changed(own(-1, 0))).has_value());
}

TEST_CASE("camera memory file: a key of nothing is no damage") {
  const Bytes bytes = changed([](FileParts& parts) {
    for (std::size_t d = 0; d < 5; ++d) parts.set("keys", 5 * 9 + d, 0.0f);
  });
  CHECK(parse_camera_memory(bytes).has_value());
}

TEST_CASE("camera memory file: the proof in a good file holds, in a changed one not") {
  const auto good = verify_camera_memory(changed([](FileParts&) {}));
  REQUIRE(good.has_value());
  CHECK(good->holds());
  CHECK(good->cells == 64);
  const auto holds = [](const std::function<void(FileParts&)>& change) {
    return verify_camera_memory(changed(change)).value().holds();
  };
  CHECK_FALSE(holds([](FileParts& parts) {  // the colours' sign
    for (std::size_t row = 0; row < 126; ++row) parts.set("entries", 8 * row + 3, -0.3f);
  }));
  CHECK_FALSE(holds([](FileParts& parts) { parts.set("entries", 8 * 17 + 3, 0.9f); }));
  CHECK_FALSE(holds([](FileParts& parts) { parts.set("probe.lightness", 30, 90.0f); }));
  CHECK_FALSE(holds([](FileParts& parts) { parts.set("proof", 30, 90.0f); }));
  CHECK_FALSE(holds([](FileParts& parts) { parts.reshape("proof", {129}); }));
  const auto no_proof = [](const std::function<void(FileParts&)>& change, std::string_view word) {
    const Bytes bytes = changed(change);
    CHECK(parse_camera_memory(bytes).has_value());
    const auto report = verify_camera_memory(bytes);
    REQUIRE(!report.has_value());
    CAPTURE(report.error().message());
    CHECK(report.error().code == ErrorCode::malformed);
    CHECK(test::contains(report.error().message(), word));
  };
  no_proof([](FileParts& parts) { parts.tensors.erase("proof"); }, "tensor proof: found none, expected F32 [129]");
  no_proof([](FileParts& parts) { parts.reshape("proof", {64, 2}); }, "tensor proof: found [64,2]");
  no_proof([](FileParts& parts) { parts.tensors.at("proof").dtype = Dtype::i32; }, "expected F32 [129]");
  no_proof([](FileParts& parts) { parts.set("proof", 30, NAN); }, "tensor proof: element 30: found NaN");
}

TEST_CASE("camera memory file: damage that no cell of the proof asks is found by the hash of the tensors") {
  const auto check = [](const std::function<void(FileParts&)>& change, std::string_view word) {
    const auto report = verify_camera_memory(changed(change));
    REQUIRE(!report.has_value());
    CAPTURE(report.error().message());
    CHECK(report.error().code == ErrorCode::mismatch);
    CHECK(test::contains(report.error().message(), word));
    CHECK(test::is_clean(report.error().message()));
  };
  const std::string_view damaged = "the file was changed or damaged since it was written";
  check([](FileParts& parts) { parts.set("entries", 8 * 17 + 7, 2.0f); }, damaged);  // its last frame
  check([](FileParts& parts) { parts.set("casts", 0, 7.5f); }, damaged);
  check([](FileParts& parts) { parts.tensors.at("names").bytes[3] ^= std::byte{1}; }, damaged);
  check([](FileParts& parts) { parts.metadata["tensors"] = "\x1b[2J"; }, damaged);
  check([](FileParts& parts) { parts.metadata.erase("tensors"); }, "expected one in the metadata");
}

TEST_CASE("camera memory file: no memory is an error, wherever it ends") {
  const CameraMemory memory = memory_of({.grid = {1, 2}, .depth = 2}, 1);
  const Bytes bytes = encode_camera_memory(memory).value();
  CHECK(test::refuse_each([&] { return encode_camera_memory(memory); }) > 20);
  CHECK(test::refuse_each([&] { return parse_camera_memory(bytes); }) > 20);
  CHECK(test::refuse_each([&] { return verify_camera_memory(bytes); }) > 20);
}

}  // namespace camera_memory_file_test
