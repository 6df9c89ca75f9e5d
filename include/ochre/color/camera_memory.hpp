// What pictures in colour teach of a place. A Reference is one of them, cell by cell: what each cell looks like to a
// network (cell_keys.hpp) and the colour it has. A CameraMemory holds the cells of one reference, or of many pressed
// into a few thousand entries, of which recall.hpp colours grey pictures:
//   q = ab / (L + 16)              colour as it is kept: exposure and shade cancel
//   k = |geometric median of q|    the cast of a frame's light, taken out of the colours above usual_cast
//   cells of one of 16 by 16 blocks of the picture are one entry where
//   d = |Δu|²/(2·0.13²) + ΔL²/(2·30²) <= 2;  at most 32 entries a block, those nearest to each other are joined first
//   (n·m/(n + m)·d is least, n, m: cells seen), so a passer-by joins other passers-by before the ground
//   detail = the mean over frames of (L − its mean over 9 by 9 cells), to length 1: by it the place is known again
// Places are fractions of the picture's sides. Tested by camera_memory_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/result.hpp>
#include <ochre/color/place_details.hpp>

namespace ochre::inline v0 {

// A picture in colour, as a network sees it: Colorizer::read_reference() makes it.
struct Reference {
  std::string model;  // SHA-256 of the model file
  Extent grid{0, 0};
  Index depth = 0;
  std::vector<float> keys;       // [cells][depth], of length 1 or 0
  std::vector<float> lightness;  // [cells], mean L
  std::vector<float> a;          // [cells], mean of the true a under the cell
  std::vector<float> b;
  std::vector<float> own_a;  // [cells], what the network makes of the picture's lightness
  std::vector<float> own_b;
  std::uint64_t name = 0;  // whatever names the picture, so that it is known to have been learned; 0: nothing
  int hour = -1;           // of the day when it was taken, 0…23; -1: unknown
};

// An entry of a CameraMemory; its key is in CameraMemory::keys().
struct MemoryEntry {
  float y = 0;  // of the picture's height, from the top
  float x = 0;  // of its width
  float lightness = 0;
  float a = 0;  // over L + 16
  float b = 0;
  float seen = 1;    // cells that were pressed into it
  float frames = 1;  // of how many pictures
  float last = 1;    // the picture in which it was last seen, counted from 1
};

// Whether a picture shows the place that a CameraMemory was learned at: found by its details (color/recall.hpp), or
// said.
enum class MemoryPlace { found, same };

namespace color {

struct MemoryNumbers {
  static constexpr float shade = 16.0f;  // q = ab / (L + shade): Lab's L + 16 grows as the cube root of light
  static constexpr float feature_sigma = 0.13f;
  static constexpr float lightness_sigma = 30.0f;
  static constexpr float usual_cast = 0.17f;  // k of most frames by day; a tint of dusk has twice that
  static constexpr Index blocks = 16;         // along each side
  static constexpr Index most_in_block = 32;
  static constexpr float join_distance = 2.0f;
  static constexpr Index most_entries = blocks * blocks * most_in_block;
  static constexpr double same_place = 0.25;  // R; frames of one camera have 0.23 and more, of two 0.25 and less
  static constexpr Index most_depth = 64;     // of keys
  static constexpr Index most_detail_side = 256;
  static constexpr Extent probe{8, 8};
  static constexpr std::size_t most_names = 1 << 15;  // a quarter of a megabyte
};

// The point whose summed distance from all is least (Weiszfeld): a third of the cells may be anything.
inline float geometric_median_chroma(const std::vector<float>& a, const std::vector<float>& b) noexcept {
  double at_a = 0;
  double at_b = 0;
  for (int round = 0; round < 64; ++round) {
    double sum_a = 0;
    double sum_b = 0;
    double weights = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double apart = std::hypot(static_cast<double>(a[i]) - at_a, static_cast<double>(b[i]) - at_b);
      const double weight = 1.0 / std::max(apart, 1e-6);
      sum_a += weight * static_cast<double>(a[i]);
      sum_b += weight * static_cast<double>(b[i]);
      weights += weight;
    }
    at_a = sum_a / weights;
    at_b = sum_b / weights;
  }
  return static_cast<float>(std::hypot(at_a, at_b));
}

}  // namespace color

