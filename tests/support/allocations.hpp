// How often operator new was called, in any thread: allocations.cpp replaces it for the whole test program.
#pragma once

#include <cstdint>

namespace ochre::test {

std::int64_t allocations() noexcept;

}  // namespace ochre::test
