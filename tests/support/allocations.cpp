#include "allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace {

std::atomic<std::int64_t> count{0};
std::atomic<std::int64_t> fails_at{0};  // the number of the allocation that fails; 0: none

// Windows has a heap of its own for what has an alignment.
#if defined(_WIN32)
void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept { return _aligned_malloc(size, alignment); }
void free_aligned(void* memory) noexcept { _aligned_free(memory); }
#else
void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return rounded < size ? nullptr : std::aligned_alloc(alignment, rounded);
}
void free_aligned(void* memory) noexcept { std::free(memory); }
#endif

constexpr std::size_t ordinary = 0;  // the alignment of malloc

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (count.fetch_add(1, std::memory_order_relaxed) + 1 == fails_at.load(std::memory_order_relaxed)) return nullptr;
  return alignment == ordinary ? std::malloc(size == 0 ? 1 : size) : allocate_aligned(size, alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  if (void* memory = allocate(size, alignment)) return memory;
  throw std::bad_alloc();
}

}  // namespace

std::int64_t ochre::test::allocations() noexcept { return count.load(std::memory_order_relaxed); }

ochre::test::FailingAllocation::FailingAllocation(std::int64_t number) noexcept : at_(allocations() + number) {
  fails_at.store(at_, std::memory_order_relaxed);
}
ochre::test::FailingAllocation::~FailingAllocation() { fails_at.store(0, std::memory_order_relaxed); }
bool ochre::test::FailingAllocation::failed() const noexcept { return allocations() >= at_; }

void* operator new(std::size_t size) { return allocate_or_throw(size, ordinary); }
void* operator new[](std::size_t size) { return allocate_or_throw(size, ordinary); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, ordinary); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, ordinary); }
void* operator new(std::size_t size, std::align_val_t to) { return allocate_or_throw(size, std::size_t(to)); }
void* operator new[](std::size_t size, std::align_val_t to) { return allocate_or_throw(size, std::size_t(to)); }
void* operator new(std::size_t size, std::align_val_t to, const std::nothrow_t&) noexcept {
  return allocate(size, std::size_t(to));
}
void* operator new[](std::size_t size, std::align_val_t to, const std::nothrow_t&) noexcept {
  return allocate(size, std::size_t(to));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { free_aligned(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { free_aligned(memory); }
