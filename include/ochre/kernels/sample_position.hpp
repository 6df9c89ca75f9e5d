// Where a sample of an upsampled side lies between two samples of the side it came from, PyTorch's semantics:
//   nearest:                  floor(o / f)
//   bilinear:                 (o + ½)/f − ½, below 0 taken as 0            (align_corners=false)
//   bilinear, align_corners:  o·(in − 1)/(out − 1), 0 if out is 1
// and a mixture (1 − t)·x[i] + t·x[i+1], the last sample repeated past the border. Proven in layers_test.cpp and
// blocked_upsample_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::kernels {

enum class Interpolation { nearest, bilinear, bilinear_align_corners };

struct SamplePosition {
  Index index = 0;      // the sample at or before
  Index next = 0;       // the one after it, or the same at the border
  double fraction = 0;  // of the way from one to the other, below 1
};

// One side: `length` samples become length·factor.
struct UpsampledSide {
  Index length = 1;
  Index factor = 1;
};

inline SamplePosition sample_position(Interpolation mode, const UpsampledSide& side, Index output) noexcept {
  if (mode == Interpolation::nearest) return {output / side.factor, output / side.factor, 0};
  const auto number = [](Index value) { return static_cast<double>(value); };
  double at = std::max((number(output) + 0.5) / number(side.factor) - 0.5, 0.0);
  if (mode == Interpolation::bilinear_align_corners) {
    const Index last = side.length * side.factor - 1;
    at = last > 0 ? number(output) * number(side.length - 1) / number(last) : 0.0;
  }
  const Index index = std::min(static_cast<Index>(at), side.length - 1);
  return {index, std::min(index + 1, side.length - 1), at - number(index)};
}

// A value that is not mixed is taken as it is: 0·Inf would make NaN of it.
template <class T>
T mix(T left, T right, T fraction) noexcept {
  return fraction == T{0} ? left : (T{1} - fraction) * left + fraction * right;
}

}  // namespace ochre::inline v0::kernels
