// Stored numbers to float and double: exact values of each type, every half-precision number, and refusal of NaN and
// infinity with the element's place.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/weights/convert.hpp>

namespace {

using ochre::Dtype;
using ochre::Index;
using ochre::TensorEntry;

template <class Unsigned>
std::vector<std::byte> little_endian(const std::vector<Unsigned>& words) {
  std::vector<std::byte> bytes;
  for (const Unsigned word : words) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) bytes.push_back(static_cast<std::byte>(word >> (8 * i) & 0xFF));
  }
  return bytes;
}

TensorEntry entry(Dtype dtype, const std::vector<std::byte>& bytes) {
  return {"w", dtype, {static_cast<Index>(bytes.size()) * 8 / ochre::dtype_bits(dtype)}, bytes};
}

}  // namespace

TEST_CASE("convert: exact values of each type") {
  const auto f32 = little_endian<std::uint32_t>({0x3F800000, 0xC0490FDB, 0x00000001, 0x80000000});
  std::vector<float> numbers(4);
  REQUIRE(ochre::convert_to(entry(Dtype::f32, f32), numbers));
  CHECK(numbers[0] == 1.0f);
  CHECK(numbers[1] == -3.14159274f);
  CHECK(numbers[2] == std::numeric_limits<float>::denorm_min());
  CHECK((numbers[3] == 0.0f && std::signbit(numbers[3])));

  const auto bf16 = little_endian<std::uint16_t>({0x3F80, 0xC049, 0x0001, 0x8000});
  REQUIRE(ochre::convert_to(entry(Dtype::bf16, bf16), numbers));
  CHECK(numbers[1] == -3.140625f);
  CHECK(numbers[2] == std::bit_cast<float>(0x00010000));

  const auto f64 = little_endian<std::uint64_t>({0x3FF0000000000000, 0x400921FB54442D18, 1, 0xBFB999999999999A});
  std::vector<double> doubles(4);
  REQUIRE(ochre::convert_to(entry(Dtype::f64, f64), doubles));
  CHECK(doubles[1] == 3.141592653589793);
  CHECK(doubles[3] == -0.1);
  REQUIRE(ochre::convert_to(entry(Dtype::f64, f64), numbers));
  CHECK(numbers[1] == 3.14159274f);  // rounded to nearest
  CHECK(numbers[2] == 0.0f);
  CHECK(numbers[3] == -0.1f);
}

TEST_CASE("convert: every finite half-precision number, by its definition") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31);
    if (exponent == 31) continue;
    const double fraction = static_cast<double>(bits & 1023) / 1024;
    const double magnitude = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
    const double expected = (bits & 0x8000) != 0 ? -magnitude : magnitude;
    const float number = ochre::detail::from_f16(static_cast<std::uint16_t>(bits));
    if (number != expected || std::signbit(number) != ((bits & 0x8000) != 0)) {
      CAPTURE(bits);
      REQUIRE(number == expected);
    }
  }
}

TEST_CASE("convert: every number of 8 bits, by its definition") {
  struct Type {
    Dtype dtype;
    int fraction_bits;
    int bias;
    double largest;
    std::vector<int> not_finite;
  };
  const Type types[] = {{Dtype::f8_e4m3, 3, 7, 448, {0x7F, 0xFF}},
                        {Dtype::f8_e5m2, 2, 15, 57344, {0x7C, 0x7D, 0x7E, 0x7F, 0xFC, 0xFD, 0xFE, 0xFF}},
                        {Dtype::f8_e4m3fnuz, 3, 8, 240, {0x80}},
                        {Dtype::f8_e5m2fnuz, 2, 16, 57344, {0x80}}};
  for (const Type& type : types) {
    CAPTURE(ochre::dtype_name(type.dtype));
    double largest = 0;
    for (int bits = 0; bits < 256; ++bits) {
      CAPTURE(bits);
      const std::vector<std::byte> bytes{static_cast<std::byte>(bits)};
      std::vector<double> numbers(1);
      const bool finite = std::count(type.not_finite.begin(), type.not_finite.end(), bits) == 0;
      REQUIRE(ochre::convert_to(entry(type.dtype, bytes), numbers).ok() == finite);
      if (!finite) continue;
      const int steps = 1 << type.fraction_bits;
      const int exponent = (bits & 0x7F) / steps;
      const double fraction = static_cast<double>(bits % steps) / steps;
      const double magnitude =
          exponent == 0 ? std::ldexp(fraction, 1 - type.bias) : std::ldexp(1 + fraction, exponent - type.bias);
      REQUIRE(numbers[0] == (bits < 128 ? magnitude : -magnitude));
      REQUIRE(std::signbit(numbers[0]) == (bits >= 128));
      largest = std::max(largest, numbers[0]);
    }
    CHECK(largest == type.largest);
  }
  for (int bits = 0; bits < 256; ++bits) {
    CAPTURE(bits);
    const std::vector<std::byte> bytes{static_cast<std::byte>(bits)};
    std::vector<float> numbers(1);
    REQUIRE(ochre::convert_to(entry(Dtype::f8_e8m0, bytes), numbers).ok() == (bits < 255));
    if (bits < 255) REQUIRE(static_cast<double>(numbers[0]) == std::ldexp(1.0, bits - 127));
  }
}

