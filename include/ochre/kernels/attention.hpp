// Attention of several heads over the places of a grid (Vaswani et al., Attention Is All You Need, 2017, section 3.2),
// of one picture:
//   s[j] = Σ_c q[c][i] k[c][j] / √depth,   y[c][i] = Σ_j exp(s[j] − m) v[c][j] / Σ_j exp(s[j] − m),   m = max_j s[j]
// for each place i and each head, which has `depth` of the channels. There is a key j for each square of `side` by
// `side` places, its k and v the means over them, so that a large grid costs what its places cost, and not their
// square. Two products of matrices by the GEMM's micro-kernel: keys by places, then values by keys. The places are
// taken a tile at a time, whose scores stay in the second-level cache. Which worker takes a tile changes no bit. Used
// by layers/attention.hpp; tested by attention_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include <ochre/base/extent.hpp>
#include <ochre/kernels/gemm_micro_kernel.hpp>
#include <ochre/simd/exp_of_negative.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::kernels {

// The side of the squares of places that share a key, the least that leaves at most `most_keys` of them.
inline Index attention_square(Extent grid, Index most_keys) noexcept {
  Index side = 1;
  while (ceil_div(grid.h, side) > most_keys / ceil_div(grid.w, side)) ++side;
  return side;
}

template <class T, class Arch>
class Attention {
 public:
  static constexpr Index tile_rows = simd::Tile<Arch>::rows;
  static constexpr Index tile_places = simd::Tile<Arch>::template columns<T>;

  // input: queries, keys and values, `channels` of each, whose number is a multiple of `heads`.
  Attention(Extent grid, Index channels, Index heads, Index side) noexcept
      : grid_(grid),
        channels_(channels),
        heads_(heads),
        depth_(channels / heads),
        side_(side),
        rows_(ceil_div(grid.h, side)),
        columns_(ceil_div(grid.w, side)) {}

  Index tiles() const noexcept { return ceil_div(places(), tile_places); }
  Index key_planes() const noexcept { return 2 * channels_; }

  // Elements of T for keys and values, which all workers read, and for each worker's tile; nothing: too many.
  std::optional<Index> scratch_size(Index workers) const noexcept {
    const auto shared = checked_product({shared_channels(), padded_keys()});
    const auto own = checked_product({workers, own_size()});
    return shared && own ? checked_add(*shared, *own) : std::nullopt;
  }

  // Means over the squares, of planes first … last-1 of the key_planes() behind the queries, packed for the products.
  void gather(const T* input, T* scratch, Index first, Index last) const noexcept {
    for (Index plane = first; plane < last; ++plane) {
      const T* from = input + (channels_ + plane) * places();
      if (plane < channels_) {
        gather_keys(from, scratch + key_offset(plane));
      } else {
        gather_values(from, scratch + value_offset(plane - channels_));
      }
    }
    if (first == 0) clear_value_rim(scratch);
  }

  // Tiles first … last-1 of the output's places, after all planes were gathered.
  void attend(const T* input, T* output, T* scratch, Index first, Index last, Index worker) const noexcept {
    T* own = scratch + shared_channels() * padded_keys() + worker * own_size();
    for (Index tile = first; tile < last; ++tile) {
      const Index place = tile * tile_places;
      for (Index head = 0; head < heads_; ++head) {
        attend_tile(input + place, output + place, scratch, own, head, std::min(tile_places, places() - place));
      }
    }
  }

 private:
  using Batch = simd::Batch<T, Arch>;
  static constexpr Index width = simd::lanes<T, Arch>;
  static constexpr Index vectors = simd::Tile<Arch>::vectors;

  Index places() const noexcept { return grid_.h * grid_.w; }
  Index keys() const noexcept { return rows_ * columns_; }
  Index padded_keys() const noexcept { return ceil_div(keys(), tile_rows) * tile_rows; }
  Index padded_depth() const noexcept { return ceil_div(depth_, tile_rows) * tile_rows; }
  Index shared_channels() const noexcept { return channels_ + heads_ * padded_depth(); }
  Index own_size() const noexcept { return (depth_ + padded_depth() + padded_keys()) * tile_places; }

  // Of a head's keys there are panels of tile_rows keys, in each channel by channel; of its values panels of tile_rows
  // channels, in each key by key. Where a channel's first key is:
  Index key_offset(Index channel) const noexcept {
    return channel / depth_ * padded_keys() * depth_ + channel % depth_ * tile_rows;
  }
  Index value_offset(Index channel) const noexcept {
    const Index c = channel % depth_;
    const Index panel = channel / depth_ * (padded_depth() / tile_rows) + c / tile_rows;
    return channels_ * padded_keys() + panel * padded_keys() * tile_rows + c % tile_rows;
  }

