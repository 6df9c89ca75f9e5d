// Colours that are carried along over time: the mean of what the looks of a network gave to each cell, moved with what
// the cell shows, and trusted as long as its lightness says that it still shows it.
//   carry:  m(p) = m(p + d), q(p) = q(p + d),  n(p) = min(n(p + d), looks(p)),  bilinear between cells  (motion.hpp)
//   look:   m += (c − m)/(n + 1),  q += (|c|² − q)/(n + 1),  n = min(n + 1, most)
//   shown:  ab = m · |m|²/(|m|² + 2 v) · (1 + 0.1 · min(n/16, 1)),   v = q − |m|²: how much the looks disagree
// m: mean ab; q: mean |ab|²; n: looks that they are of. Where n is 0 the colours are those of the cell's past, for want
// of better ones. What looks disagree about is calmed, and means of many looks get back what they lost to grey.
// A look that takes several frames is of the first of them: where each cell was then is carried along as well.
// Chosen on five cameras (weights/experiments.md). Tested by carried_colors_test.cpp.
#pragma once

#include <algorithm>
#include <limits>
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

  // What the look that has begun will see counts alone; what came later keeps its colours.
  void forget_looks() noexcept {
    for (Index i = 0; i < cells(); ++i) {
      if (now_.data()[origin_looks * cells() + i] < 0.5f) continue;
      for (Index k = 0; k < kept_planes; ++k) now_.data()[k * cells() + i] = 0.0f;
    }
  }

  // From here on until look(), where each cell is now is carried along.
  void begin_look() noexcept {
    for (Index i = 0; i < cells(); ++i) {
      now_.data()[origin_y * cells() + i] = static_cast<float>(i / grid_.w);
      now_.data()[origin_x * cells() + i] = static_cast<float>(i % grid_.w);
      now_.data()[origin_looks * cells() + i] = std::numeric_limits<float>::max();
    }
    in_use_ = planes;
  }

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

  // What the network gave for the frame of begin_look(). mirrored: it saw left and right exchanged. most: looks that a
  // mean may be of, 1 or more.
  void look(const AbGridView& colors, bool mirrored, float most) noexcept {
    for (Index i = 0; i < cells(); ++i) {
      const float* origin = now_.data() + i;
      if (origin[origin_looks * cells()] < 0.5f) continue;  // what it shows now came later
      float x = origin[origin_x * cells()];
      if (mirrored) x = static_cast<float>(grid_.w - 1) - x;
      const Between at(grid_, origin[origin_y * cells()], x);
      add(i, at.value(colors.a), at.value(colors.b), most);
    }
    in_use_ = kept_planes;
  }

  // What the cells' colours are, for certain: they count as the mean of all the looks that there may be.
  void know(const float* a, const float* b, float most) noexcept {
    float* to = now_.data();
    const float share = 1.0f / gain_of(most);  // show() gives it back
    for (Index i = 0; i < cells(); ++i) {
      to[i] = share * a[i];
      to[cells() + i] = share * b[i];
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
      const float calmed = (chroma + 1e-6f) / (chroma + CarriedNumbers::calm * variance + 1e-6f);
      const float factor = calmed * gain_of(from[looks * cells() + i]);
      a[i] = factor * from[i];
      b[i] = factor * from[cells() + i];
    }
  }

 private:
  static constexpr Index squares = 2;  // planes: a, b, q, n
  static constexpr Index looks = 3;
  static constexpr Index kept_planes = 4;
  static constexpr Index origin_y = 4;  // in the frame of a look, in cells; and looks that hold since
  static constexpr Index origin_x = 5;
  static constexpr Index origin_looks = 6;
  static constexpr Index planes = 7;

  // A place between cells; beyond the border it is on it.
  struct Between {
    Index corners[2][2];
    float down;
    float right;

    Between(Extent grid, float y, float x) noexcept {
      const auto within = [](float at, Index side) { return std::clamp(at, 0.0f, static_cast<float>(side - 1)); };
      y = within(y, grid.h);
      x = within(x, grid.w);
      const Index top = static_cast<Index>(y);
      const Index left = static_cast<Index>(x);
      const Index rows[2] = {top, std::min(top + 1, grid.h - 1)};
      const Index columns[2] = {left, std::min(left + 1, grid.w - 1)};
      for (Index i = 0; i < 4; ++i) corners[i / 2][i % 2] = rows[i / 2] * grid.w + columns[i % 2];
      down = y - static_cast<float>(top);
      right = x - static_cast<float>(left);
    }

    float value(const float* plane) const noexcept {
      const auto across = [&](const Index(&row)[2]) { return plane[row[0]] + right * (plane[row[1]] - plane[row[0]]); };
      const float upper = across(corners[0]);
      return upper + down * (across(corners[1]) - upper);
    }
  };

  Index cells() const noexcept { return grid_.h * grid_.w; }

  static float gain_of(float count) noexcept {
    return 1.0f + CarriedNumbers::gain * std::min(count / CarriedNumbers::many_looks, 1.0f);
  }

  void carry_cell(const Motion& motion, Index y, Index x) noexcept {
    const Index cell = y * grid_.w + x;
    const Movement moved = motion.movements()[cell];
    float* to = now_.data() + cell;
    if (moved.y == 0 && moved.x == 0) {
      for (Index k = 0; k < in_use_; ++k) to[k * cells()] = before_.data()[k * cells() + cell];
    } else {
      const Between from(grid_, static_cast<float>(y) + static_cast<float>(moved.y) * cells_per_pixel_y_,
                         static_cast<float>(x) + static_cast<float>(moved.x) * cells_per_pixel_x_);
      for (Index k = 0; k < in_use_; ++k) to[k * cells()] = from.value(before_.data() + k * cells());
    }
    const float holds = motion.looks_that_hold()[cell];
    to[looks * cells()] = std::min(to[looks * cells()], holds);
    if (in_use_ == planes) to[origin_looks * cells()] = std::min(to[origin_looks * cells()], holds);
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
  Index in_use_ = kept_planes;
  AlignedBuffer<float> now_;  // [planes][cells]
  AlignedBuffer<float> before_;
};

}  // namespace ochre::inline v0::video
