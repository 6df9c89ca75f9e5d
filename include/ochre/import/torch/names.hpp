// The Python names that a PyTorch file of tensors and plain values may hold, and what each means here: nothing is ever
// called. Any other name is refused (pickle.hpp). Sources: torch/_utils.py and torch/serialization.py of PyTorch.
// Tested by read_torch_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include <ochre/import/torch/pickle_value.hpp>
#include <ochre/weights/dtype.hpp>

namespace ochre::inline v0::detail {

enum class TorchRole : std::uint8_t {
  ordered_dict,
  tensor,      // (storage, offset, size, stride, …)
  tensor_v3,   // (storage, offset, size, stride, requires_grad, hooks, dtype, …)
  parameter,   // (tensor, …)
  attributed,  // (one of the above, class, its arguments, attributes): a tensor that somebody hung attributes on
  size,        // (tuple)
  storage,
  bytes,  // a storage without a type
  dtype,
  plain,  // met beside the tensors of a checkpoint; of no use here
};

struct TorchName {
  std::string_view name;
  TorchRole role;
  std::optional<Dtype> dtype{};  // nothing: no safetensors type is the same
};

inline constexpr TorchName torch_names[] = {
    {"collections.OrderedDict", TorchRole::ordered_dict},
    {"torch._utils._rebuild_tensor_v2", TorchRole::tensor},
    {"torch._utils._rebuild_tensor_v3", TorchRole::tensor_v3},
    {"torch._utils._rebuild_tensor", TorchRole::tensor},
    {"torch._utils._rebuild_parameter", TorchRole::parameter},
    {"torch._utils._rebuild_parameter_with_state", TorchRole::parameter},
    {"torch._tensor._rebuild_from_type_v2", TorchRole::attributed},
    {"torch.Size", TorchRole::size},

    {"torch.FloatStorage", TorchRole::storage, Dtype::f32},
    {"torch.LongStorage", TorchRole::storage, Dtype::i64},
    {"torch.HalfStorage", TorchRole::storage, Dtype::f16},
    {"torch.BFloat16Storage", TorchRole::storage, Dtype::bf16},
    {"torch.DoubleStorage", TorchRole::storage, Dtype::f64},
    {"torch.IntStorage", TorchRole::storage, Dtype::i32},
    {"torch.ShortStorage", TorchRole::storage, Dtype::i16},
    {"torch.CharStorage", TorchRole::storage, Dtype::i8},
    {"torch.ByteStorage", TorchRole::storage, Dtype::u8},
    {"torch.BoolStorage", TorchRole::storage, Dtype::boolean},
    {"torch.ComplexFloatStorage", TorchRole::storage, Dtype::c64},
    {"torch.storage.UntypedStorage", TorchRole::bytes, Dtype::u8},
    {"torch.storage._UntypedStorage", TorchRole::bytes, Dtype::u8},
    {"torch.UntypedStorage", TorchRole::bytes, Dtype::u8},

    {"torch.float32", TorchRole::dtype, Dtype::f32},
    {"torch.float64", TorchRole::dtype, Dtype::f64},
    {"torch.float16", TorchRole::dtype, Dtype::f16},
    {"torch.bfloat16", TorchRole::dtype, Dtype::bf16},
    {"torch.uint8", TorchRole::dtype, Dtype::u8},
    {"torch.uint16", TorchRole::dtype, Dtype::u16},
    {"torch.uint32", TorchRole::dtype, Dtype::u32},
    {"torch.uint64", TorchRole::dtype, Dtype::u64},
    {"torch.int8", TorchRole::dtype, Dtype::i8},
    {"torch.int16", TorchRole::dtype, Dtype::i16},
    {"torch.int32", TorchRole::dtype, Dtype::i32},
    {"torch.int64", TorchRole::dtype, Dtype::i64},
    {"torch.bool", TorchRole::dtype, Dtype::boolean},
    {"torch.complex64", TorchRole::dtype, Dtype::c64},
    {"torch.complex128", TorchRole::dtype},
    {"torch.float8_e5m2", TorchRole::dtype, Dtype::f8_e5m2},
    {"torch.float8_e4m3fn", TorchRole::dtype, Dtype::f8_e4m3},
    {"torch.float8_e8m0fnu", TorchRole::dtype, Dtype::f8_e8m0},
    {"torch.float8_e5m2fnuz", TorchRole::dtype, Dtype::f8_e5m2fnuz},
    {"torch.float8_e4m3fnuz", TorchRole::dtype, Dtype::f8_e4m3fnuz},

    {"torch.Tensor", TorchRole::plain},
    {"torch.nn.parameter.Parameter", TorchRole::plain},
    {"torch.device", TorchRole::plain},
    {"collections.defaultdict", TorchRole::plain},
    {"collections.Counter", TorchRole::plain},
    {"__builtin__.dict", TorchRole::plain},
    {"builtins.dict", TorchRole::plain},
    {"__builtin__.set", TorchRole::plain},
    {"builtins.set", TorchRole::plain},
    {"__builtin__.complex", TorchRole::plain},
    {"builtins.complex", TorchRole::plain},
    {"__builtin__.bytearray", TorchRole::plain},
    {"builtins.bytearray", TorchRole::plain},
    {"_codecs.encode", TorchRole::plain},
    {"numpy.dtype", TorchRole::plain},  // a best score, as NumPy's number
    {"numpy.core.multiarray.scalar", TorchRole::plain},
    {"numpy._core.multiarray.scalar", TorchRole::plain},
};

inline constexpr auto torch_name_list = [] {
  std::array<std::string_view, std::size(torch_names)> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = torch_names[i].name;
  return names;
}();

// Null if the value is no name.
inline const TorchName* torch_name(const PickleValue& value) noexcept {
  return value.kind == PickleKind::global ? &torch_names[value.number] : nullptr;
}

// Of the name that makes an object; null for other values.
inline const TorchName* torch_maker(const Pickle& pickle, const PickleValue& value) noexcept {
  return value.kind == PickleKind::object ? torch_name(pickle.first_items<1>(value)[0]) : nullptr;
}

}  // namespace ochre::inline v0::detail
