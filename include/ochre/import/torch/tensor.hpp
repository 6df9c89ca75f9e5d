// The tensors and storages of a PyTorch pickle: what its objects and references claim, checked one by one.
//   reference: ('storage', type, key, location, number of elements[, None or (view key, offset, number of elements)])
//   object:    _rebuild_tensor_v2(reference, offset, size, stride, …) and its like (torch/names.hpp)
// Where a tensor was (the location) does not matter here. Source: torch/serialization.py and torch/_utils.py of
// PyTorch. Tested by read_torch_test.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/function_ref.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/torch/names.hpp>
#include <ochre/import/torch/pickle_value.hpp>
#include <ochre/import/torch/strided_tensor.hpp>
#include <ochre/weights/dtype.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0::detail {

// Where the bytes of the storage of that key lie.
using FindStorage = FunctionRef<Result<std::span<const std::byte>>(std::string_view key)>;

struct TorchStorageClaim {
  const TorchName* type = nullptr;
  std::string_view key;
  Index count = 0;  // elements
  Index view_offset = 0;
  std::optional<Index> view_count;  // of a storage that is part of another

  Index element_size() const noexcept { return dtype_bits(*type->dtype) / 8; }
};

inline Error storage_error(std::string_view key, const std::string& found, const std::string& expected) {
  return {ErrorCode::malformed, "storage " + weights::printable(key) + ": found " + found + ", expected " + expected};
}

inline bool is_count(const PickleValue& value) noexcept {
  return value.kind == PickleKind::integer && value.number >= 0;
}

inline Result<TorchStorageClaim> read_storage_claim(const Pickle& pickle, const PickleValue& reference) {
  const auto [mark, type, key, location, count, view] = pickle.first_items<6>(reference);
  TorchStorageClaim claim;
  claim.type = torch_name(type);
  claim.key = pickle.text(key);
  claim.count = count.number;
  const bool typed = claim.type && (claim.type->role == TorchRole::storage || claim.type->role == TorchRole::bytes);
  if (reference.kind != PickleKind::reference || pickle.text(mark) != "storage" || !typed ||
      key.kind != PickleKind::text || key.size > longest_name || !is_count(count)) {
    return Error{ErrorCode::malformed, "found a reference to something else, expected one to a storage of numbers"};
  }
  if (view.kind == PickleKind::none) return claim;
  const auto [view_key, offset, size] = pickle.first_items<3>(view);
  if (!is_count(offset) || !is_count(size)) return storage_error(claim.key, "a view of no place", "offset and size");
  claim.view_offset = offset.number;
  claim.view_count = size.number;
  return claim;
}

inline Result<std::span<const std::byte>> storage_bytes(const TorchStorageClaim& claim, FindStorage find) {
  const auto size = checked_mul(claim.count, claim.element_size());
  if (size && *size == 0) return std::span<const std::byte>();
  const auto bytes = find(claim.key);
  if (!bytes) return bytes.error();
  if (!size || static_cast<std::size_t>(*size) > bytes->size()) {
    return storage_error(
        claim.key, std::to_string(bytes->size()) + " bytes",
        "those of " + std::to_string(claim.count) + " elements of " + std::to_string(claim.element_size()) + " bytes");
  }
  const auto whole = bytes->first(static_cast<std::size_t>(*size));
  if (!claim.view_count) return whole;
  const auto end = checked_add(claim.view_offset, *claim.view_count);
  if (!end || *end > claim.count) {
    return storage_error(claim.key,
                         "a view of " + std::to_string(*claim.view_count) + " elements from " +
                             std::to_string(claim.view_offset) + " on",
                         "one within its " + std::to_string(claim.count) + " elements");
  }
  return whole.subspan(static_cast<std::size_t>(claim.view_offset * claim.element_size()),
                       static_cast<std::size_t>(*claim.view_count * claim.element_size()));
}

// The numbers of a tuple, or of a torch.Size of one. Nothing if one is no count, or there are too many of them.
inline std::optional<std::vector<Index>> read_counts(const Pickle& pickle, PickleValue value) {
  const TorchName* maker = torch_maker(pickle, value);
  if (maker && maker->role == TorchRole::size) value = pickle.first_items<1>(pickle.first_items<2>(value)[1])[0];
  if (value.kind != PickleKind::tuple || pickle.count(value) > most_dimensions) return std::nullopt;
  std::vector<Index> counts;
  for (auto items = pickle.items(value); const auto item = items.next();) {
    if (!is_count(*item)) return std::nullopt;
    counts.push_back(item->number);
  }
  return counts;
}

struct TorchCall {
  TorchRole role = TorchRole::plain;
  PickleValue arguments;
};

// What rebuilds the tensor itself, behind what makes it a parameter or hangs attributes on it. Nothing if the value is
// no tensor.
inline std::optional<TorchCall> find_tensor_call(const Pickle& pickle, PickleValue value) noexcept {
  constexpr int most_wrappers = 4;  // PyTorch writes at most two around each other
  for (int i = 0; i < most_wrappers; ++i) {
    const auto [name, arguments] = pickle.first_items<2>(value);
    const TorchName* maker = torch_maker(pickle, value);
    TorchCall call{maker ? maker->role : TorchRole::plain, arguments};
    if (call.role == TorchRole::attributed) {
      const auto [inner, type, inner_arguments] = pickle.first_items<3>(arguments);
      const TorchName* inner_name = torch_name(inner);
      call = {inner_name ? inner_name->role : TorchRole::plain, inner_arguments};
    }
    if (call.role == TorchRole::tensor || call.role == TorchRole::tensor_v3) return call;
    if (call.role != TorchRole::parameter) return std::nullopt;
    value = pickle.first_items<1>(call.arguments)[0];
  }
  return std::nullopt;
}

inline Result<StridedTensor> read_torch_tensor(const Pickle& pickle, const TorchCall& call, FindStorage find) {
  const bool has_dtype = call.role == TorchRole::tensor_v3;
  const auto arguments = pickle.first_items<8>(call.arguments);
  const auto claim = read_storage_claim(pickle, arguments[0]);
  if (!claim) return claim.error();
  const auto shape = read_counts(pickle, arguments[2]);
  const auto strides = read_counts(pickle, arguments[3]);
  if (!is_count(arguments[1]) || !shape || !strides || shape->size() != strides->size()) {
    return Error{ErrorCode::malformed,
                 "found an offset, shape and strides that do not fit, expected those of at most " +
                     std::to_string(most_dimensions) + " dimensions"};
  }
  const TorchName* type = has_dtype ? torch_name(arguments[6]) : claim->type;
  if (type == nullptr || !type->dtype) {
    const std::string found = type ? std::string(type->name) : "no dtype";
    return Error{ErrorCode::unsupported, "found " + found + ", expected a dtype like torch.float32"};
  }
  if (pickle.count(arguments[has_dtype ? 7 : 6]) != 0) {
    return Error{ErrorCode::unsupported, "found a tensor to be negated or conjugated, expected the numbers themselves"};
  }
  const auto bytes = storage_bytes(*claim, find);
  if (!bytes) return bytes.error();
  return StridedTensor{*bytes, *type->dtype, arguments[1].number, *shape, *strides, false};
}

}  // namespace ochre::inline v0::detail
