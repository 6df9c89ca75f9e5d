// Hints: colours that somebody knows, at pixels of a picture. They vote with full trust (votes.hpp), spread to where
// the surface is alike, and no further. With u, L, x what a cell looks like, its lightness and its place in units of
// √(h·w), j the cells with hints, q their colours over L + 16:
//   S = exp(−|Δu|²/(2·0.25²) − ΔL²/(2·20²)) · (0.1 + exp(−|Δx|²/(2·0.15²)))
//   told  v = (L + 16) Σ S q / Σ S,   t = min(1, 1.05 w/(w + 0.05)), w = Σ S;   ab' = t v + (1 − t) ab
// Where several hints meet in like cells they mix. So that each has its colour at its own pixel after all, the cells
// that a pixel is interpolated from are then moved, least of all by their squares, until it has (Kaczmarz 1937); and
// where the grid is made finer first (refine_grid.hpp), again by what is then lacking.
// Tested by hints_test.cpp and colorizer/read_reference_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/color/ab_grid.hpp>
#include <ochre/color/camera_memory.hpp>
#include <ochre/color/cell_keys.hpp>
#include <ochre/color/pixel_taps.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/color/vote_memory.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0 {

// That the pixel in column x of row y, from 0, has that sRGB colour. Its lightness stays the picture's.
struct Hint {
  Index x = 0;
  Index y = 0;
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

namespace color {

struct HintNumbers {
  static constexpr float feature_sigma = 0.25f;
  static constexpr float lightness_sigma = 20.0f;
  static constexpr float place_sigma = 0.15f;
  static constexpr float anywhere = 0.1f;
  static constexpr float half_told = 0.05f;            // w at which half of a colour is told
  static constexpr Index values = 3;                   // 1, q
  static constexpr int rounds = 20;                    // of corrections: hints that share cells take turns
  static constexpr int approaches = 8;                 // of corrections of the finer grid
  static constexpr float unseen = 0.25f;               // ab units
  static constexpr std::size_t most_pixels = 1 << 16;  // whose colour is made exact; of more, every second, third …
};

// A hint's a and b at its pixel.
struct PixelHint {
  Index x = 0;
  Index y = 0;
  float a = 0;
  float b = 0;
  float lightness = 0;  // L of the picture there, read with each picture
  PixelTaps taps{};     // the cells that the pixel is interpolated from
  float aim_a = 0;      // what it is to have of them, so that it has a and b once the grid was made finer
  float aim_b = 0;
};

inline PixelHint pixel_hint(const Hint& hint) noexcept {
  const std::uint8_t rgb[3] = {hint.red, hint.green, hint.blue};
  PixelHint pixel{.x = hint.x, .y = hint.y};
  float lightness = 0;
  srgb_to_lab_row(rgb, PixelFormat::rgb8, 1, &lightness, &pixel.a, &pixel.b);
  return pixel;
}

// The hints on pictures of one size, and the memory in which they spread over a grid of one size.
class Hints {
 public:
  Hints() = default;  // none

  // hints: one at least. Errors: one outside the picture, a grid too large, no memory.
  static Result<Hints> create(std::span<const Hint> hints, Extent picture, Extent grid, Index depth) {
    Hints all;
    all.picture_ = picture;
    std::vector<PixelHint> sums(static_cast<std::size_t>(grid.h * grid.w));  // of each cell; lightness: how many
    for (const Hint& hint : hints) {
      if (hint.x < 0 || hint.x >= picture.w || hint.y < 0 || hint.y >= picture.h) {
        return Error{ErrorCode::invalid_argument, "hint at column " + std::to_string(hint.x) + ", row " +
                                                      std::to_string(hint.y) + ": outside the picture of " +
                                                      width_by_height(picture) +
                                                      ", expected columns and rows counted from 0"};
      }
      const PixelHint pixel = pixel_hint(hint);
      const Index cell = hint.y * grid.h / picture.h * grid.w + hint.x * grid.w / picture.w;
      PixelHint& sum = sums[static_cast<std::size_t>(cell)];
      sum.a += pixel.a;
      sum.b += pixel.b;
      sum.lightness += 1.0f;
    }
    all.keep_cells(sums);
    all.keep_pixels(hints);
    const Index entries = static_cast<Index>(all.cells_.size());
    auto status = VoteMemory::create(grid, depth + 1, entries, Numbers::values, "hints").move_to(all.votes_);
    if (!status) return std::move(status).error();
    for (Index j = 0; j < entries; ++j) {
      const Index cell = all.cells_[static_cast<std::size_t>(j)].cell;
      all.votes_.place_entry(j, static_cast<double>(cell / grid.w), static_cast<double>(cell % grid.w),
                             Numbers::place_sigma);
    }
    return all;
  }

  bool is_empty() const noexcept { return pixels_.empty(); }
  // Those that are made exact, in the order of their rows; their lightness is to be set before settle().
  std::span<PixelHint> pixels() noexcept { return pixels_; }
  Index bytes() const noexcept {
    const std::size_t lists = pixels_.size() * sizeof(PixelHint) + cells_.size() * sizeof(HintedCell);
    return static_cast<Index>(lists) + votes_.bytes();
  }

