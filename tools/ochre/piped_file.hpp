// A whole file through a pipe, a device, or the standard streams, which `-` names: what has no length and cannot be
// replaced by another. Tested by cli/pipe_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ochre/base/result.hpp>

namespace ochre::program {

// Is it `-`, /dev/stdout, or something there that is neither a file nor a folder?
bool is_pipe(const std::string& path);

// For people: `-` is "standard input".
std::string input_name(const std::string& path);
std::string output_name(const std::string& path);

// All bytes up to the end. Errors: none, more than `most`, a terminal.
Result<std::vector<std::byte>> read_pipe(const std::string& path, std::uint64_t most);

// Errors: a terminal, a reader that went away.
Status write_pipe(const std::string& path, std::span<const std::byte> bytes);

}  // namespace ochre::program
