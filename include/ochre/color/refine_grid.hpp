// A grid of colours made finer along the edges of a picture's lightness, two or four times in each axis, before it is
// brought to pixels. Each doubling, with w of likeness.hpp at sigma 4 and the L of its own scale:
//   start:           a cell's colour = Σ w c / Σ w over the 3x3 coarser cells around the one that it lies in
//   then, 4 times:   the same mean over its 3x3 neighbours; then every cell of the given grid adds to its part of the
//                    finer one what the mean of that part lacks of the cell's own colour (Irani & Peleg 1991)
// A cell's colour is the mean of what lies under it: that holds for the finer grid too, which is what makes it sharper
// than any mean of cells. Held to the range of the 3x3 given cells, widened by a quarter of it and 4 units at most: no
// halos, and flat colour stays flat exactly.
// Rows of the given grid are shared out to threads; no bit depends on how many. Tested by refine_grid_test.cpp against
// the same in double; what it gains is in bench/color/README.md.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/color/ab_grid.hpp>
#include <ochre/color/grid_taps.hpp>
#include <ochre/color/likeness.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::color {

// Chosen on true colours of 41 photographs brought down by 8 and 16; bench/color/README.md has what lies beside.
struct RefineNumbers {
  static constexpr double sigma = 4.0;         // of L: below 3 noise becomes chroma, above 5 edges blur
  static constexpr int rounds = 4;             // 3 lose a quarter of a percent, 6 gain that
  static constexpr int most_doublings = 2;     // a third gains 1 % at a factor of 16, for four times the memory
  static constexpr float widen_share = 0.25f;  // of the range
  static constexpr float widen_most = 4.0f;    // ab units
  static constexpr Index pad = 16;             // floats before and behind each row: the widest vector
};

namespace detail {

// A plane with `pad` readable and writable floats before and behind each row.
struct PaddedPlane {
  float* first = nullptr;
  Index stride = 0;

  float* row(Index y) const noexcept { return first + y * stride; }
};

// The grid at one scale. Of a and b two planes each, from one to the other and back.
struct GridLevel {
  Index width = 0;
  Index height = 0;
  PaddedPlane lightness;
  std::array<std::array<PaddedPlane, 2>, 2> colors;  // [now, next][a, b]
};

inline Index padded_stride(Index width) noexcept { return (width + 15) / 16 * 16 + 2 * RefineNumbers::pad; }

// The border's own value beyond it.
inline void pad_row(float* row, Index width) noexcept {
  row[-1] = row[0];
  row[width] = row[width - 1];
}

template <class Arch>
struct WeightedColors {
  using Float = simd::Batch<float, Arch>;
  Float sum = Float(0.0f);
  Float a = Float(0.0f);
  Float b = Float(0.0f);

  [[gnu::always_inline]] void add(const Float& weight, const Float& of_a, const Float& of_b) noexcept {
    sum = sum + weight;
    a = simd::fmadd(weight, of_a, a);
    b = simd::fmadd(weight, of_b, b);
  }
  void store_mean(float* to_a, float* to_b) const noexcept {
    const Float scale = Float(1.0f) / sum;
    simd::store(to_a, a * scale);
    simd::store(to_b, b * scale);
  }
};

// lane / share + offset, for the cells that a vector of finer cells lies in.
template <class Arch>
simd::Batch<std::int32_t, Arch> parents(std::int32_t share, std::int32_t offset) noexcept {
  constexpr auto lanes = static_cast<std::size_t>(simd::lanes<float, Arch>);
  std::array<std::int32_t, lanes> index{};
  for (std::size_t lane = 0; lane < lanes; ++lane) index[lane] = static_cast<std::int32_t>(lane) / share + offset;
  return simd::load<Arch>(static_cast<const std::int32_t*>(index.data()));
}

inline std::array<Index, 3> rows_around(Index y, Index height) noexcept {
  return {std::max<Index>(y - 1, 0), y, std::min(y + 1, height - 1)};
}

// Rows 2y and 2y + 1 of `fine` from the rows around row y of `coarse`.
template <class Arch>
void start_rows(const GridLevel& coarse, const GridLevel& fine, Index y) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  constexpr float factor = likeness_factor(RefineNumbers::sigma);
  const std::array<simd::Batch<std::int32_t, Arch>, 3> cells{parents<Arch>(2, 0), parents<Arch>(2, 1),
                                                             parents<Arch>(2, 2)};
  const auto& [from_a, from_b] = coarse.colors[0];
  const auto& [to_a, to_b] = fine.colors[0];
  for (Index x = 0; x < fine.width; x += lanes) {
    std::array<WeightedColors<Arch>, 2> means;
    const auto upper = simd::load<Arch>(static_cast<const float*>(fine.lightness.row(2 * y) + x));
    const auto lower = simd::load<Arch>(static_cast<const float*>(fine.lightness.row(2 * y + 1) + x));
    for (const Index row : rows_around(y, coarse.height)) {
      const Index begin = x / 2 - 1;
      for (const auto& cell : cells) {
        const auto lightness = simd::lookup<Arch>(coarse.lightness.row(row) + begin, cell);
        const auto a = simd::lookup<Arch>(from_a.row(row) + begin, cell);
        const auto b = simd::lookup<Arch>(from_b.row(row) + begin, cell);
        means[0].add(likeness<Arch>(upper - lightness, factor), a, b);
        means[1].add(likeness<Arch>(lower - lightness, factor), a, b);
      }
    }
    means[0].store_mean(to_a.row(2 * y) + x, to_b.row(2 * y) + x);
    means[1].store_mean(to_a.row(2 * y + 1) + x, to_b.row(2 * y + 1) + x);
  }
  for (const Index row : {2 * y, 2 * y + 1}) {
    pad_row(to_a.row(row), fine.width);
    pad_row(to_b.row(row), fine.width);
  }
}

