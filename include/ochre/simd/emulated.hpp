// Registers of 128, 256 and 512 bits in plain C++, so that every machine can run the kernels at every width: the tests
// do, and tile.hpp gives them the same shapes as the real instruction sets. Each operation is the scalar one, lane by
// lane; fmadd is std::fma, with one rounding everywhere. Not made to be fast. Included by simd.hpp alone.
// Tested by simd_test.cpp, engine_kernels_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ochre::inline v0::simd {

template <int Bits>
struct Emulated {
  static_assert(Bits == 128 || Bits == 256 || Bits == 512);
  static constexpr const char* name() noexcept {
    return Bits == 128 ? "emulated128" : Bits == 256 ? "emulated256" : "emulated512";
  }
};

}  // namespace ochre::inline v0::simd

namespace xsimd {

template <class T, class Arch>
class batch;
template <class T, class Arch>
class batch_bool;

template <class T, int Bits>
class batch_bool<T, ochre::simd::Emulated<Bits>> {
 public:
  static constexpr std::size_t size = Bits / 8 / sizeof(T);

  batch_bool() = default;
  explicit batch_bool(bool value) noexcept { std::fill_n(lane, size, value); }

  friend batch_bool operator&&(batch_bool a, const batch_bool& b) noexcept {
    for (std::size_t i = 0; i < size; ++i) a.lane[i] = a.lane[i] && b.lane[i];
    return a;
  }
  friend bool all(const batch_bool& a) noexcept { return std::find(a.lane, a.lane + size, false) == a.lane + size; }

  bool lane[size];
};

template <class T, int Bits>
class batch<T, ochre::simd::Emulated<Bits>> {
 public:
  using arch_type = ochre::simd::Emulated<Bits>;
  using batch_bool_type = batch_bool<T, arch_type>;
  static constexpr std::size_t size = Bits / 8 / sizeof(T);

  batch() = default;
  batch(T value) noexcept { std::fill_n(lane, size, value); }

  static batch load_unaligned(const T* from) noexcept {
    batch loaded;
    std::copy_n(from, size, loaded.lane);
    return loaded;
  }
  void store_unaligned(T* to) const noexcept { std::copy_n(lane, size, to); }
  static batch gather(const T* from, const batch<std::int32_t, arch_type>& index) noexcept {
    batch gathered;
    for (std::size_t i = 0; i < size; ++i) gathered.lane[i] = from[index.lane[i]];
    return gathered;
  }

  batch& operator+=(const batch& b) noexcept { return *this = *this + b; }

  friend batch operator-(const batch& a) noexcept {
    return each([&](std::size_t i) { return -a.lane[i]; });
  }
  friend batch operator+(const batch& a, const batch& b) noexcept {
    return each([&](std::size_t i) { return a.lane[i] + b.lane[i]; });
  }
  friend batch operator-(const batch& a, const batch& b) noexcept {
    return each([&](std::size_t i) { return a.lane[i] - b.lane[i]; });
  }
  friend batch operator*(const batch& a, const batch& b) noexcept {
    return each([&](std::size_t i) { return a.lane[i] * b.lane[i]; });
  }
  friend batch operator/(const batch& a, const batch& b) noexcept {
    return each([&](std::size_t i) { return a.lane[i] / b.lane[i]; });
  }

  friend batch_bool_type operator<(const batch& a, const batch& b) noexcept {
    return compare([&](std::size_t i) { return a.lane[i] < b.lane[i]; });
  }
  friend batch_bool_type operator>(const batch& a, const batch& b) noexcept { return b < a; }
  friend batch_bool_type operator<=(const batch& a, const batch& b) noexcept {
    return compare([&](std::size_t i) { return a.lane[i] <= b.lane[i]; });
  }
  friend batch_bool_type operator>=(const batch& a, const batch& b) noexcept { return b <= a; }
  friend batch_bool_type operator==(const batch& a, const batch& b) noexcept {
    return compare([&](std::size_t i) { return !(a.lane[i] < b.lane[i]) && a.lane[i] <= b.lane[i]; });
  }

  friend batch select(const batch_bool_type& which, const batch& a, const batch& b) noexcept {
    return each([&](std::size_t i) { return which.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  friend batch max(const batch& a, const batch& b) noexcept { return select(a < b, b, a); }
  friend batch min(const batch& a, const batch& b) noexcept { return select(b < a, b, a); }
  friend batch fma(const batch& a, const batch& b, const batch& c) noexcept {
    return each([&](std::size_t i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
  }
  friend batch abs(const batch& a) noexcept {
    return each([&](std::size_t i) { return std::abs(a.lane[i]); });
  }
  friend batch sqrt(const batch& a) noexcept {
    return each([&](std::size_t i) { return std::sqrt(a.lane[i]); });
  }
  friend batch floor(const batch& a) noexcept {
    return each([&](std::size_t i) { return std::floor(a.lane[i]); });
  }
  friend batch exp(const batch& a) noexcept {
    return each([&](std::size_t i) { return std::exp(a.lane[i]); });
  }
  friend batch log(const batch& a) noexcept {
    return each([&](std::size_t i) { return std::log(a.lane[i]); });
  }

  T lane[size];

 private:
  // Calls: the kernels unroll to hundreds of operations, which inlined take twice as long to compile.
  template <class Value>
  [[gnu::noinline]] static batch each(const Value& value) noexcept {
    batch result;
    for (std::size_t i = 0; i < size; ++i) result.lane[i] = static_cast<T>(value(i));
    return result;
  }
  template <class Value>
  static batch_bool_type compare(const Value& value) noexcept {
    batch_bool_type mask;
    for (std::size_t i = 0; i < size; ++i) mask.lane[i] = value(i);
    return mask;
  }
};

// Toward zero.
template <int Bits>
batch<std::int32_t, ochre::simd::Emulated<Bits>> to_int(
    const batch<float, ochre::simd::Emulated<Bits>>& value) noexcept {
  batch<std::int32_t, ochre::simd::Emulated<Bits>> integers;
  for (std::size_t i = 0; i < value.size; ++i) integers.lane[i] = static_cast<std::int32_t>(value.lane[i]);
  return integers;
}

template <int Bits>
batch<float, ochre::simd::Emulated<Bits>> to_float(
    const batch<std::int32_t, ochre::simd::Emulated<Bits>>& value) noexcept {
  batch<float, ochre::simd::Emulated<Bits>> floats;
  for (std::size_t i = 0; i < value.size; ++i) floats.lane[i] = static_cast<float>(value.lane[i]);
  return floats;
}

}  // namespace xsimd
