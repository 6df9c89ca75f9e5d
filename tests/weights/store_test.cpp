// Numbers stored in half the space: every value that F16 and BF16 have comes back as it was, what lies between goes to
// the nearest, half way to the even one, what is too large is refused.
#include <cmath>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/weights/safetensors_writer.hpp>
#include <ochre/weights/store.hpp>

using namespace ochre;

namespace {

// Walks up the positive values of a 16-bit type: each, the midpoint to the next, and a float on either side of it.
template <class From, class To>
void check_type(From from, To to, std::uint16_t last) {
  bool exact = true;
  bool nearest = true;
  for (std::uint32_t bits = 0; bits < last; ++bits) {
    const auto here = static_cast<std::uint16_t>(bits);
    const auto next = static_cast<std::uint16_t>(bits + 1);
    const float low = from(here);
    const float high = from(next);
    exact = exact && to(low) == here && to(-low) == (here | 0x8000);
    const double middle = (static_cast<double>(low) + static_cast<double>(high)) / 2;
    const auto tie = static_cast<float>(middle);
    if (static_cast<double>(tie) != middle) continue;  // below what a float can tell
    nearest = nearest && to(tie) == (bits % 2 == 0 ? here : next);
    nearest = nearest && to(std::nextafter(tie, low)) == here && to(std::nextafter(tie, high)) == next;
    nearest = nearest && to(-std::nextafter(tie, high)) == (next | 0x8000);
  }
  CHECK(exact);
  CHECK(nearest);
  CHECK(to(from(last)) == last);
}

Result<std::vector<std::byte>> stored(const std::vector<float>& numbers, Dtype dtype) {
  const auto bytes = little_endian_bytes(numbers);
  return weights::stored_as({"x", Dtype::f32, {static_cast<Index>(numbers.size())}, bytes}, dtype);
}

}  // namespace

TEST_CASE("store: every F16 and BF16, and what lies between") {
  check_type(detail::from_f16, detail::to_f16, 0x7BFF);
  check_type(detail::from_bf16, detail::to_bf16, 0x7F7F);
}

TEST_CASE("store: beyond the largest number is an error that names the element") {
  CHECK(detail::to_f16(65519.99f) == 0x7BFF);
  CHECK_FALSE(detail::to_f16(65520.0f));
  CHECK_FALSE(detail::to_f16(-1e30f));
  CHECK_FALSE(detail::to_bf16(3.4028235e38f));
  const auto refused = stored({1.0f, 70000.0f}, Dtype::f16);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("tensor x: element 1: found 70000") != std::string::npos);
  CHECK_FALSE(stored({1.0f, NAN}, Dtype::bf16));
  CHECK_FALSE(stored({1.0f}, Dtype::i64));
}

TEST_CASE("store: bytes are little-endian, and read back") {
  const std::vector<float> numbers{1.0f, -2.5f, 0.0f};
  const auto half = stored(numbers, Dtype::f16);
  REQUIRE(half);
  CHECK(*half == std::vector<std::byte>{std::byte{0x00}, std::byte{0x3C}, std::byte{0x00}, std::byte{0xC1},
                                        std::byte{0x00}, std::byte{0x00}});
  for (const Dtype dtype : {Dtype::f16, Dtype::bf16, Dtype::f32}) {
    const auto bytes = stored(numbers, dtype);
    REQUIRE(bytes);
    std::vector<float> back(3);
    REQUIRE(convert_to({"x", dtype, {3}, *bytes}, back));
    CHECK(back == numbers);
  }
}
