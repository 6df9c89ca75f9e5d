// Every allocation on the way from a network's text to its result is refused once: an error each time, nothing thrown,
// and the next attempt works.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <ochre/base/no_memory.hpp>

#include "support/allocations.hpp"
#include "support/engine_network.hpp"

namespace {

using namespace ochre;

// Calls attempt() with one allocation after the other refused, until all were; how many were.
template <class Attempt>
int refuse_each(const Attempt& attempt) {
  int refused = 0;
  for (std::int64_t number = 1;; ++number) {
    const test::FailingAllocation failing(number);
    bool threw = false;
    bool ok = false;
    ErrorCode code = ErrorCode::io;
    try {
      const auto made = attempt();
      ok = static_cast<bool>(made);
      if (!ok) code = made.error().code;
    } catch (const std::exception&) {
      threw = true;
    }
    CAPTURE(number);
    REQUIRE(!threw);
    if (!failing.failed()) {
      CHECK(ok);
      return refused;
    }
    ++refused;
    if (!ok) CHECK(code == ErrorCode::out_of_memory);
  }
}

TEST_CASE("no memory: what containers throw becomes an error") {
  CHECK(catch_no_memory([]() -> Result<int> { return 3; }).value() == 3);
  const auto none = catch_no_memory([]() -> Status { throw std::bad_alloc(); });
  CHECK(none.error().code == ErrorCode::out_of_memory);
  const auto large = catch_no_memory([]() -> Result<int> { throw std::length_error("a vector"); });
  CHECK(large.error().code == ErrorCode::too_large);
  CHECK_THROWS_AS(catch_no_memory([]() -> Status { throw std::logic_error("a fault of ours"); }), std::logic_error);
}

TEST_CASE("no memory: an engine and its workspace refuse with an error wherever it runs out") {
  const auto network = parse_network(test::chain.text).value();
  const auto weights = random_weights<float>(1);
  const EngineOptions options{.input = test::chain.input, .threads = 2};
  CHECK(refuse_each([&] { return Engine::create(network, weights, options); }) > 50);
  const auto engine = Engine::create(network, weights, options).value();
  const auto make = [&] { return engine.make_workspace({.input = test::chain.input, .threads = 2}); };
  CHECK(refuse_each(make) > 50);
}

}  // namespace
