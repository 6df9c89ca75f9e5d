// SHA-256 (FIPS 180-4): the name by which a weight file is known. Bytes may come in pieces of any length.
// It is also what guards against a changed file, given from elsewhere than the file (SECURITY.md): a model's proof does
// not. Tested against the standard's example messages by sha256_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

// A hash of bytes that come piece by piece.
class Sha256 {
 public:
  void update(std::span<const std::byte> bytes) noexcept {
    length_ += bytes.size();
    if (held_ > 0) {
      const std::size_t taken = std::min(bytes.size(), block_.size() - held_);
      std::copy_n(bytes.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(held_));
      held_ += taken;
      bytes = bytes.subspan(taken);
      if (held_ < block_.size()) return;
      compress(block_.data());
    }
    for (; bytes.size() >= block_.size(); bytes = bytes.subspan(block_.size())) compress(bytes.data());
    std::copy(bytes.begin(), bytes.end(), block_.begin());
    held_ = bytes.size();
  }

  // Of all bytes so far, as 64 lower-case hexadecimal digits; more may follow.
  std::string hex() const {
    constexpr char digits[] = "0123456789abcdef";
    Sha256 padded = *this;
    padded.pad();
    std::string text;
    for (const std::uint32_t word : padded.state_) {
      for (int shift = 28; shift >= 0; shift -= 4) text += digits[word >> shift & 15];
    }
    return text;
  }

 private:
  // A one bit, zeros up to 8 bytes before a block's end, and the message's length in bits, big-endian.
  void pad() noexcept {
    const std::uint64_t bits = length_ * 8;
    std::array<std::byte, 72> padding{std::byte{0x80}};
    const std::size_t zeros_end = held_ < 56 ? 56 - held_ : 120 - held_;
    for (std::size_t i = 0; i < 8; ++i) padding[zeros_end + i] = static_cast<std::byte>(bits >> (56 - 8 * i) & 0xFF);
    update(std::span(padding).first(zeros_end + 8));
  }

  static std::uint32_t load_big_endian(const std::byte* from) noexcept {
    return std::to_integer<std::uint32_t>(from[0]) << 24 | std::to_integer<std::uint32_t>(from[1]) << 16 |
           std::to_integer<std::uint32_t>(from[2]) << 8 | std::to_integer<std::uint32_t>(from[3]);
  }

  // FIPS 180-4, section 6.2.2; the letters and sigmas are the standard's.
  void compress(const std::byte* block) noexcept {
    std::array<std::uint32_t, 64> w;
    for (std::size_t t = 0; t < 16; ++t) w[t] = load_big_endian(block + 4 * t);
    for (std::size_t t = 16; t < 64; ++t) {
      const std::uint32_t sigma0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
      const std::uint32_t sigma1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
      w[t] = sigma1 + w[t - 7] + sigma0 + w[t - 16];
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t t = 0; t < 64; ++t) {
      const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + round_constants[t] + w[t];
      const std::uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1;
      d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += added[i];
  }

  // The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  static constexpr std::array<std::uint32_t, 64> round_constants{
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
      0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
      0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
      0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
      0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
      0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
      0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

  // The first 32 bits of the fractional parts of the square roots of the first 8 primes.
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};
  std::size_t held_ = 0;      // bytes waiting in block_, below 64
  std::uint64_t length_ = 0;  // bytes in all
};

// The SHA-256 of all the bytes, as 64 lower-case hexadecimal digits.
inline std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

// What a file's SHA-256 must be: 64 hexadecimal digits, in upper or lower case.
struct ExpectedSha256 {
  std::string hex;
};

namespace weights {

// Whether the text is 64 hexadecimal digits.
inline bool is_sha256(std::string_view hex) noexcept {
  return hex.size() == 64 && hex.find_first_not_of("0123456789abcdefABCDEF") == hex.npos;
}

}  // namespace weights

// Checks that bytes have the SHA-256 they must have. Errors: `expected` is no SHA-256 (invalid_argument), or not that
// of the bytes (mismatch).
inline Status check_sha256(std::span<const std::byte> bytes, const ExpectedSha256& expected) {
  std::string wanted = expected.hex;
  if (!weights::is_sha256(wanted)) {
    return Error{ErrorCode::invalid_argument,
                 "SHA-256 \"" + weights::printable(wanted) + "\", expected 64 hexadecimal digits"};
  }
  for (char& c : wanted) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string found = sha256_hex(bytes);
  if (found == wanted) return {};
  return Error{ErrorCode::mismatch, "found SHA-256 " + std::move(found) + ", expected " + wanted};
}

}  // namespace ochre::inline v0
