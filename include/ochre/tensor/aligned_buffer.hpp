// An owning array on a 64-byte boundary (one cache line, one AVX-512 vector), zero-filled at creation.
// T is a plain number. Failure to allocate is an Error, not an exception.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

template <class T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  static constexpr std::size_t alignment = 64;

  AlignedBuffer() = default;  // empty

  // count >= 0 elements, all zero.
  static Result<AlignedBuffer> create(Index count) {
    const auto bytes = checked_product({count, Index{sizeof(T)}});
    if (!bytes) return Error{ErrorCode::too_large, "a buffer of " + std::to_string(count) + " elements"};
    AlignedBuffer buffer;
    if (count == 0) return buffer;
    void* memory = ::operator new (static_cast<std::size_t>(*bytes), std::align_val_t{alignment}, std::nothrow);
    if (memory == nullptr) {
      return Error{ErrorCode::out_of_memory, "no memory for " + std::to_string(*bytes) + " bytes"};
    }
    buffer.data_.reset(static_cast<T*>(memory));
    buffer.size_ = count;
    std::uninitialized_fill_n(buffer.data_.get(), count, T{});
    return buffer;
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  Index size() const noexcept { return size_; }
  std::span<T> span() noexcept { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const T> span() const noexcept { return {data(), static_cast<std::size_t>(size_)}; }

 private:
  struct Free {
    void operator()(T* memory) const noexcept { ::operator delete (memory, std::align_val_t{alignment}); }
  };
  std::unique_ptr<T[], Free> data_;
  Index size_ = 0;
};

}  // namespace ochre::inline v0