// What a camera's pictures in colour look like and the colours they have; grows by add(), never beyond
// color::MemoryNumbers::most_entries entries. Read-only while workspaces are made with it.
class CameraMemory {
 public:
  // The rest of what is kept, for camera_memory_file.hpp.
  struct Totals {
    std::string model;   // SHA-256 of the model file of whose features the keys are; empty: nothing learned yet
    std::string origin;  // where the pictures came from, in words
    Index frames = 0;
    std::vector<float> casts;          // k of each frame; every second is dropped when they become more than most_names
    std::vector<std::uint64_t> names;  // of the pictures that were last learned, most_names at most
    std::uint32_t hours = 0;           // bit h: a picture of hour h was learned
    double own_true = 0;  // Σ own·true of all cells: how strong the network's own colours are to be shown
    double own_own = 0;   // Σ |own|²
    Extent grid{0, 0};    // of detail: that of the first reference, most_detail_side a side at most
    std::vector<float> details;
    bool pressed = false;
    std::vector<float> probe_keys;  // of 8 by 8 cells of the first reference, on which a proof is made
    std::vector<float> probe_lightness;
  };

  bool is_empty() const noexcept { return entries_.empty(); }
  void set_origin(std::string origin) { totals_.origin = std::move(origin); }
  Index frames() const noexcept { return totals_.frames; }
  Index depth() const noexcept { return depth_; }
  const Totals& totals() const noexcept { return totals_; }
  const std::vector<MemoryEntry>& entries() const noexcept { return entries_; }
  const std::vector<float>& keys() const noexcept { return keys_; }  // [entries][depth], of length 1 or 0

  // Learns one picture more. Errors: a reference of another model, one that Colorizer::read_reference() did not make,
  // no memory; the memory is then of no use.
  Status add(const Reference& reference);

  // Whether a picture of that name (Reference::name) is among those that were last learned.
  bool knows(std::uint64_t name) const noexcept {
    return name != 0 && std::find(totals_.names.begin(), totals_.names.end(), name) != totals_.names.end();
  }

  // R: how much a picture's details are like those of all that were learned, −1…1.
  double likeness(const Reference& reference) const;
  bool shows_place(const Reference& reference) const { return likeness(reference) > Numbers::same_place; }

  // Of parts that were kept. Errors: parts that do not fit together.
  static Result<CameraMemory> from_parts(Totals totals, Index depth, std::vector<MemoryEntry> entries,
                                         std::vector<float> keys);

  // The cast of all frames' light: the median of theirs.
  float cast() const;

  // p: how much an entry counts, by how often it was there; 0.0001…1.
  float presence(std::size_t entry) const noexcept {
    const float often = std::min(1.0f, 2.0f * entries_[entry].frames / static_cast<float>(totals_.frames));
    return std::max(often * often, 1e-4f);
  }

  // γ: how strong the network's own colours are to be shown beside those recalled, 0…1.
  double own_factor() const noexcept {
    return totals_.own_own > 0 ? std::clamp(totals_.own_true / totals_.own_own, 0.0, 1.0) : 1.0;
  }

 private:
  using Numbers = color::MemoryNumbers;

  struct Cell {
    MemoryEntry entry;
    const float* key;
  };

  Status check(const Reference& reference) const;
  void add_totals(const Reference& reference, float cast);
  void add_detail(const Reference& reference);
  void keep_probe(const Reference& reference);
  void append(const Cell& cell);
  void press_all();
  void press(const Cell& cell);
  void join(std::size_t into, const Cell& cell);
  void replace(std::size_t at, const Cell& cell);
  float distance(const Cell& one, const Cell& other) const noexcept;
  Cell cell_of(std::size_t entry) const noexcept { return {entries_[entry], key_of(entry)}; }
  const float* key_of(std::size_t entry) const noexcept {
    return keys_.data() + entry * static_cast<std::size_t>(depth_);
  }
  std::vector<std::size_t>& block_of(const MemoryEntry& entry) noexcept;

  Totals totals_;
  Index depth_ = 0;
  std::vector<MemoryEntry> entries_;
  std::vector<float> keys_;
  std::vector<std::vector<std::size_t>> blocks_;  // the entries of each block, once they are pressed
};

