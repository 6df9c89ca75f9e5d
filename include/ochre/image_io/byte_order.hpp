// Numbers in foreign bytes, most or least significant byte first, which the caller has checked are there; and bytes at
// the end of a file that grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ochre::inline v0::detail {

inline std::uint32_t byte_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return std::to_integer<std::uint32_t>(bytes[at]);
}

inline std::uint32_t big_endian16(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

inline std::uint32_t big_endian32(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return big_endian16(bytes, at) << 16 | big_endian16(bytes, at + 2);
}

inline std::uint32_t little_endian16(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return byte_at(bytes, at + 1) << 8 | byte_at(bytes, at);
}

inline std::uint32_t little_endian32(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return little_endian16(bytes, at + 2) << 16 | little_endian16(bytes, at);
}

// Not insert(), of which g++ 12 believes at -O3 that it writes behind its end.
inline void append_bytes(std::vector<std::byte>& file, std::span<const std::byte> bytes) {
  const std::size_t begin = file.size();
  file.resize(begin + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(begin));
}

}  // namespace ochre::inline v0::detail
