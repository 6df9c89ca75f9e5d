// What each algorithm that can compute a convolution would cost at the expected size, in time and in weights.
//   time ~ products + transformed data · transform_cost
// where few pixels meet each weight, reading the weights counts as if there were rows_per_weight of them; all
// counted in fused multiply-adds; the constants are measured (simd/tile.hpp), bench/algorithms.cpp holds the choices
// against the clock. Tested by conv_choice_test.cpp.
#pragma once

#include <limits>
#include <vector>

#include <ochre/engine/conv_algorithm.hpp>
#include <ochre/kernels/parts_layout.hpp>
#include <ochre/kernels/winograd_form.hpp>
#include <ochre/simd/tile.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::engine {

struct ConvCost {
  ConvAlgorithm algorithm = ConvAlgorithm::direct;
  double time = 0;         // fused multiply-adds, or what takes as long
  Index weight_bytes = 0;  // packed
};

namespace detail {

template <class Algorithm>
ConvCost winograd_cost(ConvAlgorithm name, const kernels::ConvShape& conv, const kernels::WinogradForm& form,
                       Extent out) {
  using Points = std::remove_cvref_t<decltype(Algorithm::points)>;
  constexpr Index n = Points::points;
  const auto padded = [](Index channels) {
    return static_cast<double>(ceil_div(channels, channel_block) * channel_block);
  };
  ConvCost cost{name, 0, 0};
  double moved = 0;  // floats of V and M
  for (const auto& run : form.runs) {
    double tiles = 0;
    for (const auto& grid : run.grids) {
      const auto along = [&](Index origin, Index length) {
        return ceil_div(std::max<Index>(0, ceil_div(length - origin, form.out_step)), Points::outputs);
      };
      tiles += static_cast<double>(along(grid.out_origin.h, out.h) * along(grid.out_origin.w, out.w));
    }
    double products = 0;  // of one pair of channels
    for (const auto& source : run.sources) {
      for (Index p = 0; p < n * n; ++p) products += form.meets(source, p / n, p % n, n) ? 1 : 0;
    }
    const double sources = static_cast<double>(run.sources.size());
    moved += tiles * static_cast<double>(n * n) * (sources * padded(conv.in) + padded(conv.out));
    cost.time += std::max(tiles, simd::rows_per_weight) * products * padded(conv.in) * padded(conv.out);
    cost.weight_bytes += static_cast<Index>(products * padded(conv.in) * padded(conv.out) * sizeof(float));
  }
  // Blocks of tiles stay in a worker's own cache where it may read all weights for each of them.
  const bool cached = cost.weight_bytes <= simd::winograd_shared_weights;
  cost.time += moved * (cached ? simd::winograd_transform_cost_near : simd::winograd_transform_cost);
  return cost;
}

}  // namespace detail

// Weights, with those of channels that fill up the blocks of the input; for each of them so many pixels are multiplied.
inline double padded_weights(const kernels::ConvShape& conv, Index block) {
  return static_cast<double>(conv.window.kernel.h * conv.window.kernel.w) *
         static_cast<double>(ceil_div(conv.in, block) * block) *
         static_cast<double>(ceil_div(conv.out, channel_block) * channel_block);
}
inline double pixels_of(const kernels::ConvShape& conv, Extent in, Extent out) {
  const Extent pixels = conv.transposed ? in : out;
  return static_cast<double>(pixels.h) * static_cast<double>(pixels.w);
}

// On the tile unit, which makes eight products in the time of one; with parts high and low each is three.
inline ConvCost tile_unit_cost(const kernels::ConvShape& conv, int parts, Extent in, Extent out) {
  const double weights = padded_weights(conv, kernels::parts_block);
  return {ConvAlgorithm::tile_unit, (parts == 1 ? 1.0 : 3.0) / 8.0 * weights * pixels_of(conv, in, out),
          static_cast<Index>(weights * sizeof(std::uint16_t)) * parts};
}

// All algorithms that can compute it, direct first. block: of the input's channels.
inline std::vector<ConvCost> conv_costs(const kernels::ConvShape& conv, Index block, Extent in, Extent out) {
  const double weights = padded_weights(conv, block);
  std::vector<ConvCost> costs{{ConvAlgorithm::direct,
                               weights * std::max(pixels_of(conv, in, out), simd::rows_per_weight),
                               static_cast<Index>(weights * sizeof(float))}};
  if (block != channel_block) return costs;
  const auto form = kernels::winograd_form(conv);
  if (!form) return costs;
  if (form->taps == 2) {
    costs.push_back(detail::winograd_cost<kernels::F42>(ConvAlgorithm::winograd_f42, conv, *form, out));
  } else {
    costs.push_back(detail::winograd_cost<kernels::F43>(ConvAlgorithm::winograd_f43, conv, *form, out));
    costs.push_back(detail::winograd_cost<kernels::F63>(ConvAlgorithm::winograd_f63, conv, *form, out));
  }
  return costs;
}

}  // namespace ochre::inline v0::engine
