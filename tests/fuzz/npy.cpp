// Any bytes as a NumPy array file: what is accepted must be written and read again as the same bits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include <ochre/image_io/npy.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto doubles = ochre::decode_npy<double>(bytes);
  const auto floats = ochre::decode_npy<float>(bytes);
  must(doubles.has_value() == floats.has_value());
  if (!floats) {
    must(ochre::test::is_clean(floats.error().message()));
    return 0;
  }
  const auto again = ochre::decode_npy<float>(ochre::encode_npy(floats->view()));
  must(again.has_value() && again->shape() == floats->shape());
  must(std::memcmp(again->data(), floats->data(), static_cast<std::size_t>(floats->shape().size()) * 4) == 0);
  return 0;
}
