#include "shard.hpp"

#include <charconv>

#include "sha256_number.hpp"

namespace ochre::program {

bool Shard::has(const std::string& name) const {
  return sha256_number(std::as_bytes(std::span(name))) % count == index - 1;
}

Result<Shard> parse_shard(const std::string& text) {
  constexpr std::uint64_t most_shards = 1'000'000;  // more than anybody has machines; a typing error above it
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  const bool parted = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
  const auto count = parted ? std::from_chars(index.ptr + 1, end, shard.count) : index;
  const bool whole = parted && count.ec == std::errc() && count.ptr == end;
  if (whole && shard.index >= 1 && shard.index <= shard.count && shard.count <= most_shards) return shard;
  return Error{ErrorCode::invalid_argument,
               "found " + text + ", expected I/N: shard I of N, where I counts from 1 to N, and N is at most 1000000"};
}

}  // namespace ochre::program