inline float CameraMemory::cast() const {
  if (totals_.casts.empty()) return 0.0f;
  std::vector<float> sorted = totals_.casts;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

inline Status CameraMemory::check(const Reference& reference) const {
  const auto fail = [](const std::string& reason) { return Error{ErrorCode::mismatch, "reference: " + reason}; };
  const auto [h, w] = reference.grid;
  const auto count = h < 1 || w < 1 ? std::nullopt : checked_mul(h, w);
  if (!count || reference.depth < 1 || reference.depth > Numbers::most_depth) {
    return fail("a grid of " + width_by_height(reference.grid) + " with keys of " + std::to_string(reference.depth));
  }
  const auto cells = static_cast<std::size_t>(*count);
  const auto finite = [](const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return is_finite(value); });
  };
  for (const std::vector<float>* plane :
       {&reference.lightness, &reference.a, &reference.b, &reference.own_a, &reference.own_b}) {
    if (plane->size() != cells) return fail("its planes are not of one grid");
    if (!finite(*plane)) return fail("a colour or lightness is not a number");
  }
  if (reference.keys.size() != cells * static_cast<std::size_t>(reference.depth)) return fail("keys of another grid");
  if (!finite(reference.keys)) return fail("a feature is not a number");
  if (!is_empty() && (reference.model != totals_.model || reference.depth != depth_)) {
    return fail("found the features of model " + reference.model + ", expected those of " + totals_.model);
  }
  return {};
}

inline Status CameraMemory::add(const Reference& reference) {
  if (auto status = check(reference); !status) return status;
  totals_.model = reference.model;
  depth_ = reference.depth;
  std::vector<float> a(reference.a);
  std::vector<float> b(reference.b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float shade = reference.lightness[i] + Numbers::shade;
    a[i] /= shade;
    b[i] /= shade;
  }
  const float cast = color::geometric_median_chroma(a, b);
  add_totals(reference, cast);
  const float wanted = std::max(Numbers::usual_cast, this->cast());
  const float factor = cast > wanted ? wanted / cast : 1.0f;
  const std::size_t most = static_cast<std::size_t>(Numbers::most_entries);
  if (!totals_.pressed && entries_.size() + a.size() > most) press_all();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto row = static_cast<Index>(i) / reference.grid.w;
    const auto column = static_cast<Index>(i) % reference.grid.w;
    const Cell cell{{.y = (static_cast<float>(row) + 0.5f) / static_cast<float>(reference.grid.h),
                     .x = (static_cast<float>(column) + 0.5f) / static_cast<float>(reference.grid.w),
                     .lightness = reference.lightness[i],
                     .a = factor * a[i],
                     .b = factor * b[i],
                     .last = static_cast<float>(totals_.frames)},
                    reference.keys.data() + i * static_cast<std::size_t>(depth_)};
    if (totals_.pressed) {
      press(cell);
    } else {
      append(cell);
    }
  }
  return {};
}

inline void CameraMemory::add_totals(const Reference& reference, float cast) {
  ++totals_.frames;
  if (totals_.frames == 1) keep_probe(reference);
  if (totals_.casts.size() == Numbers::most_names) {
    for (std::size_t i = 0; i < Numbers::most_names / 2; ++i) totals_.casts[i] = totals_.casts[2 * i];
    totals_.casts.resize(Numbers::most_names / 2);
  }
  totals_.casts.push_back(cast);
  if (reference.name != 0) {
    if (totals_.names.size() == Numbers::most_names) totals_.names.erase(totals_.names.begin());
    totals_.names.push_back(reference.name);
  }
  if (reference.hour >= 0 && reference.hour < 24) totals_.hours |= std::uint32_t{1} << reference.hour;
  for (std::size_t i = 0; i < reference.a.size(); ++i) {
    const double own_a = static_cast<double>(reference.own_a[i]);
    const double own_b = static_cast<double>(reference.own_b[i]);
    totals_.own_true += own_a * static_cast<double>(reference.a[i]) + own_b * static_cast<double>(reference.b[i]);
    totals_.own_own += own_a * own_a + own_b * own_b;
  }
  add_detail(reference);
}

