// Recall: a grey picture takes the colours that pictures of the same place, or of a like one, had. Its cells ask the
// entries of a CameraMemory (votes.hpp); what these do not explain keeps the network's own colours. With u, L, x what a
// cell looks like, its lightness and its place in units of √(h·w), q the entries' colours over their L + 16:
//   p = min(1, 2 · frames in which an entry was seen / all frames)²: one passer-by in ten frames counts a 25th
//   S = p · exp(−|Δu|²/(2·0.13²) − ΔL²/(2·30²)) · (0.003 + exp(−|Δx|²/(2·0.04²)));  another place: the last factor is 1
//   R = correlation of the picture's detail with the memory's (camera_memory.hpp); above 0.25 the place is the same
//   voted  v = (L + 16) Σ S q / (Σ S + 1e-11) · (1 − ρ (1 − min(1, 0.17/k))),  ρ = sigmoid((0.9 − R)/0.03) up to two
//   frames, else 0 l = log Σ S − log(entries · 0.01306), another place log Σ S − log(entries), not below −16; M, Md:
//   mean and median trusted  t = sigmoid(l − θ),  θ = min(−9, Md − 2), another place θ = −6.5 − 3 (M + 9), neither
//   below −13: what is
//            like nothing at all, l = −16, is not trusted, however much of the picture it is
//   ab = t · v · (1 − sigmoid(−2 (M + 8))/2) + (1 − t) · γ · own,  γ = Σ own·true / Σ |own|², 0…1, of the references;
//   another place: γ = 1
// A Gaussian of the place alone, without the 0.003, colours a man with the wall behind him. The numbers were chosen on
// five cameras (weights/experiments.md). Tested by recall_test.cpp against reference/recall.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <ochre/color/camera_memory.hpp>
#include <ochre/color/cell_keys.hpp>
#include <ochre/color/votes.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0::color {

struct RecallNumbers {
  static constexpr float place_sigma = 0.04f;
  static constexpr float anywhere = 0.003f;
  // Σ over a grid of the place's factor, over the grid's cells: 2π·0.04² + 0.003.
  static constexpr double usual_nearness = 0.01306;
  static constexpr double least_likeness = -16;
  static constexpr double least_threshold = -13;
  static constexpr float no_likeness = 1e-11f;  // Σ S of what is like nothing; of l = -16 it is 6e-6
  static constexpr Index values = 3;            // 1, q
};

inline double sigmoid(double x) noexcept { return 1.0 / (1.0 + std::exp(-x)); }

// The memory of the recalls on grids of one size.
class Recall {
 public:
  Recall() = default;  // of no memory

  // memory: not empty. Errors: a grid too large, no memory.
  static Result<Recall> create(const CameraMemory& memory, Extent grid, MemoryPlace place) {
    Recall recall;
    recall.grid_ = grid;
    recall.depth_ = memory.depth();
    recall.place_ = place;
    recall.frames_ = memory.frames();
    recall.count_ = static_cast<Index>(memory.entries().size());
    recall.cast_ = static_cast<double>(memory.cast());
    recall.own_factor_ = memory.own_factor();
    if (auto status = recall.allocate(); !status) return std::move(status).error();
    recall.fill_entries(memory);
    recall.fill_tables(memory);
    recall.fill_detail(memory);
    return recall;
  }

  bool is_empty() const noexcept { return grid_.h == 0; }
  Index bytes() const noexcept {
    return static_cast<Index>(sizeof(float)) *
           (half_norms_.size() + sums_.size() + likeness_.size() + entry_keys_.size() + entry_norms_.size() +
            rows_.size() + no_rows_.size() + columns_.size() + entry_values_.size() + detail_.size());
  }
  // Of a recall: planes of the grid's size, and floats for each of its rows and columns.
  static Index planes() noexcept { return 1 + RecallNumbers::values + 3; }
  static Index lines() noexcept { return 2 * MemoryNumbers::most_entries; }  // rows twice, columns once

  // How much the last picture's details were like those of the memory's place: −1…1.
  double likeness() const noexcept { return correlation_; }
  bool same_place() const noexcept { return place_ == MemoryPlace::same || correlation_ > MemoryNumbers::same_place; }

