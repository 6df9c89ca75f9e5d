// Any bytes as a proof: what is accepted has as many input values as its shape says, and samples within their layers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <ochre/audit/proof.hpp>

#include "../support/clean_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto proof = ochre::parse_proof({reinterpret_cast<const char*>(data), size});
  if (!proof) {
    if (!ochre::test::is_clean(proof.error().message())) std::abort();
    return 0;
  }
  if (static_cast<ochre::Index>(proof->input.size()) != proof->input_shape.size()) std::abort();
  for (const auto& layer : proof->layers) {
    for (const auto& sample : layer.samples) {
      if (sample.index < 0 || sample.index >= layer.shape.size()) std::abort();
    }
  }
  return 0;
}
