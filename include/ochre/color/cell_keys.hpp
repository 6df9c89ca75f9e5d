// What the cells of a grid look like, for votes.hpp: of each cell the direction of the features in front of the
// network's classifier, u = f/|f| after their channels were added up in groups to at most 64, and its mean lightness.
// Planes as the votes want them: [depth + 1][h·w], the last one L − 50. Tested by consensus_test.cpp and
// recall_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <ochre/color/votes.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/blocked.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::color {

inline constexpr Index most_key_depth = 64;    // fewer channels blur what is alike (32: rebalanced AuC −0.25)
inline constexpr float middle_lightness = 50;  // squares of L − 50 lose fewer digits than those of L

// How many numbers tell cells apart, for a network of that many features.
inline Index key_depth(Index channels) noexcept { return ceil_div(channels, ceil_div(channels, most_key_depth)); }

class CellKeys {
 public:
  CellKeys() = default;  // of no grid

  // channels: of the features. Errors: a grid too large, no memory.
  static Result<CellKeys> create(Extent grid, Index channels) {
    CellKeys keys;
    keys.grid_ = grid;
    keys.channels_ = channels;
    keys.group_ = ceil_div(channels, most_key_depth);
    keys.depth_ = key_depth(channels);
    const auto size = checked_product({keys.depth_ + 1, grid.h, grid.w});
    if (!size) return Error{ErrorCode::too_large, "the keys of a grid of " + width_by_height(grid)};
    if (auto status = AlignedBuffer<float>::create(*size + vote_slack).move_to(keys.planes_); !status) {
      return std::move(status).error();
    }
    auto status = AlignedBuffer<float>::create(grid.h * grid.w).move_to(keys.squares_);
    if (!status) return std::move(status).error();
    return keys;
  }

  static Index planes() noexcept { return most_key_depth + 2; }  // of the grid's size, at most
  bool is_empty() const noexcept { return grid_.h == 0; }
  Extent grid() const noexcept { return grid_; }
  Index cells() const noexcept { return grid_.h * grid_.w; }
  Index depth() const noexcept { return depth_; }  // without the lightness
  Index bytes() const noexcept { return static_cast<Index>(sizeof(float)) * (planes_.size() + squares_.size()); }
  const float* plane(Index d) const noexcept { return planes_.data() + d * cells(); }
  float square(Index cell) const noexcept { return squares_.data()[cell]; }  // |u|²: 1, or 0 where all features are

  // The features, [1, channels, h, w], planar or blocked, while the network still has them.
  template <class Features>
  void read_features(const Features& features, const parallel::Team& team) noexcept {
    parallel::for_ranges(team, grid_.h, 1, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) {
        for (Index d = 0; d < depth_; ++d) add_up(features, d, y);
        normalise_row(y);
      }
    });
  }

  void read_lightness(const float* lightness) noexcept {
    float* to = planes_.data() + depth_ * cells();
    for (Index i = 0; i < cells(); ++i) to[i] = lightness[i] - middle_lightness;
  }

 private:
  Index last_channel(Index d) const noexcept { return std::min((d + 1) * group_, channels_); }

  void add_up(TensorView<const float> features, Index d, Index y) noexcept {
    float* to = planes_.data() + d * cells() + y * grid_.w;
    std::fill_n(to, grid_.w, 0.0f);
    for (Index c = d * group_; c < last_channel(d); ++c) {
      const float* from = features.plane(0, c) + y * grid_.w;
      for (Index x = 0; x < grid_.w; ++x) to[x] += from[x];
    }
  }

  void add_up(const BlockedView<const float>& features, Index d, Index y) noexcept {
    float* to = planes_.data() + d * cells() + y * grid_.w;
    for (Index x = 0; x < grid_.w; ++x) {
      float sum = 0.0f;
      for (Index c = d * group_; c < last_channel(d); ++c) sum += features.at(c, y, x);
      to[x] = sum;
    }
  }

  void normalise_row(Index y) noexcept {
    float* squares = squares_.data() + y * grid_.w;
    float* first = planes_.data() + y * grid_.w;
    std::fill_n(squares, grid_.w, 0.0f);
    for (Index d = 0; d < depth_; ++d) {
      const float* key = first + d * cells();
      for (Index x = 0; x < grid_.w; ++x) squares[x] += key[x] * key[x];
    }
    for (Index x = 0; x < grid_.w; ++x) squares[x] = squares[x] == 0.0f ? 0.0f : 1.0f / std::sqrt(squares[x]);
    for (Index d = 0; d < depth_; ++d) {
      float* key = first + d * cells();
      for (Index x = 0; x < grid_.w; ++x) key[x] *= squares[x];
    }
    for (Index x = 0; x < grid_.w; ++x) squares[x] = squares[x] == 0.0f ? 0.0f : 1.0f;
  }

  Extent grid_{0, 0};
  Index channels_ = 0;
  Index group_ = 1;  // channels that are added up
  Index depth_ = 0;
  AlignedBuffer<float> planes_;   // [depth + 1][h·w]
  AlignedBuffer<float> squares_;  // [h·w]
};

}  // namespace ochre::inline v0::color
