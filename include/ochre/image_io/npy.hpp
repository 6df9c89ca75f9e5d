// NumPy's .npy files as planar tensors: float32 and float64, little-endian, C order. An array of fewer than
// 4 dimensions gets leading ones: (H, W) is [1,1,H,W]. Everything the header claims is checked against the file before
// anything is allocated. Source: NumPy's documentation, numpy.lib.format, versions 1 to 3. Tested by npy_test.cpp and a
// fuzz target.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/base/shape.hpp>
#include <ochre/image_io/byte_order.hpp>
#include <ochre/tensor/tensor.hpp>
#include <ochre/weights/atomic_file.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0 {

namespace detail {

inline constexpr std::string_view npy_signature = "\x93NUMPY";

// The header is one Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }
class NpyHeader {
 public:
  static Result<NpyHeader> parse(std::string_view text) {
    NpyHeader header;
    header.text_ = text;
    if (!header.read()) {
      return Error{ErrorCode::malformed, "header byte " + std::to_string(header.at_) + ": found \"" +
                                             weights::printable(text.substr(header.at_, 20)) +
                                             "\", expected {'descr': ..., 'fortran_order': ..., 'shape': (...)}"};
    }
    return header;
  }

  std::string_view element() const noexcept { return element_; }
  bool is_fortran_order() const noexcept { return fortran_order_ == "True"; }
  std::span<const Index> shape() const noexcept { return shape_; }

 private:
  bool read() {
    if (!accept('{')) return false;
    while (!accept('}')) {
      std::string_view key;
      if (!read_quoted(key) || !accept(':') || !read_value(key)) return false;
      if (!accept(',') && !next_is('}')) return false;
    }
    skip_space();
    return at_ == text_.size() && !element_.empty() && !fortran_order_.empty() && has_shape_;
  }

  bool read_value(std::string_view key) {
    if (key == "descr" && element_.empty()) return read_quoted(element_) && !element_.empty();
    if (key == "fortran_order" && fortran_order_.empty()) return read_word(fortran_order_);
    if (key == "shape" && !has_shape_) return read_shape();
    return false;
  }

  bool read_quoted(std::string_view& value) noexcept {
    const char quote = next_is('"') ? '"' : '\'';
    if (!accept(quote)) return false;
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return false;
    value = text_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }

  bool read_word(std::string_view& value) noexcept {
    skip_space();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      value = word;
      at_ += word.size();
      return true;
    }
    return false;
  }

  bool read_shape() {
    has_shape_ = true;
    if (!accept('(')) return false;
    while (!accept(')')) {
      skip_space();
      Index side = 0;
      const std::size_t start = at_;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        const auto scaled = checked_mul(side, 10);
        const auto sum = scaled ? checked_add(*scaled, text_[at_] - '0') : std::nullopt;
        if (!sum) return false;
        side = *sum;
      }
      if (at_ == start) return false;
      shape_.push_back(side);
      if (!accept(',') && !next_is(')')) return false;
    }
    return true;
  }

  void skip_space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool next_is(char mark) noexcept {
    skip_space();
    return at_ < text_.size() && text_[at_] == mark;
  }
  bool accept(char mark) noexcept {
    if (!next_is(mark)) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view element_;
  std::string_view fortran_order_;
  std::vector<Index> shape_;
  bool has_shape_ = false;
};

// The header's text; what follows it is the data.
inline Result<std::string_view> find_npy_header(std::span<const std::byte> file) {
  const std::string_view text = letters_of(file);
  constexpr std::size_t fixed = 12;  // signature, version and the longer of the two length fields
  if (!text.starts_with(npy_signature) || file.size() < fixed) {
    return Error{ErrorCode::malformed, found_bytes(file) + ", expected a NumPy array file (.npy)"};
  }
  const std::uint32_t version = byte_at(file, 6);
  if (version < 1 || version > 3) {
    return Error{ErrorCode::unsupported, "found version " + std::to_string(version) + " of .npy, expected 1, 2 or 3"};
  }
  const std::size_t begin = version == 1 ? 10 : 12;
  const std::size_t length = version == 1 ? little_endian16(file, 8) : little_endian32(file, 8);
  if (length > file.size() - begin) {
    return Error{ErrorCode::malformed, "found " + std::to_string(file.size()) + " bytes, expected at least " +
                                           std::to_string(begin + length) + " for the header (the file is cut short)"};
  }
  return text.substr(begin, length);
}

inline Result<Shape> npy_shape(std::span<const Index> sides) {
  const Error unsuitable{ErrorCode::unsupported, "found an array of shape " + to_string(sides) +
                                                     ", expected at most 4 dimensions of at least 1: [N,C,H,W]"};
  if (sides.size() > 4) return unsuitable;
  Index padded[4] = {1, 1, 1, 1};
  for (std::size_t i = 0; i < sides.size(); ++i) padded[4 - sides.size() + i] = sides[i];
  const Shape shape{padded[0], padded[1], padded[2], padded[3]};
  if (!shape.checked_size()) return unsuitable;
  return shape;
}

}  // namespace detail

