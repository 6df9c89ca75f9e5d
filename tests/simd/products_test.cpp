// Products of bf16: the rounding itself, and Winograd's convolutions on CPUs that have the instruction.
#include <doctest/doctest.h>

#include <ochre/engine/engine.hpp>
#include <ochre/network/description_parser.hpp>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;

TEST_CASE("bf16: the nearest, ties to even") {
  const auto value = [](std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); };
  CHECK(value(simd::to_bf16(1.0f)) == 1.0f);
  CHECK(value(simd::to_bf16(-2.5f)) == -2.5f);
  CHECK(value(simd::to_bf16(1.0f + 0x1p-8f)) == 1.0f);            // a tie: down to the even one
  CHECK(value(simd::to_bf16(1.0f + 0x3p-8f)) == 1.0f + 0x1p-6f);  // a tie: up
  CHECK(value(simd::to_bf16(1.0f + 0x1.1p-8f)) == 1.0f + 0x1p-7f);
  CHECK(value(simd::to_bf16(3.4e38f)) == HUGE_VALF);
  CHECK(value(simd::to_bf16(-HUGE_VALF)) == -HUGE_VALF);
  CHECK(std::isnan(value(simd::to_bf16(std::nanf("1")))));
  RandomNumbers random(1);
  for (int i = 0; i < 1000; ++i) {
    const auto number = static_cast<float>(random.uniform());
    CHECK(std::abs(value(simd::to_bf16(number)) - number) <= 0x1p-8f * std::abs(number));
  }
}

TEST_CASE("bf16: a network without the instruction set is refused") {
  const auto text = "network n\ninput x channels=16\nconv2d y out=16 kernel=3 padding=1\noutput y\n";
  const auto engine =
      Engine::create(parse_network(text).value(), random_weights<float>(1), {.precision = Precision::bf16});
  REQUIRE(!engine);
  CHECK(engine.error().message().find("no bf16 products") != std::string::npos);
  CHECK(Engine::create(parse_network(text).value(), random_weights<float>(1), {.precision = Precision::bf16},
                       engine_kernels<simd::DefaultArch, true>())
            .has_value() == simd::has_bf16_products<simd::DefaultArch>);
}

#if defined(__AVX512BF16__)
// Both factors of a product are rounded, each by at most 2^-8 of itself.
double bf16_growth(Index n, double unit) noexcept {
  const double both = (1 + 0x1p-8) * (1 + 0x1p-8);
  return both * (1 + reference::gamma(n, unit)) - 1;
}

template <class Algorithm>
void check_case(const kernels::ConvShape& conv, Extent in) {
  const test::ConvCase conv_case(conv, in, 3);
  CAPTURE(conv_case.name());
  const auto make = [&](const parallel::Team& team) {
    return conv_case.packed(std::make_unique<kernels::WinogradConv<simd::DefaultArch, simd::Bf16Products>>(
                                kernels::winograd_routine<simd::DefaultArch, Algorithm, simd::Bf16Products>, conv,
                                kernels::winograd_form(conv).value()),
                            team);
  };
  const auto kernel = make({});
  CHECK(kernel->bf16());
  const auto actual = conv_case.run(*kernel, {});
  const auto expected = conv_case.expected();
  const auto bound = conv_case.winograd_bound<Algorithm>(bf16_growth);
  const auto comparison = reference::compare(actual.view(), expected.view(), bound.view());
  INFO(reference::to_string(comparison));
  CHECK(comparison.holds());
  // It is bf16: float's own bound must not hold.
  const auto as_float = conv_case.winograd_bound<Algorithm>();
  CHECK(!reference::compare(actual.view(), expected.view(), as_float.view()).holds());
  for (const int threads : {2, 3}) {
    auto team = parallel::ThreadTeam::create(threads).value();
    CHECK(test::same_bits(conv_case.run(*make(team.team()), {.team = team.team()}), actual));
  }
}

TEST_CASE("bf16: every Winograd algorithm within its bound, the same bits for any number of threads") {
  const auto window = [](Index k, Index s, Index p, Index d) { return Window{{k, k}, {s, s}, {p, p}, {d, d}}; };
  for (const Index in : {1, 5, 16, 40}) {
    for (const Index out : {3, 16, 33}) {
      check_case<kernels::F43>({in, out, window(3, 1, 1, 1), false}, {9, 13});
      check_case<kernels::F43>({in, out, window(3, 1, 2, 2), false}, {11, 8});
      check_case<kernels::F63>({in, out, window(3, 1, 1, 1), false}, {13, 7});
      check_case<kernels::F42>({in, out, window(3, 2, 1, 1), false}, {10, 13});
      check_case<kernels::F42>({in, out, window(4, 2, 1, 1), true}, {5, 6});
    }
  }
}
#endif

}  // namespace
