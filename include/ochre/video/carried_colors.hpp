// Colours that are carried along over time: the mean of what the looks of a network gave to each cell, moved with what
// the cell shows, and trusted as long as its lightness says that it still shows it.
//   carry:  m(p) = m(p + d), q(p) = q(p + d),  n(p) = min(n(p + d), looks(p)),  bilinear between cells  (motion.hpp)
//   look:   m += (c − m)/(n + 1),  q += (|c|² − q)/(n + 1),  n = min(n + 1, most)
//   shown:  ab = m · |m|²/(|m|² + 2 v) · (1 + 0.1 · min(n/16, 1)),   v = q − |m|²: how much the looks disagree
// m: mean ab; q: mean |ab|²; n: looks that they are of. Where n is 0 the colours are those of the cell's past, for want
// of better ones. What looks disagree about is calmed, and means of many looks get back what they lost to grey.
// Chosen on five cameras (weights/experiments.md). Tested by carried_colors_test.cpp.
#pragma once

#include <algorithm>
#include <utility>

#include <ochre/color/ab_grid.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>
#include <ochre/video/motion.hpp>

namespace ochre::inline v0::video {

struct CarriedNumbers {
  static constexpr float most_looks = 64.0f;  // of which a mean is: half a minute of a scene that stands still
  static constexpr float calm = 2.0f;         // 5 makes grey of what is green in one look and brown in another
  static constexpr float gain = 0.1f;
  static constexpr float many_looks = 16.0f;
};

class CarriedColors {
 public:
  CarriedColors() = default;  // of nothing

  // working: the size in whose pixels movements are. Errors: no memory.
  static Result<CarriedColors> create(Extent grid, Extent working) {
    CarriedColors colors;
    colors.grid_ = grid;
    colors.cells_per_pixel_y_ = static_cast<float>(grid.h) / static_cast<float>(working.h);
    colors.cells_per_pixel_x_ = static_cast<float>(grid.w) / static_cast<float>(working.w);
    auto status = AlignedBuffer<float>::create(planes * grid.h * grid.w).move_to(colors.now_);
    if (status) status = AlignedBuffer<float>::create(planes * grid.h * grid.w).move_to(colors.before_);
    if (!status) return std::move(status).error();
    return colors;
  }

  Index bytes() const noexcept { return static_cast<Index>(sizeof(float)) * (now_.size() + before_.size()); }

  void forget() noexcept { std::fill_n(now_.data(), now_.size(), 0.0f); }

  void carry(const Motion& motion, const parallel::Team& team) noexcept {
    std::swap(now_, before_);
    parallel::for_ranges(team, grid_.h, 4, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        for (Index x = 0; x < grid_.w; ++x) carry_cell(motion, y, x);
      }
    });
  }

  // The share of cells of whose looks none holds.
  float unseen() const noexcept {
    const float* count = now_.data() + looks * cells();
    const auto unseen = std::count_if(count, count + cells(), [](float n) { return n < 0.5f; });
    return static_cast<float>(unseen) / static_cast<float>(cells());
  }

  // What the network gave. mirrored: it saw left and right exchanged. most: looks that a mean may be of, 1 or more.
  void look(const AbGridView& colors, bool mirrored, float most) noexcept {
    for (Index y = 0; y < grid_.h; ++y) {
      for (Index x = 0; x < grid_.w; ++x) {
        const Index from = y * grid_.w + (mirrored ? grid_.w - 1 - x : x);
        add(y * grid_.w + x, colors.a[from], colors.b[from], most);
      }
    }
  }

  // What the cells' colours are, for certain: they count as the mean of all the looks that there may be.
  void know(const float* a, const float* b, float most) noexcept {
    float* to = now_.data();
    for (Index i = 0; i < cells(); ++i) {
      to[i] = a[i] / (1.0f + CarriedNumbers::gain);  // show() gives it back
      to[cells() + i] = b[i] / (1.0f + CarriedNumbers::gain);
      to[squares * cells() + i] = to[i] * to[i] + to[cells() + i] * to[cells() + i];
      to[looks * cells() + i] = most;
    }
  }

  // a, b: of each cell.
  void show(float* a, float* b) const noexcept {
    const float* from = now_.data();
    for (Index i = 0; i < cells(); ++i) {
      const float chroma = from[i] * from[i] + from[cells() + i] * from[cells() + i];
      const float variance = std::max(from[squares * cells() + i] - chroma, 0.0f);
      const float full = std::min(from[looks * cells() + i] / CarriedNumbers::many_looks, 1.0f);
      const float calmed = (chroma + 1e-6f) / (chroma + CarriedNumbers::calm * variance + 1e-6f);
      const float factor = calmed * (1.0f + CarriedNumbers::gain * full);
      a[i] = factor * from[i];
      b[i] = factor * from[cells() + i];
    }
  }

 private:
  static constexpr Index squares = 2;  // planes: a, b, q, n
  static constexpr Index looks = 3;
  static constexpr Index planes = 4;

  Index cells() const noexcept { return grid_.h * grid_.w; }

  void carry_cell(const Motion& motion, Index y, Index x) noexcept {
    const Index cell = y * grid_.w + x;
    const Movement moved = motion.movements()[cell];
    float* to = now_.data() + cell;
    const float* from = before_.data();
    if (moved.y == 0 && moved.x == 0) {
      for (Index k = 0; k < planes; ++k) to[k * cells()] = from[k * cells() + cell];
    } else {
      carry_moved(moved, y, x);
    }
    to[looks * cells()] = std::min(to[looks * cells()], motion.looks_that_hold()[cell]);
  }

  void carry_moved(Movement moved, Index y, Index x) noexcept {
    const auto within = [](float at, Index side) { return std::clamp(at, 0.0f, static_cast<float>(side - 1)); };
    const float down = within(static_cast<float>(y) + static_cast<float>(moved.y) * cells_per_pixel_y_, grid_.h);
    const float right = within(static_cast<float>(x) + static_cast<float>(moved.x) * cells_per_pixel_x_, grid_.w);
    const Index top = static_cast<Index>(down);
    const Index left = static_cast<Index>(right);
    const Index below = std::min(top + 1, grid_.h - 1);
    const Index beside = std::min(left + 1, grid_.w - 1);
    const float share_y = down - static_cast<float>(top);
    const float share_x = right - static_cast<float>(left);
    for (Index k = 0; k < planes; ++k) {
      const float* plane = before_.data() + k * cells();
      const auto across = [&](Index row) {
        const float first = plane[row * grid_.w + left];
        return first + share_x * (plane[row * grid_.w + beside] - first);
      };
      const float upper = across(top);
      now_.data()[k * cells() + y * grid_.w + x] = upper + share_y * (across(below) - upper);
    }
  }

  void add(Index cell, float a, float b, float most) noexcept {
    float* at = now_.data() + cell;
    const float share = 1.0f / (at[looks * cells()] + 1.0f);
    at[0] += share * (a - at[0]);
    at[cells()] += share * (b - at[cells()]);
    at[squares * cells()] += share * (a * a + b * b - at[squares * cells()]);
    at[looks * cells()] = std::min(at[looks * cells()] + 1.0f, most);
  }

  Extent grid_{0, 0};
  float cells_per_pixel_y_ = 0;
  float cells_per_pixel_x_ = 0;
  AlignedBuffer<float> now_;  // [planes][cells]
  AlignedBuffer<float> before_;
};

}  // namespace ochre::inline v0::video
