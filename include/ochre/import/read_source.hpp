// A weight file of any format that is known here, told by its bytes, not by its name.
// Tested by read_source_test.cpp and match_network_test.cpp; each format by its own test.
#pragma once

#include <ochre/import/caffe/read_caffemodel.hpp>
#include <ochre/import/onnx/read_onnx.hpp>
#include <ochre/import/safetensors_source.hpp>
#include <ochre/import/torch/read_torch.hpp>

namespace ochre::inline v0 {

namespace detail {

inline bool is_safetensors(std::span<const std::byte> bytes) noexcept {
  return bytes.size() > 8 && bytes[8] == std::byte{'{'} && bytes[7] == std::byte{0} && bytes[6] == std::byte{0};
}

}  // namespace detail

// What a reader makes of an ONNX model: its tensors and its graph, or the tensors alone.
enum class SourcePart { whole, tensors };

// The tensors of a weight file of any known format, and its network's text where it holds a graph.
// folder: where an ONNX model's external data may lie. The bytes must outlive the result. Errors: what the file seems
// to be, if it is of no known format; else its reader's.
inline Result<SourceFile> read_source(std::span<const std::byte> bytes, const std::string& folder = {},
                                      SourcePart part = SourcePart::whole) {
  const std::string_view kind = detail::sniff(bytes);
  if (kind.find("PyTorch") != std::string_view::npos || kind.find("pickle") != std::string_view::npos ||
      kind == "a tar archive") {
    return read_torch(bytes);
  }
  if (detail::is_safetensors(bytes)) return read_safetensors(bytes);
  const bool is_other = !kind.empty() && kind.find("protobuf") == std::string_view::npos;
  if (is_other || bytes.size() < 4) {
    return Error{ErrorCode::unsupported,
                 detail::found_bytes(bytes) + ", expected a Caffe, PyTorch, ONNX or safetensors file of weights"};
  }
  // Both are protobuf: an ONNX model begins with its version, a Caffe model with its name or its layers.
  const bool is_onnx = bytes[0] == std::byte{0x08};
  if (is_onnx) return part == SourcePart::whole ? read_onnx(bytes, folder) : read_onnx_tensors(bytes, folder);
  return read_caffemodel(bytes);
}

}  // namespace ochre::inline v0
