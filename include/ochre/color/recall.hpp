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
#include <ochre/color/vote_memory.hpp>
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
    recall.place_ = place;
    recall.frames_ = memory.frames();
    recall.cast_ = static_cast<double>(memory.cast());
    recall.own_factor_ = memory.own_factor();
    if (auto status = recall.allocate(memory, grid); !status) return std::move(status).error();
    recall.fill_entries(memory);
    recall.fill_detail(memory);
    return recall;
  }

  bool is_empty() const noexcept { return votes_.grid.h == 0; }
  Index bytes() const noexcept {
    return votes_.bytes() + static_cast<Index>(sizeof(float)) * (likeness_.size() + no_rows_.size() + detail_.size());
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
    const VoteQueries queries = votes_.queries(keys);
    VoteEntries entries = votes_.entries(same ? Numbers::anywhere : 1.0f);
    if (!same) entries.rows = no_rows_.data();
    parallel::for_ranges(team, grid().h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        votes_.read_norms(keys, weights, y);
        vote_row(queries, entries, y, votes_.sums.data());
        fill_likeness(y);
      }
    });
    mix(lightness, a, b, team);
  }

 private:
  using Numbers = RecallNumbers;
  static constexpr KeyWeights weights =
      KeyWeights::of_sigmas(MemoryNumbers::feature_sigma, MemoryNumbers::lightness_sigma);

  Extent grid() const noexcept { return votes_.grid; }
  Index cells() const noexcept { return votes_.cells(); }

  Status allocate(const CameraMemory& memory, Extent grid) {
    const Index entries = static_cast<Index>(memory.entries().size());
    auto status = VoteMemory::create(grid, memory.depth() + 1, entries, Numbers::values, "the recall").move_to(votes_);
    if (status) status = AlignedBuffer<float>::create(votes_.rows.size()).move_to(no_rows_);
    if (status) status = AlignedBuffer<float>::create(2 * cells()).move_to(likeness_);
    if (status) status = AlignedBuffer<float>::create(cells()).move_to(detail_);
    return status;
  }

  void fill_entries(const CameraMemory& memory) noexcept {
    const Index depth = memory.depth();
    for (Index j = 0; j < static_cast<Index>(memory.entries().size()); ++j) {
      const MemoryEntry& entry = memory.entries()[static_cast<std::size_t>(j)];
      const float* from = memory.keys().data() + j * depth;
      float* key = votes_.entry_keys.data() + j * votes_.depth;
      float squares = 0.0f;
      for (Index d = 0; d < depth; ++d) {
        squares += from[d] * from[d];
        key[d] = weights.features * from[d];
      }
      const float lightness = entry.lightness - middle_lightness;
      key[depth] = weights.lightness * lightness;
      const float presence = memory.presence(static_cast<std::size_t>(j));
      votes_.entry_norms.data()[j] = weights.half_norm(squares, lightness) - std::log(presence);
      presences_ += static_cast<double>(presence);
      float* values = votes_.values.data() + j * Numbers::values;
      values[0] = 1.0f;
      values[1] = entry.a;
      values[2] = entry.b;
      votes_.place_entry(j, static_cast<double>(entry.y) * static_cast<double>(grid().h) - 0.5,
                         static_cast<double>(entry.x) * static_cast<double>(grid().w) - 0.5, Numbers::place_sigma);
    }
  }

  void fill_detail(const CameraMemory& memory) noexcept {
    const Extent from = memory.totals().grid;
    for (Index i = 0; i < cells(); ++i) {
      detail_.data()[i] = memory.totals().details[static_cast<std::size_t>(same_place_cell(i, grid(), from))];
    }
  }

  double place_correlation(const float* lightness) noexcept {
    float* own = likeness_.data();
    lightness_detail(lightness, grid(), votes_.sums.data(), own);
    return correlation(own, detail_.data(), cells());
  }

  void fill_likeness(Index y) noexcept {
    const double usual = presences_ * (same_place() ? Numbers::usual_nearness : 1.0);
    for (Index i = y * grid().w; i < (y + 1) * grid().w; ++i) {
      const double likeness = std::log(static_cast<double>(votes_.sums.data()[i]) / usual);
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
    parallel::for_ranges(team, grid().h, 1, [&](Index begin, Index end, int) noexcept {
      const float* sums = votes_.sums.data();
      for (Index i = begin * grid().w; i < end * grid().w; ++i) {
        const double trust = sigmoid(static_cast<double>(likeness_.data()[i]) - threshold);
        const float voted = static_cast<float>(trust * voted_factor) * (lightness[i] + MemoryNumbers::shade);
        const float own = static_cast<float>((1 - trust) * own_factor);
        const float like = sums[i] + Numbers::no_likeness;
        a[i] = voted * (sums[cells() + i] / like) + own * a[i];
        b[i] = voted * (sums[2 * cells() + i] / like) + own * b[i];
      }
    });
  }

  VoteMemory votes_;
  Index frames_ = 0;
  double presences_ = 0;  // Σ p
  MemoryPlace place_ = MemoryPlace::found;
  double cast_ = 0;
  double own_factor_ = 1;
  double correlation_ = 0;
  AlignedBuffer<float> likeness_;  // [2][h·w]: l, and l sorted
  AlignedBuffer<float> detail_;    // [h·w], the memory's
  AlignedBuffer<float> no_rows_;   // the same, 0: another place
};

}  // namespace ochre::inline v0::color
