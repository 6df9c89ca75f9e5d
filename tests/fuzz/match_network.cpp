// Any bytes as a weight file of whatever format, and its tensors as those of a known network or of its own graph: what
// is accepted must be just what the network needs, what is refused must say why in few words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <ochre/import/match_network.hpp>
#include <ochre/import/read_source.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void check(const ochre::Result<ochre::ImportedModel>& model) {
  if (!model) {
    must(!model.error().message().empty() && ochre::test::is_clean(model.error().message()));
    return;
  }
  must(ochre::check_catalogue(model->tensors, model->network.tensors()).ok());
  for (const ochre::TensorEntry& tensor : model->tensors) {
    must(ochre::detail::byte_length(tensor.dtype, tensor.shape) == static_cast<ochre::Index>(tensor.bytes.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto source = ochre::read_source(bytes);
  if (!source) return 0;
  check(ochre::match_network(*source));
  static const auto wanted =
      ochre::parse_network("network n\ninput x channels=1\nconv2d c out=2 kernel=1\nbatch_norm b\noutput b\n");
  check(ochre::match_network(*source, &*wanted));
  return 0;
}
