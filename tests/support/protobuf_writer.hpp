// Messages of Protocol Buffers, field by field: also such as no proper writer would give.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ochre::test {

class ProtobufWriter {
 public:
  const std::string& text() const noexcept { return text_; }

  ProtobufWriter& raw(std::string_view bytes) {
    text_ += bytes;
    return *this;
  }
  ProtobufWriter& number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_ += static_cast<char>((value & 0x7F) | 0x80);
    text_ += static_cast<char>(value);
    return *this;
  }
  ProtobufWriter& tag(std::uint64_t field, unsigned wire) { return number(field << 3 | wire); }

  ProtobufWriter& varint(std::uint64_t field, std::uint64_t value) { return tag(field, 0).number(value); }
  ProtobufWriter& bytes(std::uint64_t field, std::string_view content) {
    return tag(field, 2).number(content.size()).raw(content);
  }
  ProtobufWriter& message(std::uint64_t field, const ProtobufWriter& content) { return bytes(field, content.text()); }

  ProtobufWriter& fixed32(std::uint64_t field, float value) { return tag(field, 5).little_endian(value); }
  ProtobufWriter& fixed64(std::uint64_t field, double value) { return tag(field, 1).little_endian(value); }

  ProtobufWriter& little_endian(float value) { return put(std::bit_cast<std::uint32_t>(value), 4); }
  ProtobufWriter& little_endian(double value) { return put(std::bit_cast<std::uint64_t>(value), 8); }

  template <class Number>
  ProtobufWriter& packed(std::uint64_t field, const std::vector<Number>& values) {
    ProtobufWriter content;
    for (const Number value : values) content.little_endian(value);
    return message(field, content);
  }
  ProtobufWriter& packed_varints(std::uint64_t field, const std::vector<std::int64_t>& values) {
    ProtobufWriter content;
    for (const std::int64_t value : values) content.number(static_cast<std::uint64_t>(value));
    return message(field, content);
  }

 private:
  ProtobufWriter& put(std::uint64_t bits, int size) {
    for (int i = 0; i < size; ++i) text_ += static_cast<char>(bits >> (8 * i) & 0xFF);
    return *this;
  }

  std::string text_;
};

}  // namespace ochre::test
