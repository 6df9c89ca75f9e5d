// A plane mirrored: where each value goes.
#include <vector>

#include <doctest/doctest.h>

#include <ochre/video/mirrored.hpp>

namespace mirrored_test {

namespace {

using namespace ochre;

std::vector<float> mirrored(const std::vector<float>& plane, Extent size) {
  std::vector<float> to(plane.size() + 1, -1.0f);
  video::mirror(plane.data(), size, to.data());
  CHECK(to.back() == -1.0f);
  to.pop_back();
  return to;
}

}  // namespace

TEST_CASE("mirrored: left and right change places in each row, and twice is the plane itself") {
  CHECK(mirrored({1, 2, 3, 4, 5, 6}, {.h = 2, .w = 3}) == std::vector<float>{3, 2, 1, 6, 5, 4});
  CHECK(mirrored({1, 2, 3, 4}, {.h = 4, .w = 1}) == std::vector<float>{1, 2, 3, 4});
  CHECK(mirrored({1, 2, 3, 4}, {.h = 1, .w = 4}) == std::vector<float>{4, 3, 2, 1});
  std::vector<float> plane;
  for (int i = 0; i < 35; ++i) plane.push_back(static_cast<float>(i * i % 17));
  CHECK(mirrored(mirrored(plane, {.h = 5, .w = 7}), {.h = 5, .w = 7}) == plane);
}

}  // namespace mirrored_test
