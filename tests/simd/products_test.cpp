// Products of bf16: when a plan has them, and Winograd's convolutions on CPUs that have the instruction.
#include <doctest/doctest.h>

#include <ochre/engine/engine.hpp>
#include <ochre/network/description_parser.hpp>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;

TEST_CASE("bf16: where it is not faster, or not there, the plan is of float, and says so") {
  const auto text = "network n\ninput x channels=16\nconv2d y out=16 kernel=3 padding=1\noutput y\n";
  const auto precision = [&](Precision asked, const EngineKernels& kernels) {
    return Engine::create(parse_network(text).value(), random_weights<float>(1), {.precision = asked}, kernels)
        ->plan()
        .precision;
  };
  EngineKernels kernels = engine_kernels<simd::DefaultArch, true>();
  kernels.tile_unit = nullptr;
  for (const bool fast : {true, false}) {
    kernels.has_bf16 = fast && simd::has_bf16_products<simd::DefaultArch>;
    CHECK(precision(Precision::bf16, kernels) == (kernels.has_bf16 ? Precision::bf16 : Precision::float32));
    CHECK(precision(Precision::split, kernels) == Precision::float32);
    CHECK(precision(Precision::float32, kernels) == Precision::float32);
  }
  CHECK(engine_kernels<>().has_bf16 == false);  // not compiled
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
  CHECK(kernel->precision() == Precision::bf16);
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
