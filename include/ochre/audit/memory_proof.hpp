// What a camera's memory answers on cells of its own first picture, 8 by 8 of them: made when it is written, by the
// formulas in double (reference/recall.hpp), and replayed by these and by the fast votes (color/recall.hpp). What does
// not hold was changed, damaged, or is understood otherwise by this version. Tested by audit/memory_proof_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/finite.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/color/recall.hpp>
#include <ochre/reference/recall.hpp>

namespace ochre::inline v0 {

// How a memory's answers compare with those that were stored; in units of ab.
struct MemoryProofReport {
  Index cells = 0;
  double formula_error = 0;  // the largest distance of the double-precision formulas' colours from the stored ones
  double fast_error = 0;     // of the fast votes'
  double largest = 0;        // the largest chroma among the stored ones: zeros would prove nothing

  // Floats leave some 1e-5 of a colour; the stored ones are floats.
  static constexpr double tolerance = 5e-3;
  bool holds() const noexcept {
    return largest > 100 * tolerance && formula_error <= tolerance && fast_error <= tolerance;
  }
};

namespace audit {

inline double in_double(float value) noexcept { return static_cast<double>(value); }

// The numbers of color/recall.hpp, as the formulas take them.
inline reference::RecallParameters recall_parameters() {
  using Numbers = color::RecallNumbers;
  using Memory = color::MemoryNumbers;
  return {.feature_sigma = in_double(Memory::feature_sigma),
          .lightness_sigma = in_double(Memory::lightness_sigma),
          .place_sigma = in_double(Numbers::place_sigma),
          .anywhere = in_double(Numbers::anywhere),
          .usual_nearness = Numbers::usual_nearness,
          .least_exponent = in_double(color::least_exponent),
          .no_likeness = in_double(Numbers::no_likeness),
          .least_likeness = Numbers::least_likeness,
          .least_threshold = Numbers::least_threshold,
          .same_place = Memory::same_place,
          .usual_cast = in_double(Memory::usual_cast),
          .shade = in_double(Memory::shade),
          .detail_reach = color::detail_reach};
}

inline reference::RecalledMemory recalled_memory(const CameraMemory& memory) {
  const auto& totals = memory.totals();
  reference::RecalledMemory recalled;
  for (std::size_t i = 0; i < memory.entries().size(); ++i) {
    const MemoryEntry& entry = memory.entries()[i];
    const auto key = memory.keys().begin() + static_cast<std::ptrdiff_t>(i) * memory.depth();
    recalled.entries.push_back({.key = {key, key + memory.depth()},
                                .y = in_double(entry.y),
                                .x = in_double(entry.x),
                                .lightness = in_double(entry.lightness),
                                .a = in_double(entry.a),
                                .b = in_double(entry.b),
                                .presence = in_double(memory.presence(i))});
  }
  recalled.detail_grid = totals.grid;
  recalled.details.assign(totals.details.begin(), totals.details.end());
  recalled.frames = memory.frames();
  recalled.cast = in_double(memory.cast());
  recalled.own_factor = memory.own_factor();
  return recalled;
}

inline constexpr double probe_own_a = 20;  // what the network is taken to say of every cell
inline constexpr double probe_own_b = -10;

// What the formulas give on the memory's own cells.
inline reference::Recalled memory_answers(const CameraMemory& memory) {
  const auto& totals = memory.totals();
  const std::size_t cells = totals.probe_lightness.size();
  reference::RecallQuery query{.grid = color::MemoryNumbers::probe,
                               .keys = {},
                               .lightness = {totals.probe_lightness.begin(), totals.probe_lightness.end()},
                               .own_a = std::vector<double>(cells, probe_own_a),
                               .own_b = std::vector<double>(cells, probe_own_b)};
  for (std::size_t i = 0; i < cells; ++i) {
    const auto key = totals.probe_keys.begin() + static_cast<std::ptrdiff_t>(i) * memory.depth();
    query.keys.emplace_back(key, key + memory.depth());
  }
  constexpr bool same = true;
  return reference::recall(recall_parameters(), recalled_memory(memory), query, &same);
}

// The same by the fast votes: a, b and one number more, the likeness. Errors: no memory.
inline Result<std::vector<float>> fast_memory_answers(const CameraMemory& memory, const ColorKernels& kernels) {
  const auto& totals = memory.totals();
  const Extent grid = color::MemoryNumbers::probe;
  const auto cells = static_cast<std::size_t>(grid.h * grid.w);
  auto keys = color::CellKeys::create(grid, memory.depth());
  if (!keys) return std::move(keys).error();
  auto recall = color::Recall::create(memory, grid, MemoryPlace::same);
  if (!recall) return std::move(recall).error();
  std::vector<float> features(totals.probe_keys.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto depth = static_cast<std::size_t>(memory.depth());
    features[i % depth * cells + i / depth] = totals.probe_keys[i];
  }
  keys->read_features(TensorView<const float>{features.data(), {1, memory.depth(), grid.h, grid.w}}, {});
  keys->read_lightness(totals.probe_lightness.data());
  std::vector<float> ab(2 * cells, static_cast<float>(probe_own_a));
  std::fill_n(ab.begin() + static_cast<std::ptrdiff_t>(cells), cells, static_cast<float>(probe_own_b));
  recall->settle(*keys, totals.probe_lightness.data(), ab.data(), ab.data() + cells, kernels.recall_row, {});
  ab.push_back(static_cast<float>(recall->likeness()));
  return ab;
}

}  // namespace audit

// stored: a, then b of the 8 by 8 cells, then the likeness of their details to the memory's. kernels: whose fast votes
// are replayed. Errors: another number of answers, no memory.
inline Result<MemoryProofReport> replay_memory_proof(const CameraMemory& memory, std::span<const float> stored,
                                                     const ColorKernels& kernels = color_kernels<>()) {
  const std::size_t cells = memory.totals().probe_lightness.size();
  if (cells == 0 || stored.size() != 2 * cells + 1) {
    return Error{ErrorCode::mismatch, "proof: found " + std::to_string(stored.size()) + " answers, expected " +
                                          std::to_string(2 * cells + 1)};
  }
  const auto exact = audit::memory_answers(memory);
  const auto fast = audit::fast_memory_answers(memory, kernels);
  if (!fast) return fast.error();
  MemoryProofReport report{.cells = static_cast<Index>(cells)};
  const auto raise = [](double& to, double a, double b) {
    const double size = std::hypot(a, b);
    if (!(size <= to) && !is_nan(to)) to = size;  // a NaN stays
  };
  for (std::size_t i = 0; i < cells; ++i) {
    const double a = audit::in_double(stored[i]);
    const double b = audit::in_double(stored[cells + i]);
    raise(report.largest, a, b);
    raise(report.formula_error, a - exact.colors.a[i], b - exact.colors.b[i]);
    raise(report.fast_error, a - audit::in_double((*fast)[i]), b - audit::in_double((*fast)[cells + i]));
  }
  const double likeness = audit::in_double(stored[2 * cells]);
  raise(report.formula_error, likeness - exact.correlation, 0);
  raise(report.fast_error, likeness - audit::in_double((*fast)[2 * cells]), 0);
  return report;
}

}  // namespace ochre::inline v0
