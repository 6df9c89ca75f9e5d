// The point estimate of a distribution over colours: the annealed mean of Zhang et al., ECCV 2016, eq. 5.
//   p_q = softmax_q(z_q / T),   (a, b) = sum_q p_q · centre_q
// T, the control parameter V of the paper by Yao and Xia, goes from the mode (T -> 0: vivid, patchy) to the mean (T =
// 1: dull); Zhang et al. print 0.38, the released network has ln(10)/6 = 0.3838. A network may have some temperature
// T_folded inside its logits already: then exponent = T_folded / T, else 1 / T. logits [1,313,h,w]; a and b hold h·w
// values. Tested by annealed_mean_test.cpp.
#pragma once

#include <ochre/color/ab_bins.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/simd/simd.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::color {

namespace detail {

// One vector of pixels; its logits are `plane` elements apart from bin to bin.
template <class Arch>
inline void annealed_mean_vector(const float* logits, Index plane, float exponent, Index count, float* a,
                                 float* b) noexcept {
  using Float = simd::Batch<float, Arch>;
  Float largest = simd::load_partial<Arch>(logits, count);
  for (Index bin = 1; bin < bin_count; ++bin) {
    largest = max(largest, simd::load_partial<Arch>(logits + bin * plane, count));
  }
  // A NaN among the logits may be lost in the maximum, but not in its own exponential, and so not in the sum.
  Float sum(0.0f), mean_a(0.0f), mean_b(0.0f);
  for (Index bin = 0; bin < bin_count; ++bin) {
    const auto index = static_cast<std::size_t>(bin);
    const Float logit = simd::load_partial<Arch>(logits + bin * plane, count);
    const Float weight = exp((logit - largest) * Float(exponent));
    sum = sum + weight;
    mean_a = simd::fmadd(weight, Float(bin_centres.a[index]), mean_a);
    mean_b = simd::fmadd(weight, Float(bin_centres.b[index]), mean_b);
  }
  simd::store_partial(a, mean_a / sum, count);
  simd::store_partial(b, mean_b / sum, count);
}

}  // namespace detail

// exponent > 0. A pixel with a NaN or an infinity of plus among its logits becomes NaN in both a and b.
template <class Arch = simd::DefaultArch>
inline void annealed_mean(TensorView<const float> logits, float exponent, const parallel::Team& team, float* a,
                          float* b) noexcept {
  constexpr Index lanes = simd::lanes<float, Arch>;
  const Index plane = logits.shape.plane();
  parallel::for_ranges(team, ceil_div(plane, lanes), 1, [&](Index begin, Index end, int) noexcept {
    for (Index pixel = begin * lanes; pixel < end * lanes && pixel < plane; pixel += lanes) {
      const Index count = plane - pixel < lanes ? plane - pixel : lanes;
      detail::annealed_mean_vector<Arch>(logits.data + pixel, plane, exponent, count, a + pixel, b + pixel);
    }
  });
}

}  // namespace ochre::inline v0::color
