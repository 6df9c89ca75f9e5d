// JSON as the program prints and writes it: indented, in ASCII alone, so that no terminal is moved by a name in it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace ochre::program {

using Json = nlohmann::ordered_json;

// With a line's end. What is no UTF-8, a file's name perhaps, becomes U+FFFD: the library would throw.
inline std::string json_text(const Json& value) {
  constexpr int indent = 2;
  constexpr bool ascii = true;
  return value.dump(indent, ' ', ascii, Json::error_handler_t::replace) + "\n";
}

}  // namespace ochre::program