// A later reference of another grid is looked up at the cell that its place falls into.
inline void CameraMemory::add_detail(const Reference& reference) {
  if (totals_.frames == 1) {
    totals_.grid = {std::min(reference.grid.h, Numbers::most_detail_side),
                    std::min(reference.grid.w, Numbers::most_detail_side)};
  }
  const Extent own = totals_.grid;
  totals_.details.resize(static_cast<std::size_t>(own.h * own.w));
  std::vector<float> detail(reference.lightness.size());
  std::vector<float> scratch(detail.size());
  color::lightness_detail(reference.lightness.data(), reference.grid, scratch.data(), detail.data());
  double squares = 0;
  for (const float value : detail) squares += static_cast<double>(value) * static_cast<double>(value);
  const double scale = squares == 0 ? 0 : 1 / std::sqrt(squares);
  const double kept = static_cast<double>(totals_.frames - 1) / static_cast<double>(totals_.frames);
  for (Index i = 0; i < own.h * own.w; ++i) {
    const auto from = static_cast<std::size_t>(color::same_place_cell(i, own, reference.grid));
    float& to = totals_.details[static_cast<std::size_t>(i)];
    to = static_cast<float>(kept * static_cast<double>(to) + (1 - kept) * scale * static_cast<double>(detail[from]));
  }
}

inline double CameraMemory::likeness(const Reference& reference) const {
  if (is_empty()) return 0;
  std::vector<float> detail(reference.lightness.size());
  std::vector<float> scratch(detail.size());
  color::lightness_detail(reference.lightness.data(), reference.grid, scratch.data(), detail.data());
  for (std::size_t i = 0; i < scratch.size(); ++i) {
    const Index cell = color::same_place_cell(static_cast<Index>(i), reference.grid, totals_.grid);
    scratch[i] = totals_.details[static_cast<std::size_t>(cell)];
  }
  return color::correlation(detail.data(), scratch.data(), static_cast<Index>(detail.size()));
}

// The cells that the middles of 8 by 8 equal parts fall into.
inline void CameraMemory::keep_probe(const Reference& reference) {
  for (Index i = 0; i < Numbers::probe.h * Numbers::probe.w; ++i) {
    const Index cell = color::same_place_cell(i, Numbers::probe, reference.grid);
    const auto key = reference.keys.begin() + cell * reference.depth;
    totals_.probe_keys.insert(totals_.probe_keys.end(), key, key + reference.depth);
    totals_.probe_lightness.push_back(reference.lightness[static_cast<std::size_t>(cell)]);
  }
}

inline void CameraMemory::append(const Cell& cell) {
  entries_.push_back(cell.entry);
  keys_.insert(keys_.end(), cell.key, cell.key + depth_);
}

inline void CameraMemory::press_all() {
  const std::vector<MemoryEntry> entries = std::move(entries_);
  const std::vector<float> keys = std::move(keys_);
  entries_.clear();
  keys_.clear();
  blocks_.assign(static_cast<std::size_t>(Numbers::blocks * Numbers::blocks), {});
  totals_.pressed = true;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    press({entries[i], keys.data() + i * static_cast<std::size_t>(depth_)});
  }
}

inline std::vector<std::size_t>& CameraMemory::block_of(const MemoryEntry& entry) noexcept {
  const auto block = [](float place) {
    return std::clamp<Index>(static_cast<Index>(place * static_cast<float>(Numbers::blocks)), 0, Numbers::blocks - 1);
  };
  return blocks_[static_cast<std::size_t>(block(entry.y) * Numbers::blocks + block(entry.x))];
}

inline float CameraMemory::distance(const Cell& one, const Cell& other) const noexcept {
  float squares = 0.0f;
  for (Index d = 0; d < depth_; ++d) squares += (one.key[d] - other.key[d]) * (one.key[d] - other.key[d]);
  const float apart = one.entry.lightness - other.entry.lightness;
  return squares / (2 * Numbers::feature_sigma * Numbers::feature_sigma) +
         apart * apart / (2 * Numbers::lightness_sigma * Numbers::lightness_sigma);
}

inline void CameraMemory::join(std::size_t into, const Cell& cell) {
  MemoryEntry& entry = entries_[into];
  const float sum = entry.seen + cell.entry.seen;
  const float share = cell.entry.seen / sum;
  const auto move = [&](float& to, float from) { to += share * (from - to); };
  move(entry.y, cell.entry.y);
  move(entry.x, cell.entry.x);
  move(entry.lightness, cell.entry.lightness);
  move(entry.a, cell.entry.a);
  move(entry.b, cell.entry.b);
  entry.seen = sum;
  entry.frames = std::max(entry.frames + (cell.entry.last > entry.last ? 1.0f : 0.0f), cell.entry.frames);
  entry.last = std::max(entry.last, cell.entry.last);
  float* key = keys_.data() + into * static_cast<std::size_t>(depth_);
  float squares = 0.0f;
  for (Index d = 0; d < depth_; ++d) {
    move(key[d], cell.key[d]);
    squares += key[d] * key[d];
  }
  const float scale = squares == 0.0f ? 0.0f : 1.0f / std::sqrt(squares);
  for (Index d = 0; d < depth_; ++d) key[d] *= scale;
}

