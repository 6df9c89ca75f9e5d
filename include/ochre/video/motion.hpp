// Where each cell of the colours' grid was a frame ago, and whether it still shows what it showed, by the lightness at
// working size: blocks of 8 by 8 pixels around the cells' middles are looked up in the frame before.
//   SAD(d) = Σ |now(p) − before(p + d)|,   D(d) = Σ (now(p) − before(p + d)),   p: the block's 64 pixels
//   d = argmin SAD(d) + 8 |d|₁ over 0, the movements of the cell and of those around it a frame ago, of the cell at its
//       left now, and from the best of these on steps of 8, 4, 2 and 1 pixels
//   odd = max((SAD(d) − 0.7 |D(d)|)/64 − 1.3 n, 0)/2,  n: the mean of SAD(0)/64 by its lower quartile, at most 4
//   where the block has like details at d, correlation ρ > 0.8: 5 (1 − ρ), if that is less. Like: both variances are
//   above 4 times the noise's, within a factor of 3 of each other, and the means within 12; where more than half of the
//   frame changed, whatever they are, and at d = 0 as well: the light may have
//   looks that hold = 4/odd² − 1
// Lightness in 255ths of white, as bytes. What is as it was, but for the noise n of the whole frame, is not looked up.
// A change of light shifts a block alike, or scales it: that makes the past less untrue than another thing does.
// Integer sums, each cell by itself but for its left neighbour in the row: the same for any number of threads.
// Tested by motion_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>

#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::video {

struct MotionNumbers {
  static constexpr Index block = 8;       // pixels: smaller ones match anywhere
  static constexpr Index reach = 24;      // pixels along each axis: 90 of full HD a frame
  static constexpr Index first_step = 8;  // pixels
  static constexpr int price = 8;         // of a pixel's way, in units of SAD: flat things stay where they are
  static constexpr float uniform = 0.7f;
  static constexpr float noise = 1.3f;
  static constexpr float most_noise = 4.0f;  // codes; beyond is movement everywhere
  static constexpr float rounding = 0.5f;    // codes that bytes differ by for no reason
  static constexpr float spread = 2.0f;      // codes: a car on asphalt differs by 6 and more
  static constexpr float least_odd = 0.25f;  // below, all looks hold
  static constexpr float alike = 0.8f;
  static constexpr int most_shift = 12;         // codes
  static constexpr float most_contrast = 3.0f;  // of variances
  static constexpr float unlike = 5.0f;
};

// Pixels at working size, down and to the right, from a cell to where it was.
struct Movement {
  std::int16_t y = 0;
  std::int16_t x = 0;
};

class Motion {
 public:
  Motion() = default;  // of nothing

  // working: pixels of the lightness; grid: cells that cover them. Errors: no memory.
  static Result<Motion> create(Extent working, Extent grid) {
    Motion motion;
    motion.working_ = working;
    motion.grid_ = grid;
    const Index padded = (working.h + 2 * margin) * motion.stride();
    const Index cells = grid.h * grid.w;
    auto status = AlignedBuffer<std::uint8_t>::create(padded).move_to(motion.now_);
    if (status) status = AlignedBuffer<std::uint8_t>::create(padded).move_to(motion.before_);
    if (status) status = AlignedBuffer<Movement>::create(cells).move_to(motion.movements_);
    if (status) status = AlignedBuffer<Movement>::create(cells).move_to(motion.earlier_);
    if (status) status = AlignedBuffer<float>::create(cells).move_to(motion.looks_);
    if (status) status = AlignedBuffer<std::int32_t>::create(cells).move_to(motion.still_);
    if (!status) return std::move(status).error();
    return motion;
  }

  Index bytes() const noexcept {
    return now_.size() + before_.size() + static_cast<Index>(sizeof(Movement)) * (movements_.size() + earlier_.size()) +
           static_cast<Index>(sizeof(float)) * (looks_.size() + still_.size());
  }

  // The next frame's lightness, L of 0…100, dense; it is compared with that of the call before. After the first call
  // the rest means nothing.
  void follow(const float* lightness, const parallel::Team& team) noexcept {
    std::swap(now_, before_);
    std::swap(movements_, earlier_);
    read(lightness);
    each_cell(team, [&](Index y, Index x) { still_.data()[y * grid_.w + x] = compare(y, x, {}).sum; });
    measure_noise();
    each_cell(team, [&](Index y, Index x) { follow_cell(y, x); });
  }

  // Another scene begins with the last frame: how things moved says nothing of how they will.
  void forget() noexcept { std::fill_n(movements_.data(), movements_.size(), Movement{}); }

  const Movement* movements() const noexcept { return movements_.data(); }
  const float* looks_that_hold() const noexcept { return looks_.data(); }  // 0: it shows something else
  // It is where it was, and changed by no more than the noise. After the first call.
  bool is_calm(Index cell) const noexcept { return static_cast<float>(still_.data()[cell]) <= calm_difference(); }

