// What is written reads back, in the same bytes whatever the order of the tensors, and as the format's Python writer
// would have written it: tests/golden/containers/python.safetensors comes from there (tools/golden/containers.py).
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/weights/convert.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/safetensors_writer.hpp>

#include "support/temporary_folder.hpp"

namespace {

using ochre::Dtype;
using ochre::TensorEntry;

}  // namespace

TEST_CASE("safetensors writer: the bytes of the Python writer") {
  const auto golden = ochre::MappedFile::open(OCHRE_GOLDEN_DIR "/containers/python.safetensors");
  REQUIRE(golden);
  const auto from_python = ochre::Safetensors::parse(golden->bytes());
  REQUIRE(from_python);
  REQUIRE(from_python->tensors().size() == 8);
  CHECK(*from_python->metadata("note") == "tab\t, quote \", caf\xc3\xa9");
  const auto again = ochre::write_safetensors(from_python->tensors(), from_python->metadata());
  REQUIRE(again);
  CHECK(std::equal(again->begin(), again->end(), golden->bytes().begin(), golden->bytes().end()));

  const std::vector<float> counting{0, 1, 2};
  for (const char* name : {"conv.bias", "half", "brain"}) {
    CAPTURE(name);
    std::vector<float> numbers(3);
    REQUIRE(from_python->find(name) != nullptr);
    REQUIRE(ochre::convert_to(*from_python->find(name), numbers));
    CHECK(numbers == counting);
  }
  const auto bias = from_python->find("conv.bias")->bytes;
  const auto bytes = ochre::little_endian_bytes(counting);
  CHECK(std::equal(bytes.begin(), bytes.end(), bias.begin(), bias.end()));
}

TEST_CASE("safetensors writer: sorted, aligned, and the same bytes for any order") {
  const std::vector<std::byte> data(16, std::byte{0});
  const auto first = [&](std::size_t count) { return std::span(data).first(count); };
  std::vector<TensorEntry> tensors{{"z", Dtype::f32, {1}, first(4)},  {"b", Dtype::u8, {3}, first(3)},
                                   {"y", Dtype::i64, {1}, first(8)},  {"a", Dtype::u8, {1}, first(1)},
                                   {"x", Dtype::f64, {2}, first(16)}, {"w", Dtype::f16, {}, first(2)}};
  const ochre::Metadata metadata{{"one", "1"}, {"two", std::string("\x01\x1f\"\\/\xc3\xa9\0", 8)}};
  const auto file = ochre::write_safetensors(tensors, metadata);
  REQUIRE(file);
  std::reverse(tensors.begin(), tensors.end());
  CHECK(*ochre::write_safetensors(tensors, metadata) == *file);

  const auto parsed = ochre::Safetensors::parse(*file);
  REQUIRE(parsed);
  CHECK(parsed->metadata() == metadata);
  CHECK(parsed->tensors().size() == tensors.size());
  const auto offset = [&](const char* name) { return parsed->find(name)->bytes.data() - file->data(); };
  CHECK(offset("y") % 8 == 0);
  CHECK(offset("x") == offset("y") + 8);
  CHECK(offset("z") == offset("x") + 16);
  CHECK(offset("w") == offset("z") + 4);
  CHECK(offset("a") == offset("w") + 2);
  CHECK(offset("b") == offset("a") + 1);
}

TEST_CASE("safetensors writer: no tensors, and what would not read back") {
  CHECK(ochre::Safetensors::parse(*ochre::write_safetensors({})));
  CHECK(ochre::Safetensors::parse(*ochre::write_safetensors({}, {{"k", "v"}})));

  const std::vector<std::byte> data(4);
  const auto refused = [&](const std::vector<TensorEntry>& tensors, const ochre::Metadata& metadata = {}) {
    const auto file = ochre::write_safetensors(tensors, metadata);
    REQUIRE(!file);
    return file.error().message();
  };
  CHECK(refused({{"a", Dtype::f32, {2}, data}}).find("tensor a") != std::string::npos);
  CHECK(refused({{"a", Dtype::f32, {1}, data}, {"a", Dtype::f32, {1}, data}}).find("twice") != std::string::npos);
  CHECK(refused({{"", Dtype::f32, {1}, data}}).find("name") != std::string::npos);
  CHECK(refused({{"a\xff", Dtype::f32, {1}, data}}).find("string") != std::string::npos);
  CHECK(refused({}, {{"k", "\xff"}}).find("string") != std::string::npos);
  CHECK(refused({{"__metadata__", Dtype::f32, {1}, data}}).find("cannot be written") != std::string::npos);
}
