// The verb known: the public files, for people and as JSON.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/program.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

TEST_CASE("known: the public files, for people and as JSON") {
  const Outcome table = run_program({"known"});
  CHECK(table.code == 0);
  CHECK(table.out.find("siggraph17-df00044c.pth") != std::string::npos);
  const Json files = Json::parse(run_program({"known", "--json"}).out);
  REQUIRE(files.size() >= 5);
  for (const Json& file : files) {
    CHECK(file["sha256"].get<std::string>().size() == 64);
    for (const char* key : {"name", "network", "what", "bytes", "licence", "address"}) CHECK(file.contains(key));
  }
}
