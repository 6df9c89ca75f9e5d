// What did not change, bit for bit: one bit in one sample, every layout, the first frame, another depth or range.
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/parallel/thread_team.hpp>
#include <ochre/video/seen_luma.hpp>

#include "support/at.hpp"

namespace seen_luma_test {

namespace {

using namespace ochre;
using test::at;
using video::SeenLuma;

// Luma that owns its bytes; what lies between samples and rows is not the frame's.
struct Luma {
  Extent size{0, 0};
  YuvFormat format{};
  Index step = 0;  // bytes
  Index stride = 0;
  bool bottom_up = false;
  std::vector<std::uint8_t> bytes{};

  Luma(Extent extent, YuvDepth depth, Index gap = 0, Index padding = 0) : size(extent) {
    format.depth = depth;
    step = bytes_per_sample(depth) + gap;
    stride = extent.w * step + padding;
    bytes.resize(at(stride * extent.h));
    fill_gaps(0);
    for (Index y = 0; y < size.h; ++y) {
      for (Index x = 0; x < size.w; ++x) {
        for (Index i = 0; i < bytes_per_sample(depth); ++i)
          byte(y, x, i) = static_cast<std::uint8_t>(y * 31 + x * 7 + i);
      }
    }
  }

  std::uint8_t& byte(Index y, Index x, Index i) {
    return bytes[at((bottom_up ? size.h - 1 - y : y) * stride + x * step + i)];
  }

  // All bytes that belong to no sample.
  void fill_gaps(std::uint8_t with) {
    const Index own = bytes_per_sample(format.depth);
    for (Index i = 0; i < static_cast<Index>(bytes.size()); ++i) {
      if (i % stride >= size.w * step || i % stride % step >= own) bytes[at(i)] = with;
    }
  }

  YuvView view() const {
    const Plane plane =
        bottom_up ? Plane{bytes.data() + (size.h - 1) * stride, -stride, step} : Plane{bytes.data(), stride, step};
    return {.luma = plane, .width = size.w, .height = size.h, .format = format};
  }
};

std::vector<Index> changed_rows(const SeenLuma& seen, Index height) {
  std::vector<Index> rows;
  for (Index y = 0; y < height; ++y) {
    if (!seen.same_row(y)) rows.push_back(y);
  }
  CHECK(seen.all_same() == rows.empty());
  return rows;
}

std::vector<Index> all_rows(Index height) {
  std::vector<Index> rows;
  for (Index y = 0; y < height; ++y) rows.push_back(y);
  return rows;
}

}  // namespace

TEST_CASE("seen luma: one bit of one sample is a row that changed, in every depth and layout") {
  const auto threads = parallel::ThreadTeam::create(3).value();
  for (const YuvDepth depth : {YuvDepth::bits8, YuvDepth::bits10, YuvDepth::bits10_high}) {
    for (const Extent size : {Extent{1, 1}, {1, 9}, {40, 1}, {37, 23}}) {
      for (const Index gap : {0, 1, 3}) {
        Luma luma(size, depth, gap, 5);
        auto seen = SeenLuma::create(size).value();
        seen.see(luma.view(), threads.team());
        seen.see(luma.view(), threads.team());
        CHECK(changed_rows(seen, size.h).empty());
        for (const Index y : {Index{0}, size.h / 2, size.h - 1}) {
          for (const Index x : {Index{0}, size.w / 2, size.w - 1}) {
            for (Index i = 0; i < bytes_per_sample(depth); ++i) {
              luma.byte(y, x, i) ^= static_cast<std::uint8_t>(1 << (x + y) % 8);
              seen.see(luma.view(), threads.team());
              CHECK(changed_rows(seen, size.h) == std::vector<Index>{y});
              seen.see(luma.view(), threads.team());  // it is kept: no change again
              CHECK(changed_rows(seen, size.h).empty());
            }
          }
        }
      }
    }
  }
}

TEST_CASE("seen luma: the first frame is new, even one of zeros") {
  Luma luma({5, 4}, YuvDepth::bits8);
  std::fill(luma.bytes.begin(), luma.bytes.end(), std::uint8_t{0});
  auto seen = SeenLuma::create(luma.size).value();
  seen.see(luma.view(), {});
  CHECK(changed_rows(seen, 5) == all_rows(5));
  seen.see(luma.view(), {});
  CHECK(changed_rows(seen, 5).empty());
}

TEST_CASE("seen luma: what lies beside the samples does not matter, nor how they are laid out") {
  for (const YuvDepth depth : {YuvDepth::bits8, YuvDepth::bits10}) {
    Luma luma({6, 7}, depth, 2, 3);
    auto seen = SeenLuma::create(luma.size).value();
    seen.see(luma.view(), {});
    luma.fill_gaps(0xEE);
    seen.see(luma.view(), {});
    CHECK(changed_rows(seen, 6).empty());
    seen.see(Luma({6, 7}, depth).view(), {});
    CHECK(changed_rows(seen, 6).empty());
    Luma turned = luma;
    turned.bottom_up = true;  // the same memory, another picture
    seen.see(turned.view(), {});
    CHECK(changed_rows(seen, 6) == all_rows(6));
    for (Index y = 0; y < 6; ++y) {
      for (Index x = 0; x < 7; ++x) {
        for (Index i = 0; i < bytes_per_sample(depth); ++i) turned.byte(y, x, i) = Luma({6, 7}, depth).byte(y, x, i);
      }
    }
    seen.see(luma.view(), {});
    seen.see(Luma({6, 7}, depth).view(), {});
    seen.see(turned.view(), {});
    CHECK(changed_rows(seen, 6).empty());
  }
}

TEST_CASE("seen luma: the same bytes of another depth or range are another picture, of another matrix the same") {
  Luma luma({3, 8}, YuvDepth::bits10);
  auto seen = SeenLuma::create(luma.size).value();
  const auto rows_after = [&](const YuvFormat& format) {
    luma.format = format;
    seen.see(luma.view(), {});
    const auto changed = changed_rows(seen, 3);
    seen.see(luma.view(), {});
    CHECK(changed_rows(seen, 3).empty());
    return changed;
  };
  YuvFormat format = luma.format;
  CHECK(rows_after(format) == all_rows(3));
  format.depth = YuvDepth::bits10_high;
  CHECK(rows_after(format) == all_rows(3));
  format.range = YuvRange::full;
  CHECK(rows_after(format) == all_rows(3));
  format.matrix = YuvMatrix::bt601;  // chroma alone has one
  format.subsampling = ChromaSubsampling::yuv444;
  CHECK(rows_after(format).empty());
}

TEST_CASE("seen luma: 8 bits after 10 and back") {
  const Extent size{4, 6};
  auto seen = SeenLuma::create(size).value();
  for (int turn = 0; turn < 3; ++turn) {
    for (const YuvDepth depth : {YuvDepth::bits8, YuvDepth::bits10}) {
      const Luma luma(size, depth);
      seen.see(luma.view(), {});
      CHECK(changed_rows(seen, 4) == all_rows(4));
      seen.see(luma.view(), {});
      CHECK(changed_rows(seen, 4).empty());
    }
  }
}

TEST_CASE("seen luma: frames that no memory holds are refused") {
  const auto refused = SeenLuma::create({Index{1} << 40, Index{1} << 40});
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::too_large);
  CHECK(SeenLuma::create({3, 5}).value().bytes() == 2 * 3 * 5 + 3);
}

}  // namespace seen_luma_test