// Row y of the next colours: means of their neighbours now.
template <class Arch>
void smooth_row(const GridLevel& level, Index y) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  constexpr float factor = likeness_factor(RefineNumbers::sigma);
  const auto& [from_a, from_b] = level.colors[0];
  const auto& [to_a, to_b] = level.colors[1];
  const auto read = [](const float* from) { return simd::load<Arch>(from); };
  for (Index x = 0; x < level.width; x += lanes) {
    const auto own = read(level.lightness.row(y) + x);
    WeightedColors<Arch> mean;
    for (const Index row : rows_around(y, level.height)) {
      for (Index column = x - 1; column <= x + 1; ++column) {
        mean.add(likeness<Arch>(own - read(level.lightness.row(row) + column), factor), read(from_a.row(row) + column),
                 read(from_b.row(row) + column));
      }
    }
    mean.store_mean(to_a.row(y) + x, to_b.row(y) + x);
  }
}

// One plane of the given grid: its values, and the range that finer ones are held to.
struct GivenPlane {
  PaddedPlane value, least, most;
};

// Rows y · share … of a finer plane, of the next colours: brought to the mean that row y of the given grid has.
// lacking: room for a padded row of the given grid.
template <class Arch>
void project_rows(const GivenPlane& given, Index width, Index share, const PaddedPlane& fine, Index y,
                  float* lacking) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  const float cells = static_cast<float>(share * share);
  for (Index x = 0; x < width; ++x) {
    float sum = 0.0f;
    for (Index row = y * share; row < (y + 1) * share; ++row) {
      for (Index i = 0; i < share; ++i) sum += fine.row(row)[x * share + i];
    }
    lacking[x] = given.value.row(y)[x] - sum / cells;
  }
  const auto cell = parents<Arch>(static_cast<std::int32_t>(share), 0);
  for (Index x = 0; x < width * share; x += lanes) {
    const Index begin = x / share;
    const auto more = simd::lookup<Arch>(lacking + begin, cell);
    const auto least = simd::lookup<Arch>(given.least.row(y) + begin, cell);
    const auto most = simd::lookup<Arch>(given.most.row(y) + begin, cell);
    for (Index row = y * share; row < (y + 1) * share; ++row) {
      float* at = fine.row(row) + x;
      simd::store(at, min(max(simd::load<Arch>(static_cast<const float*>(at)) + more, least), most));
    }
  }
  for (Index row = y * share; row < (y + 1) * share; ++row) pad_row(fine.row(row), width * share);
}

// Row y of the range: of the 3x3 values around each, widened.
inline void find_range(const GivenPlane& given, Index width, Index height, Index y) noexcept {
  for (Index x = 0; x < width; ++x) {
    float least = given.value.row(y)[x];
    float most = least;
    for (const Index row : rows_around(y, height)) {
      for (Index column = x - 1; column <= x + 1; ++column) {
        least = std::min(least, given.value.row(row)[column]);
        most = std::max(most, given.value.row(row)[column]);
      }
    }
    const float widen = std::min(RefineNumbers::widen_share * (most - least), RefineNumbers::widen_most);
    given.least.row(y)[x] = least - widen;
    given.most.row(y)[x] = most + widen;
  }
}

