// The verb verify: exit 0 only if every layer holds.
#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

TEST_CASE("verify: exit 0 only if every layer holds") {
  const TemporaryFolder folder;
  const auto verify = [&](const TinyModel& tiny, const Json& proof, const Words& more = {}) {
    TinyModel with_proof = tiny;
    if (!proof.is_null()) with_proof.metadata["proof"] = proof.dump();
    Words words{"verify", folder.write("m", with_proof.bytes())};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  };
  const TinyModel tiny;
  const Json proof = tiny.proof();
  const Outcome good = verify(tiny, proof);
  CAPTURE(good.err);
  CHECK(good.code == 0);
  CHECK(good.out.find("2 of 2 layers hold") != std::string::npos);
  CHECK(longest_line(good.out) <= 80);
  CHECK(verify(tiny, proof, {"--quiet"}).out.find("2 of 2 layers hold") == 0);

  TinyModel changed = tiny;
  changed.slope[1] = std::nextafter(changed.slope[1], 0.0f);
  const Outcome wrong_weight = verify(changed, proof);
  CHECK(wrong_weight.code == 1);
  CHECK(wrong_weight.says("layer colours: "));
  CHECK(wrong_weight.says("expected"));
  CHECK(wrong_weight.out.find("FAILS") != std::string::npos);
  CHECK(wrong_weight.out.find("layers hold") == std::string::npos);
  CHECK(wrong_weight.error_lines() == 1);

  Json wrong = proof;
  wrong["layers"][0]["samples"][1][1] = 0.5;
  const Outcome wrong_sample = verify(tiny, wrong);
  CHECK(wrong_sample.code == 1);
  CHECK(wrong_sample.says("layer normalise: sample at 5: found -0.375, expected 0.5"));

  wrong = proof;
  wrong["layers"].erase(1);
  CHECK(verify(tiny, wrong).code == 1);
  CHECK(verify(tiny, wrong).says("layer colours"));

  // What takes too much to be replayed is no failed check.
  TinyModel tower;
  tower.network.insert(tower.network.find("output"), "upsample wide from=normalise factor=43000\n");
  Json claim = proof;
  claim["layers"].push_back(claim["layers"][0]);
  claim["layers"][2]["name"] = "wide";
  claim["layers"][2]["shape"] = {1, 1, 2 * 43000, 3 * 43000};
  const Outcome too_large = verify(tower, claim);
  CHECK(too_large.code == 3);
  CHECK(too_large.says("proof: the layers on an input [1,1,2,3] take"));
  CHECK(too_large.error_lines() == 1);

  const Outcome none = verify(tiny, nullptr);
  CHECK(none.code == 1);
  CHECK(none.says("\"proof\": found none"));
}