inline void CameraMemory::replace(std::size_t at, const Cell& cell) {
  entries_[at] = cell.entry;
  std::copy_n(cell.key, depth_, keys_.data() + at * static_cast<std::size_t>(depth_));
}

// Into the entry that it is like, as an entry of its own, or, where a block is full, in place of one of the two that
// are joined because they lose least by it.
inline void CameraMemory::press(const Cell& cell) {
  std::vector<std::size_t>& block = block_of(cell.entry);
  const auto cost = [&](const Cell& one, const Cell& other) {
    return distance(one, other) * one.entry.seen * other.entry.seen / (one.entry.seen + other.entry.seen);
  };
  std::size_t like = 0;
  float least = std::numeric_limits<float>::max();
  for (const std::size_t entry : block) {
    const float apart = distance(cell_of(entry), cell);
    if (apart < least) {
      least = apart;
      like = entry;
    }
  }
  if (least <= Numbers::join_distance) return join(like, cell);
  if (static_cast<Index>(block.size()) < Numbers::most_in_block) {
    block.push_back(entries_.size());
    return append(cell);
  }
  float cheapest = std::numeric_limits<float>::max();
  std::size_t joined = like;
  std::size_t freed = entries_.size();  // none: the cell itself is joined
  const auto consider = [&](float price, std::size_t into, std::size_t from) {
    if (price >= cheapest) return;
    cheapest = price;
    joined = into;
    freed = from;
  };
  for (std::size_t i = 0; i < block.size(); ++i) {
    consider(cost(cell_of(block[i]), cell), block[i], entries_.size());
    for (std::size_t j = i + 1; j < block.size(); ++j) {
      consider(cost(cell_of(block[i]), cell_of(block[j])), block[i], block[j]);
    }
  }
  if (freed == entries_.size()) return join(joined, cell);
  join(joined, cell_of(freed));
  replace(freed, cell);
}

inline Result<CameraMemory> CameraMemory::from_parts(Totals totals, Index depth, std::vector<MemoryEntry> entries,
                                                     std::vector<float> keys) {
  const auto fail = [](const std::string& reason) { return Error{ErrorCode::malformed, "camera memory: " + reason}; };
  if (static_cast<Index>(entries.size()) > Numbers::most_entries || entries.empty()) {
    return fail("found " + std::to_string(entries.size()) + " entries, expected 1 to " +
                std::to_string(Numbers::most_entries));
  }
  const auto probe = static_cast<std::size_t>(Numbers::probe.h * Numbers::probe.w);
  const auto deep = static_cast<std::size_t>(depth);
  if (depth < 1 || depth > Numbers::most_depth || keys.size() != entries.size() * deep ||
      totals.probe_lightness.size() != probe || totals.probe_keys.size() != probe * deep) {
    return fail("keys and entries are not as many");
  }
  const auto [h, w] = totals.grid;
  if (h < 1 || w < 1 || h > Numbers::most_detail_side || w > Numbers::most_detail_side ||
      totals.details.size() != static_cast<std::size_t>(h * w)) {
    return fail("details of a grid of " + width_by_height(totals.grid));
  }
  CameraMemory memory;
  memory.totals_ = std::move(totals);
  memory.depth_ = depth;
  memory.entries_ = std::move(entries);
  memory.keys_ = std::move(keys);
  if (!memory.totals_.pressed) return memory;
  memory.blocks_.assign(static_cast<std::size_t>(Numbers::blocks * Numbers::blocks), {});
  for (std::size_t i = 0; i < memory.entries_.size(); ++i) {
    std::vector<std::size_t>& block = memory.block_of(memory.entries_[i]);
    block.push_back(i);
    if (static_cast<Index>(block.size()) > Numbers::most_in_block) {
      return fail("more than " + std::to_string(Numbers::most_in_block) + " entries in one block");
    }
  }
  return memory;
}

}  // namespace ochre::inline v0