// What the threads do for row y of the given grid.
template <class Arch>
void start_refined_row(const GridLevel& coarse, const GridLevel& fine, Index share, Index y) noexcept {
  for (Index row = y * share / 2; row < (y + 1) * share / 2; ++row) start_rows<Arch>(coarse, fine, row);
}
template <class Arch>
void settle_refined_row(const std::array<GivenPlane, 2>& given, const GridLevel& fine, Index share, Index y,
                        float* lacking) noexcept {
  for (Index row = y * share; row < (y + 1) * share; ++row) smooth_row<Arch>(fine, row);
  for (std::size_t plane = 0; plane < 2; ++plane) {
    project_rows<Arch>(given[plane], fine.width / share, share, fine.colors[1][plane], y, lacking);
  }
}

}  // namespace detail

// The two steps of one instruction set.
struct RefineKernels {
  void (*start_row)(const detail::GridLevel& coarse, const detail::GridLevel& fine, Index share, Index y) noexcept;
  void (*settle_row)(const std::array<detail::GivenPlane, 2>& given, const detail::GridLevel& fine, Index share,
                     Index y, float* lacking) noexcept;
};

template <class Arch = simd::DefaultArch>
constexpr RefineKernels refine_kernels() noexcept {
  return {&detail::start_refined_row<Arch>, &detail::settle_refined_row<Arch>};
}

// How often a grid is doubled for a picture: while it stays no finer than the picture.
inline int doublings(Extent grid, Extent picture) noexcept {
  int count = 0;
  while (count < RefineNumbers::most_doublings && (grid.h << (count + 1)) <= picture.h &&
         (grid.w << (count + 1)) <= picture.w) {
    ++count;
  }
  return count;
}

// The memory for it: 107 floats for each cell of the largest grid, and the padding of rows; 3.5 MB for 114x64.
class RefinedGrid {
 public:
  RefinedGrid() = default;  // refines nothing

  // For grids of about as many cells as this one, or fewer, on pictures of that size. Errors: no memory.
  static Result<RefinedGrid> create(Extent grid, Extent picture, int threads) {
    RefinedGrid refined;
    refined.picture_ = picture;
    refined.threads_ = std::max(threads, 1);
    const auto floats = needed(grid, doublings(grid, picture), refined.threads_);
    if (!floats) return Error{ErrorCode::too_large, "a grid of " + width_by_height(grid) + " cells, made finer"};
    auto status = AlignedBuffer<float>::create(*floats).move_to(refined.memory_);
    if (!status) return std::move(status).error();
    return refined;
  }

  // What create() takes; none: more than can be counted.
  static std::optional<Index> bytes_for(Extent grid, Extent picture, int threads) noexcept {
    const auto floats = needed(grid, doublings(grid, picture), std::max(threads, 1));
    return floats ? checked_mul(*floats, Index{sizeof(float)}) : std::nullopt;
  }
  Index bytes() const noexcept { return memory_.size() * static_cast<Index>(sizeof(float)); }

  // Lays out the memory for a grid of that size. Its guide() is then to be filled, and refine() called. False: the grid
  // is as fine as the picture, or finer than what there is memory for; it stays as it is.
  bool prepare(Extent grid) noexcept {
    doublings_ = doublings(grid, picture_);
    const auto floats = needed(grid, doublings_, threads_);
    if (doublings_ == 0 || !floats || *floats > memory_.size()) return false;
    lay_out(grid);
    return true;
  }

  // The mean L of the picture under each of the finest cells, rows `stride` apart.
  struct Guide {
    Extent size{0, 0};
    std::span<float> values;
    Index stride = 0;
  };
  Guide guide() const noexcept {
    const detail::GridLevel& finest = levels_[static_cast<std::size_t>(doublings_)];
    const Index stride = finest.lightness.stride;
    return {{finest.height, finest.width},
            {finest.lightness.first, static_cast<std::size_t>((finest.height - 1) * stride + finest.width)},
            stride};
  }

