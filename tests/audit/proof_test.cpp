// A small model with a proof made by the reference layers, which share nothing with the engine that replays it; then
// the same with one fault at a time, each of which must be found and named.
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <ochre/audit/proof.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/weights/safetensors_writer.hpp>

#include "support/reference_network.hpp"

using namespace ochre;
using json = nlohmann::ordered_json;  // names first, as the writers of proofs have it

namespace {

// Branches, a layer in place, one behind the output and one that nothing reads.
constexpr char tiny_network[] = R"(network tiny
input lightness channels=1
scale normalise factor=0.01 offset=-0.5
conv2d first out=4 kernel=3 stride=2 padding=1
batch_norm norm
relu active
conv2d left out=3 kernel=3 padding=2 dilation=2 from=active
conv2d right out=3 kernel=1 from=active
add sum from=left,right
conv_transpose2d up out=2 kernel=4 stride=2 padding=1
softmax behind
tanh beside from=norm
output up
)";
constexpr Shape input_shape{1, 1, 6, 8};

using Weights = std::map<std::string, std::vector<float>>;

Weights make_weights() {
  Weights weights;
  const auto network = parse_network(tiny_network).value();
  const auto source = random_weights<float>(1);
  for (const RequiredTensor& tensor : network.tensors()) {
    Index count = 1;
    for (const Index side : tensor.shape) count *= side;
    auto& values = weights[tensor.name];
    values.resize(static_cast<std::size_t>(count));
    REQUIRE(source(tensor, values).ok());
  }
  return weights;
}

json make_proof(const Weights& weights) {
  const auto network = parse_network(tiny_network).value();
  test::GoldenTensors tensors;
  for (const RequiredTensor& tensor : network.tensors()) {
    const auto& values = weights.at(tensor.name);
    tensors[tensor.name] = {tensor.shape, std::vector<double>(values.begin(), values.end())};
  }
  std::vector<double> input;
  for (Index i = 0; i < input_shape.size(); ++i) input.push_back(static_cast<double>(i * 37 % 101));
  const auto run = test::ReferenceNetwork(tiny_network, tensors).run({{input.data(), input_shape}});

  json proof{{"version", 1}, {"computed_by", "the reference layers"}};
  proof["input"] = {{"shape", {1, 1, 6, 8}}, {"values", input}};
  for (const LayerDescription& layer : network.layers) {
    const Tensor<double>& output = run.layers.at(layer.name).output;
    const Shape& shape = output.shape();
    const std::vector<double> values(output.data(), output.data() + shape.size());
    double sum = 0;
    double squares = 0;
    for (const double value : values) sum += value, squares += value * value;
    const double count = static_cast<double>(values.size());
    json samples;
    for (const std::size_t at : {std::size_t{0}, values.size() / 2, values.size() - 1}) {
      samples.push_back({at, values[at]});
    }
    proof["layers"].push_back({{"name", layer.name},
                               {"shape", {shape.n, shape.c, shape.h, shape.w}},
                               {"min", *std::min_element(values.begin(), values.end())},
                               {"max", *std::max_element(values.begin(), values.end())},
                               {"mean", sum / count},
                               {"rms", std::sqrt(squares / count)},
                               {"samples", samples}});
  }
  return proof;
}

Result<ProofReport> verify(const Weights& weights, Metadata metadata) {
  metadata["format"] = model_format;
  metadata["network"] = tiny_network;
  std::vector<std::vector<std::byte>> bytes;
  std::vector<TensorEntry> entries;
  for (const RequiredTensor& tensor : parse_network(tiny_network).value().tensors()) {
    bytes.push_back(little_endian_bytes(weights.at(tensor.name)));
    entries.push_back({tensor.name, Dtype::f32, tensor.shape, bytes.back()});
  }
  const auto file = write_safetensors(entries, metadata).value();
  const auto model = Model::parse(file).value();
  return verify_proof(model);
}

Result<ProofReport> verify(const Weights& weights, const std::string& proof) {
  return verify(weights, Metadata{{"proof", proof}});
}

std::string message_of(const Result<ProofReport>& report) { return report ? "" : report.error().message(); }

}  // namespace

