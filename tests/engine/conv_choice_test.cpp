// What the planner knows of each algorithm: which can compute a convolution, the bytes of its packed weights, and that
// the cheapest is the one that the clock found fastest (bench/algorithms.cpp) for the public network's layers.
#include <doctest/doctest.h>

#include <algorithm>

#include <ochre/engine/conv_choice.hpp>

namespace {

using namespace ochre;
using engine::conv_costs;
using engine::ConvCost;
using kernels::ConvShape;

constexpr ConvShape dense(Index in, Index out, Index dilation = 1) {
  return {in, out, {{3, 3}, {1, 1}, {dilation, dilation}, {dilation, dilation}}};
}
constexpr ConvShape strided(Index in, Index out) { return {in, out, {{3, 3}, {2, 2}, {1, 1}, {1, 1}}}; }
constexpr ConvShape transposed(Index in, Index out) { return {in, out, {{4, 4}, {2, 2}, {1, 1}, {1, 1}}, true}; }

const ConvCost* find(const std::vector<ConvCost>& costs, ConvAlgorithm algorithm) {
  const auto position =
      std::find_if(costs.begin(), costs.end(), [&](const ConvCost& cost) { return cost.algorithm == algorithm; });
  return position == costs.end() ? nullptr : &*position;
}

// Products of a pair of channels, from the bytes that 16x16 of them take.
Index products(const ConvShape& conv, ConvAlgorithm algorithm) {
  const auto costs = conv_costs(conv, channel_block, {32, 32}, {32, 32});
  const ConvCost* cost = find(costs, algorithm);
  REQUIRE(cost != nullptr);
  return cost->weight_bytes / (16 * 16 * static_cast<Index>(sizeof(float)));
}

ConvAlgorithm cheapest(const ConvShape& conv, Extent in, Extent out) {
  const auto costs = conv_costs(conv, channel_block, in, out);
  return std::min_element(costs.begin(), costs.end(),
                          [](const ConvCost& a, const ConvCost& b) { return a.time < b.time; })
      ->algorithm;
}

}  // namespace

TEST_CASE("choice: the weights' bytes are those of the algorithm's points, channels filled up to 16") {
  CHECK(products(dense(16, 16), ConvAlgorithm::direct) == 9);
  CHECK(products(dense(16, 16), ConvAlgorithm::winograd_f43) == 36);
  CHECK(products(dense(16, 16), ConvAlgorithm::winograd_f63) == 64);
  CHECK(products(dense(1, 9), ConvAlgorithm::winograd_f43) == 36);
  CHECK(products(dense(17, 16), ConvAlgorithm::winograd_f43) == 72);
  CHECK(products(strided(16, 16), ConvAlgorithm::winograd_f42) == 81);      // (5 + 4)²
  CHECK(products(transposed(16, 16), ConvAlgorithm::winograd_f42) == 100);  // 4 · 5²
}

TEST_CASE("choice: what an algorithm cannot compute is not offered") {
  CHECK(conv_costs(dense(1, 64), 1, {32, 32}, {32, 32}).size() == 1);  // the network's own input, not in blocks
  CHECK(conv_costs({16, 16, Window{}}, channel_block, {32, 32}, {32, 32}).size() == 1);
  CHECK(find(conv_costs(dense(16, 16), channel_block, {8, 8}, {8, 8}), ConvAlgorithm::winograd_f42) == nullptr);
  CHECK(find(conv_costs(strided(16, 16), channel_block, {8, 8}, {4, 4}), ConvAlgorithm::winograd_f43) == nullptr);
}

TEST_CASE("choice: the fastest for the public network's layers at 256x256") {
  CHECK(cheapest(dense(64, 128), {128, 128}, {128, 128}) == ConvAlgorithm::winograd_f63);
  CHECK(cheapest(dense(256, 256), {64, 64}, {64, 64}) == ConvAlgorithm::winograd_f63);
  CHECK(cheapest(dense(512, 512), {32, 32}, {32, 32}) == ConvAlgorithm::winograd_f43);
  CHECK(cheapest(dense(512, 512, 2), {32, 32}, {32, 32}) == ConvAlgorithm::winograd_f43);
  CHECK(cheapest(strided(64, 64), {256, 256}, {128, 128}) == ConvAlgorithm::winograd_f42);
  CHECK(cheapest(transposed(512, 256), {32, 32}, {64, 64}) == ConvAlgorithm::winograd_f42);
}

TEST_CASE("choice: a few pixels do not pay for more weights") {
  CHECK(cheapest(dense(512, 512), {4, 4}, {4, 4}) == ConvAlgorithm::direct);
  CHECK(cheapest(dense(512, 512), {1, 1}, {1, 1}) == ConvAlgorithm::direct);
}