  // grid: of the size that was prepared. The result lies here, until the next prepare().
  StridedGrid refine(const AbGridView& grid, const RefineKernels& kernels, const parallel::Team& team) noexcept {
    read_given(grid);
    average_guides();
    for (int step = 1; step <= doublings_; ++step) {
      const detail::GridLevel& coarse = levels_[static_cast<std::size_t>(step - 1)];
      detail::GridLevel& fine = levels_[static_cast<std::size_t>(step)];
      const Index share = Index{1} << step;
      parallel::for_ranges(team, grid.height, 1, [&](Index begin, Index end, int) noexcept {
        for (Index y = begin; y < end; ++y) kernels.start_row(coarse, fine, share, y);
      });
      for (int round = 0; round < RefineNumbers::rounds; ++round) {
        parallel::for_ranges(team, grid.height, 1, [&](Index begin, Index end, int worker) noexcept {
          float* lacking = lacking_ + worker * detail::padded_stride(grid.width);
          for (Index y = begin; y < end; ++y) kernels.settle_row(given_, fine, share, y, lacking);
        });
        std::swap(fine.colors[0], fine.colors[1]);
      }
    }
    const detail::GridLevel& finest = levels_[static_cast<std::size_t>(doublings_)];
    StridedGrid result;
    result.a = finest.colors[0][0].first;
    result.b = finest.colors[0][1].first;
    result.lightness = finest.lightness.first;
    result.width = finest.width;
    result.height = finest.height;
    result.stride = finest.lightness.stride;
    return result;
  }

 private:
  static constexpr Index given_planes = 7;  // L, a and b, and the range of both
  static constexpr Index level_planes = 5;  // L, a and b twice

  static std::optional<Index> plane_size(Extent grid, int step) noexcept {
    return checked_mul(detail::padded_stride(grid.w << step), grid.h << step);
  }

  static std::optional<Index> needed(Extent grid, int steps, int threads) noexcept {
    if (steps == 0) return Index{0};
    std::optional<Index> sum = checked_mul(detail::padded_stride(grid.w), threads);
    for (int step = 0; step <= steps && sum; ++step) {
      const auto size = plane_size(grid, step);
      const auto planes = size ? checked_mul(*size, step == 0 ? given_planes : level_planes) : std::nullopt;
      sum = planes ? checked_add(*sum, *planes) : std::nullopt;
    }
    return sum;
  }

  void lay_out(Extent grid) noexcept {
    float* next = memory_.data();
    lacking_ = next;
    next += threads_ * detail::padded_stride(grid.w);
    for (int step = 0; step <= doublings_; ++step) {
      detail::GridLevel& level = levels_[static_cast<std::size_t>(step)];
      level.width = grid.w << step;
      level.height = grid.h << step;
      const Index stride = detail::padded_stride(level.width);
      const auto take = [&] {
        const detail::PaddedPlane plane{next + RefineNumbers::pad, stride};
        next += stride * level.height;
        return plane;
      };
      level.lightness = take();
      level.colors[0] = {take(), take()};
      if (step > 0) {
        level.colors[1] = {take(), take()};
      } else {
        for (std::size_t i = 0; i < 2; ++i) given_[i] = {level.colors[0][i], take(), take()};
      }
    }
  }

  void read_given(const AbGridView& grid) noexcept {
    const detail::GridLevel& level = levels_[0];
    const auto read = [&](const float* from, const detail::PaddedPlane& to) {
      for (Index y = 0; y < level.height; ++y) {
        std::copy_n(from + y * level.width, level.width, to.row(y));
        detail::pad_row(to.row(y), level.width);
      }
    };
    read(grid.lightness, level.lightness);
    read(grid.a, level.colors[0][0]);
    read(grid.b, level.colors[0][1]);
    for (const detail::GivenPlane& plane : given_) {
      for (Index y = 0; y < level.height; ++y) detail::find_range(plane, level.width, level.height, y);
    }
  }

  // The finest guide's borders, and the guides of the coarser levels.
  void average_guides() noexcept {
    for (int step = doublings_; step >= 1; --step) {
      const detail::GridLevel& level = levels_[static_cast<std::size_t>(step)];
      if (step < doublings_) {
        const detail::PaddedPlane& finer = levels_[static_cast<std::size_t>(step + 1)].lightness;
        for (Index y = 0; y < level.height; ++y) {
          const float* upper = finer.row(2 * y);
          const float* lower = finer.row(2 * y + 1);
          float* to = level.lightness.row(y);
          for (Index x = 0; x < level.width; ++x) {
            to[x] = 0.25f * ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
          }
        }
      }
      for (Index y = 0; y < level.height; ++y) detail::pad_row(level.lightness.row(y), level.width);
    }
  }

  Extent picture_{0, 0};
  int threads_ = 1;
  int doublings_ = 0;
  AlignedBuffer<float> memory_;
  float* lacking_ = nullptr;
  std::array<detail::GridLevel, RefineNumbers::most_doublings + 1> levels_;
  std::array<detail::GivenPlane, 2> given_;
};

}  // namespace ochre::inline v0::color
