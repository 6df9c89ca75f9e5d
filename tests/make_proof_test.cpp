// A proof made here is one that verify_proof() replays, and that other weights do not pass.
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/audit/make_proof.hpp>
#include <ochre/network/random_weights.hpp>

using namespace ochre;

namespace {

constexpr char small_network[] = R"(network small
input lightness channels=1
conv2d first out=3 kernel=3 stride=2 padding=1
relu active
conv2d beside out=2 kernel=1 from=first
conv_transpose2d up out=2 kernel=4 stride=2 padding=1 from=active
sigmoid behind
output up
)";

using Change = std::function<void(const RequiredTensor&, std::span<double>)>;

Result<Network<double>> make_network(const std::string& text, const Change& change = {}) {
  return Network<double>::create(parse_network(text).value(),
                                 [&](const RequiredTensor& tensor, std::span<double> values) -> Status {
                                   Status status = random_weights<double>(1)(tensor, values);
                                   if (change) change(tensor, values);
                                   return status;
                                 });
}

// A model file of the network's random weights in float, with a proof.
std::vector<std::byte> model_file(const std::string& text, const std::string& proof) {
  const auto network = parse_network(text).value();
  std::vector<std::vector<std::byte>> bytes;
  std::vector<TensorEntry> tensors;
  const auto required = network.tensors();
  bytes.reserve(required.size());
  for (const RequiredTensor& tensor : required) {
    Index count = 1;
    for (const Index side : tensor.shape) count *= side;
    std::vector<double> values(static_cast<std::size_t>(count));
    REQUIRE(random_weights<double>(1)(tensor, values));
    bytes.push_back(little_endian_bytes(std::vector<float>(values.begin(), values.end())));
    tensors.push_back({tensor.name, Dtype::f32, tensor.shape, bytes.back()});
  }
  return write_safetensors(tensors, {{"format", std::string(model_format)}, {"network", text}, {"proof", proof}})
      .value();
}

}  // namespace

TEST_CASE("make_proof: what is made is held by the same weights, and by no others") {
  const auto network = make_network(small_network);
  REQUIRE(network);
  const auto run = audit::run_for_proof(*network);
  REQUIRE(run);
  const std::string text = audit::proof_text(network->description(), *run);
  CHECK(text == audit::proof_text(network->description(), audit::run_for_proof(*network).value()));
  const auto proof = audit::parse_proof(text);
  REQUIRE(proof);
  REQUIRE(proof->layers.size() == 5);
  for (const audit::ProofLayer& layer : proof->layers) CHECK(layer.samples.size() == 8);
  CHECK(proof->layers[0].samples.back().index == proof->layers[0].shape.size() - 1);

  auto file = model_file(small_network, text);
  const auto report = audit::verify_proof(Model::parse(file).value());
  REQUIRE(report);
  CHECK(report->first_failure() == nullptr);
  CHECK(report->computed_by.find("ochre") == 0);
  file.back() ^= std::byte{0x01};  // the lowest byte but three of a weight
  const auto spoilt = audit::verify_proof(Model::parse(file).value());
  REQUIRE(spoilt);
  CHECK(spoilt->first_failure() != nullptr);
}

TEST_CASE("make_proof: a small layer, and a network that needs a larger input") {
  const auto tiny = make_network("network n\ninput x channels=1\nconv2d y out=1 kernel=24x40\noutput y\n");
  REQUIRE(tiny);
  const auto run = audit::run_for_proof(*tiny);
  REQUIRE(run);
  const auto proof = audit::parse_proof(audit::proof_text(tiny->description(), *run));
  REQUIRE(proof);
  CHECK(proof->layers[0].samples.size() == 1);

  const auto large = make_network("network n\ninput x channels=1\nconv2d y out=1 kernel=30\noutput y\n");
  REQUIRE(large);
  CHECK(audit::run_for_proof(*large).value().shape == Shape{1, 1, 32, 64});
  const auto larger = make_network("network n\ninput x channels=1\nconv2d y out=1 kernel=100\noutput y\n");
  REQUIRE(larger);
  CHECK_FALSE(audit::run_for_proof(*larger));
}

TEST_CASE("make_proof: a layer that gives no finite numbers is named") {
  const auto network = make_network(small_network, [](const RequiredTensor& tensor, std::span<double> values) {
    if (tensor.name == "beside.weight") values[0] = 1e308;
  });
  REQUIRE(network);
  const auto run = audit::run_for_proof(*network);
  REQUIRE_FALSE(run);
  CHECK(run.error().message().find("layer beside") != std::string::npos);
}

TEST_CASE("make_proof: differences are each layer's own, as a share of its rms") {
  const auto exact = make_network(small_network);
  const auto changed = make_network(small_network, [](const RequiredTensor& tensor, std::span<double> values) {
    if (tensor.name == "up.weight") values[0] *= 1.001;
  });
  const auto run = audit::run_for_proof(*exact).value();
  const auto same = audit::layer_differences(run, audit::run_for_proof(*exact).value());
  for (const double difference : same) CHECK(difference == 0.0);
  const auto differences = audit::layer_differences(run, audit::run_for_proof(*changed).value());
  CHECK(differences[0] == 0.0);
  CHECK(differences[2] == 0.0);
  CHECK(differences[3] > 1e-6);
  CHECK(differences[3] < 1e-1);
}
