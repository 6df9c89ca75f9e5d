// One blob of a Caffe model, BlobProto: a shape and numbers. The numbers lie in the file as packed little-endian
// runs, one number a field, or NVIDIA's raw bytes; one packed run is given as a view, all else is put together once.
// As Caffe reads it: double_data is taken if there is any, and num, channels, height, width win over `shape`.
// Source: caffe.proto of BVLC (fields 1 to 9), opencv-caffe.proto of OpenCV (10 and 12). Tested by
// read_caffemodel_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/protobuf.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/dtype.hpp>

namespace ochre::inline v0 {

namespace detail {

struct CaffeBlob {
  std::vector<Index> shape;
  Dtype dtype = Dtype::f32;
  std::span<const std::byte> bytes;

  Index count() const noexcept { return static_cast<Index>(bytes.size()) * 8 / dtype_bits(dtype); }

  double number(Index i) const noexcept {
    const std::byte* at = bytes.data() + i * (dtype_bits(dtype) / 8);
    if (dtype == Dtype::f64) return from_f64(load_little_endian<std::uint64_t>(at));
    if (dtype == Dtype::f16) return from_f16(load_little_endian<std::uint16_t>(at));
    return from_f32(load_little_endian<std::uint32_t>(at));
  }
};

template <class Visit>
Status for_each_field(const ProtobufField& message, Visit&& visit) {
  ProtobufReader reader(message);
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) return field.error();
    if (Status status = visit(*field); !status) return status;
  }
  return {};
}

// A repeated field of floats or doubles. Its parts may be packed, many numbers each, or single.
class CaffeNumbers {
 public:
  CaffeNumbers(std::uint32_t field_number, Dtype dtype, ProtobufWire single) noexcept
      : number_(field_number), dtype_(dtype), single_(single) {}

  Dtype dtype() const noexcept { return dtype_; }
  bool empty() const noexcept { return size_ == 0; }

  // Counts the field, if it is one of these.
  Status count(const ProtobufField& field) {
    const Index part = size_of(field);
    if (part % element_size() != 0) {
      return Error{ErrorCode::malformed, "found " + std::to_string(part) + " bytes of " +
                                             std::string(dtype_name(dtype_)) + " numbers, expected a multiple of " +
                                             std::to_string(element_size())};
    }
    if (part == 0) return {};
    size_ += part;
    ++parts_;
    packed_ = field.bytes;
    return {};
  }

  // All of them in one range: the file's own, or put together from the parts that count() has seen.
  Result<std::span<const std::byte>> gather(const ProtobufField& blob, OwnedBytes& owned) const {
    if (parts_ == 1 && !packed_.empty()) return packed_;
    const auto room = owned.allocate(size_);
    if (!room) return room.error();
    std::byte* to = room->data();
    Status status = for_each_field(blob, [&](const ProtobufField& field) -> Status {
      const Index part = size_of(field);
      if (part > 0) put(field, to);
      to += part;
      return {};
    });
    if (!status) return std::move(status).error();
    return std::span<const std::byte>(*room);
  }

 private:
  Index element_size() const noexcept { return dtype_bits(dtype_) / 8; }

  Index size_of(const ProtobufField& field) const noexcept {
    if (field.number != number_) return 0;
    if (field.wire == single_) return element_size();
    return static_cast<Index>(field.bytes.size());
  }

  void put(const ProtobufField& field, std::byte* to) const noexcept {
    if (field.wire != single_) {
      std::memcpy(to, field.bytes.data(), field.bytes.size());
      return;
    }
    for (Index i = 0; i < element_size(); ++i) to[i] = static_cast<std::byte>(field.value >> (8 * i) & 0xFF);
  }

  std::uint32_t number_;
  Dtype dtype_;
  ProtobufWire single_;
  Index size_ = 0;  // in bytes; below the file's, as each part lies in it
  Index parts_ = 0;
  std::span<const std::byte> packed_;  // the last part, nothing if it is single
};

class CaffeBlobReader {
 public:
  // Views of the file's bytes, or of what is allocated from `owned`.
  static Result<CaffeBlob> read(const ProtobufField& blob, OwnedBytes& owned) {
    CaffeBlobReader reader;
    Status status = for_each_field(blob, [&](const ProtobufField& field) { return reader.take(field); });
    if (!status) return std::move(status).error();
    CaffeBlob read;
    read.shape = reader.has_legacy_ ? std::move(reader.legacy_) : std::move(reader.shape_);
    if (status = reader.gather(blob, owned, read); !status) return std::move(status).error();
    if (status = check_size(read); !status) return std::move(status).error();
    return read;
  }

