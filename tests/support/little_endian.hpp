// Numbers as bytes of a file, the least significant first; what does not fit is cut off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

inline std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}
inline std::string u16(std::uint64_t value) { return little_endian(value, 2); }
inline std::string u32(std::uint64_t value) { return little_endian(value, 4); }
inline std::string u64(std::uint64_t value) { return little_endian(value, 8); }
