// Blocked tensors: where a pixel lies, there and back, and borders that are cleared without touching the interior.
#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <vector>

#include <ochre/tensor/blocked.hpp>

namespace {

using namespace ochre;

constexpr float not_written = -777.0f;

TEST_CASE("a layout's sizes, and every element at a place of its own") {
  const BlockedLayout layout{35, {3, 4}, {1, 2, 3, 5}};
  CHECK(layout.blocks() == 3);
  CHECK(layout.rows() == 7);
  CHECK(layout.row_stride() == 11 * 16);
  CHECK(layout.block_stride() == 7 * 11 * 16);
  CHECK(layout.size() == 3 * 7 * 11 * 16);
  CHECK(layout.checked_size() == layout.size());
  CHECK(layout.offset(-1, -2) == 0);
  CHECK(layout.offset(0, 0) == (11 + 2) * 16);
  CHECK(layout.offset(5, 8) == layout.block_stride() - 16);

  std::vector<float> memory(static_cast<std::size_t>(layout.size()));
  const BlockedView<float> view{memory.data(), layout};
  std::set<const float*> seen;
  for (Index c = 0; c < 48; ++c) {
    for (Index y = -1; y < 6; ++y) {
      for (Index x = -2; x < 9; ++x) {
        const float* at = &view.at(c, y, x);
        CHECK(at >= memory.data());
        CHECK(at < memory.data() + memory.size());
        CHECK(seen.insert(at).second);
      }
    }
  }
  CHECK(view.pixel(1, 2, 3) + 4 == &view.at(20, 2, 3));
}

TEST_CASE("a layout that cannot be addressed has no size") {
  constexpr Index huge = std::numeric_limits<Index>::max();
  CHECK_FALSE(BlockedLayout{1, {huge, 1}, {1, 0, 0, 0}}.checked_size());
  CHECK_FALSE(BlockedLayout{1, {1, huge}, {0, 0, 0, 1}}.checked_size());
  CHECK_FALSE(BlockedLayout{1, {huge / 16, 1}}.checked_size());  // the bytes
  CHECK_FALSE(BlockedLayout{huge, {16, 16}}.checked_size());
  CHECK(BlockedLayout{1, {1, 1}, {}, 1}.checked_size() == 1);
}

TEST_CASE("the widest of two borders is wide enough for both") {
  CHECK(tensor::widest({1, 2, 3, 4}, {4, 3, 2, 1}) == Border{4, 3, 3, 4});
  CHECK(tensor::widest({0, 0, 0, 0}, {-1, -2, -3, -4}) == Border{});
}

struct Picture {
  std::vector<float> numbers;
  Shape shape;

  explicit Picture(const Shape& shape_) : shape(shape_) {
    for (Index i = 0; i < shape.size(); ++i) numbers.push_back(static_cast<float>(i));
  }
  TensorView<const float> view() const { return {numbers.data(), shape}; }
};

TEST_CASE("planar to blocked and back, by parts, with a factor; nothing else is written") {
  const Picture picture({1, 21, 3, 5});
  for (const Index block : {16, 1}) {
    const BlockedLayout layout{21, {3, 5}, {1, 1, 2, 0}, block};
    std::vector<float> memory(static_cast<std::size_t>(layout.size()), not_written);
    const BlockedView<float> view{memory.data(), layout};
    tensor::to_blocked(picture.view(), view, 0, 7);
    tensor::to_blocked(picture.view(), view, 7, 20, 2.0f, 3.0f);
    for (Index c = 0; c < layout.blocks() * block; ++c) {
      for (Index y = -1; y < 5; ++y) {
        for (Index x = -1; x < 5; ++x) {
          const bool inside = c < 20 && y >= 0 && y < 3 && x >= 0;
          const float number = inside ? picture.view().at(0, c, y, x) : 0.0f;
          CHECK(view.at(c, y, x) == (!inside ? not_written : c < 7 ? number : 2.0f * number + 3.0f));
        }
      }
    }
    tensor::to_blocked(picture.view(), view, 0, 21);
    std::vector<float> back(picture.numbers.size(), not_written);
    const TensorView<float> target{back.data(), picture.shape};
    to_planar(view, target, 0, 16);
    CHECK(target.at(0, 16, 0, 0) == not_written);
    to_planar(view, target, 16, 21);
    CHECK(back == picture.numbers);
  }
}

TEST_CASE("clear_border clears the border of the blocks it is told, and nothing else") {
  for (const Border border : {Border{1, 2, 3, 4}, Border{0, 0, 0, 1}, Border{2, 0, 0, 0}, Border{}}) {
    const BlockedLayout layout{48, {3, 5}, border};
    std::vector<float> memory(static_cast<std::size_t>(layout.size()), not_written);
    const BlockedView<float> view{memory.data(), layout};
    tensor::clear_border(view, 1, 2);
    for (Index c = 0; c < 48; ++c) {
      for (Index y = -border.top; y < 3 + border.bottom; ++y) {
        for (Index x = -border.left; x < 5 + border.right; ++x) {
          const bool inside = y >= 0 && y < 3 && x >= 0 && x < 5;
          CHECK(view.at(c, y, x) == (c / 16 == 1 && !inside ? 0.0f : not_written));
        }
      }
    }
  }
}

}  // namespace
