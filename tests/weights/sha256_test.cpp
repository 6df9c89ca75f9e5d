// The example messages of FIPS 180-4 and of its validation suite, whole and in pieces of every length.
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/weights/sha256.hpp>

#include "support/temporary_folder.hpp"

TEST_CASE("sha-256: the standard's messages") {
  CHECK(ochre::sha256_hex({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(ochre::sha256_hex(bytes_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(ochre::sha256_hex(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(ochre::sha256_hex(bytes_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
                                   "klmnopqrlmnopqrsmnopqrstnopqrstu")) ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(ochre::sha256_hex(std::vector<std::byte>(1'000'000, std::byte{'a'})) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha-256: pieces of any length give the digest of the whole") {
  std::vector<std::byte> message;
  for (int i = 0; i < 300; ++i) message.push_back(static_cast<std::byte>(i * 7 + i / 64));
  for (std::size_t length = 0; length <= message.size(); ++length) {  // every place of the padding
    const auto part = std::span(message).first(length);
    const std::string expected = ochre::sha256_hex(part);
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{3}, std::size_t{63}, std::size_t{64}, std::size_t{65}}) {
      ochre::Sha256 hash;
      for (std::size_t at = 0; at < length; at += piece) {
        CHECK(hash.hex().size() == 64);  // asking does not disturb
        hash.update(part.subspan(at, std::min(piece, length - at)));
      }
      if (hash.hex() != expected) {
        CAPTURE(length);
        CAPTURE(piece);
        REQUIRE(hash.hex() == expected);
      }
    }
  }
  // Lengths about a block's end, from an independent implementation (Python's hashlib).
  CHECK(ochre::sha256_hex(std::span(message).first(55)) ==
        "576a1bf8d4478657e6dc4af9398544765c2a92cde28478b019235cfed315fc09");
  CHECK(ochre::sha256_hex(std::span(message).first(56)) ==
        "9b20501dfd1d99161c257950f3444f3e49230c351c5c8e0943ef369f85f5205d");
  CHECK(ochre::sha256_hex(std::span(message).first(63)) ==
        "30b345906b493f06f69444b6521113511c242f30e29840462950035043682f1e");
  CHECK(ochre::sha256_hex(std::span(message).first(64)) ==
        "d8bc63b4fc1156e5e7d95a418b9bf54cd3174bedbc2db40f74895349b229b3c0");
  CHECK(ochre::sha256_hex(std::span(message).first(300)) ==
        "d519082c2fe9dbcfa4231034556e0189461878ccb0a76612809f6119b7128ac3");
}

TEST_CASE("sha-256: one flipped bit is another digest") {
  auto message = bytes_of(std::string(200, 'x'));
  const std::string before = ochre::sha256_hex(message);
  message[150] ^= std::byte{1};
  CHECK(ochre::sha256_hex(message) != before);
}