  // colors: changed. keys: with the lightness. edge_aware: how the grid will come to the picture's own size.
  template <class VoteRow>
  void settle(const CellKeys& keys, bool edge_aware, const MutableAbGridView& colors, VoteRow vote_row,
              const parallel::Team& team) noexcept {
    for (std::size_t j = 0; j < cells_.size(); ++j) fill_entry(keys, colors, j);
    const VoteQueries queries = votes_.queries(keys);
    const VoteEntries entries = votes_.entries(Numbers::anywhere);
    const Extent grid = votes_.grid;
    parallel::for_ranges(team, grid.h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        votes_.read_norms(keys, weights, y);
        vote_row(queries, entries, y, votes_.sums.data());
        for (Index i = y * grid.w; i < (y + 1) * grid.w; ++i) tell_cell(i, colors);
      }
    });
    correct_pixels(edge_aware, colors);
  }

  // After settle(): moves the cells again by what the pixels lack of their colours in `shown`, the grid made finer.
  // False, and nothing is moved: they lack less than can be seen.
  bool approach(const StridedGrid& shown, const MutableAbGridView& colors) noexcept {
    float most = 0.0f;
    for (PixelHint& pixel : pixels_) {
      const PixelTaps taps = edge_aware_taps(shown, picture_, pixel.y, pixel.x, pixel.lightness);
      const float lacks_a = pixel.a - taps.value(shown.a);
      const float lacks_b = pixel.b - taps.value(shown.b);
      most = std::max({most, std::abs(lacks_a), std::abs(lacks_b)});
      pixel.aim_a += lacks_a;
      pixel.aim_b += lacks_b;
    }
    if (most < Numbers::unseen) return false;
    move_cells(colors);
    return true;
  }

 private:
  using Numbers = HintNumbers;
  static constexpr KeyWeights weights = KeyWeights::of_sigmas(Numbers::feature_sigma, Numbers::lightness_sigma);

  struct HintedCell {
    Index cell = 0;
    float a = 0;
    float b = 0;
  };

  // The mean of the hints of each cell that has some.
  void keep_cells(const std::vector<PixelHint>& sums) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const float count = sums[i].lightness;
      if (count > 0) cells_.push_back({static_cast<Index>(i), sums[i].a / count, sums[i].b / count});
    }
  }

  void keep_pixels(std::span<const Hint> hints) {
    const std::size_t step = (hints.size() + Numbers::most_pixels - 1) / Numbers::most_pixels;
    for (std::size_t i = 0; i < hints.size(); i += step) pixels_.push_back(pixel_hint(hints[i]));
    std::stable_sort(pixels_.begin(), pixels_.end(),
                     [](const PixelHint& one, const PixelHint& other) { return one.y < other.y; });
  }

  void fill_entry(const CellKeys& keys, const AbGridView& colors, std::size_t j) noexcept {
    const HintedCell& hinted = cells_[j];
    float* key = votes_.entry_keys.data() + static_cast<Index>(j) * votes_.depth;
    const Index depth = keys.depth();
    for (Index d = 0; d < depth; ++d) key[d] = weights.features * keys.plane(d)[hinted.cell];
    const float lightness = keys.plane(depth)[hinted.cell];
    key[depth] = weights.lightness * lightness;
    votes_.entry_norms.data()[j] = weights.half_norm(keys.square(hinted.cell), lightness);
    const float shade = colors.lightness[hinted.cell] + MemoryNumbers::shade;
    float* values = votes_.values.data() + static_cast<Index>(j) * Numbers::values;
    values[0] = 1.0f;
    values[1] = hinted.a / shade;
    values[2] = hinted.b / shade;
  }

  void tell_cell(Index i, const MutableAbGridView& colors) const noexcept {
    const float* sums = votes_.sums.data();
    const Index cells = votes_.cells();
    // told / w, which is no number where w is 0 and nothing is told
    const float told_share = std::min(1.0f / sums[i], (1.0f + Numbers::half_told) / (sums[i] + Numbers::half_told));
    const float told = told_share * sums[i];
    const float voted = told_share * (colors.lightness[i] + MemoryNumbers::shade);
    colors.a[i] = voted * sums[cells + i] + (1.0f - told) * colors.a[i];
    colors.b[i] = voted * sums[2 * cells + i] + (1.0f - told) * colors.b[i];
  }

  void correct_pixels(bool edge_aware, const MutableAbGridView& colors) noexcept {
    for (PixelHint& pixel : pixels_) {
      pixel.aim_a = pixel.a;
      pixel.aim_b = pixel.b;
      pixel.taps = edge_aware ? edge_aware_taps(AbGridView(colors), picture_, pixel.y, pixel.x, pixel.lightness)
                              : bilinear_taps(AbGridView(colors), picture_, pixel.y, pixel.x);
    }
    move_cells(colors);
  }

  void move_cells(const MutableAbGridView& colors) noexcept {
    for (int round = 0; round < Numbers::rounds; ++round) {
      for (const PixelHint& pixel : pixels_) {
        pixel.taps.move_to(pixel.aim_a, colors.a);
        pixel.taps.move_to(pixel.aim_b, colors.b);
      }
    }
  }

  Extent picture_{0, 0};
  std::vector<HintedCell> cells_;
  std::vector<PixelHint> pixels_;
  VoteMemory votes_;  // an entry for each cell with hints
};

}  // namespace color

}  // namespace ochre::inline v0
