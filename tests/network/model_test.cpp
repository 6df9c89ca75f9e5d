// Opening a model: what a sound file gives, and what each kind of unsound one says. All or nothing.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <ochre/network/model.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace {

using namespace ochre;

const std::string one_conv = "network n\ninput x channels=1\nconv2d a out=2 kernel=1\nbatch_norm b\noutput b\n";

// A sound model's parts, to be spoilt one at a time.
struct Parts {
  Metadata metadata{{"format", "ochre 1"}, {"network", one_conv}};
  std::map<std::string, std::vector<float>> values{{"a.weight", {1, 2}},       {"a.bias", {3, 4}},
                                                   {"b.weight", {1, 1}},       {"b.bias", {0, 0}},
                                                   {"b.running_mean", {0, 0}}, {"b.running_var", {1, 1}}};
  std::map<std::string, std::vector<Index>> shapes{{"a.weight", {2, 1, 1, 1}}};

  std::vector<std::byte> bytes() const {
    std::vector<std::vector<std::byte>> storage;
    std::vector<TensorEntry> tensors;
    for (const auto& [name, numbers] : values) storage.push_back(little_endian_bytes(numbers));
    std::size_t i = 0;
    for (const auto& [name, numbers] : values) {
      const auto shape = shapes.find(name);
      const std::vector<Index> flat{static_cast<Index>(numbers.size())};
      tensors.push_back({name, Dtype::f32, shape == shapes.end() ? flat : shape->second, storage[i++]});
    }
    return write_safetensors(tensors, metadata).value();
  }
};

template <class T = float>
std::string error_of(const Parts& parts) {
  const auto bytes = parts.bytes();
  const auto model = Model::parse(bytes);
  if (!model) return model.error().message();
  const auto network = load_network<T>(*model);
  return network ? "" : network.error().message();
}

void check_error(const Parts& parts, const std::string& what) {
  const std::string message = error_of(parts);
  CAPTURE(message);
  CHECK(message.find(what) != std::string::npos);
}

TEST_CASE("model: a sound file opens and computes") {
  Parts parts;
  parts.values["a.num_batches_tracked"] = {0};  // a training counter, of no use here
  const auto bytes = parts.bytes();
  const auto model = Model::parse(bytes).value();
  CHECK(model.network.name == "n");
  const auto network = load_network<float>(model).value();
  auto workspace = network.make_workspace({.input = {1, 1, 1, 1}}).value();
  const float input = 10;
  const auto output = network.run({&input, {1, 1, 1, 1}}, workspace).value();
  CHECK(output.data[0] == doctest::Approx(13 / std::sqrt(1 + 1e-5)));
  CHECK(output.data[1] == doctest::Approx(24 / std::sqrt(1 + 1e-5)));
}

TEST_CASE("model: numbers in the metadata") {
  Parts parts;
  parts.metadata["temperature"] = "0.38";
  parts.metadata["size"] = "large";
  const auto bytes = parts.bytes();
  const auto model = Model::parse(bytes).value();
  CHECK(model.number("temperature", 1).value() == 0.38);
  CHECK(model.number("absent", 7).value() == 7);
  CHECK(model.number("size", 1).error().message().find("\"size\": found \"large\"") != std::string::npos);
}

TEST_CASE("model: whatever is wrong is named") {
  CHECK(error_of(Parts{}).empty());
  Parts parts;
  parts.metadata.erase("format");
  check_error(parts, "\"format\": found none, expected \"ochre 1\"");
  parts = {};
  parts.metadata["format"] = "ochre 2";
  check_error(parts, "found \"ochre 2\", expected \"ochre 1\"");
  parts = {};
  parts.metadata.erase("network");
  check_error(parts, "\"network\": found none");
  parts = {};
  parts.metadata["network"] = "network n\ninput x channels=1\npool p\n";
  check_error(parts, "line 3: unknown kind `pool`");
  parts = {};
  parts.values.erase("a.bias");
  check_error(parts, "a.bias");
  parts = {};
  parts.values["c.weight"] = {1};
  check_error(parts, "c.weight");
  parts = {};
  parts.shapes["a.weight"] = {1, 2, 1, 1};
  check_error(parts, "a.weight");
  parts = {};
  parts.values["a.bias"] = {0, std::nanf("")};
  check_error(parts, "a.bias");
  parts.values["a.bias"] = {std::numeric_limits<float>::infinity(), 0};
  check_error(parts, "a.bias");
  CHECK(error_of<double>(parts).find("infinity") != std::string::npos);
  parts = {};
  parts.values["b.running_var"] = {1, -1};
  check_error(parts, "layer b: running_var[1]");
}

}  // namespace
