// The wire format of Protocol Buffers, one field after the other: number, kind, and either an integer or a range of
// bytes. Nothing is copied, nothing allocated; who calls decides which fields it knows, and passes over the rest.
// Source: protobuf.dev/programming-guides/encoding. Tested by protobuf_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/convert.hpp>

namespace ochre::inline v0 {

namespace detail {

enum class ProtobufWire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct ProtobufField {
  std::uint32_t number = 0;
  ProtobufWire wire = ProtobufWire::varint;
  std::uint64_t value = 0;           // of a varint or a fixed one
  std::span<const std::byte> bytes;  // of a string, a message, or packed numbers
  Index offset = 0;                  // in the file: of what `bytes` holds, or of the field

  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

class ProtobufReader {
 public:
  // offset: of these bytes in the file, for messages.
  explicit ProtobufReader(std::span<const std::byte> bytes, Index offset = 0) noexcept
      : bytes_(bytes), offset_(offset) {}
  // The message that a field holds.
  explicit ProtobufReader(const ProtobufField& field) noexcept : ProtobufReader(field.bytes, field.offset) {}

  bool at_end() const noexcept { return bytes_.empty(); }

  // The next field. Errors: none is left, or what comes is cut short or no field.
  Result<ProtobufField> next() {
    ProtobufField field;
    field.offset = offset_;
    const auto tag = varint();
    if (!tag) return malformed(field, "a field's tag", "a number of at most 10 bytes");
    const auto wire = static_cast<unsigned>(*tag & 7);
    if (*tag >> 3 == 0 || *tag >> 3 >= std::uint64_t{1} << 29)
      return malformed(field, "the tag " + std::to_string(*tag), "a field number from 1 to 536870911");
    field.number = static_cast<std::uint32_t>(*tag >> 3);
    field.wire = static_cast<ProtobufWire>(wire);
    switch (wire) {
      case 0:
        return read(field, varint());
      case 1:
        return read(field, fixed<std::uint64_t>());
      case 2:
        return read_bytes(field);
      case 5:
        return read(field, fixed<std::uint32_t>());
      default:
        return malformed(field, "wire type " + std::to_string(wire), "0, 1, 2 or 5");
    }
  }

  // The next varint or fixed number of a packed field. Nothing if what is left is cut short.
  std::optional<std::uint64_t> varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 10 && i < bytes_.size(); ++i) {
      const auto byte = std::to_integer<std::uint64_t>(bytes_[i]);
      if (i == 9 && byte > 1) return std::nullopt;
      value |= (byte & 0x7F) << (7 * i);
      if (byte < 0x80) {
        advance(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }

 private:
  static Error malformed(const ProtobufField& field, const std::string& found, const std::string& expected) {
    return {ErrorCode::malformed,
            "protobuf field at byte " + std::to_string(field.offset) + ": found " + found + ", expected " + expected};
  }

  void advance(std::size_t count) noexcept {
    bytes_ = bytes_.subspan(count);
    offset_ += static_cast<Index>(count);
  }

  template <class Unsigned>
  std::optional<std::uint64_t> fixed() noexcept {
    if (bytes_.size() < sizeof(Unsigned)) return std::nullopt;
    const auto value = detail::load_little_endian<Unsigned>(bytes_.data());
    advance(sizeof(Unsigned));
    return value;
  }

  static Result<ProtobufField> read(ProtobufField& field, std::optional<std::uint64_t> value) {
    if (!value) return malformed(field, "a number that is cut short or too long", "a whole one");
    field.value = *value;
    return field;
  }

  Result<ProtobufField> read_bytes(ProtobufField& field) {
    const auto length = varint();
    if (!length) return malformed(field, "a length that is cut short or too long", "a whole one");
    if (*length > bytes_.size()) {
      return malformed(field, "a length of " + std::to_string(*length),
                       "at most the " + std::to_string(bytes_.size()) + " bytes that follow (cut short?)");
    }
    field.offset = offset_;
    field.bytes = bytes_.first(static_cast<std::size_t>(*length));
    advance(field.bytes.size());
    return field;
  }

  std::span<const std::byte> bytes_;
  Index offset_ = 0;
};

}  // namespace detail

}  // namespace ochre::inline v0
