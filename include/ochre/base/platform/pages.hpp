// Memory straight from the system: pages that are zero, are there only once they are touched, and go back when they are
// freed. Tested by aligned_buffer_test.cpp.
#pragma once

#include <cstddef>

#include <ochre/base/platform/system.hpp>

#if defined(OCHRE_WINDOWS)
#include <ochre/base/platform/windows_api.hpp>
#elif defined(OCHRE_POSIX)
#include <sys/mman.h>
#else
#include <cstring>
#include <new>
#endif

namespace ochre::inline v0::platform {

// On a boundary of 64 bytes at least; null if there is no memory. bytes > 0.
inline void* allocate_pages(std::size_t bytes) noexcept {
#if defined(OCHRE_WINDOWS)
  constexpr unsigned long reserve_and_commit = 0x3000, read_and_write = 4;
  return ::VirtualAlloc(nullptr, bytes, reserve_and_commit, read_and_write);
#elif defined(OCHRE_POSIX)
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
#else
  void* pages = ::operator new (bytes, std::align_val_t{64}, std::nothrow);
  return pages == nullptr ? nullptr : std::memset(pages, 0, bytes);
#endif
}

// What allocate_pages(bytes) gave.
inline void free_pages(void* pages, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(OCHRE_WINDOWS)
  constexpr unsigned long release = 0x8000;
  ::VirtualFree(pages, 0, release);
#elif defined(OCHRE_POSIX)
  ::munmap(pages, bytes);
#else
  ::operator delete (pages, std::align_val_t{64});
#endif
}

// A wish, which only Linux hears: Windows gives large pages to users with a privilege alone.
inline void prefer_huge_pages([[maybe_unused]] void* pages, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(OCHRE_POSIX) && defined(MADV_HUGEPAGE)
  ::madvise(pages, bytes, MADV_HUGEPAGE);
#endif
}

}  // namespace ochre::inline v0::platform
