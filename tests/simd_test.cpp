#include <cstdint>

#include <doctest/doctest.h>

#include <ochre/simd/simd.hpp>

namespace simd = ochre::simd;
using ochre::Index;
using Arch = simd::DefaultArch;

namespace {

constexpr Index lanes = simd::lanes<float, Arch>;

}  // namespace

TEST_CASE("partial loads fill with zeros and partial stores touch no more") {
  float source[static_cast<std::size_t>(lanes)];
  for (Index i = 0; i < lanes; ++i) source[i] = static_cast<float>(i + 1);
  for (Index count = 1; count <= lanes; ++count) {
    const auto value = simd::load_partial<Arch>(static_cast<const float*>(source), count);
    float all[static_cast<std::size_t>(lanes)];
    simd::store(static_cast<float*>(all), value);
    float target[static_cast<std::size_t>(lanes + 1)];
    for (float& number : target) number = -1.0f;
    simd::store_partial(static_cast<float*>(target), value, count);
    for (Index i = 0; i < lanes; ++i) {
      CHECK(all[i] == (i < count ? source[i] : 0.0f));
      CHECK(target[i] == (i < count ? source[i] : -1.0f));
    }
    CHECK(target[lanes] == -1.0f);
  }
}

TEST_CASE("the bits of a float are IEEE's, both ways") {
  std::int32_t bits[static_cast<std::size_t>(lanes)];
  simd::store(static_cast<std::int32_t*>(bits), simd::to_bits<Arch>(simd::broadcast<Arch>(-1.5f)));
  for (const std::int32_t lane : bits) CHECK(static_cast<std::uint32_t>(lane) == 0xBFC00000u);
  float back[static_cast<std::size_t>(lanes)];
  simd::store(static_cast<float*>(back), simd::from_bits<Arch>(simd::broadcast<Arch>(std::int32_t{0x40490FDB})));
  for (const float lane : back) CHECK(lane == 3.14159274f);
}

TEST_CASE("a lookup permutes as its index says") {
  float table[static_cast<std::size_t>(lanes)];
  std::int32_t index[static_cast<std::size_t>(lanes)];
  for (Index i = 0; i < lanes; ++i) {
    table[i] = static_cast<float>(100 + i);
    index[i] = static_cast<std::int32_t>((3 * i + 1) % lanes);
  }
  float found[static_cast<std::size_t>(lanes)];
  simd::store(static_cast<float*>(found),
              simd::lookup<Arch>(table, simd::load<Arch>(static_cast<const std::int32_t*>(index))));
  for (Index i = 0; i < lanes; ++i) CHECK(found[i] == table[index[i]]);
}
