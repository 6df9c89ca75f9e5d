// Winograd's filtering, from the matrices up: each algorithm by its definition, the transforms on registers, the packed
// weights, whole convolutions against the reference within the derived bound, threads, and numbers that are not finite.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;
using namespace ochre::kernels;
using reference::compare;
using test::ConvCase;
using test::dense;
using test::ones;
using test::strided;
using test::transposed;
using test::twos;

TEST_CASE_TEMPLATE("winograd: y is exact for every unit filter and every unit input", Algorithm, F43, F63, F42) {
  constexpr auto& w = winograd_of<Algorithm>;
  constexpr Index m = Algorithm::points.outputs;
  constexpr Index r = Algorithm::points.taps;
  constexpr Index n = Algorithm::points.points;
  static_assert(n == m + r - 1 && n <= winograd_most_points && r <= winograd_most_taps);
  for (Index k = 0; k < r; ++k) {
    for (Index at = 0; at < n; ++at) {
      for (Index i = 0; i < m; ++i) {
        double y = 0.0;
        for (Index j = 0; j < n; ++j) y += w.a_transposed.at[i][j] * w.g.at[j][k] * w.b_transposed.at[j][at];
        CHECK(y == doctest::Approx(at == i + k ? 1.0 : 0.0).epsilon(1e-12).scale(1.0));
      }
    }
  }
}

struct TextbookF43 {
  static constexpr WinogradPoints<4, 3, 1, 2> points{{1.0, 2.0}};
};

TEST_CASE("winograd: the points lose less than the textbook's") {
  CHECK(winograd_error_growth(winograd_of<TextbookF43>) == doctest::Approx(31.4).epsilon(0.05));
  CHECK(winograd_error_growth(winograd_of<F43>) == doctest::Approx(7).epsilon(0.1));
  CHECK(winograd_error_growth(winograd_of<F63>) == doctest::Approx(46).epsilon(0.05));
  CHECK(winograd_error_growth(winograd_of<F42>) == doctest::Approx(4).epsilon(0.1));
}

template <class Arch, class Algorithm>
void check_transforms() {
  constexpr auto& w = winograd_of<Algorithm>;
  constexpr Index m = Algorithm::points.outputs;
  constexpr Index n = Algorithm::points.points;
  using Batch = simd::Batch<float, Arch>;
  for (Index at = 0; at < n; ++at) {
    Batch from[n];
    Batch v[n];
    Batch y[m];
    for (Index k = 0; k < n; ++k) from[k] = Batch(k == at ? 1.0f : 0.0f);
    transform_input<Algorithm, Arch>(from, v);
    transform_output<Algorithm, Arch>(from, y);
    const auto check = [](const Batch& actual, double expected) {
      float lanes[static_cast<std::size_t>(simd::lanes<float, Arch>)];
      simd::store(static_cast<float*>(lanes), actual);
      for (const float lane : lanes) CHECK(lane == doctest::Approx(expected).epsilon(2e-7).scale(1e-3));
    };
    for (Index j = 0; j < n; ++j) check(v[j], w.b_transposed.at[j][at]);
    for (Index i = 0; i < m; ++i) check(y[i], w.a_transposed.at[i][at]);
  }
}

TEST_CASE_TEMPLATE("winograd: the transforms on registers are the matrices", Arch, OCHRE_TEST_ARCHS) {
  check_transforms<Arch, F43>();
  check_transforms<Arch, F63>();
  check_transforms<Arch, F42>();
}

// The tap of a form's source, written again: [run][source] are the residues of rows and columns.
Index tap(const ConvShape& conv, Index residue, Index k) {
  if (conv.transposed) return (residue + conv.window.padding.h) % 2 + 2 * (1 - k);
  if (conv.window.stride == twos) return 2 * k + residue < 3 ? 2 * k + residue : -1;
  return k;
}

