// An ONNX tensor's numbers as the bytes of a row-major little-endian array: raw, in typed fields, or in a file beside
// the model. Tested by read_onnx_test.cpp.
#pragma once

#include <charconv>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include <ochre/import/onnx/model.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/weights/open_below.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace detail {

inline std::optional<Dtype> dtype_of(OnnxType type) noexcept {
  switch (type) {
    case OnnxType::float32:
      return Dtype::f32;
    case OnnxType::int32:
      return Dtype::i32;
    case OnnxType::int64:
      return Dtype::i64;
    case OnnxType::float16:
      return Dtype::f16;
    case OnnxType::float64:
      return Dtype::f64;
    case OnnxType::bfloat16:
      return Dtype::bf16;
  }
  return std::nullopt;
}

// Puts the numbers of typed fields together.
struct OnnxNumbers {
  std::span<std::byte> room;
  std::size_t width = 4;  // bytes a number
  std::size_t bytes = 0;  // so far, also those that there is no room for

  void append(std::uint64_t value) noexcept {
    if (room.size() - width >= bytes) {
      for (std::size_t i = 0; i < width; ++i) room[bytes + i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
    }
    bytes += width;
  }

  // wide: of a fixed width, else varints.
  Status append(const ProtobufField& field, bool wide) {
    if (field.wire != ProtobufWire::bytes) {
      const ProtobufWire expected = !wide        ? ProtobufWire::varint
                                    : width == 8 ? ProtobufWire::fixed64
                                                 : ProtobufWire::fixed32;
      if (field.wire != expected)
        return Error{ErrorCode::malformed, "found a number of another type than the tensor's"};
      append(field.value);
      return {};
    }
    if (wide) {
      const std::size_t fits = bytes < room.size() ? std::min(field.bytes.size(), room.size() - bytes) : 0;
      std::copy_n(field.bytes.begin(), fits, room.begin() + static_cast<Index>(std::min(bytes, room.size())));
      bytes += field.bytes.size();
      return {};
    }
    for (ProtobufReader packed(field); !packed.at_end();) {
      const auto value = packed.varint();
      if (!value) return Error{ErrorCode::malformed, "found packed numbers that are cut short"};
      append(*value);
    }
    return {};
  }
};

class OnnxTensorReader {
 public:
  // folder: where files beside the model lie; "" if there are none to be had. file: gets what cannot be a view.
  OnnxTensorReader(std::string folder, SourceFile& file, Index model_size)
      : folder_(std::move(folder)), file_(file), size_(model_size), owned_(file, 2 * model_size) {}

  // Of the model and the files beside it.
  Index file_bytes() const noexcept { return size_; }

  // Errors name the tensor.
  Result<TensorEntry> read(const OnnxTensor& tensor) {
    TensorEntry entry{std::string(tensor.name.substr(0, longest_name)), Dtype::f32, tensor.shape, {}};
    const auto dtype = dtype_of(tensor.type);
    if (!dtype) {
      return tensor_error(tensor.name.substr(0, longest_shown),
                          "found ONNX's data type " + std::to_string(static_cast<std::uint64_t>(tensor.type)) +
                              ", expected float, half, bfloat16, double or an integer of 32 or 64 bits",
                          ErrorCode::unsupported);
    }
    entry.dtype = *dtype;
    for (const Index side : tensor.shape) {
      if (side < 0)
        return tensor_error(tensor.name.substr(0, longest_shown), "found shape " + sides_text(tensor.shape));
    }
    const auto size = byte_length(*dtype, tensor.shape);
    if (!size || tensor.shape.size() > most_dimensions) {
      return tensor_error(tensor.name.substr(0, longest_shown),
                          "found shape " + sides_text(tensor.shape) + ", expected one that memory can hold",
                          ErrorCode::too_large);
    }
    auto bytes = tensor.external ? read_external(tensor, *size) : read_inside(tensor, *dtype, *size);
    if (!bytes) return tensor_error(tensor.name.substr(0, longest_shown), bytes.error().message(), bytes.error().code);
    if (static_cast<Index>(bytes->size()) != *size) {
      return tensor_error(tensor.name.substr(0, longest_shown),
                          "found " + std::to_string(bytes->size()) + " bytes of data, expected " +
                              std::to_string(*size) + " for shape " + to_string(tensor.shape));
    }
    entry.bytes = *bytes;
    return entry;
  }