// The array that the bytes of a .npy file hold. Scalar is float or double; a float64 file read as float is rounded to
// nearest.
template <class Scalar>
Result<Tensor<Scalar>> decode_npy(std::span<const std::byte> file) {
  static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>);
  const auto text = detail::find_npy_header(file);
  if (!text) return text.error();
  const auto header = detail::NpyHeader::parse(*text);
  if (!header) return header.error();
  const bool is_double = header->element() == "<f8";
  if (!is_double && header->element() != "<f4") {
    return Error{ErrorCode::unsupported, "found elements of type '" + weights::printable(header->element()) +
                                             "', expected '<f4' or '<f8' (float32, float64)"};
  }
  if (header->is_fortran_order()) {
    return Error{ErrorCode::unsupported, "found an array in Fortran order, expected C order (numpy.ascontiguousarray)"};
  }
  const auto shape = detail::npy_shape(header->shape());
  if (!shape) return shape.error();
  const auto begin = static_cast<std::size_t>(text->data() + text->size() - reinterpret_cast<const char*>(file.data()));
  const auto data = file.subspan(begin);
  const std::size_t needed = static_cast<std::size_t>(shape->size()) * (is_double ? 8 : 4);
  if (data.size() != needed) {
    return Error{ErrorCode::malformed, "found " + std::to_string(data.size()) + " bytes of data, expected " +
                                           std::to_string(needed) + " for shape " + to_string(*shape)};
  }
  auto tensor = Tensor<Scalar>::create(*shape);
  if (!tensor) return tensor;
  const std::span<Scalar> numbers(tensor->data(), static_cast<std::size_t>(shape->size()));
  if (is_double) {
    detail::convert_each<std::uint64_t>(data, numbers, detail::from_f64);
  } else {
    detail::convert_each<std::uint32_t>(data, numbers, detail::from_f32);
  }
  return tensor;
}

// The array that a .npy file holds. Errors: those of decode_npy(), and the system's.
template <class Scalar>
Result<Tensor<Scalar>> load_npy(const std::string& path) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 32;  // a billion numbers, more than a network is given
  const auto file = MappedFile::read(path, most_bytes);
  if (!file) return file.error();
  auto tensor = decode_npy<Scalar>(file->bytes());
  if (!tensor) return std::move(tensor).error().in(weights::printable_path(path));
  return tensor;
}

namespace detail {

template <class Scalar>
std::vector<std::byte> encode_npy_tensor(const TensorView<const Scalar>& tensor) {
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  const Shape& shape = tensor.shape;
  std::string header = "{'descr': '<f" + std::to_string(sizeof(Scalar)) + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(shape.n) + ", " + std::to_string(shape.c) + ", " + std::to_string(shape.h) +
                       ", " + std::to_string(shape.w) + "), }";
  constexpr std::size_t fixed = 10;      // signature, version and length
  constexpr std::size_t alignment = 64;  // of the data, by the format
  header.append(alignment - 1 - (fixed + header.size()) % alignment, ' ');
  header += '\n';
  std::string head(npy_signature);
  head += {'\x01', '\0', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  head += header;
  const auto head_bytes = std::as_bytes(std::span(head));
  std::vector<std::byte> file(head_bytes.begin(), head_bytes.end());
  file.reserve(file.size() + static_cast<std::size_t>(shape.size()) * sizeof(Scalar));
  for (const Scalar value : std::span(tensor.data, static_cast<std::size_t>(shape.size()))) {
    const auto bits = std::bit_cast<Bits>(value);
    for (std::size_t k = 0; k < sizeof(Bits); ++k) file.push_back(static_cast<std::byte>(bits >> (8 * k) & 0xFF));
  }
  return file;
}

}  // namespace detail

// The bytes numpy.save would write for that array of 4 dimensions.
inline std::vector<std::byte> encode_npy(const TensorView<const float>& tensor) {
  return detail::encode_npy_tensor(tensor);
}
inline std::vector<std::byte> encode_npy(const TensorView<const double>& tensor) {
  return detail::encode_npy_tensor(tensor);
}

// Writes that array as a .npy file, whole or not at all.
inline Status save_npy(const std::string& path, const TensorView<const float>& tensor) {
  return weights::write_file_atomically(path, encode_npy(tensor));
}
inline Status save_npy(const std::string& path, const TensorView<const double>& tensor) {
  return weights::write_file_atomically(path, encode_npy(tensor));
}

}  // namespace ochre::inline v0
