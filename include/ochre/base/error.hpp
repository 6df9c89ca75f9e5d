// Errors are values: a code for programs and one line for people that names the file or tensor, where in it, what was
// found and what was expected. The library prints nothing, throws nothing and never exits.
#pragma once

#include <string>
#include <utility>

namespace ochre::inline v0 {

// What kind of thing went wrong, for programs to act upon.
enum class ErrorCode {
  invalid_argument,  // the caller's own argument: a null pointer, a stride too short, a temperature of zero
  not_found,         // a file, layer or tensor that is not there
  malformed,         // bytes that break their own format
  mismatch,          // well formed, but not what the network needs: shape, dtype, an extra or missing tensor
  unsupported,       // valid elsewhere, not understood here
  too_large,         // a size beyond what can be addressed, or beyond a stated limit
  out_of_memory,     // the allocation itself failed
  io,                // the system refused a read or a write
  cancelled,         // the caller asked for it
};

// What went wrong: a code, and a line for people.
struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string text;

  const std::string& message() const noexcept { return text; }

  // Puts "where: " in front, as the error travels outwards: "street.safetensors: tensor conv1_1.weight: …".
  Error in(const std::string& where) && { return Error{code, where + ": " + std::move(text)}; }
};

}  // namespace ochre::inline v0
