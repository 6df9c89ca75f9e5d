// Where every import ends, before a file is written: a network, and a tensor for each that it needs.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include <ochre/network/description.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

// A network and all its tensors, ready to be written to a model file. Move-only.
struct ImportedModel {
  ImportedModel() = default;
  ImportedModel(ImportedModel&&) = default;  // a copy's tensors would be views of this one's `owned`
  ImportedModel& operator=(ImportedModel&&) = default;

  NetworkDescription network;
  std::vector<TensorEntry> tensors;  // views of the source, or of `owned`
  std::deque<std::vector<std::byte>> owned;
  Extent size{0, 0};               // of the input that the file declares, 0 where it is open
  std::vector<std::string> notes;  // for people: what was supplied, changed, left out
};

}  // namespace ochre::inline v0
