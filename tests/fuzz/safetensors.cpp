// Any bytes as a safetensors file: what is accepted must also be JSON to another parser, lie within the bytes, convert
// or refuse to, and survive being written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <ochre/weights/convert.hpp>
#include <ochre/weights/safetensors.hpp>
#include <ochre/weights/safetensors_writer.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void check_tensor(const ochre::Safetensors& file, const ochre::TensorEntry& tensor, std::span<const std::byte> bytes) {
  must(file.find(tensor.name) == &tensor);
  must(tensor.bytes.data() >= bytes.data() && tensor.bytes.size() <= bytes.size());
  must(tensor.bytes.data() + tensor.bytes.size() <= bytes.data() + bytes.size());
  const auto count = tensor.bytes.size() * 8 / static_cast<std::size_t>(ochre::dtype_bits(tensor.dtype));
  std::vector<double> numbers(count);
  if (ochre::convert_to(tensor, numbers)) {
    must(ochre::weights::is_convertible(tensor.dtype));
    for (const double number : numbers) must(number - number == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file = ochre::Safetensors::parse(bytes);
  if (!file) {
    must(ochre::test::is_clean(file.error().message()));
    return 0;
  }
  std::size_t header = 0;
  for (std::size_t i = 8; i-- > 0;) header = header << 8 | data[i];
  must(nlohmann::json::accept(data + 8, data + 8 + header));
  for (const ochre::TensorEntry& tensor : file->tensors()) check_tensor(*file, tensor, bytes);

  const auto written = ochre::write_safetensors(file->tensors(), file->metadata());
  must(written.has_value());
  const auto again = ochre::Safetensors::parse(*written);
  must(again.has_value() && again->metadata() == file->metadata());
  must(again->tensors().size() == file->tensors().size());
  return 0;
}