TEST_CASE("a correct proof holds, for every layer") {
  const Weights weights = make_weights();
  const auto report = verify(weights, make_proof(weights).dump());
  REQUIRE_MESSAGE(report, message_of(report));
  CHECK(report->computed_by == "the reference layers");
  CHECK(report->input_shape == input_shape);
  CHECK(report->first_failure() == nullptr);
  CHECK(report->largest_error() < proof_tolerance / 10);
  const std::vector<std::string> names{"normalise", "first", "norm", "active", "left",
                                       "right",     "sum",   "up",   "behind", "beside"};
  REQUIRE(report->layers.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(report->layers[i].name == names[i]);
  CHECK(report->layers[1].kind == "conv2d");
  CHECK(report->layers[1].shape == Shape{1, 4, 3, 4});
}

TEST_CASE("a weight that changed is found in its layer") {
  const Weights weights = make_weights();
  const std::string proof = make_proof(weights).dump();
  for (const auto& tensor : weights) {
    const std::string& name = tensor.first;
    CAPTURE(name);
    Weights spoilt = weights;
    spoilt[name][0] = std::nextafter(tensor.second[0], 10.0f);  // the smallest change there is
    const auto report = verify(spoilt, proof);
    REQUIRE_MESSAGE(report, message_of(report));
    REQUIRE(report->first_failure() != nullptr);
    CHECK(report->first_failure()->name == name.substr(0, name.find('.')));
    CHECK(report->largest_error() > proof_tolerance);
    CHECK(report->first_failure()->failure.find("expected") != std::string::npos);
  }
}

TEST_CASE("a number of the proof that changed is found, with its name") {
  const Weights weights = make_weights();
  const json proof = make_proof(weights);
  for (std::size_t layer = 0; layer < proof["layers"].size(); ++layer) {
    const auto check = [&](const std::string& what, const std::function<void(json&)>& spoil) {
      json spoilt = proof;
      spoil(spoilt["layers"][layer]);
      const auto report = verify(weights, spoilt.dump());
      REQUIRE_MESSAGE(report, message_of(report));
      for (std::size_t i = 0; i < report->layers.size(); ++i) {
        CAPTURE(i);
        CHECK(report->layers[i].holds() == (i != layer));
      }
      CHECK(report->first_failure()->failure.find(what) == 0);
    };
    CAPTURE(layer);
    // A relative change of 1e-11, from the layer's rms, so that a zero changes too.
    const double change = 1e-11 * proof["layers"][layer]["rms"].get<double>();
    for (const char* key : {"min", "max", "mean"}) {
      check(key, [&](json& entry) { entry[key] = entry[key].get<double>() + (key[1] == 'i' ? -change : change); });
    }
    check("rms", [&](json& entry) { entry["rms"] = entry["rms"].get<double>() + change; });
    check("sample at 0", [&](json& entry) { entry["samples"][0][1] = entry["samples"][0][1].get<double>() + change; });
    check("sample at ", [&](json& entry) { entry["samples"][2][1] = entry["samples"][2][1].get<double>() - change; });
  }
}

TEST_CASE("a proof that does not fit its network is refused, with the layer's name") {
  const Weights weights = make_weights();
  const json proof = make_proof(weights);
  struct Case {
    const char* name;
    std::function<void(json&)> spoil;
    std::vector<std::string> expected;
  };
  const auto rename = [](json& p) { p["layers"][2]["name"] = "another"; };
  const auto erase = [](json& list, int which) { list.erase(static_cast<std::size_t>(which)); };
  const std::vector<Case> cases{
      {"a layer is missing", [&](json& p) { erase(p["layers"], 3); }, {"layer active", "named left"}},
      {"the last layer is missing", [&](json& p) { erase(p["layers"], 9); }, {"layer beside", "found no entry"}},
      {"a layer too many", [](json& p) { p["layers"].push_back(p["layers"][0]); }, {"layer normalise", "expected no"}},
      {"no layers", [](json& p) { p["layers"] = json::array(); }, {"layer normalise", "found no entry"}},
      {"another name", rename, {"layer norm", "named another"}},
      {"two swapped", [](json& p) { std::swap(p["layers"][4], p["layers"][5]); }, {"layer left", "named right"}},
      {"another shape",
       [](json& p) {
         p["layers"][1]["shape"] = {1, 4, 4, 3};
       },
       {"layer first", "[1,4,4,3]"}},
      {"an index beyond the end", [](json& p) { p["layers"][1]["samples"][0][0] = 48; }, {"layer first", "at 48"}},
      {"a negative index", [](json& p) { p["layers"][1]["samples"][0][0] = -1; }, {"layer first", "found '-'"}},
      {"an index that is no integer", [](json& p) { p["layers"][1]["samples"][0][0] = 1.5; }, {"layer first"}},
      {"a sample of three", [](json& p) { p["layers"][1]["samples"][0].push_back(1); }, {"layer first", "3 numbers"}},
      {"a sample of one", [&](json& p) { erase(p["layers"][1]["samples"][0], 1); }, {"layer first", "1 numbers"}},
      {"no samples", [](json& p) { p["layers"][1]["samples"] = json::array(); }, {"layer first", "no samples"}},
      {"no mean", [](json& p) { p["layers"][1].erase("mean"); }, {"layer first", "no \"mean\""}},
      {"an unknown key", [](json& p) { p["layers"][1]["median"] = 1; }, {"layer first", "unknown key \"median\""}},
      {"a layer without a name", [](json& p) { p["layers"][1].erase("name"); }, {"layer number 2", "no \"name\""}},
      {"min above max", [](json& p) { p["layers"][1]["min"] = 1e9; }, {"layer first", "min <= max"}},
      {"a negative rms", [](json& p) { p["layers"][1]["rms"] = -1; }, {"layer first", "rms >= 0"}},
      {"a text for a number", [](json& p) { p["layers"][1]["rms"] = "1"; }, {"layer first", "expected a number"}},
      {"null for a number", [](json& p) { p["layers"][1]["rms"] = nullptr; }, {"layer first", "expected a number"}},
      {"a shape of three",
       [](json& p) {
         p["layers"][1]["shape"] = {4, 3, 4};
       },
       {"layer first", "[4,3,4]"}},
      {"a shape of five",
       [](json& p) {
         p["layers"][1]["shape"] = {1, 1, 4, 3, 4};
       },
       {"layer first", "a fifth side"}},
      {"a shape of nothing",
       [](json& p) {
         p["layers"][1]["shape"] = {1, 0, 3, 4};
       },
       {"layer first", "[1,0,3,4]"}},
      {"too few input values", [&](json& p) { erase(p["input"]["values"], 0); }, {"input", "found 47", "expected 48"}},
      {"an input of two channels",
       [](json& p) {
         p["input"]["shape"] = {1, 2, 6, 4};
       },
       {"expected 1 channels"}},
      {"an overflowing input",
       [](json& p) {
         p["input"]["shape"] = {1, 1, 4000000000, 4000000000};
       },
       {"input", "shape", "4000000000"}},
      {"another version", [](json& p) { p["version"] = 2; }, {"version", "found 2", "expected 1"}},
      {"no input", [](json& p) { p.erase("input"); }, {"no \"input\""}},
      {"a list", [](json& p) { p = json::array({p}); }, {"found '['", "expected '{'"}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    json spoilt = proof;
    test.spoil(spoilt);
    const auto report = verify(weights, spoilt.dump());
    REQUIRE(!report);
    CAPTURE(report.error().message());
    CHECK(report.error().message().find("proof") == 0);
    for (const std::string& part : test.expected) CHECK(report.error().message().find(part) != std::string::npos);
  }
}

TEST_CASE("a proof's text is read strictly") {
  const Weights weights = make_weights();
  const std::string proof = make_proof(weights).dump();
  const auto refused = [&](const std::string& text) {
    CAPTURE(text.substr(0, 60));
    const auto report = verify(weights, text);
    CHECK(!report);
  };
  const auto with = [&](const std::string& number) {  // in place of the version
    std::string text = proof;
    const std::string was = "\"rms\":";
    const auto at = text.find(was) + was.size();
    return text.replace(at, text.find(',', at) - at, number);
  };
  REQUIRE(verify(weights, proof));
  REQUIRE(verify(weights, with("1")));
  for (const char* number : {"NaN", "nan", "Infinity", "-Infinity", "inf", "1e999", "-", "1.", ".5", "01", "1e", "1e+",
                             "0x10", "+1", "1 2", ""}) {
    refused(with(number));
  }
  for (const char* number : {"-0", "1E2", "1e-3", "0.5", "2.5e+1"}) {
    CAPTURE(number);
    CHECK(verify(weights, with(number)));
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, proof.size() / 2, proof.size() - 1}) {
    refused(proof.substr(0, length));
  }
  refused(proof + "x");
  refused(R"({"version":1,)" + proof.substr(1));
}

TEST_CASE("a model without a proof says so") {
  const auto report = verify(make_weights(), Metadata{});
  REQUIRE(!report);
  CHECK(report.error().code == ErrorCode::not_found);
  CHECK(report.error().message().find("proof") != std::string::npos);
}
