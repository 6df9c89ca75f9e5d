// A concat of blocked tensors, bit for bit the inputs' channels one after the other, wherever they begin in a block;
// the output's border stays as it is, and what fills up its last block is zero.
#include <doctest/doctest.h>

#include <vector>

#include <ochre/kernels/blocked_concat.hpp>

namespace {

using namespace ochre;

struct ConcatOperand {
  BlockedLayout layout;
  std::vector<float> values;

  explicit ConcatOperand(const BlockedLayout& of, float fill = 0.0f)
      : layout(of), values(static_cast<std::size_t>(of.size()), fill) {}
  BlockedView<float> view() { return {values.data(), layout}; }
};

// Rows in portions of `rows`, as several workers take them.
void check_concat(const std::vector<Index>& channels, Extent extent, Index rows) {
  constexpr float untouched = -777.0f;
  std::vector<ConcatOperand> inputs;
  std::vector<BlockedView<const float>> views;
  Index sum = 0;
  for (const Index count : channels) {
    ConcatOperand input({count, extent, {sum % 3, 1, 0, sum % 2}}, 0.5f);  // something in the border, too
    for (Index c = 0; c < input.layout.blocks() * channel_block; ++c) {
      for (Index y = 0; y < extent.h; ++y) {
        for (Index x = 0; x < extent.w; ++x) {
          // Past the last channel too: what an input holds there must not be copied.
          input.view().at(c, y, x) = static_cast<float>(1 + (sum + c) * 10'000 + y * 100 + x);
        }
      }
    }
    inputs.push_back(std::move(input));
    sum += count;
  }
  for (ConcatOperand& input : inputs) views.push_back(input.view());
  ConcatOperand output({sum, extent, {1, 2, 3, 0}}, untouched);
  const Index all = output.layout.blocks() * extent.h;
  for (Index first = 0; first < all; first += rows) {
    kernels::concat_blocked(views, output.view(), first, std::min(first + rows, all));
  }
  Index wrong = 0;
  for (Index c = 0; c < output.layout.blocks() * channel_block; ++c) {
    for (Index y = -1; y < extent.h + 3; ++y) {
      for (Index x = -2; x < extent.w; ++x) {
        const bool inside = y >= 0 && y < extent.h && x >= 0;
        const float value = static_cast<float>(1 + c * 10'000 + y * 100 + x);
        const float expected = !inside ? untouched : c < sum ? value : 0.0f;
        wrong += output.view().at(c, y, x) != expected;
      }
    }
  }
  CAPTURE(sum);
  CHECK(wrong == 0);
}

TEST_CASE("blocked concat: the inputs' channels one after the other, whole blocks and parts of them") {
  for (const auto& channels : {std::vector<Index>{16, 16},
                               {32, 16, 16},
                               {5, 3},
                               {16, 7, 16},
                               {17, 31, 1},
                               {3, 64},
                               {1},
                               {15, 1, 16, 40},
                               {33, 33}}) {
    for (const Index rows : {Index{1}, Index{2}, Index{1000}}) check_concat(channels, {3, 5}, rows);
  }
  check_concat({20, 20}, {1, 1}, 1);
}

}  // namespace
