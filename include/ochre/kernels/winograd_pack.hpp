// Winograd's weights, U = G g Gᵀ in double, rounded once to float, in the order in which the micro-kernel reads them:
//   [run][point][panel of output channels][source][input channel, in blocks of 16][panel]
// Sources without a product at a point are left out there. Tested by winograd_conv_test.cpp.
#pragma once

#include <span>

#include <ochre/kernels/conv_kernel.hpp>
#include <ochre/kernels/winograd_form.hpp>
#include <ochre/kernels/winograd_transform.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::kernels {

template <class Arch, class Products = simd::FloatProducts>
class WinogradWeights {
 public:
  // Their order; the values come with pack().
  WinogradWeights(const WinogradRoutine& routine, const ConvShape& conv, const WinogradForm& form)
      : routine_(&routine), in_blocks_(ceil_div(conv.in, channel_block)), panels_{ceil_div(conv.out, channel_block)} {
    const Index n = routine.n;
    for (const auto& run : form.runs) {
      for (Index point = 0; point < n * n; ++point) {
        begins_.push_back(size_);
        sources_.push_back(0);
        for (const auto& source : run.sources) sources_.back() += form.meets(source, point / n, point % n, n);
        size_ += depth(sources_.back()) * panels_.blocks * channel_block;
      }
    }
  }

  // conv, form: those of the constructor. Errors: no memory.
  Status pack(const ConvShape& conv, const WinogradForm& form, const ConvWeights& weights, const parallel::Team& team) {
    auto values = AlignedBuffer<float>::create(size_, HugePages::later);
    if (!values) return std::move(values).error();
    values_ = *std::move(values);
    const Index panels = panels_.count();
    const Index runs = static_cast<Index>(form.runs.size());
    parallel::for_ranges(team, runs * panels * in_blocks_, 1, [&](Index begin, Index end, int) noexcept {
      for (Index item = begin; item < end; ++item) {
        const Place place{item / in_blocks_ / panels, item / in_blocks_ % panels, item % in_blocks_};
        pack_place(conv, form, place, weights);
      }
    });
    values_.prefer_huge_pages();
    return {};
  }

  const Panels<Arch>& panels() const noexcept { return panels_; }
  Index size() const noexcept { return size_; }  // floats, packed or not

  // Places of the products of one output at one point.
  Index depth(Index sources) const noexcept { return sources * in_blocks_ * Products::block; }

  const float* panel(Index run, Index point, Index panel) const noexcept {
    return values_.data() + panel_offset(run, point, panel);
  }

 private:
  Index panel_offset(Index run, Index point, Index panel) const noexcept {
    const auto at = static_cast<std::size_t>(run * routine_->n * routine_->n + point);
    return begins_[at] + panels_.first_block(panel) * channel_block * depth(sources_[at]);
  }

  // One block of input channels for one panel, at all points.
  struct Place {
    Index run = 0;
    Index panel = 0;
    Index in_block = 0;
  };

  void pack_place(const ConvShape& conv, const WinogradForm& form, const Place& place,
                  const ConvWeights& weights) noexcept {
    const Index n = routine_->n;
    const Index r = routine_->r;
    const Index width = panels_.width(place.panel);
    const Index first = panels_.first_block(place.panel) * channel_block;
    const Index channels = std::min(channel_block, conv.in - place.in_block * channel_block);
    const auto& sources = form.runs[static_cast<std::size_t>(place.run)].sources;
    Index rank[most_points] = {};  // of the source among those that meet the point
    for (const auto& source : sources) {
      for (Index k = 0; k < channels; ++k) {
        double g[most_taps][most] = {};
        for (Index i = 0; i < r; ++i) {
          for (Index j = 0; j < r; ++j) {
            const Index ky = source.ky[static_cast<std::size_t>(i)];
            const Index kx = source.kx[static_cast<std::size_t>(j)];
            if (ky == no_tap || kx == no_tap) continue;
            for (Index o = 0; o < std::min(width, conv.out - first); ++o) {
              const Index from = conv.weight_at(first + o, place.in_block * channel_block + k, ky, kx);
              g[i * r + j][o] = static_cast<double>(weights.values[static_cast<std::size_t>(from)]) *
                                weights.factors[static_cast<std::size_t>(first + o)];
            }
          }
        }
        double u[most_points][most];
        transform(g, u);
        for (Index point = 0; point < n * n; ++point) {
          if (!form.meets(source, point / n, point % n, n)) continue;
          float* to = values_.data() + panel_offset(place.run, point, place.panel) +
                      (rank[point] * in_blocks_ + place.in_block) * Products::block * width;
          for (Index o = 0; o < width; ++o) Products::put(to, width, k, o, static_cast<float>(u[point][o]));
        }
      }
      for (Index point = 0; point < n * n; ++point) rank[point] += form.meets(source, point / n, point % n, n);
    }
  }

  static constexpr Index most = simd::ConvTile<Arch>::panel;
  static constexpr Index most_points = winograd_most_points * winograd_most_points;
  static constexpr Index most_taps = winograd_most_taps * winograd_most_taps;

  // u = G g Gᵀ for a panel of output channels at once.
  void transform(const double (&g)[most_taps][most], double (&u)[most_points][most]) const noexcept {
    const Index n = routine_->n;
    const Index r = routine_->r;
    double half[winograd_most_points * winograd_most_taps][most];
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < r; ++j) combine(i, &g[j], r, half[i * r + j]);
    }
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) combine(j, &half[i * r], 1, u[i * n + j]);
    }
  }

  // sum = Σ_k G[row][k] · from[k·step], for `most` channels.
  void combine(Index row, const double (*from)[most], Index step, double (&sum)[most]) const noexcept {
    for (Index o = 0; o < most; ++o) sum[o] = 0.0;
    for (Index k = 0; k < routine_->r; ++k) {
      const double factor = routine_->g[row * routine_->r + k];
      for (Index o = 0; o < most; ++o) sum[o] += factor * from[k * step][o];
    }
  }

  const WinogradRoutine* routine_ = nullptr;
  Index in_blocks_ = 0;
  Panels<Arch> panels_;
  std::vector<Index> begins_;   // of [run][point]
  std::vector<Index> sources_;  // that have a product at [run][point]
  Index size_ = 0;              // floats
  AlignedBuffer<float> values_;
};

}  // namespace ochre::inline v0::kernels
