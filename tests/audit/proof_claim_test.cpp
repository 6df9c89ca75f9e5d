// Proofs that claim too much are refused before a layer is built, those of real networks are not.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <ochre/audit/proof_claim.hpp>
#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/description_parser.hpp>

#include "support/layers_text.hpp"

namespace {

using namespace ochre;

Status check(const std::string& body, const Shape& input) {
  return audit::check_proof_claim(test::network_of_layers(body, input.c), input);
}

void check_refused(const std::string& body, const Shape& input, const char* what) {
  CAPTURE(body.substr(0, 200));
  const Status status = check(body, input);
  REQUIRE(!status);
  CAPTURE(status.error().message());
  CHECK(status.error().code == ErrorCode::too_large);
  CHECK(status.error().message().find(what) != std::string::npos);
  CHECK(status.error().message().find("expected at most") != std::string::npos);
  CHECK(status.error().message().find("e+") == std::string::npos);
}

// `line` so often, N in it the number.
std::string repeated(const std::string& line, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    std::string copy = line;
    for (std::size_t at = 0; (at = copy.find('N', at)) != std::string::npos;) copy.replace(at, 1, std::to_string(i));
    all += copy + "\n";
  }
  return all;
}

TEST_CASE("proof claim: the public networks stay below the limits on every input that ochre makes") {
  for (const auto text : {models::street, models::eccv16, models::siggraph17}) {
    const auto network = parse_network(text).value();
    for (const Extent size : {Extent{32, 64}, Extent{64, 128}}) {
      CHECK(audit::check_proof_claim(network, {1, network.input_channels, size.h, size.w}));
    }
  }
}

TEST_CASE("proof claim: too much memory") {
  check_refused("upsample a factor=43000\ndownsample z stride=16384", {1, 1, 1, 1}, "bytes of memory");
  check_refused(repeated("upsample aN factor=16", 4) + "downsample z stride=65536", {1, 1, 1, 1}, "bytes of memory");
  check_refused("pad a top=65536 left=65536\ndownsample z stride=65536", {1, 1, 1, 1}, "bytes of memory");
  check_refused("conv2d a out=1 kernel=1 padding=65536\ndownsample z stride=65536", {1, 1, 1, 1}, "bytes of memory");
  check_refused("conv_transpose2d a out=1 kernel=1 stride=64\nupsample u factor=1024\ndownsample z stride=65536",
                {1, 1, 2, 2}, "bytes of memory");
  check_refused("conv_transpose2d z out=1 kernel=100 padding=100", {1, 1, 150, 150}, "bytes of memory");
  check_refused("conv2d a out=65536 kernel=1\ntanh z", {1, 1, 24, 40}, "bytes of memory");
  // Many small ones that are all read at the end.
  check_refused(
      "upsample u factor=200\n" + repeated("tanh aN from=u", 1000) + repeated("add bN from=aN,u", 1000) + "relu z",
      {1, 16, 1, 1}, "bytes of memory");
  std::string held = "upsample u factor=512\n" + repeated("tanh aN from=u", 63) + "add z from=u";
  for (int i = 0; i < 63; ++i) held += ",a" + std::to_string(i);
  check_refused(held, {1, 1, 1, 1}, "bytes of memory");
  check_refused(repeated("conv2d aN out=65536 kernel=1 groups=65536", 15) + "tanh z", {1, 65536, 1, 1},
                "bytes of memory");
}

TEST_CASE("proof claim: too much work") {
  check_refused(repeated("tanh aN", 2000) + "tanh z", {1, 1, 1024, 1024}, "multiply-adds");
  check_refused("conv2d a out=512 kernel=61 padding=30\ntanh z", {1, 512, 40, 40}, "multiply-adds");
  check_refused(repeated("conv2d aN out=16 kernel=255 padding=127", 3) + "tanh z", {1, 16, 100, 100}, "multiply-adds");
  // A picture of one pixel many times: each is a product of its own.
  check_refused(repeated("conv2d aN out=1024 kernel=1 groups=1024", 20) + "tanh z", {1024, 1024, 1, 1},
                "multiply-adds");
  CHECK(check(repeated("tanh aN", 100) + "tanh z", {1, 1, 1024, 1024}));
}

TEST_CASE("proof claim: a large network may take twice its weights") {
  CHECK(!check("conv2d a out=20000 kernel=1\nconv2d z out=10 kernel=1", {1, 100, 24, 40}));
  CHECK(check("conv2d a out=20000 kernel=1\nconv2d z out=450 kernel=1", {1, 100, 24, 40}));
}

}  // namespace