TEST_CASE("convert: bytes at an odd address") {
  auto bytes = little_endian<std::uint32_t>({0x3F800000, 0x40000000});
  bytes.insert(bytes.begin(), std::byte{0});
  const TensorEntry tensor{"w", Dtype::f32, {2}, std::span(bytes).subspan(1)};
  std::vector<float> numbers(2);
  REQUIRE(ochre::convert_to(tensor, numbers));
  CHECK(numbers[1] == 2.0f);
}

TEST_CASE("convert: NaN and infinity are refused by tensor, element and value") {
  struct Case {
    Dtype dtype;
    std::uint64_t bits;
    const char* value;
  };
  const Case cases[] = {
      {Dtype::f32, 0x7FC00000, "found NaN"},
      {Dtype::f32, 0xFF800001, "found NaN"},
      {Dtype::f32, 0x7F800000, "found infinity"},
      {Dtype::f32, 0xFF800000, "found -infinity"},
      {Dtype::f16, 0x7C00, "found infinity"},
      {Dtype::f16, 0xFC00, "found -infinity"},
      {Dtype::f16, 0x7C01, "found NaN"},
      {Dtype::f16, 0xFE00, "found NaN"},
      {Dtype::bf16, 0x7F80, "found infinity"},
      {Dtype::bf16, 0x7FC0, "found NaN"},
      {Dtype::f64, 0x7FF0000000000000, "found infinity"},
      {Dtype::f64, 0x7FF0000000000001, "found NaN"},
      {Dtype::f64, 0xFFF8000000000000, "found NaN"},
  };
  for (const Case& test : cases) {
    const auto width = static_cast<std::size_t>(ochre::dtype_bits(test.dtype) / 8);
    std::vector<std::byte> bytes(3 * width);  // two zeros, then the bad one
    for (std::size_t i = 0; i < width; ++i) bytes[2 * width + i] = static_cast<std::byte>(test.bits >> (8 * i) & 0xFF);
    std::vector<float> floats(3);
    std::vector<double> doubles(3);
    for (const ochre::Status& status :
         {ochre::convert_to(entry(test.dtype, bytes), floats), ochre::convert_to(entry(test.dtype, bytes), doubles)}) {
      REQUIRE(!status);
      CAPTURE(status.error().message());
      CHECK(status.error().message().find("tensor w: element 2: ") == 0);
      CHECK(status.error().message().find(test.value) != std::string::npos);
    }
  }
  // A double beyond float's range becomes an infinity only as a float.
  const auto large = little_endian<std::uint64_t>({std::bit_cast<std::uint64_t>(-1e300)});
  float narrow[1];
  double wide[1];
  const auto status = ochre::convert_to(entry(Dtype::f64, large), narrow);
  REQUIRE(!status);
  CHECK(status.error().message() == "tensor w: element 0: found -infinity, expected a finite number");
  CHECK(ochre::convert_to(entry(Dtype::f64, large), wide));
}

TEST_CASE("convert: other types and wrong lengths are refused") {
  const std::vector<std::byte> bytes(8);
  std::vector<float> numbers(1);
  for (int i = 0; i < 22; ++i) {
    const auto dtype = static_cast<Dtype>(i);
    if (ochre::weights::is_convertible(dtype)) continue;
    const auto status = ochre::convert_to(TensorEntry{"w", dtype, {1}, bytes}, numbers);
    REQUIRE(!status);
    CHECK(status.error().message().find("tensor w: found dtype " + std::string(ochre::dtype_name(dtype))) == 0);
  }
  const auto status = ochre::convert_to(entry(Dtype::f32, bytes), numbers);
  REQUIRE(!status);
  CHECK(status.error().message() == "tensor w: found 2 elements, expected 1");
  CHECK(ochre::convert_to(TensorEntry{"w", Dtype::f32, {0}, {}}, std::span<float>()));
}