template <class Arch, class Algorithm>
void check_packing(const ConvShape& conv) {
  ConvCase conv_case(conv, {4, 4}, 7);
  CAPTURE(conv_case.name());
  for (std::size_t o = 0; o < conv_case.factors.size(); ++o) conv_case.factors[o] = 1.0 + static_cast<double>(o) / 8;
  const auto form = winograd_form(conv).value();
  const auto weights = conv_case.float_weights();
  WinogradWeights<Arch> packed(winograd_routine<Arch, Algorithm>, conv, form);
  REQUIRE(packed.pack(conv, form, {weights, conv_case.factors}, parallel::Team{}));
  constexpr auto& g = winograd_of<Algorithm>.g.at;
  constexpr Index n = Algorithm::points.points;
  constexpr Index r = Algorithm::points.taps;
  const bool is_strided = conv.window.stride == twos && !conv.transposed;
  const Index runs = conv.transposed ? 4 : 1;
  const Index sources = is_strided ? 4 : 1;
  Index size = 0;
  Index wrong = 0;
  for (Index run = 0; run < runs; ++run) {
    for (Index point = 0; point < n * n; ++point) {
      for (Index panel = 0; panel < packed.panels().count(); ++panel) {
        const Index width = packed.panels().width(panel);
        const float* at = packed.panel(run, point, panel);
        for (Index s = 0; s < sources; ++s) {
          if (is_strided && ((s / 2 == 1 && point / n == n - 1) || (s % 2 == 1 && point % n == n - 1))) continue;
          for (Index c = 0; c < ceil_div(conv.in, channel_block) * channel_block; ++c, at += width, size += width) {
            for (Index lane = 0; lane < width; ++lane) {
              const Index o = packed.panels().first_block(panel) * channel_block + lane;
              double u = 0.0;
              for (Index k = 0; k < r * r && c < conv.in && o < conv.out; ++k) {
                const Index ky = tap(conv, conv.transposed ? run / 2 : s / 2, k / r);
                const Index kx = tap(conv, conv.transposed ? run % 2 : s % 2, k % r);
                if (ky < 0 || kx < 0) continue;
                const double weight = conv.transposed ? conv_case.weight.view().at(c, o, ky, kx)  //
                                                      : conv_case.weight.view().at(o, c, ky, kx);
                u +=
                    g[point / n][k / r] * g[point % n][k % r] * weight * conv_case.factors[static_cast<std::size_t>(o)];
              }
              wrong += !(std::abs(static_cast<double>(at[lane]) - u) <= 0x1p-24 * std::abs(u) + 1e-14);
            }
          }
        }
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(size == packed.size());
}

TEST_CASE_TEMPLATE("winograd: the packed weights are G g Gt in the order in which they are read", Arch,
                   OCHRE_NATIVE_ARCHS) {
  for (const Index out : {1, 16, 40, 64}) {
    check_packing<Arch, F43>(dense(19, out, 2));
    check_packing<Arch, F63>(dense(3, out));
    check_packing<Arch, F42>(strided(17, out));
    check_packing<Arch, F42>(transposed(5, out));
  }
}

template <class Arch, class Algorithm>
void check_convolution(const ConvShape& conv, Extent in, std::uint64_t seed) {
  const ConvCase conv_case(conv, in, seed);
  if (conv_case.out().h < 1 || conv_case.out().w < 1) return;
  CAPTURE(conv_case.name());
  const auto actual = conv_case.run(*conv_case.winograd<Arch, Algorithm>(), {});
  const auto expected = conv_case.expected();
  const auto comparison = compare(actual.view(), expected.view(), conv_case.winograd_bound<Algorithm>().view());
  INFO(to_string(comparison));
  CHECK(comparison.holds());
  CHECK(comparison.decisive);
  // Rounding by chance stays far below the worst case, a wrong number would not.
  CHECK((comparison.worst_ratio < 0.1 || conv_case.out().size() * conv.in < 500));
}

struct WinogradSizes {
  RandomNumbers random;

  Index upto(Index most) { return 1 + static_cast<Index>(random.next() % static_cast<std::uint64_t>(most)); }
  Extent extent() { return {upto(15), upto(15)}; }
  Extent padding(Index most) { return {upto(most + 1) - 1, upto(most + 1) - 1}; }
};

TEST_CASE_TEMPLATE("winograd: random convolutions of every form are the reference's", Arch, OCHRE_NATIVE_ARCHS) {
  WinogradSizes sizes{RandomNumbers(5)};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Index dilation = sizes.upto(3);
    const ConvShape shape{sizes.upto(40), sizes.upto(40), {{3, 3}, ones, sizes.padding(3), {dilation, dilation}}};
    check_convolution<Arch, F43>(shape, sizes.extent(), seed);
    check_convolution<Arch, F63>(shape, sizes.extent(), seed);
    check_convolution<Arch, F42>({sizes.upto(40), sizes.upto(40), {{3, 3}, twos, sizes.padding(1), ones}},
                                 sizes.extent(), seed);
    check_convolution<Arch, F42>({sizes.upto(40), sizes.upto(40), {{4, 4}, twos, sizes.padding(2), ones}, true},
                                 sizes.extent(), seed);
  }
  for (const Extent in : {Extent{1, 1}, Extent{1, 9}, Extent{13, 1}}) {
    check_convolution<Arch, F43>(dense(16, 16), in, 1);
    check_convolution<Arch, F63>(dense(16, 16, 3), in, 1);
    check_convolution<Arch, F42>(strided(16, 16), in, 1);
    check_convolution<Arch, F42>(transposed(16, 16), in, 1);
  }
}

TEST_CASE("winograd: what has no form") {
  const auto none = [](const ConvShape& conv) { return !winograd_form(conv).has_value(); };
  CHECK_FALSE(none(dense(1, 1, 8)));
  CHECK(none(dense(1, 1, 9)));  // more grids than tiles
  CHECK(none({1, 1, {{3, 3}, ones, ones, {1, 2}}}));
  CHECK(none({1, 1, {{3, 3}, {1, 2}, ones, ones}}));
  CHECK(none({1, 1, {{3, 3}, twos, ones, twos}}));
  CHECK(none({1, 1, {{5, 5}, ones, ones, ones}}));
  CHECK(none({1, 1, {{3, 3}, ones, ones, ones}, true}));
  CHECK(none({1, 1, {{4, 4}, twos, ones, twos}, true}));
  CHECK(none({1, 1, {{4, 4}, ones, ones, ones}, true}));
}

// A host with one thread, that takes the tasks in the order nobody expects.
void run_tasks_backwards(void*, int tasks, FunctionRef<void(int)> task) {
  for (int i = tasks; i-- > 0;) task(i);
}

template <class Algorithm>
void check_threads(const ConvShape& conv, Extent in, bool many_blocks) {
  using Arch = simd::DefaultArch;
  const ConvCase conv_case(conv, in, 3);
  CAPTURE(conv_case.name());
  const auto kernel = conv_case.winograd<Arch, Algorithm>();
  const Extent extent{conv_case.out().h, conv_case.out().w};
  const BlockedLayout from{conv.in, in, kernel->border(in, extent)};
  const BlockedLayout to{conv.out, extent};
  CHECK(kernel->schedule(from, to, 1).independent == many_blocks);
  CHECK_FALSE(kernel->schedule(from, to, 100).independent);
  const auto first = conv_case.run(*kernel, {});
  const auto comparison =
      compare(first.view(), conv_case.expected().view(), conv_case.winograd_bound<Algorithm>().view());
  INFO(to_string(comparison));
  CHECK(comparison.holds());
  for (const int threads : {1, 2, 3, 7}) {
    CAPTURE(threads);
    const auto own = parallel::ThreadTeam::create(threads).value();
    const parallel::Team lent{threads, &run_tasks_backwards, nullptr};
    const auto packed_by_many = conv_case.winograd<Arch, Algorithm>(own.team());
    CHECK(test::same_bits(conv_case.run(*packed_by_many, {own.team()}), first));
    CHECK(test::same_bits(conv_case.run(*kernel, {lent}), first));
    for (const bool independent : {false, true}) {
      ConvCase::RunOptions options{own.team()};
      options.independent = independent;
      CHECK(test::same_bits(conv_case.run(*kernel, options), first));
      options.team = lent;
      CHECK(test::same_bits(conv_case.run(*kernel, options), first));
    }
  }
}

TEST_CASE("winograd: the same bits for any number of threads, blocks of tiles shared or each his own") {
  check_threads<F43>(dense(16, 16), {101, 107}, true);
  check_threads<F63>(dense(33, 40, 2), {30, 31}, false);
  check_threads<F42>(strided(40, 24), {41, 23}, false);
  check_threads<F42>(transposed(40, 24), {9, 12}, false);
}

TEST_CASE("winograd: workers with blocks of their own do not share memory") {
  // Long enough that they meet.
  const ConvCase conv_case(dense(16, 16), {401, 303}, 3);
  const auto kernel = conv_case.winograd<simd::DefaultArch, F43>();
  const auto first = conv_case.run(*kernel, {});
  const auto own = parallel::ThreadTeam::create(4).value();
  ConvCase::RunOptions options{own.team()};
  options.independent = true;
  for (int round = 0; round < 4; ++round) CHECK(test::same_bits(conv_case.run(*kernel, options), first));
}

// Does the tile of that output read that pixel?
bool sees(const ConvShape& conv, Index outputs, Index points, Index output, Index pixel) {
  using reference::WinogradKind;
  const reference::WinogradAxis axis{conv.transposed              ? WinogradKind::transposed
                                     : conv.window.stride == twos ? WinogradKind::strided
                                                                  : WinogradKind::dense,
                                     conv.window.padding.h, conv.window.dilation.h};
  for (Index s = 0; s < axis.sources(); ++s) {
    for (Index j = 0; j < points; ++j) {
      const Index q = output / axis.grids() / outputs * outputs + j;
      if (axis.pixel(output % axis.grids(), s, q) == pixel) return true;
    }
  }
  return false;
}

template <class Algorithm>
void check_not_finite(const ConvShape& conv, float bad) {
  ConvCase conv_case(conv, {17, 18}, 2);
  CAPTURE(conv_case.name());
  CAPTURE(bad);
  const auto kernel = conv_case.winograd<simd::DefaultArch, Algorithm>();
  const auto clean = conv_case.run(*kernel, {});
  const Extent at{9, 7};
  conv_case.x.view().at(0, conv.in / 2, at.h, at.w) = static_cast<double>(bad);
  const auto spoilt = conv_case.run(*kernel, {});
  const auto expected = conv_case.expected();
  Index bad_outputs = 0;
  Index unseen = 0;
  for (Index i = 0; i < expected.shape().size(); ++i) {
    const Index y = i / expected.shape().w % expected.shape().h;
    const Index x = i % expected.shape().w;
    const auto in_reach = [&](Index output, Index pixel) {
      return sees(conv, Algorithm::points.outputs, Algorithm::points.points, output, pixel);
    };
    if (!std::isfinite(expected.data()[i])) {
      CHECK_FALSE(std::isfinite(spoilt.data()[i]));
      ++bad_outputs;
    }
    if (in_reach(y, at.h) && in_reach(x, at.w)) continue;
    ++unseen;
    CHECK(std::memcmp(spoilt.data() + i, clean.data() + i, sizeof(float)) == 0);
  }
  CHECK(bad_outputs >= 4 * conv.out / (conv.transposed ? 1 : 4));
  CHECK(unseen > expected.shape().size() / 4);
}

TEST_CASE("winograd: what is not finite is not lost, and stays in its tiles") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    check_not_finite<F43>(dense(18, 17), bad);
    check_not_finite<F43>(dense(3, 17, 2), bad);
    check_not_finite<F63>(dense(18, 3), bad);
    check_not_finite<F42>(strided(18, 17), bad);
    check_not_finite<F42>(transposed(18, 17), bad);
  }
}

}  // namespace
