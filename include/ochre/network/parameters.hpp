// Where a layer's weights come from, for both engines: a function that fills a tensor by its name and shape.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <ochre/network/description.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0 {

// Fills a tensor's values by its name and shape; used once, at creation.
template <class T>
using ParameterSource = std::function<Status(const RequiredTensor&, std::span<T>)>;

namespace network {

inline Result<Index> element_count(const RequiredTensor& tensor) {
  Index count = 1;
  for (const Index side : tensor.shape) {
    const auto product = checked_mul(count, side);
    if (!product) return Error{ErrorCode::too_large, "tensor " + tensor.name};
    count = *product;
  }
  return count;
}

// The values of a layer's tensors, in the order of its description. Errors: whatever `source` returns, no memory.
template <class T>
Result<std::vector<AlignedBuffer<T>>> read_parameters(const LayerDescription& layer, const ParameterSource<T>& source) {
  std::vector<AlignedBuffer<T>> parameters;
  for (const auto& tensor : layer.tensors()) {
    const auto count = element_count(tensor);
    if (!count) return count.error();
    auto values = AlignedBuffer<T>::create(*count);
    if (!values) return std::move(values).error().in("tensor " + tensor.name);
    if (auto status = source(tensor, values->span()); !status) return std::move(status).error();
    parameters.push_back(*std::move(values));
  }
  return parameters;
}

}  // namespace network

}  // namespace ochre::inline v0
