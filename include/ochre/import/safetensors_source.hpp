// A bare state dict in a safetensors file, of whatever network. (A model of ochre's own is read by network/model.hpp.)
// Tested by match_network_test.cpp.
#pragma once

#include <ochre/import/source_file.hpp>

namespace ochre::inline v0 {

// The tensors of a safetensors file. The bytes must outlive the result.
inline Result<SourceFile> read_safetensors(std::span<const std::byte> bytes) {
  const auto file = Safetensors::parse(bytes);
  if (!file) return file.error();
  SourceFile source;
  source.format = "a safetensors file";
  source.tensors.assign(file->tensors().begin(), file->tensors().end());
  source.in_order = false;  // its writers sort by name
  return source;
}

}  // namespace ochre::inline v0
