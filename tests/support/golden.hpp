// Reads tests/golden/ (README.md there). Throws where a file is not as expected: a test cannot go on without it.
#pragma once

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ochre/tensor/tensor.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/safetensors.hpp>

#if !defined(OCHRE_GOLDEN_DIR)
#define OCHRE_GOLDEN_DIR "tests/golden"
#endif

namespace ochre::test {

struct GoldenTensor {
  std::vector<Index> shape;  // as in the file
  std::vector<double> values;

  // A vector is one number a channel: [c] becomes 1,c,1,1.
  TensorView<const double> view() const {
    if (shape.size() == 1) return {values.data(), {1, shape[0], 1, 1}};
    if (shape.size() == 4) return {values.data(), {shape[0], shape[1], shape[2], shape[3]}};
    throw std::runtime_error("a golden tensor of " + std::to_string(shape.size()) + " dimensions");
  }

  // Exact, as inputs and weights are float32 numbers.
  std::vector<float> floats() const {
    std::vector<float> numbers;
    for (const double value : values) numbers.push_back(static_cast<float>(value));
    return numbers;
  }
};

using GoldenTensors = std::map<std::string, GoldenTensor, std::less<>>;

struct GoldenFile {
  Metadata metadata;
  GoldenTensors tensors;
};

// path: below tests/golden/.
inline GoldenFile load_golden_file(const std::string& path) {
  const auto bytes = MappedFile::open(OCHRE_GOLDEN_DIR "/" + path).value();
  const auto file = Safetensors::parse(bytes.bytes()).value();
  GoldenFile golden{file.metadata(), {}};
  for (const TensorEntry& entry : file.tensors()) {
    const auto bytes_each = static_cast<std::size_t>(dtype_bits(entry.dtype) / 8);
    GoldenTensor tensor{entry.shape, std::vector<double>(entry.bytes.size() / bytes_each)};
    if (Status read = convert_to(entry, std::span<double>(tensor.values)); !read) {
      throw std::runtime_error(path + ": " + read.error().message());
    }
    golden.tensors.emplace(entry.name, std::move(tensor));
  }
  return golden;
}

struct GoldenCase {
  std::string name;
  std::string network;    // the text
  GoldenTensors tensors;  // the network's, by their own names
  GoldenTensor input;
  GoldenTensor output;
};

// file: "conv2d", "blocks" …
inline std::vector<GoldenCase> load_golden_cases(const std::string& file) {
  GoldenFile golden = load_golden_file("layers/" + file + ".safetensors");
  std::vector<GoldenCase> cases;
  for (const auto& [name, network] : golden.metadata) {
    GoldenCase golden_case{name, network, {}, {}, {}};
    const std::string prefix = name + "/";
    auto at = golden.tensors.lower_bound(prefix);
    for (; at != golden.tensors.end() && at->first.starts_with(prefix); ++at) {
      golden_case.tensors.emplace(at->first.substr(prefix.size()), std::move(at->second));
    }
    golden_case.input = std::move(golden_case.tensors.extract("input").mapped());
    golden_case.output = std::move(golden_case.tensors.extract("output").mapped());
    cases.push_back(std::move(golden_case));
  }
  return cases;
}

// The files of layers/, by name.
inline std::vector<std::string> golden_case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(OCHRE_GOLDEN_DIR "/layers")) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path().stem().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace ochre::test
