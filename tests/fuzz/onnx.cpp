// Any bytes as an ONNX model: what is accepted must be a network's text that parses, with just the tensors that it
// needs, each within the file or within what was put together, which is at most twice the file and the constants.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <ochre/import/onnx/read_onnx.hpp>
#include <ochre/weights/convert.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

bool within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_tensor(const ochre::SourceFile& file, const ochre::TensorEntry& tensor,
                  const ochre::RequiredTensor& required, std::span<const std::byte> bytes) {
  must(tensor.name == required.name && tensor.shape == required.shape && ochre::weights::is_convertible(tensor.dtype));
  const auto length = ochre::detail::byte_length(tensor.dtype, tensor.shape);
  must(length && static_cast<std::size_t>(*length) == tensor.bytes.size());
  bool found = within(tensor.bytes, bytes);
  for (const std::vector<std::byte>& owned : file.owned) found = found || within(tensor.bytes, owned);
  must(found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file = ochre::read_onnx(bytes);
  if (!file) {
    must(!file.error().message().empty() && ochre::test::is_clean(file.error().message()));
    return 0;
  }
  std::size_t owned = 0;
  for (const std::vector<std::byte>& part : file->owned) owned += part.size();
  must(owned <= 2 * size + ochre::detail::most_constant_bytes && file->files.empty());
  const auto network = ochre::parse_network(file->network);
  must(network.has_value());
  const auto required = network->tensors();
  must(required.size() == file->tensors.size());
  for (const ochre::RequiredTensor& tensor : required) {
    const ochre::TensorEntry* entry = file->find(tensor.name);
    must(entry != nullptr);
    check_tensor(*file, *entry, tensor, bytes);
  }
  return 0;
}
