// What an importer finds in a file of another format: named tensors, row-major and little-endian like those of a
// safetensors file, and what people should know of them. Most tensors are views of the file's own bytes, which must
// outlive this; what the file holds in another order lies in `owned`.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/extent.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

// The tensors of a foreign weight file, its network's text if it holds a graph, and remarks for people.
struct SourceFile {
  std::string format;                // for people: "a Caffe model"
  std::vector<TensorEntry> tensors;  // in the file's order …
  bool in_order = true;              // … which is that of the network's layers
  std::vector<std::string> warnings;
  std::string network;  // as text (network/description.hpp), if the file holds a graph
  Extent size{0, 0};    // of the input that the graph declares, 0 where it is open
  std::deque<std::vector<std::byte>> owned;
  std::deque<MappedFile> files;  // that lie beside it and hold some of its tensors

  const TensorEntry* find(std::string_view name) const noexcept {
    for (const TensorEntry& tensor : tensors) {
      if (tensor.name == name) return &tensor;
    }
    return nullptr;
  }
};

namespace detail {

// For people, who read a dozen of them and not the thousands that a file can bring about.
inline void warn(std::vector<std::string>& warnings, std::string text) {
  constexpr std::size_t most_warnings = 16;
  if (warnings.size() > most_warnings) return;
  warnings.push_back(warnings.size() < most_warnings ? std::move(text)
                                                     : "there is more to warn of, but it is not said");
}

// Room for tensors that cannot be views. A file may claim sizes far beyond its own, by strides of 0, say; whatever it
// claims, it gets `most` bytes in all.
class OwnedBytes {
 public:
  OwnedBytes(SourceFile& file, Index most) : file_(file), left_(most) {}

  // Zeros. Errors: more than is left.
  Result<std::span<std::byte>> allocate(Index size) {
    if (size < 0 || size > left_) {
      return Error{ErrorCode::too_large,
                   "found a claim of " + std::to_string(size) + " bytes, expected at most twice what the file has"};
    }
    left_ -= size;
    return std::span<std::byte>(file_.owned.emplace_back(static_cast<std::size_t>(size)));
  }

 private:
  SourceFile& file_;
  Index left_ = 0;
};

}  // namespace detail

}  // namespace ochre::inline v0
