// Numbers in foreign bytes, most or least significant byte first. The caller has checked that they are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

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

}  // namespace ochre::inline v0::detail
