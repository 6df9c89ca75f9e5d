#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/annealed_mean.hpp>
#include "support/golden.hpp"

namespace color = ochre::color;
using ochre::Index;

namespace {

struct Ab {
  std::vector<float> a, b;
};

Ab annealed_mean(const std::vector<float>& logits, Index height, Index width, float exponent,
                 const ochre::parallel::Team& team = {}) {
  REQUIRE(static_cast<Index>(logits.size()) == color::bin_count * height * width);
  const auto plane = static_cast<std::size_t>(height * width);
  Ab ab{std::vector<float>(plane + 1, -777.0f), std::vector<float>(plane + 1, -777.0f)};
  color::annealed_mean({logits.data(), {1, color::bin_count, height, width}}, exponent, team, ab.a.data(), ab.b.data());
  CHECK(ab.a.back() == -777.0f);
  CHECK(ab.b.back() == -777.0f);
  ab.a.pop_back();
  ab.b.pop_back();
  return ab;
}

std::vector<float> random_logits(Index plane) {
  std::vector<float> logits;
  std::uint32_t state = 1;
  for (Index i = 0; i < color::bin_count * plane; ++i) {
    state = state * 1664525u + 1013904223u;
    logits.push_back(static_cast<float>(state >> 8) * (16.0f / 16777216.0f));
  }
  return logits;
}

}  // namespace

TEST_CASE("the annealed mean is NumPy's at temperature 1 and below") {
  const auto golden = ochre::test::load_golden_file("color.safetensors").tensors;
  const auto logits = golden.at("mean.logits").floats();
  for (const float exponent : {1.0f, 2.625f}) {
    CAPTURE(exponent);
    const Ab ab = annealed_mean(logits, 5, 7, exponent);
    const auto& expected = golden.at(exponent == 1.0f ? "mean.ab1.0" : "mean.ab2.625").values;
    // Logits of magnitude z carry z · 2^-24 each; their exponentials move by as much, times the exponent, relatively; a
    // mean of values up to 110 then by at most twice that. z is 520 at the first pixel, 20 elsewhere; exp adds 2e-7.
    for (std::size_t pixel = 0; pixel < 35; ++pixel) {
      const double bound = 2.0 * 110.0 * (static_cast<double>(exponent) * 20.0 * 6e-8 + 4e-7);
      CHECK(std::fabs(static_cast<double>(ab.a[pixel]) - expected[pixel]) < bound);
      CHECK(std::fabs(static_cast<double>(ab.b[pixel]) - expected[35 + pixel]) < bound);
    }
  }
}

TEST_CASE("every number of pixels and threads gives the same bits, on the threads that are lent") {
  struct Pool {
    int tasks = 0;
  } pool;
  const ochre::Lender lend = [](void* host, int tasks, ochre::FunctionRef<void(int)> task) {
    static_cast<Pool*>(host)->tasks += tasks;
    for (int i = tasks - 1; i >= 0; --i) task(i);
  };
  for (Index plane = 1; plane <= 3 * ochre::simd::lanes<float> + 1; ++plane) {
    const auto logits = random_logits(plane);
    const Ab one_thread = annealed_mean(logits, 1, plane, 2.0f);
    pool.tasks = 0;
    const Ab three_threads = annealed_mean(logits, 1, plane, 2.0f, {.threads = 3, .run = lend, .host = &pool});
    CHECK(pool.tasks == (plane > ochre::simd::lanes<float> ? 3 : 0));  // one vector needs no help
    CHECK(one_thread.a == three_threads.a);
    CHECK(one_thread.b == three_threads.b);
    // The last pixel alone.
    std::vector<float> last;
    for (Index bin = 0; bin < color::bin_count; ++bin) {
      last.push_back(logits[static_cast<std::size_t>(bin * plane + plane - 1)]);
    }
    CHECK(annealed_mean(last, 1, 1, 2.0f).a.front() == one_thread.a.back());
  }
}

TEST_CASE("one sure bin gives its centre, equal logits the mean of all, a low temperature the mode") {
  std::vector<float> logits(313, 0.0f);
  const Ab flat = annealed_mean(logits, 1, 1, 1.0f);
  double mean_a = 0.0;
  for (const float a : color::bin_centres.a) mean_a += static_cast<double>(a) / 313.0;
  CHECK(static_cast<double>(flat.a[0]) == doctest::Approx(mean_a).epsilon(1e-5));
  logits[42] = 1.0f;
  const Ab mode = annealed_mean(logits, 1, 1, 1000.0f);
  CHECK(mode.a[0] == color::bin_centres.a[42]);
  CHECK(mode.b[0] == color::bin_centres.b[42]);
  logits[42] = 3e38f;
  CHECK(annealed_mean(logits, 1, 1, 1.0f).a[0] == color::bin_centres.a[42]);
}

TEST_CASE("a NaN or an infinite logit makes its pixel NaN and no other") {
  const Index plane = 2 * ochre::simd::lanes<float> + 3;
  for (const float fault : {NAN, INFINITY}) {
    for (const Index bin : {Index{0}, Index{1}, Index{200}, Index{312}}) {
      for (const Index pixel : {Index{0}, Index{5}, plane - 1}) {
        auto logits = random_logits(plane);
        logits[static_cast<std::size_t>(bin * plane + pixel)] = fault;
        const Ab ab = annealed_mean(logits, 1, plane, 2.0f);
        for (Index other = 0; other < plane; ++other) {
          CHECK(std::isnan(ab.a[static_cast<std::size_t>(other)]) == (other == pixel));
          CHECK(std::isnan(ab.b[static_cast<std::size_t>(other)]) == (other == pixel));
        }
      }
    }
  }
}
