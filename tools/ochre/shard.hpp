// One machine's share of an archive. Which share a file belongs to is told by its name alone: it is the same on every
// machine, wherever the folder is mounted there, and stays when other files come or go. Tested by cli/shard_test.cpp.
#pragma once

#include <cstdint>
#include <string>

#include <ochre/base/result.hpp>

namespace ochre::program {

struct Shard {
  std::uint64_t index = 1;  // 1 to count
  std::uint64_t count = 1;

  // name: relative to the folder that was named, or that of a file that was named itself. One of the shards has it:
  // the one whose index - 1 is the first 64 bits of the name's SHA-256 modulo count.
  bool has(const std::string& name) const;
};

// "3/8". Errors: anything else; an index or a count out of range.
Result<Shard> parse_shard(const std::string& text);

}  // namespace ochre::program
