// ONNX models: a graph of ochre's layers becomes their text, its initialisers the tensors of it, whatever exporter
// wrote them. Tensors keep the names of a state dict where the file has them. Source: onnx.ai/onnx/operators. Tested by
// read_onnx_test.cpp, against what PyTorch computes, and a fuzz target.
#pragma once

#include <ochre/import/onnx/graph.hpp>

namespace ochre::inline v0 {

// The tensors of an ONNX model, and its graph as a network's text.
// folder: where the files with its external data lie; "" if it may have none. The bytes must outlive the result.
// Errors: not an ONNX model, damaged, or a graph of other operators: which node, and what of it.
inline Result<SourceFile> read_onnx(std::span<const std::byte> bytes, const std::string& folder = {}) {
  auto model = detail::OnnxParser().parse(bytes);
  if (!model) return std::move(model).error();
  SourceFile file;
  file.format = "an ONNX model (opset " + std::to_string(model->opset) + ")";
  detail::OnnxTensorReader tensors(folder, file, static_cast<Index>(bytes.size()));
  auto text = detail::OnnxGraph(*model, tensors, file).convert();
  if (!text) return std::move(text).error();
  file.network = *std::move(text);
  return file;
}

// The initialisers of an ONNX model alone, whatever its graph is. Errors: not an ONNX model, damaged, a tensor of a
// type that is not known here.
inline Result<SourceFile> read_onnx_tensors(std::span<const std::byte> bytes, const std::string& folder = {}) {
  const auto model = detail::OnnxParser().parse(bytes);
  if (!model) return model.error();
  SourceFile file;
  file.format = "an ONNX model (opset " + std::to_string(model->opset) + ")";
  detail::OnnxTensorReader tensors(folder, file, static_cast<Index>(bytes.size()));
  for (const detail::OnnxTensor& tensor : model->initialisers) {
    auto entry = tensors.read(tensor);
    if (!entry) return std::move(entry).error();
    file.tensors.push_back(*std::move(entry));
  }
  return file;
}

}  // namespace ochre::inline v0
