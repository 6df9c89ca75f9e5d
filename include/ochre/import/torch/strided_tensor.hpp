// Tensors whose elements stand anywhere in a storage, at offset + Σ index·stride, brought into the one order that a
// TensorEntry has: row-major and little-endian. What is in that order already stays where it is.
// Tested by read_torch_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/weights/dtype.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0::detail {

// Offset and strides count elements, of a dtype of whole bytes.
struct StridedTensor {
  std::span<const std::byte> storage;
  Dtype dtype = Dtype::f32;
  Index offset = 0;
  std::vector<Index> shape;
  std::vector<Index> strides;
  bool big_endian = false;
};

inline bool is_row_major(const StridedTensor& tensor) noexcept {
  Index expected = 1;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];  // whoever calls has seen that the product of all fits
  }
  return true;
}

// The largest offset of an element, in elements; nothing if it overflows. For tensors with elements.
inline std::optional<Index> last_element(const StridedTensor& tensor) noexcept {
  std::optional<Index> last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size() && last; ++i) {
    const auto way = checked_mul(tensor.shape[i] - 1, tensor.strides[i]);
    last = way ? checked_add(*last, *way) : std::nullopt;
  }
  return last;
}

// The elements in row-major order, one row of the last dimension after the other.
inline void gather_elements(const StridedTensor& tensor, std::size_t size, std::span<std::byte> into) {
  const std::size_t rank = tensor.shape.size();
  const Index row = rank == 0 ? 1 : tensor.shape.back();
  const Index step = rank == 0 ? 0 : tensor.strides.back();
  std::vector<Index> index(rank, 0);
  std::byte* to = into.data();
  for (Index at = tensor.offset;;) {
    for (Index i = 0; i < row; ++i, to += size) {
      std::copy_n(tensor.storage.data() + static_cast<std::size_t>(at + i * step) * size, size, to);
    }
    std::size_t axis = rank == 0 ? 0 : rank - 1;
    while (axis-- > 0) {
      at += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      at -= tensor.strides[axis] * tensor.shape[axis];
      index[axis] = 0;
    }
    if (axis == static_cast<std::size_t>(-1)) return;
  }
}

// A complex number is two, each with an order of its own.
inline std::size_t number_size(Dtype dtype) noexcept {
  return static_cast<std::size_t>(dtype == Dtype::c64 ? 4 : dtype_bits(dtype) / 8);
}

inline void reverse_numbers(std::span<std::byte> bytes, std::size_t size) noexcept {
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
}

// The tensor's bytes in the order of a TensorEntry. Errors: it leaves its storage, or claims more than `owned` has.
inline Result<std::span<const std::byte>> in_row_major_order(StridedTensor tensor, OwnedBytes& owned) {
  const auto where = [&] {
    return "shape " + to_string(tensor.shape) + ", strides " + to_string(tensor.strides) + ", offset " +
           std::to_string(tensor.offset);
  };
  const auto length = byte_length(tensor.dtype, tensor.shape);
  if (!length) return Error{ErrorCode::malformed, "found " + where() + ", expected an addressable size"};
  if (*length == 0) return std::span<const std::byte>();
  const auto negative = [](Index number) { return number < 0; };
  const auto size = static_cast<std::size_t>(dtype_bits(tensor.dtype) / 8);
  const auto held = static_cast<Index>(tensor.storage.size() / size);
  const auto last = last_element(tensor);
  if (tensor.offset < 0 || std::any_of(tensor.strides.begin(), tensor.strides.end(), negative) || !last ||
      *last >= held) {
    return Error{ErrorCode::malformed, "found " + where() + ", expected all of it within the " + std::to_string(held) +
                                           " elements of its storage"};
  }
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 1) tensor.strides[i] = 0;  // means nothing, and may be so large that a sum overflows
  }
  const bool row_major = is_row_major(tensor);
  const auto begin = static_cast<std::size_t>(tensor.offset) * size;
  const bool reversed = tensor.big_endian && number_size(tensor.dtype) > 1;
  if (row_major && !reversed) return tensor.storage.subspan(begin, static_cast<std::size_t>(*length));
  const auto room = owned.allocate(*length);
  if (!room) return room.error();
  if (row_major) {
    std::copy_n(tensor.storage.data() + begin, room->size(), room->data());
  } else {
    gather_elements(tensor, size, *room);
  }
  if (reversed) reverse_numbers(*room, number_size(tensor.dtype));
  return std::span<const std::byte>(*room);
}

}  // namespace ochre::inline v0::detail
