// A tensor of the fast engine, of one picture, to be looked at: planar, or blocked if `blocked.data` is set, of bf16
// parts if there are any (kernels/parts_layout.hpp).
#pragma once

#include <ochre/base/shape.hpp>
#include <ochre/kernels/parts_layout.hpp>
#include <ochre/tensor/blocked.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0 {

struct EngineTensorView {
  TensorView<const float> planar;
  BlockedView<const float> blocked;
  Shape shape;
  int parts = 0;  // 0: floats

  float at(Index c, Index y, Index x) const noexcept {
    if (parts != 0) return kernels::from_parts(blocked, parts, c, y, x);
    return blocked.data != nullptr ? blocked.at(c, y, x) : planar.at(0, c, y, x);
  }
};

}  // namespace ochre::inline v0
