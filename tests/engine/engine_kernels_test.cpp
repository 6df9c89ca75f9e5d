// The convolutions of the fast engine at every width: emulated registers beside the build's own, on random shapes,
// against the reference in double within its bound; the same bits for any number of threads; and where the products are
// summed without a transform, the same bits for every width that has a fused multiply-add.
// The other instruction sets of the build: direct_conv_test.cpp, winograd_conv_test.cpp; the colour head: its own test.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <ochre/engine/engine_kernels.hpp>

#include "support/archs.hpp"
#include "support/fast_conv.hpp"

namespace {

using namespace ochre;
using test::ConvCase;

enum class Form { any, dense, strided, transposed };

ConvCase random_case(test::RandomSizes& random, Form form) {
  kernels::ConvShape conv;
  conv.in = random.between(1, 37);
  conv.out = random.between(1, 69);
  conv.transposed = form == Form::transposed || (form == Form::any && random.between(0, 2) == 0);
  Window& window = conv.window;
  if (form == Form::any) {
    window.kernel = {random.between(1, 4), random.between(1, 4)};
    window.stride = {random.between(1, 2), random.between(1, 2)};
    if (!conv.transposed) window.dilation = {random.between(1, 2), random.between(1, 2)};
    window.padding = {random.between(0, window.kernel.h - 1), random.between(0, window.kernel.w - 1)};
  } else {
    window.kernel = form == Form::transposed ? Extent{4, 4} : Extent{3, 3};
    window.stride = form == Form::dense ? Extent{1, 1} : Extent{2, 2};
    if (form == Form::dense) window.dilation.h = window.dilation.w = random.between(1, 2);
    window.padding = {random.between(0, 2), random.between(0, 2)};
  }
  return {conv, {random.between(8, 23), random.between(8, 23)}, random.random.next()};
}

template <class Arch>
std::unique_ptr<kernels::ConvKernel> make(const ConvCase& conv_case, ConvAlgorithm algorithm, Index block) {
  auto kernel = engine::make_convolution<Arch, false>(  // not the table: its other entries take as long to compile
      {.shape = conv_case.conv, .algorithm = algorithm, .block = block});
  REQUIRE(kernel);
  return conv_case.packed(*std::move(kernel), parallel::Team{});
}

// Calls check(Arch) for each, with its name in every message.
template <class... Archs>
struct ArchList {
  template <class Check>
  static void each(const Check& check) {
    const auto check_arch = [&]<class Arch>(Arch arch) {
      INFO(std::string(simd::arch_name<Arch>()));
      check(arch);
    };
    (check_arch(Archs{}), ...);
  }
};
using TestArchs = ArchList<simd::DefaultArch, OCHRE_EMULATED_ARCHS>;

void check_convolution(const ConvCase& conv_case, ConvAlgorithm algorithm, Index block, const Tensor<double>& bound) {
  INFO(conv_case.name());
  const auto expected = conv_case.expected();
  std::optional<Tensor<float>> fused;
  TestArchs::each([&]<class Arch>(Arch) {
    const auto kernel = make<Arch>(conv_case, algorithm, block);
    auto bits = conv_case.run(*kernel, {.block = block});
    const auto comparison = reference::compare(bits.view(), expected.view(), bound.view());
    INFO(to_string(comparison));
    CHECK(comparison.holds());
    CHECK(comparison.decisive);
    for (const int threads : {2, 3}) {
      const auto team = parallel::ThreadTeam::create(threads);
      REQUIRE(team);
      CHECK(test::same_bits(conv_case.run(*kernel, {.team = team->team(), .block = block}), bits));
    }
    if (algorithm != ConvAlgorithm::direct || !simd::has_fma<Arch>) return;
    if (fused) {
      CHECK(test::same_bits(bits, *fused));
    } else {
      fused = std::move(bits);
    }
  });
}

template <class Algorithm>
void check_winograd(ConvAlgorithm algorithm, std::initializer_list<Form> forms) {
  test::RandomSizes random{RandomNumbers(2)};
  for (const Form form : forms) {
    for (int i = 0; i < 3; ++i) {
      const auto conv_case = random_case(random, form);
      check_convolution(conv_case, algorithm, channel_block, conv_case.winograd_bound<Algorithm>());
    }
  }
}

}  // namespace

TEST_CASE("direct convolution: every width") {
  test::RandomSizes random{RandomNumbers(1)};
  for (int i = 0; i < 12; ++i) {
    const auto conv_case = random_case(random, Form::any);
    check_convolution(conv_case, ConvAlgorithm::direct, conv_case.conv.in <= 12 ? 1 : channel_block, conv_case.bound());
  }
}

TEST_CASE("Winograd F(4,3): every width") { check_winograd<kernels::F43>(ConvAlgorithm::winograd_f43, {Form::dense}); }
TEST_CASE("Winograd F(6,3): every width") { check_winograd<kernels::F63>(ConvAlgorithm::winograd_f63, {Form::dense}); }
TEST_CASE("Winograd F(4,2): every width") {
  check_winograd<kernels::F42>(ConvAlgorithm::winograd_f42, {Form::strided, Form::transposed});
}

TEST_CASE("a weight that is off by a twentieth is found at every width") {
  test::RandomSizes random{RandomNumbers(3)};
  auto conv_case = random_case(random, Form::dense);
  const auto expected = conv_case.expected();
  const auto bound = conv_case.winograd_bound<kernels::F43>();
  conv_case.weight.data()[4] += 0.05;
  TestArchs::each([&]<class Arch>(Arch) {
    for (const auto algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd_f43}) {
      const auto wrong = conv_case.run(*make<Arch>(conv_case, algorithm, channel_block), {});
      CHECK_FALSE(reference::compare(wrong.view(), expected.view(), bound.view()).holds());
    }
  });
}
