// A network from what an importer found: its text, its tensors held against the catalogue.
#pragma once

#include <span>
#include <string>
#include <utility>

#include <ochre/import/source_file.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/network/network.hpp>
#include <ochre/weights/catalogue.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace ochre::test {

// Neither more nor less tensors than the network has, of the right shapes.
inline Status check_tensors(const SourceFile& file) {
  const auto network = parse_network(file.network);
  if (!network) return network.error();
  const auto bytes = write_safetensors(file.tensors);
  if (!bytes) return bytes.error();
  const auto parsed = Safetensors::parse(*bytes);
  if (!parsed) return parsed.error();
  return check_catalogue(parsed->tensors(), network->tensors());
}

// The file must outlive it.
template <class T>
ParameterSource<T> imported_weights(const SourceFile& file) {
  return [&file](const RequiredTensor& tensor, std::span<T> values) -> Status {
    const TensorEntry* entry = file.find(tensor.name);
    if (entry == nullptr) return Error{ErrorCode::not_found, tensor.name};
    return convert_to(*entry, values);
  };
}

}  // namespace ochre::test
