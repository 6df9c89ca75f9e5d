// Builds the bytes of a safetensors file. The same tensors and metadata give the same bytes, whatever their order:
// tensors by dtype (descending, so that each starts aligned) and then by name, metadata by key, the header padded with
// spaces to a multiple of 8. With at most one metadata key these are the bytes of the format's own Python writer.
// Tested by safetensors_writer_test.cpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

namespace weights {

inline std::string json_quoted(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  constexpr std::string_view meanings = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  std::string quoted = "\"";
  for (const char c : text) {
    const std::size_t which = meanings.find(c);
    const auto byte = static_cast<unsigned char>(c);
    if (which != std::string_view::npos) {
      quoted += {'\\', letters[which]};
    } else if (byte < 0x20) {
      quoted += {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace weights

namespace detail {

inline std::string header_text(std::span<const TensorEntry* const> tensors, const Metadata& metadata) {
  std::string text = "{";
  if (!metadata.empty()) {
    text += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata)
      text += weights::json_quoted(key) + ':' + weights::json_quoted(value) + ',';
    text.back() = '}';
    text += ',';
  }
  std::size_t offset = 0;
  for (const TensorEntry* tensor : tensors) {
    const std::size_t end = offset + tensor->bytes.size();
    text += weights::json_quoted(tensor->name) + ":{\"dtype\":\"" + std::string(dtype_name(tensor->dtype)) +
            "\",\"shape\":" + to_string(tensor->shape) + ",\"data_offsets\":[" + std::to_string(offset) + ',' +
            std::to_string(end) + "]},";
    offset = end;
  }
  if (text.back() == ',') text.pop_back();
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace detail

// The bytes of a safetensors file of these tensors and texts. Each entry's bytes are little-endian and as many as its
// shape and dtype say. What would not read back is an Error.
inline Result<std::vector<std::byte>> write_safetensors(std::span<const TensorEntry> tensors,
                                                        const Metadata& metadata = {}) {
  std::vector<const TensorEntry*> in_order;
  for (const TensorEntry& tensor : tensors) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(), [](const TensorEntry* left, const TensorEntry* right) {
    return left->dtype != right->dtype ? left->dtype > right->dtype : left->name < right->name;
  });
  const std::string header = detail::header_text(in_order, metadata);

  std::vector<std::byte> file;
  std::size_t size = 8 + header.size();
  for (const TensorEntry* tensor : in_order) size += tensor->bytes.size();
  file.reserve(size);
  for (int shift = 0; shift < 64; shift += 8) file.push_back(static_cast<std::byte>(header.size() >> shift & 0xFF));
  const auto header_bytes = std::as_bytes(std::span(header));
  file.insert(file.end(), header_bytes.begin(), header_bytes.end());
  for (const TensorEntry* tensor : in_order) file.insert(file.end(), tensor->bytes.begin(), tensor->bytes.end());

  // The reader knows every rule: names, duplicates, UTF-8, sizes.
  const auto read_back = Safetensors::parse(file);
  if (!read_back) return Error{read_back.error()}.in("cannot be written as safetensors");
  return file;
}

// The bytes of F32 tensor data as the file holds them.
inline std::vector<std::byte> little_endian_bytes(std::span<const float> numbers) {
  std::vector<std::byte> bytes(numbers.size_bytes());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(numbers[i]);
    for (std::size_t k = 0; k < 4; ++k) bytes[4 * i + k] = static_cast<std::byte>(bits >> (8 * k) & 0xFF);
  }
  return bytes;
}

}  // namespace ochre::inline v0