 private:
  using Bytes = Result<std::span<const std::byte>>;

  Bytes read_inside(const OnnxTensor& tensor, Dtype dtype, Index size) {
    if (tensor.raw) return *tensor.raw;
    if (size == 0) return std::span<const std::byte>();
    // One packed field of floats or doubles is what the array's bytes are.
    const bool wide = dtype == Dtype::f32 || dtype == Dtype::f64;
    const std::uint32_t field_number = field_of(dtype);
    if (wide && tensor.numbers.size() == 1 && tensor.numbers[0].number == field_number &&
        tensor.numbers[0].wire == ProtobufWire::bytes) {
      return tensor.numbers[0].bytes;
    }
    // Layers may share a tensor, but it is put together once.
    const OnnxTensor* original = tensor.original != nullptr ? tensor.original : &tensor;
    if (const auto entry = made_.find(original); entry != made_.end()) return entry->second;
    const auto room = owned_.allocate(size);
    if (!room) return room.error();
    OnnxNumbers numbers{*room, static_cast<std::size_t>(dtype_bits(dtype) / 8)};
    for (const ProtobufField& field : tensor.numbers) {
      if (field.number != field_number) continue;
      if (Status status = numbers.append(field, wide); !status) return std::move(status).error();
    }
    if (numbers.bytes != room->size()) {
      return Error{ErrorCode::malformed, "found " + std::to_string(numbers.bytes) + " bytes of data, expected " +
                                             std::to_string(room->size())};
    }
    made_.emplace(original, *room);
    return std::span<const std::byte>(*room);
  }

  // Where numbers of that type stand if not raw.
  static constexpr std::uint32_t field_of(Dtype dtype) noexcept {
    return dtype == Dtype::f32 ? 4 : dtype == Dtype::i64 ? 7 : dtype == Dtype::f64 ? 10 : 5;
  }

  Bytes read_external(const OnnxTensor& tensor, Index size) {
    const auto below = name_below(tensor.location);
    if (!below || folder_.empty()) {
      return Error{ErrorCode::unsupported, "found its data in the file \"" +
                                               weights::printable(tensor.location, longest_shown) +
                                               "\", expected one in the model's folder or below it"};
    }
    const std::string& name = *below;
    auto file = files_.find(name);
    if (file == files_.end()) {
      if (files_.size() == most_files) {
        return Error{ErrorCode::too_large, "found data in more than " + std::to_string(most_files) + " files"};
      }
      auto opened = open_below(folder_, name);
      if (!opened) return std::move(opened).error();
      file = files_.emplace(name, file_.files.emplace_back(*std::move(opened)).bytes()).first;
      size_ += static_cast<Index>(file->second.size());
    }
    const auto whole = static_cast<Index>(file->second.size());
    const auto number = [](std::string_view text, Index fallback) {
      Index value = -1;
      if (text.empty()) return fallback;
      const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
      return failure == std::errc{} && end == text.data() + text.size() ? value : Index{-1};
    };
    const Index offset = number(tensor.offset, 0);
    const Index length = number(tensor.length, size);
    if (offset < 0 || length < 0 || offset > whole || length > whole - offset) {
      return Error{ErrorCode::malformed, "found its data at byte " + weights::printable(tensor.offset, longest_shown) +
                                             " of \"" + weights::printable(name, longest_shown) + "\", " +
                                             std::to_string(size) + " bytes, expected them within the file's " +
                                             std::to_string(whole)};
    }
    return file->second.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }

  // Exporters write one file beside the model, or one a tensor; the public networks have some hundred tensors.
  static constexpr std::size_t most_files = 1024;

  std::string folder_;
  SourceFile& file_;
  Index size_ = 0;  // of the model and the files beside it
  OwnedBytes owned_;
  std::map<std::string, std::span<const std::byte>, std::less<>> files_;
  std::map<const OnnxTensor*, std::span<const std::byte>> made_;
};

}  // namespace detail

}  // namespace ochre::inline v0
