// How often operator new was called, in any thread, and calls that fail: allocations.cpp replaces it for the whole test
// program.
#pragma once

#include <cstdint>

namespace ochre::test {

std::int64_t allocations() noexcept;

// While it lives, the allocation of that number from now on (1: the next one) finds no memory. One at a time.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::int64_t number) noexcept;
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  bool failed() const noexcept;  // has it come to that?

 private:
  std::int64_t at_;
};

}  // namespace ochre::test
