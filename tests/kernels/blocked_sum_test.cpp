// Sums of blocked tensors against a plain loop over their channels: any number of inputs, borders of any width,
// channels that do not fill their block, numbers that are not finite.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <ochre/kernels/blocked_sum.hpp>
#include <ochre/network/random_weights.hpp>

namespace {

using namespace ochre;
using kernels::Rectifier;

struct Blocked {
  explicit Blocked(const BlockedLayout& with, float fill = 0.0f)
      : layout(with), values(static_cast<std::size_t>(with.size()), fill) {}

  BlockedView<float> view() { return {values.data(), layout}; }

  BlockedLayout layout;
  std::vector<float> values;
};

Blocked random_blocked(const BlockedLayout& layout, std::uint64_t seed) {
  Blocked blocked(layout);
  RandomNumbers random(seed);
  for (Index c = 0; c < layout.channels; ++c) {
    for (Index y = 0; y < layout.extent.h; ++y) {
      for (Index x = 0; x < layout.extent.w; ++x) {
        blocked.view().at(c, y, x) = static_cast<float>(random.uniform()) - 0.5f;
      }
    }
  }
  return blocked;
}

float rectified(float value, Rectifier rectifier) {
  if (rectifier == Rectifier::relu && value < 0.0f) return 0.0f;
  return rectifier == Rectifier::leaky && value < 0.0f ? 0.25f * value : value;
}

// By its bits: NaN equals itself, and -0 is not 0.
bool same(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void check(Index channels, Extent extent, std::size_t count, Rectifier rectifier) {
  std::vector<Blocked> inputs;
  std::vector<BlockedView<const float>> views;
  for (std::size_t i = 0; i < count; ++i) {
    const auto width = static_cast<Index>(i);
    inputs.push_back(random_blocked({channels, extent, {width, 1, 2, width}}, i));
    if (i == 1) {
      inputs[1].view().at(0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
      inputs[1].view().at(channels - 1, extent.h - 1, extent.w - 1) = -std::numeric_limits<float>::infinity();
    }
  }
  for (auto& input : inputs) views.push_back(input.view());
  constexpr float untouched = 7.0f;
  Blocked output({channels, extent, {2, 1, 1, 3}}, untouched);
  const Index rows = output.layout.blocks() * extent.h;
  // In two parts, as two threads would.
  kernels::sum_blocked(views, output.view(), rectifier, 0.25f, 0, rows / 2);
  kernels::sum_blocked(views, output.view(), rectifier, 0.25f, rows / 2, rows);
  Index wrong = 0;
  for (Index c = 0; c < output.layout.blocks() * channel_block; ++c) {
    for (Index y = -2; y < extent.h + 1; ++y) {
      for (Index x = -1; x < extent.w + 3; ++x) {
        const bool inside = y >= 0 && y < extent.h && x >= 0 && x < extent.w;
        float expected = untouched;
        if (inside) {
          expected = inputs[0].view().at(c, y, x);
          for (std::size_t i = 1; i < count; ++i) expected += inputs[i].view().at(c, y, x);
          expected = rectified(expected, rectifier);
        }
        wrong += !same(output.view().at(c, y, x), expected);
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("blocked sum: every input, in order, then the rectifier; nothing outside the interior is written") {
  for (const auto rectifier : {Rectifier::none, Rectifier::relu, Rectifier::leaky}) {
    CAPTURE(static_cast<int>(rectifier));
    check(16, {3, 5}, 2, rectifier);
    check(40, {7, 1}, 2, rectifier);
    check(5, {1, 9}, 3, rectifier);
    check(33, {4, 4}, 5, rectifier);
  }
}

}  // namespace
