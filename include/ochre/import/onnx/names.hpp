// The names of layers, from those in an ONNX file: a state dict's where there are such. Tested by read_onnx_test.cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <ochre/import/onnx/model.hpp>
#include <ochre/network/description_parser.hpp>

namespace ochre::inline v0::detail {

// What PyTorch calls the module of a node that it named "/model1/model1.0/Conv": model1.0
inline std::string module_of(std::string_view node) {
  std::string module;
  std::string_view last;
  for (auto slash = node.find('/'); slash != std::string_view::npos; slash = node.find('/')) {
    const std::string_view part = node.substr(0, slash);
    node.remove_prefix(slash + 1);
    if (part.empty()) continue;
    // Modules of a sequence repeat its name.
    const bool repeats =
        !last.empty() && part.size() > last.size() && part.starts_with(last) && part[last.size()] == '.';
    if (repeats) {
      module += part.substr(last.size());
    } else {
      if (!module.empty()) module += '.';
      module += part;
    }
    last = part;
  }
  return module;
}

// For a layer with weights: what they are called without ".weight", else the module's name, else the node's.
inline std::string layer_name(const OnnxNode& node, const OnnxTensor& weight) {
  constexpr std::string_view ending = ".weight";
  for (const std::string_view name : {node.inputs[1], weight.name}) {
    // Cut, since one name of megabytes may stand for thousands of layers.
    if (name.ends_with(ending) && name.size() > ending.size()) {
      return std::string(name.substr(0, std::min(name.size() - ending.size(), longest_name)));
    }
  }
  const std::string_view name = node.name.substr(0, longest_name);
  const std::string module = module_of(name);
  return module.empty() ? std::string(name) : module;
}

// For a layer without: the module's name and the operator's.
inline std::string layer_name(const OnnxNode& node) {
  const std::string_view name = node.name.substr(0, longest_name);
  const std::string module = module_of(name);
  return module.empty() ? std::string(name) : module + "." + std::string(name.substr(name.rfind('/') + 1));
}

class OnnxNames {
 public:
  // Letters, digits, `_`, `.`, `-`, never twice. Exporters write "/model1/model1.0/Conv".
  std::string unused(std::string_view wanted, std::string_view fallback) {
    std::string name;
    // A network's text takes names of 128; a number may come behind.
    for (const char letter : wanted.substr(0, 100)) {
      if (network::is_name({&letter, 1})) {
        name += letter;
      } else if (!name.empty() && name.back() != '.') {
        name += letter == '/' || letter == ':' ? '.' : '_';
      }
    }
    while (!name.empty() && name.back() == '.') name.pop_back();
    if (name.empty()) name = fallback;
    Index& count = wanted_[name];
    std::string free = name;
    while (count > 0 && wanted_.contains(free)) free = name + "-" + std::to_string(++count);
    if (count == 0) count = 1;
    if (free != name) wanted_[free] = 1;
    return free;
  }

 private:
  std::map<std::string, Index, std::less<>> wanted_;  // every name, and how often it was wanted
};

}  // namespace ochre::inline v0::detail
