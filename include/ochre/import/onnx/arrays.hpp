// Arrays of numbers as ONNX's operators see them: type, shape, values. Every node's result is rounded to its type, as
// it is there, though values are held in double. Tested by read_onnx_test.cpp.
#pragma once

#include <cmath>
#include <limits>

#include <ochre/base/finite.hpp>
#include <ochre/import/onnx/tensor.hpp>
#include <ochre/weights/store.hpp>

namespace ochre::inline v0::detail {

struct OnnxArray {
  OnnxType type = OnnxType::int64;
  std::vector<Index> shape;
  std::vector<double> values;  // row-major

  Index size() const noexcept { return static_cast<Index>(values.size()); }
  static OnnxArray list(std::vector<double> numbers) {
    return {OnnxType::int64, {static_cast<Index>(numbers.size())}, std::move(numbers)};
  }
};

inline bool is_whole(OnnxType type) noexcept { return type == OnnxType::int32 || type == OnnxType::int64; }

// Whole numbers beyond ±2^53 mean "to the end", which that is, too.
inline constexpr double most_onnx_integer = 0x1p53;

// The number of that type that is nearest. Nothing if there is none: an infinity, NaN.
inline std::optional<double> rounded_to(OnnxType type, double value) noexcept {
  if (!is_finite(value)) return std::nullopt;
  const auto single = static_cast<float>(value);
  switch (type) {
    case OnnxType::int32:
      if (std::abs(value) > 0x1p31) return std::nullopt;
      return std::trunc(value);
    case OnnxType::int64:
      return std::trunc(std::clamp(value, -most_onnx_integer, most_onnx_integer));
    case OnnxType::float64:
      return value;
    case OnnxType::float16:
      if (const auto bits = to_f16(single)) return from_f16(*bits);
      return std::nullopt;
    case OnnxType::bfloat16:
      if (const auto bits = to_bf16(single)) return from_bf16(*bits);
      return std::nullopt;
    case OnnxType::float32:
      break;
  }
  if (!is_finite(single)) return std::nullopt;
  return single;
}

// Of an array of that shape, in elements; the last axis lies closest.
inline std::vector<Index> strides_of(std::span<const Index> shape) {
  std::vector<Index> strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

// Elements of an array of that shape. Nothing if the sides above 0 multiply to 2^31 or more.
inline std::optional<Index> count_of(std::span<const Index> shape) noexcept {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();
  Index bound = 1;
  Index count = 1;
  for (const Index side : shape) {
    if (side < 0 || side > most) return std::nullopt;
    bound *= std::max<Index>(side, 1);
    count *= side;
    if (bound > most) return std::nullopt;
  }
  return count;
}

// A view of values with a begin and a step along each axis, which may be 0 or below, as an array of its own. Slices,
// transposed and repeated arrays are such views. shape: one that count_of() takes.
inline std::vector<double> read_view(const std::vector<double>& values, std::span<const Index> shape, Index begin,
                                     std::span<const Index> steps) {
  std::vector<double> result(static_cast<std::size_t>(*count_of(shape)));
  std::vector<Index> place(shape.size(), 0);
  Index from = begin;
  for (double& value : result) {
    value = values[static_cast<std::size_t>(from)];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += steps[axis];
      if (++place[axis] < shape[axis]) break;
      from -= place[axis] * steps[axis];
      place[axis] = 0;
    }
  }
  return result;
}

// The shape that both have when each side of 1 is repeated as the other needs it. Nothing if they do not fit.
inline std::optional<std::vector<Index>> broadcast_shape(std::span<const Index> left, std::span<const Index> right) {
  std::vector<Index> shape(std::max(left.size(), right.size()), 1);
  for (const auto sides : {left, right}) {
    for (std::size_t i = 0; i < sides.size(); ++i) {
      Index& side = shape[shape.size() - sides.size() + i];
      if (sides[i] == 1 || sides[i] == side) continue;
      if (side != 1) return std::nullopt;
      side = sides[i];
    }
  }
  return shape;
}

// An array's values repeated to that shape.
inline std::vector<double> broadcast(const OnnxArray& array, std::span<const Index> shape) {
  std::vector<Index> steps(shape.size(), 0);
  const auto strides = strides_of(array.shape);
  for (std::size_t i = 0; i < strides.size(); ++i) {
    if (array.shape[i] != 1) steps[shape.size() - strides.size() + i] = strides[i];
  }
  return read_view(array.values, shape, 0, steps);
}

}  // namespace ochre::inline v0::detail
