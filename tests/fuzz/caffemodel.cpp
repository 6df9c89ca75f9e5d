// Any bytes as a Caffe model: what is accepted must have tensors of the size their shape says, each within the file or
// within what was put together, which is at most twice the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <ochre/import/caffe/read_caffemodel.hpp>
#include <ochre/weights/convert.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

bool within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_tensor(const ochre::SourceFile& file, const ochre::TensorEntry& tensor, std::span<const std::byte> bytes) {
  must(!tensor.name.empty() && tensor.name.size() <= ochre::detail::longest_name);
  must(tensor.shape.size() <= ochre::detail::most_dimensions);
  const auto length = ochre::detail::byte_length(tensor.dtype, tensor.shape);
  must(length && *length > 0 && static_cast<std::size_t>(*length) == tensor.bytes.size());
  bool found = within(tensor.bytes, bytes);
  for (const std::vector<std::byte>& owned : file.owned) found = found || within(tensor.bytes, owned);
  must(found);
  std::vector<double> numbers(tensor.bytes.size() * 8 / static_cast<std::size_t>(ochre::dtype_bits(tensor.dtype)));
  const bool variance = tensor.name.ends_with(".running_var");
  if (!ochre::convert_to(tensor, std::span(numbers))) return;
  for (const double number : numbers) must(number - number == 0 && (!variance || number >= 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto file = ochre::read_caffemodel(bytes);
  if (!file) {
    must(!file.error().message().empty() && ochre::test::is_clean(file.error().message()));
    return 0;
  }
  std::size_t owned = 0;
  for (const std::vector<std::byte>& part : file->owned) owned += part.size();
  must(owned <= 2 * size && !file->tensors.empty());
  std::set<std::string_view> names;
  for (const ochre::TensorEntry& tensor : file->tensors) {
    must(names.insert(tensor.name).second);
    check_tensor(*file, tensor, bytes);
  }
  return 0;
}