  void gather_keys(const T* plane, T* to) const noexcept {
    Index key = 0;
    for (Index row = 0; row < rows_; ++row) {
      for (Index column = 0; column < columns_; ++column, ++key) {
        to[key / tile_rows * depth_ * tile_rows + key % tile_rows] = mean(plane, row, column);
      }
    }
    for (; key < padded_keys(); ++key) to[key / tile_rows * depth_ * tile_rows + key % tile_rows] = T{0};
  }

  void gather_values(const T* plane, T* to) const noexcept {
    for (Index row = 0; row < rows_; ++row) {
      for (Index column = 0; column < columns_; ++column, to += tile_rows) *to = mean(plane, row, column);
    }
  }

  // The rows of a head's last panel of values that stand for no channel.
  void clear_value_rim(T* scratch) const noexcept {
    for (Index head = 0; head < heads_; ++head) {
      const Index panel = (head + 1) * (padded_depth() / tile_rows) - 1;
      T* values = scratch + channels_ * padded_keys() + panel * padded_keys() * tile_rows;
      const Index used = depth_ - (padded_depth() - tile_rows);
      for (Index key = 0; key < keys(); ++key) {
        std::fill(values + key * tile_rows + used, values + (key + 1) * tile_rows, T{0});
      }
    }
  }

  T mean(const T* plane, Index row, Index column) const noexcept {
    if (side_ == 1) return plane[row * grid_.w + column];
    const Index top = row * side_;
    const Index left = column * side_;
    const Index bottom = std::min(top + side_, grid_.h);
    const Index right = std::min(left + side_, grid_.w);
    T sum{0};
    for (Index y = top; y < bottom; ++y) {
      for (Index x = left; x < right; ++x) sum += plane[y * grid_.w + x];
    }
    return sum / static_cast<T>((bottom - top) * (right - left));
  }

  // `count` places of one head; input, output: planes, from the tile's first place on.
  void attend_tile(const T* input, T* output, const T* shared, T* own, Index head, Index count) const noexcept {
    static constexpr T zeros[tile_rows] = {};
    T* queries = own;
    T* mixed = queries + depth_ * tile_places;
    T* scores = mixed + padded_depth() * tile_places;
    copy_queries(input + head * depth_ * places(), queries, count);
    const T* keys_of_head = shared + head * padded_keys() * depth_;
    for (Index key = 0; key < padded_keys(); key += tile_rows) {
      gemm_micro_kernel<T, Arch>(depth_, keys_of_head + key * depth_, queries, zeros, true, scores + key * tile_places,
                                 tile_places);
    }
    Batch sums[vectors];
    exponentials(scores, sums);
    const T* values = shared + channels_ * padded_keys() + head * padded_depth() * padded_keys();
    for (Index c = 0; c < padded_depth(); c += tile_rows) {
      for (Index key = 0; key < keys(); key += simd::gemm_depth) {
        gemm_micro_kernel<T, Arch>(std::min(simd::gemm_depth, keys() - key),
                                   values + c * padded_keys() + key * tile_rows, scores + key * tile_places, zeros,
                                   key == 0, mixed + c * tile_places, tile_places);
      }
    }
    for (Index c = 0; c < depth_; ++c) {
      T* to = output + (head * depth_ + c) * places();
      for (Index v = 0; v * width < count; ++v) {
        const Batch share = simd::load<Arch>(mixed + c * tile_places + v * width) / sums[v];
        simd::store_partial(to + v * width, share, std::min(width, count - v * width));
      }
    }
  }

  // Side by side, divided by √depth; places past the last are zero.
  void copy_queries(const T* from, T* to, Index count) const noexcept {
    const T factor = static_cast<T>(1 / std::sqrt(static_cast<double>(depth_)));
    for (Index c = 0; c < depth_; ++c, from += places(), to += tile_places) {
      for (Index i = 0; i < count; ++i) to[i] = from[i] * factor;
      std::fill(to + count, to + tile_places, T{0});
    }
  }

  // exp(s − m) in place of the scores s, and their sums.
  void exponentials(T* scores, Batch (&sums)[vectors]) const noexcept {
    for (Index v = 0; v < vectors; ++v) {
      T* column = scores + v * width;
      Batch top = simd::load<Arch>(column);
      for (Index key = 1; key < keys(); ++key) top = max(top, simd::load<Arch>(column + key * tile_places));
      sums[v] = simd::broadcast<Arch>(T{0});
      for (Index key = 0; key < keys(); ++key, column += tile_places) {
        const Batch power = simd::exp_of_negative<T, Arch>(simd::load<Arch>(column) - top);
        sums[v] += power;
        simd::store(column, power);
      }
    }
  }

  Extent grid_;
  Index channels_;
  Index heads_;
  Index depth_;  // channels of a head
  Index side_;
  Index rows_;  // of keys
  Index columns_;
};

}  // namespace ochre::inline v0::kernels