  float noise() const noexcept { return noise_; }             // mean difference of pixels that did not change, in codes
  bool all_changed() const noexcept { return all_changed_; }  // more than half of the cells differ from a frame ago

  // The share of neighbours in a row that moved alike, to a pixel: a camera that pans moves most of them together; what
  // another scene is found in lies anywhere.
  float coherence() const noexcept {
    Index alike = 0;
    for (Index y = 0; y < grid_.h; ++y) {
      const Movement* row = movements_.data() + y * grid_.w;
      for (Index x = 1; x < grid_.w; ++x) {
        alike += std::abs(row[x].y - row[x - 1].y) <= 1 && std::abs(row[x].x - row[x - 1].x) <= 1 ? 1 : 0;
      }
    }
    return static_cast<float>(alike) / static_cast<float>(std::max<Index>(grid_.h * (grid_.w - 1), 1));
  }

 private:
  using Numbers = MotionNumbers;
  static constexpr Index pixels = Numbers::block * Numbers::block;
  static constexpr Index margin = Numbers::reach + Numbers::block;

  struct Difference {
    int sum;  // of absolute values
    int signed_sum;
  };

  struct Search {
    Movement best{};
    int cost = 0;
  };

  Index stride() const noexcept { return working_.w + 2 * margin; }

  template <class Work>
  void each_cell(const parallel::Team& team, const Work& work) noexcept {
    parallel::for_ranges(team, grid_.h, 4, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        for (Index x = 0; x < grid_.w; ++x) work(y, x);
      }
    });
  }

  // As bytes, the border repeated outwards.
  void read(const float* lightness) noexcept {
    for (Index y = -margin; y < working_.h + margin; ++y) {
      const float* from = lightness + std::clamp<Index>(y, 0, working_.h - 1) * working_.w;
      std::uint8_t* to = now_.data() + (y + margin) * stride();
      for (Index x = 0; x < working_.w; ++x) to[margin + x] = static_cast<std::uint8_t>(from[x] * 2.55f + 0.5f);
      std::fill_n(to, margin, to[margin]);
      std::fill_n(to + margin + working_.w, margin, to[margin + working_.w - 1]);
    }
  }

  // The top left pixel of the block around a cell, `to` away from it.
  const std::uint8_t* block_at(const AlignedBuffer<std::uint8_t>& plane, Index y, Index x, Movement to) const noexcept {
    const Index top = (2 * y + 1) * working_.h / (2 * grid_.h) - Numbers::block / 2 + to.y;
    const Index left = (2 * x + 1) * working_.w / (2 * grid_.w) - Numbers::block / 2 + to.x;
    return plane.data() + (top + margin) * stride() + left + margin;
  }

  Difference compare(Index y, Index x, Movement to) const noexcept {
    const std::uint8_t* now = block_at(now_, y, x, {});
    const std::uint8_t* before = block_at(before_, y, x, to);
    Difference difference{0, 0};
    for (Index row = 0; row < Numbers::block; ++row, now += stride(), before += stride()) {
      for (Index i = 0; i < Numbers::block; ++i) {
        const int apart = static_cast<int>(now[i]) - static_cast<int>(before[i]);
        difference.sum += std::abs(apart);
        difference.signed_sum += apart;
      }
    }
    return difference;
  }

  void measure_noise() noexcept {
    constexpr int steps = 8;  // of a code
    constexpr std::size_t most = static_cast<std::size_t>(steps * Numbers::most_noise);
    std::array<Index, most + 1> counts{};
    const Index cells = grid_.h * grid_.w;
    for (Index i = 0; i < cells; ++i) {
      ++counts[std::min(static_cast<std::size_t>(still_.data()[i] * steps / pixels), most)];
    }
    Index below = 0;
    std::size_t quarter = 0;
    while (4 * (below + counts[quarter]) < cells) below += counts[quarter++];
    // Of means over 64 normal pixels the lower quartile is 1 - 0.674 · 0.756/8 of the mean.
    constexpr float of_mean = 0.936f;
    noise_ = std::min((static_cast<float>(quarter) + 0.5f) / (steps * of_mean), Numbers::most_noise);
    const int calm = static_cast<int>(calm_difference());
    const auto changed = std::count_if(still_.data(), still_.data() + cells, [&](int sum) { return sum > calm; });
    all_changed_ = 2 * changed > cells;
  }

  // SAD(0) of what did not change, at most.
  float calm_difference() const noexcept {
    return static_cast<float>(pixels) * (Numbers::noise * noise_ + Numbers::rounding);
  }

  void follow_cell(Index y, Index x) noexcept {
    constexpr float all = std::numeric_limits<float>::max();
    // Of what is calm no odd is above the least.
    static_assert(Numbers::rounding <= Numbers::least_odd * Numbers::spread);
    const Index cell = y * grid_.w + x;
    Search search{{}, still_.data()[cell]};
    if (static_cast<float>(search.cost) <= calm_difference()) {
      movements_.data()[cell] = {};
      looks_.data()[cell] = all;
      return;
    }
    look_up(y, x, search);
    float odd = oddness(y, x, search.best);
    if (odd > Numbers::least_odd) odd = std::min(odd, oddness_of_details(y, x, search.best));
    if (odd > Numbers::least_odd && all_changed_) {
      const float still = oddness_of_details(y, x, {});
      if (still < odd) search.best = {};
      odd = std::min(odd, still);
    }
    movements_.data()[cell] = search.best;
    looks_.data()[cell] = odd <= Numbers::least_odd ? all : std::max(4.0f / (odd * odd) - 1.0f, 0.0f);
  }

  void look_up(Index y, Index x, Search& search) const noexcept {
    const auto attempt = [&](Index down, Index right) {
      if (std::abs(down) > Numbers::reach || std::abs(right) > Numbers::reach) return;
      const Movement to{static_cast<std::int16_t>(down), static_cast<std::int16_t>(right)};
      const int way = Numbers::price * static_cast<int>(std::abs(down) + std::abs(right));
      if (way >= search.cost) return;
      const int cost = compare(y, x, to).sum + way;
      if (cost < search.cost) search = {to, cost};
    };
    const auto as_did = [&](const AlignedBuffer<Movement>& movements, Index cell_y, Index cell_x) {
      if (cell_y < 0 || cell_y >= grid_.h || cell_x < 0 || cell_x >= grid_.w) return;
      const Movement movement = movements.data()[cell_y * grid_.w + cell_x];
      attempt(movement.y, movement.x);
    };
    as_did(movements_, y, x - 1);
    as_did(earlier_, y, x);
    as_did(earlier_, y - 1, x);
    as_did(earlier_, y + 1, x);
    as_did(earlier_, y, x + 1);
    for (Index step = Numbers::first_step; step >= 1; step /= 2) {
      const Movement from = search.best;
      for (Index i = 0; i < 9; ++i) attempt(from.y + (i / 3 - 1) * step, from.x + (i % 3 - 1) * step);
    }
  }

  float oddness(Index y, Index x, Movement to) const noexcept {
    const Difference difference = compare(y, x, to);
    const float all = static_cast<float>(difference.sum);
    const float uniform = static_cast<float>(std::abs(difference.signed_sum));
    const float apart = (all - Numbers::uniform * uniform) / static_cast<float>(pixels);
    return std::max(apart - Numbers::noise * noise_, 0.0f) / Numbers::spread;
  }

  // Of a block whose details are those of before, whatever the light; beyond all bounds where they are not.
  float oddness_of_details(Index y, Index x, Movement to) const noexcept {
    const std::uint8_t* now = block_at(now_, y, x, {});
    const std::uint8_t* before = block_at(before_, y, x, to);
    int sums[2] = {0, 0};
    int squares[2] = {0, 0};
    int product = 0;
    for (Index row = 0; row < Numbers::block; ++row, now += stride(), before += stride()) {
      for (Index i = 0; i < Numbers::block; ++i) {
        const int one = now[i];
        const int other = before[i];
        sums[0] += one;
        sums[1] += other;
        squares[0] += one * one;
        squares[1] += other * other;
        product += one * other;
      }
    }
    constexpr int count = static_cast<int>(pixels);
    const auto variance = [&](int square, int one, int other) {  // times pixels²; below 2^31: 64² · 255²/4
      return static_cast<float>(static_cast<std::int64_t>(count) * square - static_cast<std::int64_t>(one) * other);
    };
    const float here = variance(squares[0], sums[0], sums[0]);
    const float there = variance(squares[1], sums[1], sums[1]);
    const float both = variance(product, sums[0], sums[1]);
    // A mean difference n of two frames is that of noise of variance (π/4) n² in each.
    constexpr float pi_quarter = 0.785398f;
    const float least = 4.0f * (2.0f * pi_quarter * noise_ * noise_ + Numbers::rounding) * count * count;
    constexpr float beyond = std::numeric_limits<float>::max();
    if (std::min(here, there) < least || both <= 0.0f) return beyond;
    // A car that is brighter than its ground by more than a cloud makes is a car, unless it is so all over the frame.
    const bool is_like = std::abs(sums[0] - sums[1]) <= Numbers::most_shift * count &&
                         std::max(here, there) <= Numbers::most_contrast * std::min(here, there);
    if (!is_like && !all_changed_) return beyond;
    const float correlation = both / std::sqrt(here * there);
    return correlation > Numbers::alike ? Numbers::unlike * (1.0f - correlation) : beyond;
  }

  Extent working_{0, 0};
  Extent grid_{0, 0};
  AlignedBuffer<std::uint8_t> now_;  // [h + 2 margin][w + 2 margin]
  AlignedBuffer<std::uint8_t> before_;
  AlignedBuffer<Movement> movements_;  // [cells]
  AlignedBuffer<Movement> earlier_;    // those of the frame before
  AlignedBuffer<float> looks_;
  AlignedBuffer<std::int32_t> still_;  // SAD(0)
  float noise_ = 0.0f;
  bool all_changed_ = false;
};

}  // namespace ochre::inline v0::video
