// A network of the lines of its layers alone; the last one is called `z`.
#pragma once

#include <string>

#include <ochre/network/description_parser.hpp>

namespace ochre::test {

inline NetworkDescription network_of_layers(const std::string& layers, Index channels) {
  return parse_network("network n\ninput x channels=" + std::to_string(channels) + "\n" + layers + "\noutput z\n")
      .value();
}

}  // namespace ochre::test
