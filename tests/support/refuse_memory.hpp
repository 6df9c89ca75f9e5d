// Refuses every allocation of an attempt once, one after the other.
#pragma once

#include <exception>

#include <doctest/doctest.h>

#include <ochre/base/result.hpp>

#include "allocations.hpp"

namespace ochre::test {

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
      const auto result = attempt();
      ok = static_cast<bool>(result);
      if (!ok) code = result.error().code;
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

}  // namespace ochre::test
