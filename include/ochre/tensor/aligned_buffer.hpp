// An owning array on a 64-byte boundary (one cache line, one AVX-512 vector), zero at creation. T is a plain number.
// Failure to allocate is an Error, not an exception. Large arrays are pages of the system's: they go back to it when
// they are freed (the heap would keep the holes that loading a network leaves), are touched first by whoever fills
// them, so that threads share that cost, and lie in huge pages where there are any: without, 3 to 5 % of an engine's
// time goes to address translation. Tested by aligned_buffer_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/platform/pages.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

// When a large array may get huge pages. `later`: once prefer_huge_pages() is called, and then when the system finds
// the time. A virtual machine may have to ask its host for each fresh huge page, a millisecond for 2 MB; ordinary ones
// it mostly has left over. So what is large and filled before the first result (packed weights) waits: ECCV16 then
// loads in 0.3 s instead of 0.9.
enum class HugePages { at_once, later };

// An array of plain numbers of its own, on a 64-byte boundary, zero at creation. Move-only.
template <class T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  static constexpr std::size_t alignment = 64;
  static constexpr Index large = 1 << 20;  // bytes; a page fault costs less than a thousandth of filling that much

  AlignedBuffer() = default;  // empty
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~AlignedBuffer() {
    if (bytes() >= large) {
      platform::free_pages(data_, static_cast<std::size_t>(bytes()));
    } else if (data_ != nullptr) {
      ::operator delete (data_, std::align_val_t{alignment});
    }
  }

  // count >= 0 elements, all zero.
  static Result<AlignedBuffer> create(Index count, HugePages pages = HugePages::at_once) {
    const auto bytes = checked_product({count, Index{sizeof(T)}});
    if (!bytes) return Error{ErrorCode::too_large, "a buffer of " + std::to_string(count) + " elements"};
    AlignedBuffer buffer;
    if (count == 0) return buffer;
    buffer.data_ = static_cast<T*>(allocate(static_cast<std::size_t>(*bytes)));
    if (buffer.data_ == nullptr) {
      return Error{ErrorCode::out_of_memory, "no memory for " + std::to_string(*bytes) + " bytes"};
    }
    buffer.size_ = count;
    if (*bytes < large) std::uninitialized_fill_n(buffer.data_, count, T{});
    if (pages == HugePages::at_once) buffer.prefer_huge_pages();
    return buffer;
  }

  // A wish: nothing is lost if it is refused.
  void prefer_huge_pages() noexcept {
    if (bytes() >= large) platform::prefer_huge_pages(data_, static_cast<std::size_t>(bytes()));
  }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  Index size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const T> span() const noexcept { return {data(), static_cast<std::size_t>(size_)}; }

 private:
  // Zero if it is large.
  static void* allocate(std::size_t bytes) noexcept {
    if (bytes >= std::size_t{large}) return platform::allocate_pages(bytes);
    return ::operator new (bytes, std::align_val_t{alignment}, std::nothrow);
  }

  Index bytes() const noexcept { return size_ * static_cast<Index>(sizeof(T)); }

  T* data_ = nullptr;
  Index size_ = 0;
};

}  // namespace ochre::inline v0
