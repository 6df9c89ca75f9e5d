// Planar tensors. TensorView<T> points at a dense NCHW array and is as cheap as a pointer; Tensor<T> owns one.
#pragma once

#include <type_traits>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/base/shape.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0 {

// A dense [N, C, H, W] array of somebody else.
template <class T>
struct TensorView {
  T* data = nullptr;
  Shape shape;

  T* plane(Index n, Index c) const noexcept { return data + (n * shape.c + c) * shape.plane(); }
  T& at(Index n, Index c, Index y, Index x) const noexcept { return plane(n, c)[y * shape.w + x]; }

  operator TensorView<const T>() const noexcept requires(!std::is_const_v<T>) { return {data, shape}; }
};

// A dense [N, C, H, W] array of its own. Move-only.
template <class T>
class Tensor {
 public:
  Tensor() = default;  // empty

  // All zero. Errors: a side below 1, or more elements than can be addressed.
  static Result<Tensor> create(const Shape& shape) {
    const auto count = shape.checked_size();
    if (!count) return Error{ErrorCode::too_large, "a tensor of shape " + to_string(shape)};
    auto buffer = AlignedBuffer<T>::create(*count);
    if (!buffer) return std::move(buffer).error();
    Tensor tensor;
    tensor.buffer_ = *std::move(buffer);
    tensor.shape_ = shape;
    return tensor;
  }

  const Shape& shape() const noexcept { return shape_; }
  T* data() noexcept { return buffer_.data(); }
  const T* data() const noexcept { return buffer_.data(); }
  TensorView<T> view() noexcept { return {buffer_.data(), shape_}; }
  TensorView<const T> view() const noexcept { return {buffer_.data(), shape_}; }

 private:
  AlignedBuffer<T> buffer_;
  Shape shape_{0, 0, 0, 0};
};

}  // namespace ochre::inline v0
