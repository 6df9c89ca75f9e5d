// The first 64 bits of a SHA-256 as a number: what `sha256sum | cut -c1-16` prints. Tested by cli/shard_test.cpp.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <ochre/weights/sha256.hpp>

namespace ochre::program {

inline std::uint64_t sha256_number(std::span<const std::byte> bytes) {
  const std::string digits = sha256_hex(bytes).substr(0, 16);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

}  // namespace ochre::program