 private:
  Status take(const ProtobufField& field) {
    if (field.number >= 1 && field.number <= 4 && field.wire == ProtobufWire::varint) {
      has_legacy_ = true;
      return take_dimension(field.value, legacy_[field.number - 1]);
    }
    if (field.number == 7 && field.wire == ProtobufWire::bytes) {
      return for_each_field(field, [&](const ProtobufField& dimension) { return take_shape(dimension); });
    }
    if (field.number == 10 && field.wire == ProtobufWire::varint) raw_type_ = field.value;
    if (field.number == 12) raw_ = field.bytes;
    if (Status status = floats_.count(field); !status) return status;
    return doubles_.count(field);
  }

  // BlobShape: dim = 1, packed or not.
  Status take_shape(const ProtobufField& field) {
    if (field.number != 1) return {};
    if (field.wire == ProtobufWire::varint) return append(field.value);
    ProtobufReader packed(field);
    while (!packed.at_end()) {
      const auto value = packed.varint();
      if (!value)
        return Error{ErrorCode::malformed, "shape: found a dimension that is cut short, expected a whole one"};
      if (Status status = append(*value); !status) return status;
    }
    return {};
  }

  Status append(std::uint64_t value) {
    if (shape_.size() == most_dimensions) {
      return Error{ErrorCode::unsupported, "shape: found more than " + std::to_string(most_dimensions) +
                                               " dimensions, expected at most that many"};
    }
    return take_dimension(value, shape_.emplace_back());
  }

  static Status take_dimension(std::uint64_t value, Index& dimension) {
    if (value == 0 || value > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
      return Error{ErrorCode::malformed, "shape: found a dimension of " +
                                             std::to_string(static_cast<std::int64_t>(value)) + ", expected 1 or more"};
    }
    dimension = static_cast<Index>(value);
    return {};
  }

  Status gather(const ProtobufField& blob, OwnedBytes& owned, CaffeBlob& read) const {
    if (doubles_.empty() && floats_.empty() && !raw_.empty()) return view_raw(read);
    const CaffeNumbers& numbers = doubles_.empty() ? floats_ : doubles_;
    auto bytes = numbers.gather(blob, owned);
    if (!bytes) return std::move(bytes).error();
    read.dtype = numbers.dtype();
    read.bytes = *bytes;
    return {};
  }

  Status view_raw(CaffeBlob& read) const {
    constexpr std::array types{Dtype::f64, Dtype::f32, Dtype::f16};  // NVIDIA's DOUBLE, FLOAT, FLOAT16
    if (raw_type_ >= types.size()) {
      return Error{ErrorCode::unsupported, "raw_data_type: found " + std::to_string(raw_type_) +
                                               ", expected 0, 1 or 2 (double, float or half)"};
    }
    read.dtype = types[static_cast<std::size_t>(raw_type_)];
    read.bytes = raw_;
    return {};
  }

  static Status check_size(const CaffeBlob& blob) {
    const auto length = byte_length(blob.dtype, blob.shape);
    if (length && *length == static_cast<Index>(blob.bytes.size()) && *length > 0) return {};
    const std::string found = "found " + std::to_string(blob.bytes.size()) + " bytes of " +
                              std::string(dtype_name(blob.dtype)) + " numbers, expected ";
    if (!length) return Error{ErrorCode::malformed, found + "shape " + to_string(blob.shape) + " to be addressable"};
    return Error{ErrorCode::malformed,
                 found + (*length > 0 ? std::to_string(*length) : "some") + " for shape " + to_string(blob.shape)};
  }

  std::vector<Index> shape_;
  std::vector<Index> legacy_ = std::vector<Index>(4);  // num, channels, height, width; 0 where there is none
  bool has_legacy_ = false;
  CaffeNumbers floats_{5, Dtype::f32, ProtobufWire::fixed32};
  CaffeNumbers doubles_{8, Dtype::f64, ProtobufWire::fixed64};
  std::uint64_t raw_type_ = 0;
  std::span<const std::byte> raw_;
};

}  // namespace detail

}  // namespace ochre::inline v0
