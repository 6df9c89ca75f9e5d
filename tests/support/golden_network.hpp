// Runs a golden case through ochre's own Network.
#pragma once

#include <ochre/network/description_parser.hpp>
#include <ochre/network/network.hpp>

#include "golden.hpp"

namespace ochre::test {

template <class T, class Arch = simd::DefaultArch>
Network<T, Arch> make_network(const std::string& text, const GoldenTensors& tensors) {
  const auto source = [&](const RequiredTensor& tensor, std::span<T> values) -> Status {
    const auto entry = tensors.find(tensor.name);
    if (entry == tensors.end()) return Error{ErrorCode::not_found, tensor.name};
    if (entry->second.shape != tensor.shape) return Error{ErrorCode::mismatch, tensor.name};
    std::transform(entry->second.values.begin(), entry->second.values.end(), values.begin(),
                   [](double value) { return static_cast<T>(value); });
    return {};
  };
  return Network<T, Arch>::create(parse_network(text).value(), source).value();
}

template <class T>
Tensor<T> to_tensor(TensorView<const double> from) {
  auto tensor = Tensor<T>::create(from.shape).value();
  std::transform(from.data, from.data + from.shape.size(), tensor.data(),
                 [](double value) { return static_cast<T>(value); });
  return tensor;
}

// The output of one run in a fresh workspace.
template <class T, class Arch>
Tensor<T> run_once(const Network<T, Arch>& network, TensorView<const T> input, int threads = 1,
                   const std::string& layer = {}) {
  auto workspace = network.make_workspace({.input = input.shape, .threads = threads, .layer = layer}).value();
  const auto output = network.run(input, workspace).value();
  auto copy = Tensor<T>::create(output.shape).value();
  std::copy_n(output.data, output.shape.size(), copy.data());
  return copy;
}

}  // namespace ochre::test
