// The memory of a colorizer's calls on pictures of one size: one workspace for each call at a time. Beside the
// network's own memory it is the network's input, the grid of colours that comes out, a finer one for apply, and a few
// rows for each thread, however large the picture. The grid stays until the next predict, for whoever reads or changes
// it between two calls.
// Tested by colorizer_test.cpp and stages_test.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include <ochre/base/no_memory.hpp>
#include <ochre/color/ab_bins.hpp>
#include <ochre/color/hints.hpp>
#include <ochre/colorizer/memory.hpp>

namespace ochre::inline v0 {

class PictureColorizer;
class VideoColorizer;

// The memory of a colorizer's calls on pictures of one size, one call at a time. Move-only. One that was moved from is
// empty: no size, no bytes, no grid, and every call on it an error.
class ColorizerWorkspace {
 public:
  Extent picture() const noexcept { return memory_ ? memory_->picture : Extent{0, 0}; }
  Extent working_size() const noexcept { return memory_ ? memory_->working : Extent{0, 0}; }
  int threads() const noexcept { return memory_ ? memory_->network.threads() : 0; }
  Index bytes() const noexcept { return memory_ ? memory_->bytes() : 0; }

  // What the last predict gave, the saturation in it, and the next apply shows; zero before the first, which is grey.
  MutableAbGridView grid() noexcept { return memory_ ? memory_->grid_view() : MutableAbGridView{}; }
  AbGridView grid() const noexcept { return memory_ ? memory_->grid_view() : MutableAbGridView{}; }

  // What is known of the pictures that follow, until other hints are set; none: nothing. Not a part of a call: memory
  // is taken here. Errors: a hint outside the picture; a colorizer without consensus and without
  // ColorizerOptions::teachable; no memory. The hints are then those before.
  Status set_hints(std::span<const Hint> hints);

  // With a memory: how much the details of the last predict's picture were like those of the memory's place, −1…1, and
  // whether it was taken for the same place (ColorizerWorkspaceOptions::place). Without one: 0, false.
  double memory_likeness() const noexcept { return memory_ ? memory_->recall.likeness() : 0.0; }
  bool shows_memory_place() const noexcept {
    return memory_ && !memory_->recall.is_empty() && memory_->recall.same_place();
  }

  // The classifier's input at the last predict, [1, channels, h, w], of the grid's size; until the next predict.
  // Errors: no predict yet, or a colorizer without ColorizerOptions::features.
  Result<TensorView<const float>> features() const;

  // The share of each colour of color::bin_centres at a cell of the grid, softmax(logits / T) at the colorizer's
  // temperature, sum 1. shares: color::bin_count values; or [color::bin_count, h, w], of all cells.
  // Errors: those of features(), a network that gives ab directly, a cell outside, another number of shares.
  Status distribution(GridCell cell, std::span<float> shares) const;
  Status distribution(std::span<float> shares) const;

 private:
  friend class Colorizer;
  friend class PictureColorizer;
  friend class VideoColorizer;
  explicit ColorizerWorkspace(std::unique_ptr<detail::ColorizerMemory> memory) noexcept : memory_(std::move(memory)) {}

  Status check_distribution(std::span<const float> shares, Index cells) const;

  std::unique_ptr<detail::ColorizerMemory> memory_;
};

inline Status ColorizerWorkspace::set_hints(std::span<const Hint> hints) {
  if (!memory_) return detail::empty_workspace();
  return base::catch_no_memory([&]() -> Status {
    if (hints.empty()) {
      memory_->hints = {};
      return {};
    }
    const color::CellKeys& keys = memory_->keys;
    if (keys.is_empty()) return detail::invalid("hints for a colorizer without ColorizerOptions::teachable");
    return color::Hints::create(hints, memory_->picture, keys.grid(), keys.depth()).move_to(memory_->hints);
  });
}

inline Result<TensorView<const float>> ColorizerWorkspace::features() const {
  if (!memory_) return detail::empty_workspace();
  if (!memory_->feature_source) return detail::invalid("no features are kept: ColorizerOptions::features was not set");
  if (!memory_->predicted) return detail::invalid("there are no features yet: no predict has succeeded");
  return TensorView<const float>(memory_->features.view());
}

inline Status ColorizerWorkspace::check_distribution(std::span<const float> shares, Index cells) const {
  const auto kept = features();
  if (!kept) return kept.error();
  const detail::FeatureSource& source = *memory_->feature_source;
  if (source.classifier.colors == 0) {
    return Error{ErrorCode::unsupported, "network " + source.network + " gives ab directly: it has no distribution"};
  }
  if (static_cast<Index>(shares.size()) == cells * source.classifier.colors) return {};
  return detail::invalid("room for " + std::to_string(shares.size()) + " shares, expected " +
                         std::to_string(source.classifier.colors) + " for each of " + std::to_string(cells) + " cells");
}

inline Status ColorizerWorkspace::distribution(GridCell cell, std::span<float> shares) const {
  if (auto status = check_distribution(shares, 1); !status) return status;
  const TensorView<const float> all = memory_->features.view();
  if (cell.y < 0 || cell.y >= all.shape.h || cell.x < 0 || cell.x >= all.shape.w) {
    return detail::invalid("cell " + std::to_string(cell.x) + " of row " + std::to_string(cell.y) + " of a grid of " +
                           std::to_string(all.shape.w) + "x" + std::to_string(all.shape.h));
  }
  color::distribution(memory_->feature_source->classifier, all, {cell.y, cell.x, 1}, {shares.data(), 1});
  return {};
}

inline Status ColorizerWorkspace::distribution(std::span<float> shares) const {
  const Shape shape = memory_ ? memory_->features.shape() : Shape{};
  if (auto status = check_distribution(shares, shape.plane()); !status) return status;
  const TensorView<const float> all = memory_->features.view();
  parallel::for_ranges(memory_->network.team(), shape.h, 1, [&](Index begin, Index end, int) noexcept {
    for (Index y = begin; y < end; ++y) {
      color::distribution(memory_->feature_source->classifier, all, {y, 0, shape.w},
                          {shares.data() + y * shape.w, shape.plane()});
    }
  });
  return {};
}

}  // namespace ochre::inline v0
