// What containers throw becomes a value, and nothing else does.
#include <doctest/doctest.h>

#include <new>
#include <stdexcept>

#include <ochre/base/no_memory.hpp>

namespace {

using namespace ochre;

TEST_CASE("no memory: what containers throw becomes an error") {
  CHECK(base::catch_no_memory([]() -> Result<int> { return 3; }).value() == 3);
  const auto none = base::catch_no_memory([]() -> Status { throw std::bad_alloc(); });
  CHECK(none.error().code == ErrorCode::out_of_memory);
  const auto large = base::catch_no_memory([]() -> Result<int> { throw std::length_error("a vector"); });
  CHECK(large.error().code == ErrorCode::too_large);
  CHECK_THROWS_AS((void)base::catch_no_memory([]() -> Status { throw std::logic_error("a fault of ours"); }),
                  std::logic_error);
}

}  // namespace
