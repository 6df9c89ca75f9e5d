// What simd.hpp adds to xsimd, and all operations of the emulated registers, lane by lane against plain C++.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/simd/tile.hpp>

#include "support/archs.hpp"

namespace simd = ochre::simd;
using ochre::Index;

namespace {

template <class T, class Arch>
std::vector<T> stored(const simd::Batch<T, Arch>& value) {
  std::vector<T> numbers(static_cast<std::size_t>(simd::lanes<T, Arch>));
  simd::store(numbers.data(), value);
  return numbers;
}

// Lane i has first + i·step.
template <class Arch, class T>
std::vector<T> series(T first, T step) {
  std::vector<T> numbers;
  for (Index i = 0; i < simd::lanes<T, Arch>; ++i) numbers.push_back(static_cast<T>(first + static_cast<T>(i) * step));
  return numbers;
}

// a, b and c are as long as a register; the plain function gets one number of each.
template <class T, class Arch, class Vector, class Plain>
void check_lanes(const char* what, const std::vector<T>& a, const std::vector<T>& b, const std::vector<T>& c,
                 const Vector& vector, const Plain& plain) {
  CAPTURE(what);
  const auto result = vector(simd::load<Arch>(a.data()), simd::load<Arch>(b.data()), simd::load<Arch>(c.data()));
  using Lane = typename std::remove_cvref_t<decltype(stored(result))>::value_type;
  const std::vector<Lane> lanes = stored(result);
  REQUIRE(lanes.size() == a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    const Lane expected = plain(a[i], b[i], c[i]);
    if (expected == expected) {
      CHECK(lanes[i] == expected);
    } else {
      CHECK(lanes[i] != lanes[i]);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("partial loads fill with zeros and partial stores touch no more", Arch, OCHRE_TEST_ARCHS) {
  constexpr Index lanes = simd::lanes<float, Arch>;
  const auto source = series<Arch>(1.0f, 1.0f);
  for (Index count = 1; count <= lanes; ++count) {
    const auto value = simd::load_partial<Arch>(source.data(), count);
    const auto all = stored(value);
    std::vector<float> target(static_cast<std::size_t>(lanes + 1), -1.0f);
    simd::store_partial(target.data(), value, count);
    for (Index i = 0; i < lanes; ++i) {
      const auto at = static_cast<std::size_t>(i);
      CHECK(all[at] == (i < count ? source[at] : 0.0f));
      CHECK(target[at] == (i < count ? source[at] : -1.0f));
    }
    CHECK(target.back() == -1.0f);
  }
}

TEST_CASE_TEMPLATE("the bits of a float are IEEE's, both ways", Arch, OCHRE_TEST_ARCHS) {
  for (const std::int32_t lane : stored(simd::to_bits<Arch>(simd::broadcast<Arch>(-1.5f)))) {
    CHECK(static_cast<std::uint32_t>(lane) == 0xBFC00000u);
  }
  for (const float lane : stored(simd::from_bits<Arch>(simd::broadcast<Arch>(std::int32_t{0x40490FDB})))) {
    CHECK(lane == 3.14159274f);
  }
}

TEST_CASE_TEMPLATE("a lookup permutes as its index says", Arch, OCHRE_TEST_ARCHS) {
  const auto table = series<Arch>(100.0f, 1.0f);
  auto index = series<Arch>(std::int32_t{1}, std::int32_t{3});
  for (auto& at : index) at %= static_cast<std::int32_t>(index.size());
  const auto entries = stored(simd::lookup<Arch>(table.data(), simd::load<Arch>(index.data())));
  for (std::size_t i = 0; i < index.size(); ++i) CHECK(entries[i] == table[static_cast<std::size_t>(index[i])]);
}

TEST_CASE_TEMPLATE("fmadd is x·y + z, with one rounding where has_fma says so", Arch, OCHRE_TEST_ARCHS) {
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: the last term is lost if the product is rounded.
  const float x = 1.0f + 0x1p-12f;
  const auto lanes =
      stored(simd::fmadd(simd::broadcast<Arch>(x), simd::broadcast<Arch>(x), simd::broadcast<Arch>(-1.0f)));
  for (const float lane : lanes) {
    if constexpr (simd::has_fma<Arch>) {
      CHECK(lane == 0x1p-11f + 0x1p-24f);
    } else {
      CHECK(std::abs(lane - 0x1p-11f) <= 0x1p-24f);
    }
  }
}

TEST_CASE_TEMPLATE("emulated registers: every operation, every lane", Arch, OCHRE_EMULATED_ARCHS) {
  const auto check = [](auto number) {
    using T = decltype(number);
    auto a = series<Arch>(T(-1.75), T(0.75));
    const auto b = series<Arch>(T(2.5), T(-0.625));
    const auto c = series<Arch>(T(0.1), T(0.3));
    const auto lanes = [&](const char* what, const auto& vector, const auto& plain) {
      check_lanes<T, Arch>(what, a, b, c, vector, plain);
    };
    for (const bool with_nan : {false, true}) {
      if (with_nan) a[1] = static_cast<T>(NAN);
      lanes(
          "+", [](auto x, auto y, auto) { return x + y; }, [](T x, T y, T) { return x + y; });
      lanes(
          "-", [](auto x, auto y, auto) { return x - y; }, [](T x, T y, T) { return x - y; });
      lanes(
          "*", [](auto x, auto y, auto) { return x * y; }, [](T x, T y, T) { return x * y; });
      lanes(
          "/", [](auto x, auto y, auto) { return x / y; }, [](T x, T y, T) { return x / y; });
      lanes(
          "+=", [](auto x, auto y, auto) { return x += y; }, [](T x, T y, T) { return x + y; });
      lanes(
          "unary -", [](auto x, auto, auto) { return -x; }, [](T x, T, T) { return -x; });
      lanes(
          "fmadd", [](auto x, auto y, auto z) { return simd::fmadd(x, y, z); },
          [](T x, T y, T z) { return std::fma(x, y, z); });
      lanes(
          "select <", [](auto x, auto y, auto z) { return select(x < y, y, z); },
          [](T x, T y, T z) { return x < y ? y : z; });
      lanes(
          "select >", [](auto x, auto y, auto z) { return select(x > y, y, z); },
          [](T x, T y, T z) { return x > y ? y : z; });
      lanes(
          "select <=", [](auto x, auto y, auto z) { return select(x <= y, y, z); },
          [](T x, T y, T z) { return x <= y ? y : z; });
      lanes(
          "select >=", [](auto x, auto y, auto z) { return select(x >= y, y, z); },
          [](T x, T y, T z) { return x >= y ? y : z; });
      lanes(
          "select ==", [](auto x, auto y, auto z) { return select(x == x, y, z); },
          [](T x, T y, T z) { return x == x ? y : z; });
      lanes(
          "select &&", [](auto x, auto y, auto z) { return select(x < y && x < z, y, z); },
          [](T x, T y, T z) { return x < y && x < z ? y : z; });
      lanes(
          "abs", [](auto x, auto, auto) { return abs(x); }, [](T x, T, T) { return std::abs(x); });
      lanes(
          "floor", [](auto x, auto, auto) { return floor(x); }, [](T x, T, T) { return std::floor(x); });
      lanes(
          "exp", [](auto x, auto, auto) { return exp(x); }, [](T x, T, T) { return std::exp(x); });
      lanes(
          "log", [](auto, auto, auto z) { return log(z); }, [](T, T, T z) { return std::log(z); });
      lanes(
          "sqrt", [](auto, auto, auto z) { return sqrt(z); }, [](T, T, T z) { return std::sqrt(z); });
    }
    lanes(
        "max", [](auto, auto y, auto z) { return max(y, z); }, [](T, T y, T z) { return y < z ? z : y; });
    lanes(
        "min", [](auto, auto y, auto z) { return min(y, z); }, [](T, T y, T z) { return y < z ? y : z; });
    const auto low = simd::load<Arch>(b.data());
    auto higher = b;
    for (T& value : higher) value += T(1);
    CHECK(all(low < simd::load<Arch>(higher.data())));
    for (std::size_t i = 0; i < b.size(); ++i) {
      auto once = higher;
      once[i] = b[i];
      CHECK_FALSE(all(low < simd::load<Arch>(once.data())));
    }
  };
  check(1.0f);
  check(1.0);
}

TEST_CASE_TEMPLATE("emulated registers: whole numbers", Arch, OCHRE_EMULATED_ARCHS) {
  const auto numbers = series<Arch>(-2.75f, 0.75f);
  const auto cut = stored(to_int(simd::load<Arch>(numbers.data())));
  const auto whole = stored(to_float(simd::load<Arch>(cut.data())));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK(cut[i] == static_cast<std::int32_t>(numbers[i]));
    CHECK(whole[i] == std::trunc(numbers[i]));
  }
  const auto a = series<Arch>(std::int32_t{-3}, std::int32_t{2});
  const auto b = series<Arch>(std::int32_t{5}, std::int32_t{-1});
  check_lanes<std::int32_t, Arch>(
      "clamp and add", a, b, b, [](auto x, auto y, auto) { return max(min(x + y, y), x); },
      [](std::int32_t x, std::int32_t y, std::int32_t) { return std::max(std::min(x + y, y), x); });
}

TEST_CASE("emulated registers take the tiles of the real ones") {
  [[maybe_unused]] const auto rows_and_vectors = []<class Arch>(Arch) {
    return std::vector<Index>{simd::ConvTile<Arch>::rows, simd::ConvTile<Arch>::vectors, simd::lanes<float, Arch>};
  };
#if defined(__AVX512BW__)
  CHECK(rows_and_vectors(simd::Emulated<512>{}) == rows_and_vectors(xsimd::avx512bw{}));
#endif
#if defined(__AVX2__) && defined(__FMA__)
  CHECK(rows_and_vectors(simd::Emulated<256>{}) == rows_and_vectors(xsimd::fma3<xsimd::avx2>{}));
#endif
#if defined(__SSE2__)
  CHECK(rows_and_vectors(simd::Emulated<128>{}) == rows_and_vectors(xsimd::sse2{}));
#endif
  CHECK(simd::lanes<float, simd::Emulated<128>> == 4);
  CHECK(simd::lanes<double, simd::Emulated<256>> == 4);
  CHECK(simd::lanes<std::int32_t, simd::Emulated<512>> == 16);
}
