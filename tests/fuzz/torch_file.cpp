// Any bytes as a PyTorch file, or as the pickle of one beside two storages: what is accepted must be as large as it
// says, copied no further than its budget, and of names that a safetensors file may hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/import/torch/read_torch.hpp>
#include <ochre/weights/safetensors_writer.hpp>

#include "../support/clean_text.hpp"
#include "../support/torch_bytes.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void check(std::span<const std::byte> bytes) {
  const auto source = ochre::read_torch(bytes);
  if (!source) {
    must(ochre::test::is_clean(source.error().message()));
    return;
  }
  std::size_t owned = 0;
  for (const auto& block : source->owned) owned += block.size();
  must(owned <= 2 * bytes.size());
  unsigned sum = 0;  // every byte can be read
  for (const ochre::TensorEntry& tensor : source->tensors) {
    for (const std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
    must(ochre::detail::byte_length(tensor.dtype, tensor.shape) == static_cast<ochre::Index>(tensor.bytes.size()));
  }
  must(sum <= ~0u);
  const bool writable = source->find("__metadata__") == nullptr;
  must(ochre::write_safetensors(source->tensors, {}).has_value() || !writable);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  check(bytes);
  if (size == 0 || size > 65'536) return 0;
  // The first byte says what the others are the object of; the containers' own bytes would take a fuzzer long to guess.
  const std::string object(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string numbers(32, '\x3f');
  const std::vector<torch_bytes::Storage> storages = {{"0", numbers, 8}, {"1", numbers, 4}};
  const std::string file =
      data[0] % 2 == 0 ? torch_bytes::zip(object, storages) : torch_bytes::stream(object, storages);
  check(std::as_bytes(std::span(file)));
  return 0;
}
