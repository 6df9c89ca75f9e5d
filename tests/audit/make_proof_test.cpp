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
  const std::string text = make_proof(*network).value();
  CHECK(text == make_proof(*network).value());
  const auto proof = parse_proof(text);
  REQUIRE(proof);
  REQUIRE(proof->layers.size() == 5);
  for (const ProofLayer& layer : proof->layers) CHECK(layer.samples.size() == 8);
  CHECK(proof->layers[0].samples.back().index == proof->layers[0].shape.size() - 1);

  auto file = model_file(small_network, text);
  const auto report = verify_proof(Model::parse(file).value());
  REQUIRE(report);
  CHECK(report->first_failure() == nullptr);
  CHECK(report->computed_by.find("ochre") == 0);
  file.back() ^= std::byte{0x01};  // the lowest byte but three of a weight
  const auto spoilt = verify_proof(Model::parse(file).value());
  REQUIRE(spoilt);
  CHECK(spoilt->first_failure() != nullptr);
}

TEST_CASE("make_proof: a small layer, and a network that needs a larger input") {
  const auto tiny = make_network("network n\ninput x channels=1\nconv2d y out=1 kernel=24x40\noutput y\n");
  REQUIRE(tiny);
  const auto proof = parse_proof(make_proof(*tiny).value());
  REQUIRE(proof);
  CHECK(proof->layers[0].samples.size() == 1);

  const auto large = make_network("network n\ninput x channels=1\nconv2d y out=1 kernel=30\noutput y\n");
  REQUIRE(large);
  CHECK(*proof_shape(large->description()) == Shape{1, 1, 32, 64});
  CHECK(parse_proof(make_proof(*large).value())->input_shape == Shape{1, 1, 32, 64});
  const auto larger = make_network("network n\ninput x channels=1\nconv2d y out=1 kernel=100\noutput y\n");
  REQUIRE(larger);
  CHECK_FALSE(make_proof(*larger));
}

TEST_CASE("make_proof: a table of constants settles the size of the input") {
  const auto shape_of = [](const std::string& layers) {
    const auto network = parse_network("network n\ninput x channels=1\n" + layers + "output y\n");
    REQUIRE(network);
    const auto shape = proof_shape(*network);
    REQUIRE(shape);
    return *shape;
  };
  CHECK(shape_of("constant t channels=2 height=7 width=9\nconv2d y out=2 kernel=3\n") == Shape{1, 1, 7, 9});
  CHECK(shape_of("constant t channels=1 width=9\nrelu y\n") == Shape{1, 1, 24, 9});
  CHECK(shape_of("constant t channels=3\nrelu y\n") == Shape{1, 1, 24, 40});
}

TEST_CASE("make_proof: a layer that gives no finite numbers is named") {
  const auto network = make_network(small_network, [](const RequiredTensor& tensor, std::span<double> values) {
    if (tensor.name == "beside.weight") values[0] = 1e308;
  });
  REQUIRE(network);
  const auto proof = make_proof(*network);
  REQUIRE_FALSE(proof);
  CHECK(proof.error().message().find("layer beside") != std::string::npos);
  const auto before = make_network(small_network);
  CHECK_FALSE(make_rounded_proof(*network, *before));
  CHECK_FALSE(make_rounded_proof(*before, *network));
}

TEST_CASE("make_proof: differences are each layer's own, as a share of its rms") {
  const auto exact = make_network(small_network);
  const auto changed = make_network(small_network, [](const RequiredTensor& tensor, std::span<double> values) {
    if (tensor.name == "up.weight") values[0] *= 1.001;
  });
  const auto same = make_rounded_proof(*exact, make_network(small_network).value()).value();
  CHECK(same.text == make_proof(*exact).value());
  REQUIRE(same.differences.size() == 5);
  for (const double difference : same.differences) CHECK(difference == 0.0);
  const auto proof = make_rounded_proof(*changed, *exact).value();
  CHECK(proof.text == make_proof(*changed).value());
  const auto& differences = proof.differences;
  CHECK(differences[0] == 0.0);
  CHECK(differences[2] == 0.0);
  CHECK(differences[3] > 1e-6);
  CHECK(differences[3] < 1e-1);
  const auto other = make_network("network n\ninput x channels=1\nrelu y\noutput y\n");
  CHECK_FALSE(make_rounded_proof(*other, *exact));
}

TEST_CASE("make_proof: a network beyond the limits is refused before a layer runs") {
  const auto network =
      parse_network("network n\ninput x channels=1\nupsample u factor=4096\ndownsample d stride=4096\noutput d\n");
  const auto shape = proof_shape(*network);
  REQUIRE_FALSE(shape);
  CHECK(shape.error().code == ErrorCode::too_large);
  CHECK(shape.error().message().find("proof: the layers on an input [1,1,24,40] take") == 0);
}