  // a, b: the network's own colours; those recalled take their place. keys: with the lightness.
  // vote_row: votes.hpp's, of the machine's instruction set.
  template <class VoteRow>
  void settle(const CellKeys& keys, const float* lightness, float* a, float* b, VoteRow vote_row,
              const parallel::Team& team) noexcept {
    correlation_ = place_correlation(lightness);
    const bool same = same_place();
    const VoteQueries queries{grid_, depth_ + 1, keys.plane(0), half_norms_.data()};
    const VoteEntries entries{entry_norms_.size(), entry_keys_.data(),
                              entry_norms_.data(), same ? rows_.data() : no_rows_.data(),
                              columns_.data(),     same ? RecallNumbers::anywhere : 1.0f,
                              entry_values_.data()};
    parallel::for_ranges(team, grid_.h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        fill_norms(keys, y);
        vote_row(queries, entries, y, sums_.data());
        fill_likeness(y);
      }
    });
    mix(lightness, a, b, team);
  }

 private:
  using Numbers = RecallNumbers;
  static constexpr float feature_weight = 1.0f / (MemoryNumbers::feature_sigma * MemoryNumbers::feature_sigma);
  static constexpr float lightness_weight = 1.0f / (MemoryNumbers::lightness_sigma * MemoryNumbers::lightness_sigma);

  Index cells() const noexcept { return grid_.h * grid_.w; }

  Status allocate() {
    const Index filled = ceil_div(count_, vote_tile) * vote_tile;
    const auto rows = checked_product({filled, grid_.h});
    const auto columns = checked_product({filled, grid_.w});
    const auto planes = checked_product({Numbers::values + 1, grid_.h, grid_.w});
    if (!rows || !columns || !planes) {
      return Error{ErrorCode::too_large, "the recall of a grid of " + width_by_height(grid_)};
    }
    struct Wanted {
      AlignedBuffer<float>& buffer;
      Index floats;
    };
    const Wanted all[] = {{half_norms_, cells() + vote_slack},
                          {sums_, Numbers::values * cells()},
                          {likeness_, 2 * cells()},
                          {detail_, cells()},
                          {entry_keys_, filled * (depth_ + 1)},
                          {entry_norms_, filled},
                          {rows_, *rows},
                          {no_rows_, *rows},
                          {columns_, *columns + vote_slack},
                          {entry_values_, filled * Numbers::values}};
    for (const Wanted& wanted : all) {
      if (auto status = AlignedBuffer<float>::create(wanted.floats).move_to(wanted.buffer); !status) return status;
    }
    return {};
  }

  void fill_entries(const CameraMemory& memory) noexcept {
    for (Index j = 0; j < count_; ++j) {
      const MemoryEntry& entry = memory.entries()[static_cast<std::size_t>(j)];
      const float* from = memory.keys().data() + j * depth_;
      float* key = entry_keys_.data() + j * (depth_ + 1);
      float squares = 0.0f;
      for (Index d = 0; d < depth_; ++d) {
        squares += from[d] * from[d];
        key[d] = feature_weight * from[d];
      }
      const float lightness = entry.lightness - middle_lightness;
      key[depth_] = lightness_weight * lightness;
      const float presence = memory.presence(static_cast<std::size_t>(j));
      entry_norms_.data()[j] = half_norm(squares, lightness) - std::log(presence);
      presences_ += static_cast<double>(presence);
      float* values = entry_values_.data() + j * Numbers::values;
      values[0] = 1.0f;
      values[1] = entry.a;
      values[2] = entry.b;
    }
  }

  static float half_norm(float squares, float lightness) noexcept {
    return 0.5f * (feature_weight * squares + lightness_weight * lightness * lightness);
  }

  // How near a row or column of cells is to the place of an entry.
  void fill_tables(const CameraMemory& memory) noexcept {
    const double unit = std::sqrt(static_cast<double>(grid_.h) * static_cast<double>(grid_.w));
    const auto nearness = [&](Index cell, float place, Index side) {
      const double apart =
          (static_cast<double>(cell) + 0.5 - static_cast<double>(place) * static_cast<double>(side)) / unit;
      const double sigma = static_cast<double>(Numbers::place_sigma);
      return static_cast<float>(std::exp(-apart * apart / (2 * sigma * sigma)));
    };
    for (Index j = 0; j < count_; ++j) {
      const MemoryEntry& entry = memory.entries()[static_cast<std::size_t>(j)];
      for (Index y = 0; y < grid_.h; ++y) rows_.data()[j * grid_.h + y] = nearness(y, entry.y, grid_.h);
      for (Index x = 0; x < grid_.w; ++x) columns_.data()[j * grid_.w + x] = nearness(x, entry.x, grid_.w);
    }
  }

  void fill_detail(const CameraMemory& memory) noexcept {
    const Extent from = memory.totals().grid;
    for (Index i = 0; i < cells(); ++i) {
      detail_.data()[i] = memory.totals().details[static_cast<std::size_t>(same_place_cell(i, grid_, from))];
    }
  }

  double place_correlation(const float* lightness) noexcept {
    float* own = likeness_.data();
    lightness_detail(lightness, grid_, sums_.data(), own);
    return correlation(own, detail_.data(), cells());
  }

  void fill_norms(const CellKeys& keys, Index y) noexcept {
    for (Index i = y * grid_.w; i < (y + 1) * grid_.w; ++i) {
      half_norms_.data()[i] = half_norm(keys.square(i), keys.plane(depth_)[i]);
    }
  }

  void fill_likeness(Index y) noexcept {
    const double usual = presences_ * (same_place() ? Numbers::usual_nearness : 1.0);
    for (Index i = y * grid_.w; i < (y + 1) * grid_.w; ++i) {
      const double likeness = std::log(static_cast<double>(sums_.data()[i]) / usual);
      likeness_.data()[i] = static_cast<float>(std::max(likeness, Numbers::least_likeness));
    }
  }

  double mean_likeness() const noexcept {
    double sum = 0;
    for (Index i = 0; i < cells(); ++i) sum += static_cast<double>(likeness_.data()[i]);
    return sum / static_cast<double>(cells());
  }

  double median_likeness() noexcept {
    float* sorted = likeness_.data() + cells();
    std::copy_n(likeness_.data(), cells(), sorted);
    std::nth_element(sorted, sorted + cells() / 2, sorted + cells());
    return static_cast<double>(sorted[cells() / 2]);
  }

  double cast_factor() const noexcept {
    if (frames_ > 2) return 1;
    const double usual = static_cast<double>(MemoryNumbers::usual_cast);
    const double held = cast_ > usual ? usual / cast_ : 1;
    return 1 - sigmoid((0.9 - correlation_) / 0.03) * (1 - held);
  }

  void mix(const float* lightness, float* a, float* b, const parallel::Team& team) noexcept {
    const bool same = same_place();
    const double mean = mean_likeness();
    const double wanted = same ? std::min(-9.0, median_likeness() - 2) : -6.5 - 3 * (mean + 9);
    const double threshold = std::max(wanted, Numbers::least_threshold);
    const double voted_factor = cast_factor() * (1 - sigmoid(-2 * (mean + 8)) / 2);
    const double own_factor = same ? own_factor_ : 1;
    parallel::for_ranges(team, grid_.h, 1, [&](Index begin, Index end, int) noexcept {
      const float* sums = sums_.data();
      for (Index i = begin * grid_.w; i < end * grid_.w; ++i) {
        const double trust = sigmoid(static_cast<double>(likeness_.data()[i]) - threshold);
        const float voted = static_cast<float>(trust * voted_factor) * (lightness[i] + MemoryNumbers::shade);
        const float own = static_cast<float>((1 - trust) * own_factor);
        const float like = sums[i] + Numbers::no_likeness;
        a[i] = voted * (sums[cells() + i] / like) + own * a[i];
        b[i] = voted * (sums[2 * cells() + i] / like) + own * b[i];
      }
    });
  }

  Extent grid_{0, 0};
  Index depth_ = 0;
  Index count_ = 0;
  Index frames_ = 0;
  double presences_ = 0;  // Σ p
  MemoryPlace place_ = MemoryPlace::found;
  double cast_ = 0;
  double own_factor_ = 1;
  double correlation_ = 0;
  AlignedBuffer<float> half_norms_;    // [h·w]
  AlignedBuffer<float> sums_;          // [values][h·w]
  AlignedBuffer<float> likeness_;      // [2][h·w]: l, and l sorted
  AlignedBuffer<float> detail_;        // [h·w], the memory's
  AlignedBuffer<float> entry_keys_;    // [entries][depth + 1]
  AlignedBuffer<float> entry_norms_;   // [entries]
  AlignedBuffer<float> rows_;          // [entries][h]
  AlignedBuffer<float> no_rows_;       // the same, 0: another place
  AlignedBuffer<float> columns_;       // [entries][w]
  AlignedBuffer<float> entry_values_;  // [entries][values]
};

}  // namespace ochre::inline v0::color
