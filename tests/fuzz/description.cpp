// Any bytes as a network's text: a refusal is a clean line; what is accepted has names that are found again, and shapes
// or an error for an input.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <ochre/network/description_parser.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto network = ochre::parse_network({reinterpret_cast<const char*>(data), size});
  if (!network) {
    must(ochre::test::is_clean(network.error().message()));
    return 0;
  }
  for (std::size_t i = 0; i < network->layers.size(); ++i) {
    must(network->find(network->layers[i].name) == static_cast<ochre::Index>(i));
  }
  const auto shapes = network->shapes({1, network->input_channels, 24, 40});
  must(shapes ? shapes->size() == network->layers.size() : ochre::test::is_clean(shapes.error().message()));
  return 0;
}
