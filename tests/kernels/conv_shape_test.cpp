// The grids of a convolution: each output lies in exactly one, and its taps are those of the definition.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include <ochre/kernels/conv_shape.hpp>
#include <ochre/network/random_weights.hpp>

namespace {

using namespace ochre;
using kernels::ConvShape;

using Meeting = std::array<Index, 4>;  // input row and column, kernel row and column

// All that an output pixel meets, by the definitions in reference/, the padding with it.
std::set<Meeting> meetings(const ConvShape& conv, Index y, Index x) {
  const Window& w = conv.window;
  std::set<Meeting> all;
  for (Index ky = 0; ky < w.kernel.h; ++ky) {
    for (Index kx = 0; kx < w.kernel.w; ++kx) {
      if (!conv.transposed) {
        all.insert({y * w.stride.h - w.padding.h + ky * w.dilation.h, x * w.stride.w - w.padding.w + kx * w.dilation.w,
                    ky, kx});
        continue;
      }
      for (Index row = -20; row < 40; ++row) {
        for (Index column = -20; column < 40; ++column) {
          if (row * w.stride.h - w.padding.h + ky * w.dilation.h == y &&
              column * w.stride.w - w.padding.w + kx * w.dilation.w == x) {
            all.insert({row, column, ky, kx});
          }
        }
      }
    }
  }
  return all;
}

void check(const ConvShape& conv) {
  constexpr Index side = 6;
  std::set<std::pair<Index, Index>> seen;
  for (const auto& grid : kernels::conv_grids(conv)) {
    for (Index ty = 0; grid.out_origin.h + grid.out_step.h * ty < side; ++ty) {
      for (Index tx = 0; grid.out_origin.w + grid.out_step.w * tx < side; ++tx) {
        const Index y = grid.out_origin.h + grid.out_step.h * ty;
        const Index x = grid.out_origin.w + grid.out_step.w * tx;
        CHECK(seen.insert({y, x}).second);
        std::set<Meeting> taps;
        for (const auto& tap : grid.taps) {
          CHECK(taps.insert({grid.in_step.h * ty + tap.y, grid.in_step.w * tx + tap.x, tap.ky, tap.kx}).second);
        }
        CHECK(taps == meetings(conv, y, x));
      }
    }
  }
  CHECK(seen.size() == side * side);
}

TEST_CASE("grids cover each output once, with the taps of the definition") {
  RandomNumbers random(1);
  const auto between = [&](Index low, Index high) {
    return low + static_cast<Index>(random.next() % static_cast<std::uint64_t>(high - low + 1));
  };
  const auto extent = [&](Index low, Index high) { return Extent{between(low, high), between(low, high)}; };
  for (int i = 0; i < 40; ++i) {
    for (const bool transposed : {false, true}) {
      check({1, 1, {extent(1, 4), extent(1, 4), extent(0, 3), extent(1, 3)}, transposed});
    }
  }
}

TEST_CASE("a stride beyond the kernel leaves grids without a tap") {
  const auto grids = kernels::conv_grids({1, 1, {{2, 2}, {3, 3}, {0, 0}, {1, 1}}, true});
  CHECK(grids.size() == 9);
  CHECK(std::count_if(grids.begin(), grids.end(), [](const auto& grid) { return grid.taps.empty(); }) == 5);
  CHECK(kernels::conv_grids({1, 1, {{2, 2}, {3, 3}, {0, 0}, {1, 1}}}).size() == 1);
}

TEST_CASE("where a weight lies: out before in, transposed the other way") {
  ConvShape conv{3, 5, {{2, 4}, {1, 1}, {0, 0}, {1, 1}}};
  CHECK(conv.weight_at(0, 0, 0, 0) == 0);
  CHECK(conv.weight_at(4, 2, 1, 3) == 5 * 3 * 2 * 4 - 1);
  CHECK(conv.weight_at(1, 0, 0, 0) == 3 * 2 * 4);
  CHECK(conv.weight_at(0, 1, 1, 2) == 2 * 4 + 4 + 2);
  conv.transposed = true;
  CHECK(conv.weight_at(4, 2, 1, 3) == 5 * 3 * 2 * 4 - 1);
  CHECK(conv.weight_at(1, 0, 0, 0) == 2 * 4);
  CHECK(conv.weight_at(0, 1, 0, 0) == 5 * 2 * 4);
}

}  // namespace
